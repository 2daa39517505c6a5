#include "cmd/info.h"

#include "cmd/version.h"
#include "network/slirp.h"
#include "runtime/base/fs.h"
#include "runtime/cgroup.h"
#include "runtime/group.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"
#include "runtime/capname.h"
#include "runtime/lsm.h"
#include "userns/limits.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool read_text(const char *path, struct buf *b)
{
	b->cap = 256 << 10;
	if (fs_read_at(AT_FDCWD, path, b, NULL) < 0)
		return false;
	while (b->len > 0 && (b->data[b->len - 1] == '\n' || b->data[b->len - 1] == ' '))
		b->data[--b->len] = '\0';
	return true;
}

/* the words of a file; an empty list if it cannot be read */
static json_t *read_words(const char *path)
{
	_cleanup_buf_ struct buf b = {0};
	_cleanup_strv_ struct strv words = {0};

	if (read_text(path, &b) && b.len > 0)
		strv_split(&words, buf_str(&b), " \n");
	return json_from_strv(&words);
}

/* "NAME=value" or NAME="value" of os-release(5) */
static void set_release(json_t *obj, const char *key, const struct strv *lines, const char *name)
{
	const char *value = strv_find_key(lines, name);
	_cleanup_free_ char *copy = NULL;
	size_t len = value ? strlen(value) : 0;

	if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0])
		copy = xstrndup(value + 1, len - 2);
	json_set_str(obj, key, copy ? copy : value ? value : "");
}

static json_t *distribution(void)
{
	_cleanup_buf_ struct buf b = {0};
	_cleanup_strv_ struct strv lines = {0};
	json_t *d = json_object();

	if (read_text("/etc/os-release", &b) || read_text("/usr/lib/os-release", &b))
		strv_split(&lines, buf_str(&b), "\n");
	set_release(d, "Distribution", &lines, "ID");
	set_release(d, "Variant", &lines, "VARIANT_ID");
	set_release(d, "Version", &lines, "VERSION_ID");
	set_release(d, "Codename", &lines, "VERSION_CODENAME");
	return d;
}

static json_t *id_map(const struct idmap *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++) {
		json_t *e = json_object();

		json_object_set_new(e, "ContainerID", json_integer(m->e[i].inside));
		json_object_set_new(e, "HostID", json_integer(m->e[i].outside));
		json_object_set_new(e, "Size", json_integer(m->e[i].size));
		json_array_append_new(list, e);
	}
	return list;
}

static json_t *id_mappings(struct ctx *ctx)
{
	struct userns u = {0};
	json_t *maps = json_object();

	if (ctx_run(ctx, NULL) < 0 || userns_query(ctx->rundir, &u, NULL) < 0)
		memset(&u, 0, sizeof(u));
	json_object_set_new(maps, "GIDMap", id_map(&u.maps.gid));
	json_object_set_new(maps, "UIDMap", id_map(&u.maps.uid));
	userns_done(&u);
	return maps;
}

static json_t *security(void)
{
	_cleanup_json_ json_t *caps = json_pack("{s:o}", "v", capname_json(capname_default));
	_cleanup_strv_ struct strv names = {0};
	_cleanup_free_ char *all = NULL;
	const char *profile = lsm_default_profile();
	json_t *s = json_object();

	json_get_strv(caps, "v", &names);
	all = strv_join(&names, ",");
	json_object_set_new(s, "AppArmorEnabled", json_boolean(lsm_apparmor()));
	json_set_str(s, "AppArmorProfile", profile ? profile : "");
	json_set_str(s, "DefaultCapabilities", all);
	json_object_set_new(s, "Rootless", json_boolean(geteuid() != 0));
	json_object_set_new(s, "SECCOMPEnabled",
		json_boolean(access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0));
	json_object_set_new(s, "SELinuxEnabled", json_boolean(lsm_selinux()));
	json_object_set_new(s, "UsernsRestricted",
		json_boolean(
			limits_sysctl("kernel/apparmor_restrict_unprivileged_userns", 0) == 1));
	return s;
}

/* rl itself, which executes containers and stays beside them */
static json_t *this_program(const char *name)
{
	_cleanup_free_ char *self = proc_self_path();
	json_t *r = json_object();

	json_set_str(r, "Name", name);
	json_set_str(r, "Path", self ? self : "");
	json_set_str(r, "Version", RL_VERSION);
	return r;
}

static json_t *slirp(void)
{
	_cleanup_free_ char *file = proc_find_program("slirp4netns"), *version = NULL;
	json_t *s = json_object();

	if (file)
		slirp_version(&version, NULL);
	json_set_str(s, "Executable", file ? file : "");
	json_set_str(s, "Version", version ? version : "");
	return s;
}

/* shares of the processors' time since the machine was started, in percent */
static json_t *cpu_utilization(void)
{
	/* user, nice, system, idle, iowait, irq, softirq, steal */
	unsigned long long t[8] = {0}, all = 0, user, idle;
	_cleanup_buf_ struct buf b = {0};

	if (!read_text("/proc/stat", &b) ||
		sscanf(buf_str(&b), "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1],
			&t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 4)
		return json_null();
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		all += t[i];
	all = all ? all : 1;
	user = (t[0] + t[1]) * 10000 / all;
	idle = (t[3] + t[4]) * 10000 / all;
	return json_pack("{s:f, s:f, s:f}", "UserPercent", (double)user / 100, "SystemPercent",
		(double)(10000 - user - idle) / 100, "IdlePercent", (double)idle / 100);
}

static void set_cgroup(json_t *h, const char *manager)
{
	_cleanup_free_ char *group = cgroup_default_group();
	_cleanup_free_ char *file =
		xasprintf(CGROUP_ROOT "%s/cgroup.controllers", group ? group : "");

	/* those that containers can have, not those of the machine */
	json_object_set_new(h, "CgroupControllers", group ? read_words(file) : json_array());
	json_set_str(h, "CgroupManager", manager ? manager : cgroup_default());
	json_set_str(h, "CgroupsVersion", group_unified(CGROUP_ROOT) ? "v2" : "v1");
}

static void set_memory(json_t *h)
{
	struct sysinfo si = {0};
	int64_t unit;
	char text[96];
	long up;

	sysinfo(&si);
	unit = si.mem_unit;
	up = si.uptime;
	json_object_set_new(h, "MemFree", json_integer((int64_t)si.freeram * unit));
	json_object_set_new(h, "MemTotal", json_integer((int64_t)si.totalram * unit));
	json_object_set_new(h, "SwapFree", json_integer((int64_t)si.freeswap * unit));
	json_object_set_new(h, "SwapTotal", json_integer((int64_t)si.totalswap * unit));
	snprintf(text, sizeof(text), "%ldh %ldm %ld.00s", up / 3600, up / 60 % 60, up % 60);
	json_set_str(h, "Uptime", text);
}

json_t *info_host(struct ctx *ctx)
{
	struct utsname uts = {0};
	json_t *h = json_object();
	cpu_set_t cpus;

	uname(&uts);
	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	json_set_str(h, "Arch", version_arch());
	set_cgroup(h, ctx->cgroup_manager);
	/* whose monitor is rl itself */
	json_object_set_new(h, "Conmon", this_program(NULL));
	json_object_set_new(h, "CPUs", json_integer(CPU_COUNT(&cpus)));
	json_object_set_new(h, "CPUUtilization", cpu_utilization());
	json_object_set_new(h, "Distribution", distribution());
	json_set_str(h, "EventLogger", "file");
	json_set_str(h, "Hostname", uts.nodename);
	json_object_set_new(h, "IDMappings", id_mappings(ctx));
	json_set_str(h, "Kernel", uts.release);
	json_set_str(h, "LogDriver", "k8s-file");
	set_memory(h);
	json_set_str(h, "Linkmode", getauxval(AT_BASE) ? "dynamic" : "static");
	json_object_set_new(h, "OCIRuntime", this_program("rl"));
	json_set_str(h, "OS", "linux");
	/* nobody listens anywhere */
	json_object_set_new(h, "RemoteSocket", json_pack("{s:s, s:b}", "Path", "", "Exists", 0));
	json_set_str(h, "RootlessNetworkCmd", "slirp4netns");
	json_object_set_new(h, "Security", security());
	json_object_set_new(h, "ServiceIsRemote", json_false());
	json_object_set_new(h, "Slirp4NetNS", slirp());
	return h;
}
