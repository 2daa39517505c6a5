/* When a container is started and ended: --restart, --timeout, --requires, --rmi. */
#include "runtime/requires.h"
#include "runtime/restart.h"
#include "runtime/spec_parts.h"

static int add_restart(struct spec *s, struct err *err)
{
	struct restart_policy p = {0};
	char text[RESTART_TEXT_MAX];
	int r = restart_parse(s->o->restart ? s->o->restart : "", &p, err);

	if (r < 0)
		return err_wrap(err, "--restart");
	if (p.when == RESTART_NO)
		return 0;
	/* with on-failure it is clear which end is the last one */
	if (s->o->rm && p.when != RESTART_ON_FAILURE) {
		err_say(err, ERR_USAGE, "--rm and --restart %s exclude each other",
			restart_name(p.when));
		return err_hint(err, "a container that is removed when it ends cannot be started "
				     "again; on-failure is fine");
	}
	json_set_str(s->record, "restart", restart_format(&p, text));
	return 0;
}

int spec_add_life(struct spec *s, struct err *err)
{
	json_t *ids = NULL;
	int r = add_restart(s, err);

	if (r < 0)
		return r;
	if (s->o->timeout > INT32_MAX)
		return err_say(err, ERR_USAGE, "--timeout: %ju is too many seconds",
			(uintmax_t)s->o->timeout);
	if (s->o->timeout)
		json_object_set_new(s->record, "timeout", json_integer((json_int_t)s->o->timeout));
	if (s->o->rmi)
		json_object_set_new(s->record, "removeImage", json_true());
	if (s->o->requires.n == 0)
		return 0;
	r = requires_resolve(s->cs, &s->o->requires, &ids, err);
	if (r == 0)
		json_object_set_new(s->record, "requires", ids);
	return r;
}
