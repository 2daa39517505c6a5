/*
 * pod - [Pod]: `rl pod create`, start, stop and rm
 */
#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"

static const struct quadlet_key keys[] = {
	{"AddHost", QUADLET_EACH, "--add-host", NULL},
	{"DNS", QUADLET_EACH, "--dns", NULL},
	{"DNSOption", QUADLET_EACH, "--dns-option", NULL},
	{"DNSSearch", QUADLET_EACH, "--dns-search", NULL},
	{"ExitPolicy", QUADLET_CODE, NULL, NULL},
	{"GIDMap", QUADLET_WORD, "--gidmap", NULL},
	{"HostName", QUADLET_ONE, "--hostname", NULL},
	{"IP", QUADLET_ONE, "--ip", NULL},
	{"IP6", QUADLET_ONE, "--ip6", NULL},
	{"Label", QUADLET_PAIR, "--label", NULL},
	{"Network", QUADLET_EACH, "--network", NULL},
	{"NetworkAlias", QUADLET_EACH, "--network-alias", NULL},
	{"PodName", QUADLET_CODE, NULL, NULL},
	{"PublishPort", QUADLET_EACH, "--publish", NULL},
	{"ShmSize", QUADLET_ONE, "--shm-size", NULL},
	{"StopTimeout", QUADLET_CODE, NULL, NULL},
	{"SubGIDMap", QUADLET_ONE, "--subgidname", NULL},
	{"SubUIDMap", QUADLET_ONE, "--subuidname", NULL},
	{"UIDMap", QUADLET_WORD, "--uidmap", NULL},
	{"UserNS", QUADLET_ONE, "--userns", NULL},
	{"Volume", QUADLET_EACH, "--volume", NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

static int add(const struct quadlet_set *set, struct quadlet *q, const char *key, const char *verb,
	const char *const *options, struct err *err)
{
	_cleanup_strv_ struct strv cmd = {0};
	int r = quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	strv_add(&cmd, "pod");
	strv_add(&cmd, verb);
	for (; *options; options++)
		strv_add(&cmd, *options);
	strv_add(&cmd, q->resource);
	quadlet_exec(q, key, "", &cmd);
	return 0;
}

static int add_create(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	_cleanup_free_ char *policy = quadlet_get(q, "ExitPolicy");
	_cleanup_strv_ struct strv cmd = {0};
	int r = quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	strv_add(&cmd, "pod");
	strv_add(&cmd, "create");
	strv_add(&cmd, "--infra-conmon-pidfile=%t/%N.pid");
	strv_add(&cmd, "--replace");
	/* the service ends with its containers */
	strv_addf(&cmd, "--exit-policy=%s", policy ? policy : "stop");
	r = quadlet_options(set, q, &cmd, err);
	strv_addf(&cmd, "--infra-name=%s-infra", q->resource);
	strv_add(&cmd, "--name");
	strv_add(&cmd, q->resource);
	if (r == 0)
		r = quadlet_own_args(q, &cmd, err);
	quadlet_exec(q, "ExecStartPre", "", &cmd);
	return r;
}

static int convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	static const char *const nothing[] = {NULL}, *const rm[] = {"--ignore", "--force", NULL};
	_cleanup_free_ char *seconds = quadlet_get(q, "StopTimeout");
	_cleanup_free_ char *time = xasprintf("--time=%s", seconds ? seconds : "10");
	const char *const stop[] = {"--ignore", time, NULL};
	int r;

	strv_foreach (i, member, &q->members) {
		unitfile_add(&q->unit, "Unit", "Wants", member);
		unitfile_add(&q->unit, "Unit", "Before", member);
	}
	r = add_create(set, q, err);
	if (r == 0)
		r = add(set, q, "ExecStart", "start", nothing, err);
	if (r == 0)
		r = add(set, q, "ExecStop", "stop", stop, err);
	if (r == 0)
		r = add(set, q, "ExecStopPost", "rm", rm, err);
	quadlet_default(q, "SyslogIdentifier", "%N");
	quadlet_default(q, "Restart", "on-failure");
	unitfile_set(&q->unit, "Service", "Type", "forking");
	unitfile_set(&q->unit, "Service", "PIDFile", "%t/%N.pid");
	return r;
}

const struct quadlet_type quadlet_pod = {
	.ext = ".pod",
	.section = "Pod",
	.suffix = "-pod",
	.name_key = "PodName",
	.keys = keys,
	.convert = convert,
};
