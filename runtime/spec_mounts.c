#include "runtime/spec_parts.h"

#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/spec_volumes.h"
#include "storage/driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHM_SIZE_DEFAULT (UINT64_C(64) << 20)

/**
 * struct plan - the mounts in the making
 * @fixed: part of every container, in order; one that the user mounts something else on is left out
 * @user:  those that were asked for, in order
 */
struct plan {
	json_t *fixed, *user;
};

static void plan_done(struct plan *p)
{
	json_decref(p->fixed);
	json_decref(p->user);
}

static bool plan_has(const struct plan *p, const char *target)
{
	json_t *m;
	size_t i;

	json_array_foreach (p->user, i, m)
		if (str_eq(json_get_str(m, "destination", ""), target))
			return true;
	return false;
}

/* @options: separated by commas */
static void plan_fixed(struct plan *p, const char *target, const char *type, const char *source,
	const char *options)
{
	_cleanup_strv_ struct strv list = {0};

	if (plan_has(p, target))
		return;
	strv_split(&list, options, ",");
	json_array_append_new(
		p->fixed, json_pack("{s:s, s:s, s:s, s:o}", "destination", target, "type", type,
				  "source", source, "options", json_from_strv(&list)));
}

/* where programs make groups of their own: in what they see as the root, which is the container's group */
static bool cgroup_writable(const struct spec *s)
{
	if (s->o->privileged)
		return true;
	return s->ns[SPEC_NS_CGROUP] == SPEC_NS_PRIVATE &&
	       (s->systemd || s->writable_cgroups || s->unmask_all ||
		       spec_unmasked(s, "/sys/fs/cgroup"));
}

/* Kernel file systems follow their namespace: where that is the host's, launch uses what is mounted there. */
static int plan_kernel(struct plan *p, const struct spec *s, struct err *err)
{
	const struct spec_opts *o = s->o;
	_cleanup_free_ char *shm = NULL, *proc_options = NULL;
	_cleanup_strv_ struct strv proc = {0};
	uint64_t size = SHM_SIZE_DEFAULT;

	if (o->shm_size && (parse_size(o->shm_size, &size) < 0 || size == 0)) {
		err_set(err, ERR_USAGE, "--shm-size '%s' is not a size", o->shm_size);
		return err_hint(err, "write a number with a unit, such as 64m");
	}
	shm = xasprintf("nosuid,noexec,nodev,mode=1777,size=%ju", (uintmax_t)size);
	strv_split(&proc, "nosuid,noexec,nodev", ",");
	strv_addv(&proc, &s->proc_opts);
	proc_options = strv_join(&proc, ",");
	plan_fixed(p, "/proc", "proc", "proc", proc_options);
	plan_fixed(p, "/dev", "tmpfs", "tmpfs", "nosuid,noexec,strictatime,mode=755,size=65536k");
	plan_fixed(p, "/dev/pts", "devpts", "devpts",
		"nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5");
	if (s->ns[SPEC_NS_IPC] == SPEC_NS_HOST)
		plan_fixed(p, "/dev/shm", "bind", "/dev/shm", "rbind,nosuid,noexec,nodev");
	else if (!str_eq(o->ipc, "none"))
		plan_fixed(p, "/dev/shm", "tmpfs", "shm", shm);
	plan_fixed(p, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev");
	plan_fixed(p, "/sys", "sysfs", "sysfs",
		o->privileged ? "nosuid,noexec,nodev" : "nosuid,noexec,nodev,ro");
	if (!plan_has(p, "/sys"))
		plan_fixed(p, "/sys/fs/cgroup", "cgroup", "cgroup",
			cgroup_writable(s) ? "nosuid,noexec,nodev,relatime"
					   : "nosuid,noexec,nodev,relatime,ro");
	return 0;
}

static void plan_tmpfs(void *plan, const char *dir, const char *options)
{
	plan_fixed(plan, dir, "tmpfs", "tmpfs", options);
}

/* what programs expect to be writable even where the root is not */
static void plan_writable(struct plan *p, const struct spec *s)
{
	if (s->systemd) {
		spec_systemd_tmpfs(s, plan_tmpfs, p);
		return;
	}
	if (s->o->read_only && s->o->read_only_tmpfs) {
		plan_fixed(p, "/run", "tmpfs", "tmpfs", "rw,nosuid,nodev,mode=755");
		plan_fixed(p, "/tmp", "tmpfs", "tmpfs", "rw,nosuid,nodev,mode=1777");
		plan_fixed(p, "/var/tmp", "tmpfs", "tmpfs", "rw,nosuid,nodev,mode=1777");
	}
}

bool spec_needs_containerenv(const struct containers *cs, const struct spec_opts *o)
{
	bool run_is_new = (o->read_only && o->read_only_tmpfs) || o->sandbox || o->rootfs;

	return o->privileged || run_is_new || !cs->store || !cs->store->driver ||
	       !cs->store->driver->skeleton;
}

/* a sandbox has the host's /etc, where nothing can be made to mount on; of a host without a resolver it wants none */
static bool has_place(const struct spec *s, const char *path)
{
	return !s->o->sandbox || faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* files of the container's own directory */
static void plan_files(struct plan *p, const struct spec *s)
{
	const char *options = json_object_get(s->os, "mountLabel")
				      ? "bind,rprivate,nosuid,nodev,noexec,z"
				      : "bind,rprivate,nosuid,nodev,noexec";
	_cleanup_free_ char *dir = xstrdup("@DIR@"), *hosts = NULL, *resolv = NULL;

	/* who shares a network shares its names */
	if (s->net->mode == NET_CONTAINER) {
		free(dir);
		dir = xasprintf("%s/containers/%s", s->cs->store->path, s->net->container);
	}
	hosts = path_join(dir, "hosts");
	resolv = path_join(dir, "resolv.conf");
	if (!s->o->no_hosts && has_place(s, "/etc/hosts"))
		plan_fixed(p, "/etc/hosts", "bind", hosts, options);
	if (!s->no_resolv && has_place(s, "/etc/resolv.conf"))
		plan_fixed(p, "/etc/resolv.conf", "bind", resolv, options);
	if (!s->o->no_hostname && has_place(s, "/etc/hostname"))
		plan_fixed(p, "/etc/hostname", "bind", "@DIR@/hostname", options);
	if (s->systemd || spec_needs_containerenv(s->cs, s->o))
		plan_fixed(p, "/run/.containerenv", "bind", "@DIR@/containerenv",
			"bind,rprivate,nosuid,nodev,noexec,ro");
	if (s->o->init) {
		_cleanup_free_ char *init =
			s->o->init_path ? xstrdup(s->o->init_path) : proc_libexec("rl-init");

		plan_fixed(p, "/run/rl-init", "bind", init, "bind,rprivate,nosuid,nodev,ro");
	}
}

/*
 * No user namespace may make device nodes, so a device is the host's own node, bound.  Its
 * permissions cannot be narrowed: only a cgroup of the host's root could.
 */
static void device_add(json_t *mounts, const char *host, const char *target)
{
	json_array_append_new(mounts,
		json_pack("{s:s, s:s, s:s, s:[s,s,s,s]}", "destination", target, "type", "bind",
			"source", host, "options", "bind", "rprivate", "nosuid", "noexec"));
}

static int device_tree(
	json_t *mounts, const char *host, const char *target, int depth, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct stat st;
	int r;

	if (stat(host, &st) < 0) {
		err_set(err, errno, "--device %s", host);
		return err_hint(err, "name a device of the host, such as /dev/fuse");
	}
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		device_add(mounts, host, target);
		return 0;
	}
	if (!S_ISDIR(st.st_mode) || depth > 3)
		return depth > 0 ? 0 : err_set(err, ERR_USAGE, "--device %s: not a device", host);
	r = fs_list_at(AT_FDCWD, host, &names, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *from = path_join(host, names.v[i]),
				    *to = path_join(target, names.v[i]);

		r = device_tree(mounts, from, to, depth + 1, err);
	}
	return r;
}

static int device_flag(json_t *mounts, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};
	_cleanup_free_ char *target = NULL, *host = NULL;
	const char *perm = "rwm";

	strv_split(&parts, text, ":");
	if (parts.n == 2 && !path_is_abs(parts.v[1]))
		perm = parts.v[1];
	else if (parts.n == 3)
		perm = parts.v[2];
	if (parts.n > 3 || !path_is_abs(parts.v[0]) || !*perm || perm[strspn(perm, "rwm")] ||
		(parts.n == 3 && !path_is_abs(parts.v[1]))) {
		err_set(err, ERR_USAGE,
			"--device '%.200s' is not HOST-DEVICE[:CONTAINER-DEVICE][:PERMISSIONS]",
			text);
		return err_hint(err, "for example /dev/fuse or /dev/sdb:/dev/xvdb:rwm");
	}
	if (!strchr(perm, 'r') || !strchr(perm, 'w')) {
		err_set(err, ERR_USAGE, "--device %s: permissions cannot be narrowed to '%s'", text,
			perm);
		return err_hint(err, "leave them out: the permissions of the device's file apply");
	}
	host = path_clean(parts.v[0]);
	target = path_clean(parts.n > 1 && path_is_abs(parts.v[1]) ? parts.v[1] : parts.v[0]);
	if (str_eq(target, "/") || str_after(target, "/proc/"))
		return err_set(err, ERR_USAGE, "--device: '%s' cannot be a device's path", target);
	return device_tree(mounts, host, target, 0, err);
}

/* --privileged: every device of the host that the user can use anyway */
static void device_all(json_t *mounts, const char *dir, int depth)
{
	/* made for each container, or a way to the caller's terminal */
	static const char *const skip[] = {"pts", "shm", "mqueue", "fd", "null", "zero", "full",
		"random", "urandom", "tty", "console", "ptmx", "stdin", "stdout", "stderr"};
	_cleanup_strv_ struct strv names = {0};

	if (fs_list_at(AT_FDCWD, dir, &names, NULL) < 0)
		return;
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = path_join(dir, name);
		bool skipped = false;
		struct stat st;

		for (size_t k = 0; depth == 0 && k < ARRAY_SIZE(skip); k++)
			skipped = skipped || str_eq(name, skip[k]);
		if (skipped || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < 3)
			device_all(mounts, path, depth + 1);
		else if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) &&
			 (access(path, R_OK) == 0 || access(path, W_OK) == 0))
			device_add(mounts, path, path);
	}
}

/* behind the user's mounts, among which their directory may be */
static int plan_devices(const struct plan *p, const struct spec *s, json_t *mounts, struct err *err)
{
	_cleanup_json_ json_t *devices = json_array();
	json_t *m;
	size_t k;

	strv_foreach (i, text, &s->o->device) {
		int r = device_flag(devices, text, err);

		if (r < 0)
			return r;
	}
	json_array_foreach (devices, k, m)
		if (plan_has(p, json_get_str(m, "destination", "")))
			return err_set(err, ERR_USAGE, "--device: a mount has the target %s, too",
				json_get_str(m, "destination", ""));
	json_array_extend(mounts, devices);
	return 0;
}

int spec_add_mounts(struct spec *s, struct err *err)
{
	_cleanup_(plan_done) struct plan p = {.fixed = json_array(), .user = json_array()};
	json_t *mounts;
	int r = spec_user_mounts(s, p.user, err);

	if (r >= 0 && s->o->sandbox)
		r = spec_add_sandbox(s, p.fixed, err);
	if (r >= 0)
		r = plan_kernel(&p, s, err);
	if (r < 0)
		return r;
	plan_writable(&p, s);
	if (s->o->privileged)
		device_all(p.fixed, "/dev", 0);
	mounts = json_incref(p.fixed);
	json_object_set_new(s->config, "mounts", mounts);
	json_array_extend(mounts, p.user);
	r = plan_devices(&p, s, mounts, err);
	if (r < 0)
		return r;
	/* after the user's: these are files in /etc and /run, which may be among them */
	plan_files(&p, s);
	return spec_add_root(s, err);
}
