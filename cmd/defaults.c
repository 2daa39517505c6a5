#include "cmd/defaults.h"

static void fill(char **option, const json_t *conf, const char *key)
{
	const char *value = json_get_str(conf, key, "");

	if (!*option && *value)
		*option = xstrdup(value);
}

void defaults_apply(const json_t *conf, struct spec_opts *o)
{
	const char *network = json_get_str(conf, "network", "");
	struct strv limits = {0};

	fill(&o->log_driver, conf, "log_driver");
	fill(&o->tz, conf, "tz");
	fill(&o->umask, conf, "umask");
	o->default_userns = json_get_str(conf, "userns", NULL);
	if (o->network.n == 0 && *network)
		strv_add(&o->network, network);
	json_get_strv(conf, "env", &o->default_env);
	/* the last one of a name counts, so the flags come behind */
	json_get_strv(conf, "default_ulimits", &limits);
	strv_addv(&limits, &o->ulimit);
	strv_done(&o->ulimit);
	o->ulimit = limits;
}
