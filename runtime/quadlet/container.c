/*
 * container - [Container]: `rl run`
 */
#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

static const struct quadlet_key keys[] = {
	{"AddCapability", QUADLET_WORD, "--cap-add", NULL},
	{"AddDevice", QUADLET_CODE, NULL, NULL},
	{"AddHost", QUADLET_EACH, "--add-host", NULL},
	{"Annotation", QUADLET_PAIR, "--annotation", NULL},
	{"AppArmor", QUADLET_ONE, "--security-opt", "apparmor="},
	{"AutoUpdate", QUADLET_ONE, "--label", "io.containers.autoupdate="},
	{"CgroupsMode", QUADLET_CODE, NULL, NULL},
	{"ContainerName", QUADLET_CODE, NULL, NULL},
	{"DNS", QUADLET_EACH, "--dns", NULL},
	{"DNSOption", QUADLET_EACH, "--dns-option", NULL},
	{"DNSSearch", QUADLET_EACH, "--dns-search", NULL},
	{"DropCapability", QUADLET_WORD, "--cap-drop", NULL},
	{"Entrypoint", QUADLET_CODE, NULL, NULL},
	{"Environment", QUADLET_PAIR, "--env", NULL},
	{"EnvironmentFile", QUADLET_CODE, NULL, NULL},
	{"EnvironmentHost", QUADLET_BOOL, "--env-host", NULL},
	{"Exec", QUADLET_CODE, NULL, NULL},
	{"ExposeHostPort", QUADLET_EACH, "--expose", NULL},
	{"GIDMap", QUADLET_WORD, "--gidmap", NULL},
	{"Group", QUADLET_CODE, NULL, NULL},
	{"GroupAdd", QUADLET_EACH, "--group-add", NULL},
	{"HealthCmd", QUADLET_ONE, "--health-cmd", NULL},
	{"HealthInterval", QUADLET_ONE, "--health-interval", NULL},
	{"HealthLogDestination", QUADLET_ONE, "--health-log-destination", NULL},
	{"HealthMaxLogCount", QUADLET_ONE, "--health-max-log-count", NULL},
	{"HealthMaxLogSize", QUADLET_ONE, "--health-max-log-size", NULL},
	{"HealthOnFailure", QUADLET_ONE, "--health-on-failure", NULL},
	{"HealthRetries", QUADLET_ONE, "--health-retries", NULL},
	{"HealthStartPeriod", QUADLET_ONE, "--health-start-period", NULL},
	{"HealthStartupCmd", QUADLET_ONE, "--health-startup-cmd", NULL},
	{"HealthStartupInterval", QUADLET_ONE, "--health-startup-interval", NULL},
	{"HealthStartupRetries", QUADLET_ONE, "--health-startup-retries", NULL},
	{"HealthStartupSuccess", QUADLET_ONE, "--health-startup-success", NULL},
	{"HealthStartupTimeout", QUADLET_ONE, "--health-startup-timeout", NULL},
	{"HealthTimeout", QUADLET_ONE, "--health-timeout", NULL},
	{"HostName", QUADLET_ONE, "--hostname", NULL},
	{"HttpProxy", QUADLET_BOOL, "--http-proxy", NULL},
	{"IP", QUADLET_ONE, "--ip", NULL},
	{"IP6", QUADLET_ONE, "--ip6", NULL},
	{"Image", QUADLET_CODE, NULL, NULL},
	{"Label", QUADLET_PAIR, "--label", NULL},
	{"LogDriver", QUADLET_ONE, "--log-driver", NULL},
	{"LogOpt", QUADLET_WORD, "--log-opt", NULL},
	{"Mask", QUADLET_ARG, "--security-opt", "mask="},
	{"Memory", QUADLET_ONE, "--memory", NULL},
	{"Mount", QUADLET_CODE, NULL, NULL},
	{"Network", QUADLET_EACH, "--network", NULL},
	{"NetworkAlias", QUADLET_EACH, "--network-alias", NULL},
	{"NoNewPrivileges", QUADLET_IF, "--security-opt", "no-new-privileges"},
	{"Notify", QUADLET_CODE, NULL, NULL},
	{"PidsLimit", QUADLET_ONE, "--pids-limit", NULL},
	{"Pod", QUADLET_CODE, NULL, NULL},
	{"PublishPort", QUADLET_EACH, "--publish", NULL},
	{"Pull", QUADLET_ONE, "--pull", NULL},
	{"ReadOnly", QUADLET_BOOL, "--read-only", NULL},
	{"ReadOnlyTmpfs", QUADLET_BOOL, "--read-only-tmpfs", NULL},
	{"ReloadCmd", QUADLET_CODE, NULL, NULL},
	{"ReloadSignal", QUADLET_CODE, NULL, NULL},
	{"Retry", QUADLET_ONE, "--retry", NULL},
	{"RetryDelay", QUADLET_ONE, "--retry-delay", NULL},
	{"Rootfs", QUADLET_CODE, NULL, NULL},
	{"RunInit", QUADLET_BOOL, "--init", NULL},
	{"SeccompProfile", QUADLET_ONE, "--security-opt", "seccomp="},
	{"Secret", QUADLET_ARG, "--secret", NULL},
	{"SecurityLabelDisable", QUADLET_IF, "--security-opt", "label=disable"},
	{"SecurityLabelFileType", QUADLET_ONE, "--security-opt", "label=filetype:"},
	{"SecurityLabelLevel", QUADLET_ONE, "--security-opt", "label=level:"},
	{"SecurityLabelNested", QUADLET_IF, "--security-opt", "label=nested"},
	{"SecurityLabelType", QUADLET_ONE, "--security-opt", "label=type:"},
	{"ShmSize", QUADLET_ONE, "--shm-size", NULL},
	{"StartWithPod", QUADLET_CODE, NULL, NULL},
	{"StopSignal", QUADLET_ONE, "--stop-signal", NULL},
	{"StopTimeout", QUADLET_ONE, "--stop-timeout", NULL},
	{"SubGIDMap", QUADLET_ONE, "--subgidname", NULL},
	{"SubUIDMap", QUADLET_ONE, "--subuidname", NULL},
	{"Sysctl", QUADLET_WORD, "--sysctl", NULL},
	{"Timezone", QUADLET_ONE, "--tz", NULL},
	{"Tmpfs", QUADLET_EACH, "--tmpfs", NULL},
	{"UIDMap", QUADLET_WORD, "--uidmap", NULL},
	{"Ulimit", QUADLET_EACH, "--ulimit", NULL},
	{"Unmask", QUADLET_ARG, "--security-opt", "unmask="},
	{"User", QUADLET_CODE, NULL, NULL},
	{"UserNS", QUADLET_ONE, "--userns", NULL},
	{"Volume", QUADLET_EACH, "--volume", NULL},
	{"WorkingDir", QUADLET_ONE, "--workdir", NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

static char *resource(const struct quadlet *q)
{
	char *name = quadlet_get(q, "ContainerName");

	/* specifiers of the service that owns it: %p_%i is unique among the instances of a template */
	return name ? name : xstrdup(strchr(q->source.name, '@') ? "systemd-%p_%i" : "systemd-%N");
}

static int add_user(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *user = quadlet_get(q, "User"), *group = quadlet_get(q, "Group");

	if (group && !user)
		return err_say(err, EINVAL, "Group= without User=");
	if (user) {
		strv_add(cmd, "--user");
		strv_addf(cmd, "%s%s%s", user, group ? ":" : "", group ? group : "");
	}
	return 0;
}

/* a '-' in front makes it optional */
static int add_devices(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_strv_ struct strv devices = {0};
	int r = unitfile_words(
		&q->source, q->type->section, "AddDevice", WORDS_RETAIN, &devices, err);

	for (size_t i = 0; r == 0 && i < devices.n; i++) {
		const char *device = devices.v[i];

		if (*device == '-') {
			_cleanup_free_ char *path = xstrndup(device + 1, strcspn(device + 1, ":"));

			if (access(path, F_OK) < 0)
				continue;
			device++;
		}
		strv_add(cmd, "--device");
		strv_add(cmd, device);
	}
	return r;
}

static int add_env_files(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_strv_ struct strv files = {0};
	int r = unitfile_words(
		&q->source, q->type->section, "EnvironmentFile", WORDS_UNESCAPE, &files, err);

	strv_foreach (i, file, &files) {
		strv_add(cmd, "--env-file");
		strv_take(cmd, quadlet_path(q, file));
	}
	return r;
}

/* the source of TYPE=…,src=…: what follows the key, as a part of @fields */
static int resolve_mount(struct quadlet_set *set, struct quadlet *q, struct strv *fields,
	const char *type, struct err *err)
{
	bool image = str_eq(type, "image");

	for (size_t i = 0; i < fields->n; i++) {
		const char *value = str_after(fields->v[i], "source=");
		_cleanup_free_ char *source = NULL;
		int r;

		if (!value)
			value = str_after(fields->v[i], "src=");
		if (!value)
			continue;
		if (!*value)
			return err_say(err, EINVAL, "Mount=: the source is empty");
		source = xstrdup(value);
		r = image ? quadlet_image_name(set, q, &source, err)
			  : quadlet_source(set, q, &source, err);
		if (r < 0)
			return r;
		free(fields->v[i]);
		fields->v[i] = xasprintf("source=%s", source);
		return 0;
	}
	if (!str_eq(type, "volume"))
		return err_say(err, EINVAL, "Mount=type=%.40s: no source", type);
	return 0;
}

static int add_mounts(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err)
{
	static const char *const with_source[] = {"bind", "volume", "glob", "image", "artifact"};
	_cleanup_strv_ struct strv mounts = {0};
	int r = unitfile_words(&q->source, q->type->section, "Mount", WORDS_UNESCAPE, &mounts, err);

	for (size_t i = 0; r == 0 && i < mounts.n; i++) {
		_cleanup_strv_ struct strv fields = {0};
		const char *type = "volume", *given;

		strv_split(&fields, mounts.v[i], ",");
		given = strv_find_key(&fields, "type");
		if (given)
			type = given;
		for (size_t k = 0; r == 0 && k < ARRAY_SIZE(with_source); k++)
			if (str_eq(type, with_source[k]))
				r = resolve_mount(set, q, &fields, with_source[k], err);
		strv_add(cmd, "--mount");
		strv_take(cmd, strv_join(&fields, ","));
	}
	return r;
}

static int add_pod(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *name = quadlet_get(q, "Pod");
	struct quadlet *pod;
	int r;

	if (!name)
		return 0;
	if (!str_ends(name, ".pod"))
		return err_say(err, EINVAL, "Pod=%.120s: not the name of a .pod file", name);
	pod = quadlet_find(set, name);
	if (!pod)
		return err_say(err, ENOENT, "Pod=%.120s: there is no such file", name);
	r = unitfile_bool(&q->source, q->type->section, "StartWithPod", true, err);
	if (r < 0)
		return r;
	strv_add(cmd, "--pod");
	strv_add(cmd, pod->resource);
	unitfile_add(&q->unit, "Unit", "BindsTo", pod->service);
	unitfile_add(&q->unit, "Unit", "After", pod->service);
	/* a template has no unit that could be started */
	if (r && !str_ends(q->service, "@.service"))
		strv_add(&pod->members, q->service);
	return 0;
}

/* what stops it, also when the monitor has died and only ExecStopPost is run */
static int add_stop(const struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	static const char *const rm[] = {"rm", "-v", "-f", "-i"};
	_cleanup_strv_ struct strv cmd = {0};
	int r = quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(rm); i++)
		strv_add(&cmd, rm[i]);
	strv_add(&cmd, q->resource);
	quadlet_exec(q, "ExecStop", "", &cmd);
	quadlet_exec(q, "ExecStopPost", "-", &cmd);
	return 0;
}

static int add_reload(const struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	_cleanup_free_ char *signal = quadlet_get(q, "ReloadSignal");
	const char *line = unitfile_last(&q->source, q->type->section, "ReloadCmd");
	_cleanup_strv_ struct strv cmd = {0};
	int r;

	if (!signal && str_empty(line))
		return 0;
	if (signal && !str_empty(line))
		return err_say(err, EINVAL, "ReloadCmd= and ReloadSignal= exclude each other");
	r = quadlet_command(set, q, &cmd, err);
	if (r < 0)
		return r;
	strv_add(&cmd, signal ? "kill" : "exec");
	if (signal) {
		strv_add(&cmd, "--signal");
		strv_add(&cmd, signal);
	}
	strv_add(&cmd, q->resource);
	if (!signal)
		r = words_split(line, WORDS_UNESCAPE, &cmd, err);
	quadlet_exec(q, "ExecReload", "", &cmd);
	return r;
}

/* when the service counts as started */
static int add_notify(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *notify = quadlet_get(q, "Notify");
	int r = 0;

	if (notify && strcasecmp(notify, "healthy") == 0) {
		strv_add(cmd, "--sdnotify=healthy");
	} else {
		r = unitfile_bool(&q->source, q->type->section, "Notify", false, err);
		strv_add(cmd, r == 1 ? "--sdnotify=container" : "--sdnotify=conmon");
	}
	strv_add(cmd, "-d");
	return r < 0 ? r : 0;
}

static int add_what(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *image = quadlet_get(q, "Image"), *rootfs = quadlet_get(q, "Rootfs");
	const char *exec = unitfile_last(&q->source, q->type->section, "Exec");
	int r;

	if (!image == !rootfs)
		return err_say(err, EINVAL,
			image ? "Image= and Rootfs= exclude each other"
			      : "neither Image= nor Rootfs=");
	if (rootfs) {
		strv_add(cmd, "--rootfs");
		strv_add(cmd, rootfs);
	} else {
		r = quadlet_image_name(set, q, &image, err);
		if (r < 0)
			return r;
		strv_add(cmd, image);
	}
	return exec ? words_split(exec, WORDS_UNESCAPE, cmd, err) : 0;
}

static int add_code(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err)
{
	const char *entrypoint = unitfile_last(&q->source, q->type->section, "Entrypoint");
	_cleanup_free_ char *cgroups = quadlet_get(q, "CgroupsMode"),
			    *unquoted = quadlet_get(q, "Entrypoint");
	int r;

	/* the service's group is the container's: systemd sees what belongs to it */
	strv_addf(cmd, "--cgroups=%s", cgroups ? cgroups : "split");
	if (entrypoint)
		strv_addf(cmd, "--entrypoint=%s", unquoted ? unquoted : "");
	r = add_devices(q, cmd, err);
	if (r == 0)
		r = add_user(q, cmd, err);
	if (r == 0)
		r = add_env_files(q, cmd, err);
	if (r == 0)
		r = add_mounts(set, q, cmd, err);
	if (r == 0)
		r = add_pod(set, q, cmd, err);
	return r;
}

static int convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	_cleanup_strv_ struct strv cmd = {0};
	bool notify;
	int r = quadlet_daemon(q, &notify, err);

	if (r == 0)
		r = add_stop(set, q, err);
	if (r == 0)
		r = add_reload(set, q, err);
	if (r == 0)
		r = quadlet_command(set, q, &cmd, err);
	if (r < 0)
		return r;
	unitfile_add(&q->unit, "Service", "Delegate", "yes");
	strv_add(&cmd, "run");
	strv_add(&cmd, "--name");
	strv_add(&cmd, q->resource);
	/* one that is left of an earlier run, and nothing left of this one */
	strv_add(&cmd, "--replace");
	strv_add(&cmd, "--rm");
	if (notify)
		r = add_notify(q, &cmd, err);
	if (r == 0)
		r = add_code(set, q, &cmd, err);
	if (r == 0)
		r = quadlet_options(set, q, &cmd, err);
	if (r == 0)
		r = quadlet_own_args(q, &cmd, err);
	if (r == 0)
		r = add_what(set, q, &cmd, err);
	if (r == 0)
		quadlet_exec(q, "ExecStart", "", &cmd);
	return r;
}

const struct quadlet_type quadlet_container = {
	.ext = ".container",
	.section = "Container",
	.suffix = "",
	.keys = keys,
	.resource = resource,
	.convert = convert,
};
