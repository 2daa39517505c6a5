#include "cmd/human.h"
#include "cmd/inspect.h"

#include "network/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/cgroup.h"
#include "runtime/ctrlog.h"
#include "storage/driver.h"
#include "storage/image_find.h"
#include "storage/writable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEVER "0001-01-01T00:00:00Z"

/**
 * struct source - what is known about a container
 * @record: container.json; @config: config.json; both borrowed
 * @live:   state.json of a running container, else exit.json, else NULL
 */
struct source {
	const struct container *c;
	const json_t *record, *config, *process, *host;
	const json_t *live;
	char *dir;
};

static json_t *list_of(const json_t *obj, const char *key)
{
	json_t *j = json_object_get(obj, key);

	return json_is_array(j) ? json_incref(j) : json_array();
}

static json_t *map_of(const json_t *obj, const char *key)
{
	json_t *j = json_object_get(obj, key);

	return json_is_object(j) ? json_incref(j) : json_object();
}

static json_t *show_state(const struct source *s)
{
	const struct container *c = s->c;
	bool running = container_is_running(c);
	const char *started = json_get_str(running ? c->state : c->exit, "started", "");
	json_t *out = json_object(), *health;

	json_set_str(out, "OciVersion", json_get_str(s->config, "ociVersion", ""));
	json_set_str(out, "Status", container_status_name(c->status));
	json_object_set_new(out, "Running", json_boolean(running && c->status != CONTAINER_PAUSED));
	json_object_set_new(out, "Paused", json_boolean(c->status == CONTAINER_PAUSED));
	json_object_set_new(out, "Restarting", json_boolean(c->status == CONTAINER_RESTARTING));
	json_object_set_new(
		out, "OOMKilled", json_boolean(json_get_bool(c->exit, "oomKilled", false)));
	json_object_set_new(out, "Dead", json_false());
	json_object_set_new(out, "Pid",
		json_integer(running		     ? c->pid
			     : container_is_ready(c) ? json_get_int(c->state, "pid", 0)
						     : 0));
	json_object_set_new(
		out, "ConmonPid", json_integer(c->held ? json_get_int(c->state, "monitor", 0) : 0));
	json_object_set_new(out, "ExitCode", json_integer(running ? 0 : c->exit_code));
	json_set_str(out, "Error", running ? "" : json_get_str(c->exit, "error", ""));
	json_set_str(out, "StartedAt", *started ? started : NEVER);
	json_set_str(out, "FinishedAt", running ? NEVER : json_get_str(c->exit, "finished", NEVER));
	json_set_str(out, "CgroupPath", json_get_str(c->state, "cgroup", ""));
	json_object_set_new(out, "Checkpointed", json_false());
	json_object_set_new(out, "Restored", json_false());
	json_object_set_new(
		out, "StoppedByUser", json_boolean(json_get_bool(c->exit, "stoppedByUser", false)));
	health = inspect_health(c);
	/* its name in older versions; scripts ask {{if .State.Health}} */
	if (health)
		json_object_set(out, "Healthcheck", health);
	json_object_set_new(out, "Health", health ? health : json_null());
	return out;
}

/* @m: an entry of config.json's "mounts" that was asked for; @rl: what it says of that */
static json_t *show_mount(const json_t *m, const json_t *rl)
{
	const char *propagation = "";
	_cleanup_strv_ struct strv all = {0}, options = {0};
	json_t *j = json_object();

	json_get_strv(m, "options", &all);
	strv_foreach (i, option, &all) {
		if (str_ends(option, "private") || str_ends(option, "shared") ||
			str_ends(option, "slave"))
			propagation = option;
		if (!str_after(option, "lowerdir+="))
			strv_add(&options, option);
	}
	json_set_str(j, "Type", json_get_str(rl, "type", ""));
	json_set_str(j, "Name", json_get_str(rl, "name", NULL));
	json_set_str(j, "Source", json_get_str(rl, "source", ""));
	json_set_str(j, "Destination", json_get_str(m, "destination", ""));
	json_set_str(j, "Driver", json_get_str(rl, "driver", ""));
	json_set_str(j, "Mode", "");
	json_object_set_new(j, "Options", json_from_strv(&options));
	json_object_set_new(j, "RW", json_boolean(!strv_has(&all, "ro")));
	json_set_str(j, "Propagation", propagation);
	return j;
}

/* mounts that were asked for, not those that every container has */
static json_t *show_mounts(const struct source *s)
{
	json_t *out = json_array(), *m;
	size_t i;

	json_array_foreach (json_object_get(s->config, "mounts"), i, m) {
		const json_t *rl = json_object_get(m, "rl");

		if (rl)
			json_array_append_new(out, show_mount(m, rl));
	}
	return out;
}

/* "80/tcp" → [{HostIp, HostPort}]; what is only exposed has null */
static json_t *show_ports(const struct source *s, const json_t *ports, bool exposed)
{
	json_t *out = json_object(), *unused;
	struct ports list = {0};
	const char *key;

	if (exposed) {
		json_object_foreach (
			json_object_get(json_object_get(s->record, "config"), "ExposedPorts"), key,
			unused)
			json_object_set_new(out, key, json_null());
	}
	if (port_from_json(ports, &list, NULL) < 0)
		return out;
	for (size_t i = 0; i < list.n; i++) {
		const struct port *p = &list.v[i];
		_cleanup_free_ char *name = xasprintf("%u/%s", p->ctr_port, p->proto);
		json_t *bindings = json_object_get(out, name);

		if (!json_is_array(bindings)) {
			bindings = json_array();
			json_object_set_new(out, name, bindings);
		}
		json_array_append_new(bindings,
			json_pack("{s:s, s:o}", "HostIp", *p->host_ip ? p->host_ip : "0.0.0.0",
				"HostPort",
				p->host_port	? json_sprintf("%u", p->host_port)
				: p->pick_first ? json_sprintf("%u-%u", p->pick_first, p->pick_last)
						: json_string("")));
	}
	ports_done(&list);
	return out;
}

static json_t *show_network(const struct source *s)
{
	const struct container *c = s->c;
	const json_t *network = json_object_get(s->record, "network");
	const json_t *ports = json_object_get(c->held && c->state ? c->state : network, "ports");
	const char *mode = json_get_str(network, "mode", "none");
	_cleanup_free_ char *key = c->pid ? xasprintf("/proc/%d/ns/net", (int)c->pid) : xstrdup("");
	json_t *networks = json_object(), *out;

	json_object_set_new(networks, mode,
		json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:n, s:n, s:n}",
			"EndpointID", "", "Gateway", "", "IPAddress", "", "IPPrefixLen", 0,
			"IPv6Gateway", "", "GlobalIPv6Address", "", "GlobalIPv6PrefixLen", 0,
			"MacAddress", "", "NetworkID", mode, "DriverOpts", "IPAMConfig", "Links"));
	out = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:b, s:s, s:i}",
		"EndpointID", "", "Gateway", "", "IPAddress", "", "IPPrefixLen", 0, "IPv6Gateway",
		"", "GlobalIPv6Address", "", "GlobalIPv6PrefixLen", 0, "MacAddress", "", "Bridge",
		"", "SandboxID", "", "HairpinMode", 0, "LinkLocalIPv6Address", "",
		"LinkLocalIPv6PrefixLen", 0);
	json_object_set_new(out, "Ports", show_ports(s, ports, true));
	json_set_str(out, "SandboxKey", key);
	json_object_set_new(out, "Networks", networks);
	return out;
}

static json_t *show_config(const struct source *s)
{
	const json_t *r = s->record, *user = json_object_get(s->process, "user");
	const json_t *rc = json_object_get(r, "config");
	const char *signal = parse_signal_name((int)json_get_int(r, "stopSignal", 15));
	bool stdin_open = json_get_bool(r, "stdin", false);
	json_t *out = json_object();

	json_set_str(out, "Hostname", json_get_str(rc, "Hostname", ""));
	json_set_str(out, "Domainname", json_get_str(s->config, "domainname", ""));
	json_set_str(out, "User", json_get_str(rc, "User", ""));
	json_object_set_new(out, "AttachStdin", json_boolean(stdin_open));
	json_object_set_new(out, "AttachStdout", json_true());
	json_object_set_new(out, "AttachStderr", json_true());
	json_object_set_new(out, "Tty", json_boolean(json_get_bool(r, "tty", false)));
	json_object_set_new(out, "OpenStdin", json_boolean(stdin_open));
	json_object_set_new(out, "StdinOnce", json_false());
	json_object_set_new(out, "Env", list_of(s->process, "env"));
	json_object_set_new(out, "Cmd", list_of(rc, "Cmd"));
	json_set_str(out, "Image", json_get_str(r, "image", ""));
	json_object_set_new(out, "Volumes", map_of(rc, "Volumes"));
	json_set_str(out, "WorkingDir", json_get_str(s->process, "cwd", "/"));
	json_object_set_new(out, "Entrypoint", list_of(rc, "Entrypoint"));
	json_set_str(out, "OnBuild", "");
	json_object_set_new(out, "Labels", map_of(r, "labels"));
	json_object_set_new(out, "Annotations", map_of(s->config, "annotations"));
	json_set_str(out, "StopSignal", signal ? signal : "");
	json_object_set_new(out, "CreateCommand", list_of(r, "createCommand"));
	json_object_set_new(out, "SystemdMode", json_boolean(json_get_bool(r, "systemd", false)));
	json_set_str(out, "Timezone", json_get_str(rc, "Timezone", ""));
	json_object_set_new(
		out, "Umask", json_sprintf("%04o", (unsigned)json_get_int(user, "umask", 0022)));
	json_object_set_new(out, "Secrets", list_of(r, "secrets"));
	json_object_set_new(out, "Timeout", json_integer(json_get_int(r, "timeout", 0)));
	json_object_set_new(out, "StopTimeout", json_integer(json_get_int(r, "stopTimeout", 10)));
	json_object_set_new(out, "ExposedPorts", map_of(rc, "ExposedPorts"));
	json_set_str(out, "sdNotifyMode", json_get_str(r, "sdnotify", "container"));
	inspect_health_config(r, out);
	return out;
}

static json_t *show_devices(const struct source *s)
{
	_cleanup_strv_ struct strv list = {0};
	json_t *out = json_array();

	json_get_strv(s->host, "Devices", &list);
	strv_foreach (i, text, &list) {
		_cleanup_strv_ struct strv parts = {0};
		const char *target;

		strv_split(&parts, text, ":");
		target = parts.n > 1 && *parts.v[1] == '/' ? parts.v[1] : parts.v[0];
		json_array_append_new(
			out, json_pack("{s:s, s:s, s:s}", "PathOnHost", parts.v[0],
				     "PathInContainer", target, "CgroupPermissions", "rwm"));
	}
	return out;
}

static json_t *show_ulimits(const struct source *s)
{
	json_t *out = json_array(), *limit;
	size_t i;

	json_array_foreach (json_object_get(s->process, "rlimits"), i, limit)
		json_array_append_new(
			out, json_pack("{s:s, s:I, s:I}", "Name", json_get_str(limit, "type", ""),
				     "Soft", (json_int_t)json_get_int(limit, "soft", 0), "Hard",
				     (json_int_t)json_get_int(limit, "hard", 0)));
	return out;
}

static json_t *show_log(const struct source *s)
{
	const json_t *opts = json_object_get(s->record, "logOpts");
	const char *driver = json_get_str(s->record, "logDriver", "");
	json_int_t size = json_get_int(opts, "max-size", 0);
	const char *own = json_get_str(opts, "path", NULL);
	char text[HUMAN_MAX];
	bool file = str_eq(driver, "k8s-file") || str_eq(driver, "json-file");
	_cleanup_free_ char *path = own	   ? xstrdup(own)
				    : file ? xasprintf("%s/" CTRLOG_FILE, s->dir)
					   : xstrdup("");

	return json_pack("{s:s, s:n, s:s, s:s, s:o}", "Type", driver, "Config", "Path", path, "Tag",
		json_get_str(opts, "tag", ""), "Size",
		json_string(human_size_short((uint64_t)size, text)));
}

/* the first mount of config.json there, or NULL */
static const json_t *mount_at(const struct source *s, const char *destination)
{
	json_t *m;
	size_t i;

	json_array_foreach (json_object_get(s->config, "mounts"), i, m)
		if (str_eq(json_get_str(m, "destination", ""), destination))
			return m;
	return NULL;
}

/* bytes that /dev/shm may take: the option of its mount */
static json_int_t shm_size(const struct source *s)
{
	_cleanup_strv_ struct strv options = {0};
	const char *size;
	uint64_t n;

	json_get_strv(mount_at(s, "/dev/shm"), "options", &options);
	size = strv_find_key(&options, "size");
	return size && parse_u64_max(size, INT64_MAX, &n) == 0 ? (json_int_t)n : 0;
}

static json_t *show_id_map(const struct source *s, const char *key)
{
	json_t *out = json_array(), *e;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)json_path(s->config, "linux", key, NULL), i, e)
		json_array_append_new(out,
			json_sprintf("%lld:%lld:%lld", (long long)json_get_int(e, "containerID", 0),
				(long long)json_get_int(e, "hostID", 0),
				(long long)json_get_int(e, "size", 0)));
	return out;
}

static json_t *show_id_maps(const struct source *s)
{
	return json_pack("{s:o, s:o}", "UidMap", show_id_map(s, "uidMappings"), "GidMap",
		show_id_map(s, "gidMappings"));
}

/* how its group is chosen; the group itself is State.CgroupPath */
static void show_cgroup(const struct source *s, json_t *out)
{
	const char *mode = json_get_str(s->record, "cgroups", "default"), *parent = NULL;
	struct cgroup_want want = {0};

	cgroup_want(s->record, s->config, &want);
	parent = want.slice ? want.slice : want.parent;
	json_set_str(out, "Cgroups", mode);
	json_set_str(out, "CgroupParent", parent ? parent : "");
	json_set_str(out, "CgroupManager",
		want.mode == CGROUP_DISABLED ? ""
		: want.manager		     ? want.manager
					     : cgroup_default());
	cgroup_want_done(&want);
}

static json_t *show_host(const struct source *s)
{
	/* what no container has; scripts that walk through all fields find them */
	static const char *const zeros[] = {"CpuRealtimePeriod", "CpuRealtimeRuntime", "DiskQuota",
		"KernelMemory", "MemorySwappiness", "CpuCount", "CpuPercent", "IOMaximumIOps",
		"IOMaximumBandwidth"};
	static const char *const empty[] = {"VolumeDriver", "Cgroup", "Isolation"};
	static const char *const modes[] = {"IpcMode", "PidMode", "UTSMode", "UsernsMode",
		"CgroupMode", "TimeMode", "NetworkMode"};
	static const char *const lists[] = {
		"Binds", "CapAdd", "CapDrop", "SecurityOpt", "GroupAdd", "VolumesFrom"};
	static const char *const flags[] = {"Privileged", "PublishAllPorts", "Init"};
	static const char *const dns[][2] = {{"Dns", "dns"}, {"DnsOptions", "dnsOption"},
		{"DnsSearch", "dnsSearch"}, {"ExtraHosts", "addHost"}};
	const json_t *network = json_object_get(s->record, "network");
	struct restart_policy policy = {0};
	json_t *out = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		json_object_set_new(out, lists[i], list_of(s->host, lists[i]));
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		json_set_str(out, modes[i],
			json_get_str(s->host, modes[i],
				str_eq(modes[i], "IpcMode") ? "shareable" : "private"));
	json_object_set_new(out, "IDMappings", show_id_maps(s));
	json_set_str(out, "ContainerIDFile", json_get_str(s->host, "ContainerIDFile", ""));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_object_set_new(
			out, flags[i], json_boolean(json_get_bool(s->host, flags[i], false)));
	for (size_t i = 0; i < ARRAY_SIZE(dns); i++)
		json_object_set_new(out, dns[i][0], list_of(network, dns[i][1]));
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		json_object_set_new(out, zeros[i], json_integer(0));
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		json_set_str(out, empty[i], "");
	json_object_set_new(out, "Links", json_array());
	inspect_limits(s->c, s->config, out);
	json_object_set_new(out, "ConsoleSize", json_pack("[i,i]", 0, 0));
	json_object_set_new(out, "OomKillDisable", json_false());
	json_object_set_new(
		out, "OomScoreAdj", json_integer(json_get_int(s->process, "oomScoreAdj", 0)));
	json_object_set_new(out, "LogConfig", show_log(s));
	json_object_set_new(
		out, "PortBindings", show_ports(s, json_object_get(network, "ports"), false));
	restart_parse(json_get_str(s->record, "restart", ""), &policy, NULL);
	json_object_set_new(out, "RestartPolicy",
		json_pack("{s:s, s:I}", "Name", restart_name(policy.when), "MaximumRetryCount",
			(json_int_t)policy.max));
	json_object_set_new(
		out, "AutoRemove", json_boolean(json_get_bool(s->record, "autoRemove", false)));
	json_object_set_new(out, "AutoRemoveImage",
		json_boolean(json_get_bool(s->record, "removeImage", false)));
	json_object_set_new(out, "Annotations", map_of(s->config, "annotations"));
	json_object_set_new(out, "ReadonlyRootfs",
		json_boolean(json_get_bool(json_object_get(s->config, "root"), "readonly", false)));
	json_object_set_new(out, "Tmpfs", map_of(s->host, "Tmpfs"));
	json_object_set_new(out, "ShmSize", json_integer(shm_size(s)));
	json_set_str(out, "Runtime", "rl");
	json_object_set_new(out, "Devices", show_devices(s));
	json_object_set_new(out, "Ulimits", show_ulimits(s));
	show_cgroup(s, out);
	return out;
}

static int show_sizes(struct ctx *ctx, const struct source *s, json_t *out, struct err *err)
{
	const char *image = json_get_str(s->record, "imageId", "");
	char *id = (char *)(uintptr_t)s->c->id;
	struct strv one = {.v = (char *[]){id, NULL}, .n = 1};
	struct image img = {0};
	uint64_t n = 0, size = 0;
	int r = writable_sizes(&ctx->store, ctx->rundir, &one, &n, err);

	if (r < 0)
		return err_wrap(err, "size of container %s", s->c->name);
	if (*image && image_find(&ctx->store, image, &img, NULL) == 0)
		size = img.size;
	image_done(&img);
	json_object_set_new(out, "SizeRw", json_integer((json_int_t)n));
	json_object_set_new(out, "SizeRootFs", json_integer((json_int_t)size + (json_int_t)n));
	return 0;
}

static void show_paths(const struct source *s, json_t *out)
{
	static const struct {
		const char *key, *file;
	} files[] = {{"ResolvConfPath", "resolv.conf"}, {"HostnamePath", "hostname"},
		{"HostsPath", "hosts"}, {"OCIConfigPath", "config.json"}};
	_cleanup_json_ json_t *log = show_log(s);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		json_object_set_new(
			out, files[i].key, json_sprintf("%s/%s", s->dir, files[i].file));
	json_set_str(out, "StaticDir", s->dir);
	/* docker's name of HostConfig.LogConfig.Path */
	json_set_str(out, "LogPath", json_get_str(log, "Path", ""));
}

/* A process of another user than root begins without capabilities.  Which id a name stands for is known inside only; all
   systems call 0 root. */
static bool is_root(const struct source *s)
{
	const json_t *user = json_object_get(s->process, "user");
	const char *given = json_get_str(user, "username", "");
	_cleanup_free_ char *name = xstrndup(given, strcspn(given, ":"));

	return json_get_int(user, "uid", 0) == 0 &&
	       (!*name || str_eq(name, "root") || name[strspn(name, "0")] == '\0');
}

static json_t *show_all(struct ctx *ctx, const struct source *s)
{
	const json_t *caps = json_object_get(s->process, "capabilities");
	const struct store *store = &ctx->store;
	_cleanup_strv_ struct strv command = {0};
	json_t *out = json_object(), *args = json_array();

	json_get_strv(s->record, "command", &command);
	for (size_t i = 1; i < command.n; i++)
		json_array_append_new(args, json_str(command.v[i]));
	json_set_str(out, "Id", s->c->id);
	json_set_str(out, "Created", json_get_str(s->record, "created", NEVER));
	json_set_str(out, "Path", command.n ? command.v[0] : "");
	json_object_set_new(out, "Args", args);
	json_object_set_new(out, "State", show_state(s));
	json_set_str(out, "Image", json_get_str(s->record, "imageId", ""));
	json_set_str(out, "ImageDigest", json_get_str(s->record, "imageDigest", ""));
	json_set_str(out, "ImageName", json_get_str(s->record, "image", ""));
	json_set_str(out, "Rootfs",
		json_get_str(json_object_get(s->record, "hostConfig"), "Rootfs", ""));
	json_set_str(out, "Pod", "");
	show_paths(s, out);
	json_set_str(out, "OCIRuntime", "rl");
	json_set_str(out, "Platform", "linux"); /* docker's */
	json_set_str(out, "ConmonPidFile", json_get_str(s->record, "conmonPidFile", ""));
	json_set_str(out, "PidFile",
		json_get_str(s->record, "pidFile",
			/* of older versions */
			json_get_str(json_object_get(s->record, "config"), "PidFile", "")));
	json_set_str(out, "Name", s->c->name);
	json_object_set_new(out, "RestartCount",
		json_integer(
			json_get_int(s->c->held ? s->c->state : s->c->exit, "restartCount", 0)));
	json_set_str(out, "Driver", store->driver ? store->driver->name : "");
	json_set_str(out, "MountLabel",
		json_get_str(json_object_get(s->config, "linux"), "mountLabel", ""));
	json_set_str(out, "ProcessLabel",
		json_get_str(json_object_get(s->config, "process"), "selinuxLabel", ""));
	json_set_str(out, "AppArmorProfile",
		json_get_str(json_object_get(s->config, "process"), "apparmorProfile", ""));
	json_object_set_new(
		out, "EffectiveCaps", is_root(s) ? list_of(caps, "effective") : json_array());
	json_object_set_new(out, "BoundingCaps", list_of(caps, "bounding"));
	json_object_set_new(out, "ExecIDs", json_array());
	json_object_set_new(out, "GraphDriver",
		json_pack("{s:s, s:{}}", "Name", store->driver ? store->driver->name : "", "Data"));
	json_object_set_new(out, "Mounts", show_mounts(s));
	json_object_set_new(out, "Dependencies", list_of(s->record, "requires"));
	json_object_set_new(out, "NetworkSettings", show_network(s));
	json_set_str(out, "Namespace", "");
	json_object_set_new(out, "IsInfra", json_false());
	json_object_set_new(out, "IsService", json_false());
	json_object_set_new(out, "Config", show_config(s));
	json_object_set_new(out, "HostConfig", show_host(s));
	json_object_set_new(out, "UseImageHosts", json_boolean(!mount_at(s, "/etc/hosts")));
	json_object_set_new(out, "UseImageHostname", json_boolean(!mount_at(s, "/etc/hostname")));
	return out;
}

int inspect_container(
	struct ctx *ctx, const struct container *c, bool size, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *config = NULL, *out = NULL;
	_cleanup_free_ char *dir = xasprintf("%s/containers/%s", ctx->store.path, c->id);
	struct source s = {.c = c, .record = c->record, .dir = dir};
	int r;

	if (c->status == CONTAINER_DAMAGED) {
		err_set(err, EBADMSG, "container %s is damaged: its record cannot be read",
			container_label(c));
		return err_hint(err, "remove it with 'rl rm %.12s'", c->id);
	}
	r = container_config(c, &config, err);
	if (r < 0)
		return r;
	s.config = config;
	s.process = json_object_get(config, "process");
	s.host = json_object_get(c->record, "hostConfig");
	out = show_all(ctx, &s);
	r = size ? show_sizes(ctx, &s, out, err) : 0;
	if (r < 0)
		return r;
	*ret = take_ptr(out);
	return 0;
}
