#include "cmd/defaults.h"

static void fill(char **option, const json_t *conf, const char *key)
{
	const char *value = json_get_str(conf, key, "");

	if (!*option && *value)
		*option = xstrdup(value);
}

/* the last one of a name counts, so the flags come behind */
static void prepend(struct strv *option, const json_t *conf, const char *key)
{
	struct strv all = {0};

	json_get_strv(conf, key, &all);
	strv_addv(&all, option);
	strv_done(option);
	*option = all;
}

static void limits(const json_t *conf, struct spec_opts *o)
{
	int64_t pids = json_get_int(conf, "pids_limit", LIMIT_PIDS_DEFAULT);

	o->limits.pids_default = pids > 0 ? pids : -1;
	/* a place that was asked for takes a group */
	if (!o->cgroup_parent)
		fill(&o->cgroups, conf, "cgroups");
	fill(&o->cgroupns, conf, "cgroupns");
	prepend(&o->limits.conf, conf, "cgroup_conf");
}

void defaults_apply(const json_t *conf, struct spec_opts *o)
{
	const char *network = json_get_str(conf, "network", "");

	fill(&o->log_driver, conf, "log_driver");
	fill(&o->tz, conf, "tz");
	fill(&o->umask, conf, "umask");
	o->default_userns = json_get_str(conf, "userns", NULL);
	if (o->network.n == 0 && *network)
		strv_add(&o->network, network);
	json_get_strv(conf, "env", &o->default_env);
	prepend(&o->ulimit, conf, "default_ulimits");
	limits(conf, o);
}
