/* What a container may use: --memory, --cpus, --pids-limit, --device-read-bps and the like (limit_opts.h). */
#include "runtime/spec_parts.h"

int spec_add_resources(struct spec *s, struct err *err)
{
	json_t *resources = json_object();

	json_object_set_new(s->os, "resources", resources);
	limit_opts_defaults(&s->o->limits, resources);
	return limit_opts_apply(&s->o->limits, resources, err);
}
