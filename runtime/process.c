#include "runtime/process.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/notify.h"
#include "runtime/rootfs.h"
#include "runtime/sync.h"
#include "runtime/user.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

#define TRAMPOLINE_CAP (1 << 20)

static const struct {
	const char *name;
	int resource;
} rlimits[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

static const char *rlimit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(rlimits); i++)
		if (rlimits[i].resource == resource)
			return rlimits[i].name;
	return "?";
}

static rlim_t limit_value(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	/* "unlimited" is all ones, which signed readers and writers of JSON show as -1 or as a real */
	if (json_is_real(v) || json_integer_value(v) < 0)
		return RLIM_INFINITY;
	return (rlim_t)json_integer_value(v);
}

static int parse_rlimits(const json_t *object, struct process *p, struct err *err)
{
	json_t *list = json_object_get(object, "rlimits"), *entry;
	size_t i, k;

	json_array_foreach (list, i, entry) {
		const char *type = json_get_str(entry, "type", "");

		for (k = 0; k < ARRAY_SIZE(rlimits) && !str_eq(rlimits[k].name, type); k++)
			;
		if (k == ARRAY_SIZE(rlimits))
			return err_set(err, EINVAL, "process.rlimits: unknown limit '%s'", type);
		if (p->has_rlimit[rlimits[k].resource])
			return err_set(err, EINVAL, "process.rlimits: %s is given twice", type);
		p->has_rlimit[rlimits[k].resource] = true;
		p->rlimit[rlimits[k].resource] = (struct rlimit){
			.rlim_cur = limit_value(entry, "soft"),
			.rlim_max = limit_value(entry, "hard"),
		};
	}
	return 0;
}

static int parse_personality(const json_t *config, struct process *p, struct err *err)
{
	const char *domain =
		json_string_value(json_path(config, "linux", "personality", "domain", NULL));

	p->personality = -1;
	if (!domain)
		return 0;
	if (str_eq(domain, "LINUX"))
		p->personality = PER_LINUX;
	else if (str_eq(domain, "LINUX32"))
		p->personality = PER_LINUX32;
	else
		return err_set(err, EINVAL, "linux.personality: unknown domain '%s'", domain);
	return 0;
}

int process_parse(const json_t *object, const json_t *config, struct process *ret, struct err *err)
{
	const json_t *user = json_object_get(object, "user"),
		     *annotations = json_object_get(config, "annotations");
	int r;

	json_get_strv(object, "args", &ret->args);
	json_get_strv(object, "env", &ret->env);
	if (!ret->args.n) {
		err_set(err, ERR_USAGE, "no command to execute");
		return err_hint(err, "the image names none: give one behind the image's name");
	}
	if (str_empty(ret->args.v[0])) {
		err_set(err, ERR_EXEC_NOTFOUND, "the command is empty: there is none of that name");
		return err_hint(err, "look at the variable that was to be the command");
	}
	ret->user = user;
	ret->console_size = json_object_get(object, "consoleSize");
	ret->cwd = json_get_str(object, "cwd", "/");
	ret->terminal = json_get_bool(object, "terminal", false);
	ret->no_new_privs = json_get_bool(object, "noNewPrivileges", false);
	ret->has_oom = json_object_get(object, "oomScoreAdj") != NULL;
	ret->oom = (int)json_get_int(object, "oomScoreAdj", 0);
	ret->has_umask = json_object_get(user, "umask") != NULL;
	ret->umask = (unsigned)json_get_int(user, "umask", 022) & 0777;
	ret->keep_groups = str_eq(json_get_str(annotations, PROCESS_KEEP_GROUPS, "0"), "1");
	r = parse_personality(config, ret, err);
	if (r == 0)
		r = parse_rlimits(object, ret, err);
	if (r == 0)
		r = caps_parse(json_object_get(object, "capabilities"), &ret->caps, err);
	ret->label = (struct lsm_label){.profile = json_get_str(object, "apparmorProfile", NULL),
		.context = json_get_str(object, "selinuxLabel", NULL)};
	if (r == 0)
		r = lsm_check(&ret->label, err);
	return r;
}

void process_done(struct process *p)
{
	strv_done(&p->args);
	strv_done(&p->env);
}

int process_set_oom(const struct process *p, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char text[16];
	int n;

	if (!p->has_oom)
		return 0;
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	n = snprintf(text, sizeof(text), "%d", p->oom);
	if (fd >= 0 && write(fd, text, (size_t)n) == n)
		return 0;
	err_set(err, errno, "set oom_score_adj to %d", p->oom);
	return err_hint(err, "in a user namespace the value can only be raised");
}

/* the limit that was there before process_no_core(), and after a fork still is what the container gets */
static struct {
	bool taken;
	rlim_t soft;
} core_limit;

void process_no_core(void)
{
	struct rlimit now;

	if (core_limit.taken || getrlimit(RLIMIT_CORE, &now) < 0)
		return;
	core_limit.soft = now.rlim_cur;
	core_limit.taken = true;
	now.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &now);
}

static void give_core_back(void)
{
	struct rlimit now;

	if (!core_limit.taken || getrlimit(RLIMIT_CORE, &now) < 0)
		return;
	now.rlim_cur = core_limit.soft < now.rlim_max ? core_limit.soft : now.rlim_max;
	setrlimit(RLIMIT_CORE, &now);
}

void process_raise_limits(const struct process *p, pid_t pid)
{
	for (int i = 0; i < PROCESS_RLIMITS; i++) {
		struct rlimit now, more;

		if (!p->has_rlimit[i] || prlimit(pid, (__rlimit_resource_t)i, NULL, &now) < 0 ||
			now.rlim_max >= p->rlimit[i].rlim_max)
			continue;
		more = (struct rlimit){.rlim_cur = now.rlim_cur, .rlim_max = p->rlimit[i].rlim_max};
		/* where this is not allowed, the process itself will fail and say so */
		(void)!prlimit(pid, (__rlimit_resource_t)i, &more, NULL);
	}
}

int process_trampoline(const char *label, struct err *err)
{
	_cleanup_free_ char *path = proc_libexec("rl-exec");
	_cleanup_close_ int in = open(path, O_RDONLY | O_CLOEXEC), mem = -EBADF;
	ssize_t n;

	if (in < 0) {
		err_set(err, errno, "open %s", path);
		return err_hint(err, "the installation is incomplete: rl-exec belongs beside rl or "
				     "into its libexec directory");
	}
	mem = memfd_create("rl-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (mem < 0 && errno == EINVAL) /* before Linux 6.3 every memfd was executable */
		mem = memfd_create("rl-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (mem < 0)
		return err_set(err, errno, "create memory for rl-exec");
	if (label && fsetxattr(mem, "security.selinux", label, strlen(label) + 1, 0) < 0 &&
		errno != ENOTSUP)
		return err_set(err, errno, "label rl-exec");
	n = sendfile(mem, in, NULL, TRAMPOLINE_CAP);
	if (n <= 0 || fchmod(mem, 0555) < 0 ||
		fcntl(mem, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
			0)
		return err_set(err, n == 0 ? EIO : errno, "copy %s into memory", path);
	return take_fd(mem);
}

int process_exec_error(const char *name, int code, struct err *err)
{
	switch (code) {
	case ENOENT:
		err_set(err, ERR_EXEC_NOTFOUND,
			"%s: the interpreter or loader it needs is not in the image", name);
		return err_hint(err, "a script's first line, or the C library the program was "
				     "built for, is missing");
	case ENOEXEC:
		err_set(err, ERR_EXEC_FAILED,
			"%s cannot be executed: not a program for this machine", name);
		return err_hint(err, "a script needs a first line such as #!/bin/sh; a program, "
				     "the machine's architecture");
	default:
		return err_set(
			err, ERR_EXEC_FAILED, "%s cannot be executed: %s", name, strerror(code));
	}
}

/* stage: descriptors 0–2.  May fail on a terminal only; everything else is in place by dup2. */
static int take_stdio(const struct process *p, const struct process_env *e, struct err *err)
{
	setsid();
	if (p->terminal && ioctl(e->slave, TIOCSCTTY, 0) < 0)
		return err_set(err, errno, "make the terminal the controlling one");
	for (int i = 0; i < 3; i++) {
		int from = p->terminal ? e->slave : e->stdio[i];

		if (from < 0)
			from = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (from == i ? fd_clear_cloexec(i) < 0 : dup2(from, i) < 0)
			return err_set(err, errno, "set up standard descriptors");
	}
	return 0;
}

/* stage: limits.  Late, for a limit on descriptors or memory would hit the stages before. */
static int set_rlimits(const struct process *p, struct err *err)
{
	give_core_back();
	for (int i = 0; i < PROCESS_RLIMITS; i++) {
		struct rlimit now;

		if (!p->has_rlimit[i] || setrlimit((__rlimit_resource_t)i, &p->rlimit[i]) == 0)
			continue;
		if (errno != EPERM || getrlimit((__rlimit_resource_t)i, &now) < 0)
			return err_set(err, errno, "set %s", rlimit_name(i));
		err_set(err, EPERM, "set %s", rlimit_name(i));
		return err_hint(err,
			"an unprivileged user's hard limit is %lld; raise it in "
			"/etc/security/limits.conf",
			(long long)now.rlim_max);
	}
	return 0;
}

/* Programs reopen /dev/stdout: the pipes and the terminal behind it must belong to the user. */
static void chown_stdio(const struct user *u)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		/* whose owner the container has no id for, everybody in it may use; someone else's stays theirs */
		if (fstat(fd, &st) == 0 && st.st_uid != u->uid &&
			(S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd))) &&
			fchown(fd, u->uid, (gid_t)-1) < 0)
			(void)!fchmod(fd, 0666);
}

static int unmapped(const char *what, unsigned id, int code, struct err *err)
{
	if (code != EINVAL)
		return err_set(err, code, "become %s %u", what, id);
	err_set(err, ERR_USAGE, "%s %u does not exist in the container's user namespace", what, id);
	return err_hint(
		err, "it maps fewer ids: add a range for this user to /etc/subuid and /etc/subgid");
}

/* stage: identity.  Must keep CAP_SYS_ADMIN permitted for the filter; must not leave a foreign group. */
static int set_identity(const struct process *p, const struct user *u, struct err *err)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(err, errno, "keep capabilities");
	if (!p->keep_groups && setgroups(u->ngroups, u->groups) < 0) {
		/* where setgroups(2) is denied (one mapped id) the groups cannot be dropped, nor others taken */
		if (errno != EPERM)
			return u->ngroups ? unmapped("group", u->groups[0], errno, err)
					  : err_set(err, errno, "set groups");
		if (json_array_size(json_object_get(p->user, "additionalGids")))
			return err_set(err, EPERM, "set additional groups");
	}
	if (setresgid(u->gid, u->gid, u->gid) < 0)
		return unmapped("group", u->gid, errno, err);
	if (setresuid(u->uid, u->uid, u->uid) < 0)
		return unmapped("user", u->uid, errno, err);
	return 0;
}

/* stage: keys.  The caller's session keyring is inherited through everything, a new user namespace included, and who
   has it has the keys in it (Kerberos tickets, say).  Its user's quota of keyrings is small, so a container
   that cannot ask for keys gets none of its own. */
static int leave_keyring(const struct seccomp *seccomp, struct err *err)
{
	if (!seccomp->keys || syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	/* a kernel without keys, or an outer sandbox that forbids to use them */
	if (errno == ENOSYS || errno == EPERM)
		return 0;
	err_set(err, errno, "make a session keyring for the container");
	return err_hint(err,
		"/proc/sys/kernel/keys/maxkeys limits how many a user can have; with the "
		"default seccomp profile none is needed");
}

/* Whether the way to @path leads through a magic link of procfs.  It would be ours that we follow, to what we have open:
   the command will not have it. */
static bool is_magic(int root, const char *cwd, const char *path)
{
	_cleanup_free_ char *abs = path_is_abs(path) ? xstrdup(path) : path_join(cwd, path);
	_cleanup_close_ int fd = path_open_in_root(root, abs, O_PATH, 0, NULL);

	return fd == -ELOOP;
}

static int try_command(int root, const char *cwd, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (is_magic(root, cwd, path))
		return ENOENT;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* The command's path: what execvp(3) would find with the container's own PATH.  As the user it will be,
   so that a directory the user cannot enter is not found. */
static int find_command(const struct process *p, int root, char **ret, struct err *err)
{
	const char *name = p->args.v[0], *path = strv_find_key(&p->env, "PATH");
	_cleanup_strv_ struct strv dirs = {0};
	int why = ENOENT, code;

	if (strchr(name, '/')) {
		why = try_command(root, p->cwd, name);
		if (!why) {
			*ret = xstrdup(name);
			return 0;
		}
	} else {
		strv_split(&dirs, path ? path : PROCESS_DEFAULT_PATH, ":");
		for (size_t i = 0; i < dirs.n; i++) {
			_cleanup_free_ char *file =
				xasprintf("%s/%s", *dirs.v[i] ? dirs.v[i] : ".", name);

			code = try_command(root, p->cwd, file);
			if (!code) {
				*ret = take_ptr(file);
				return 0;
			}
			if (code == EACCES)
				why = EACCES;
		}
	}
	if (why == ENOENT || why == ENOTDIR)
		return strchr(name, '/')
			       ? err_set(err, ERR_EXEC_NOTFOUND,
					 "command %s not found in the image", name)
			       : err_set(err, ERR_EXEC_NOTFOUND,
					 "command %s not found in the image's PATH", name);
	return process_exec_error(name, why, err);
}

static int load_filter(const struct process_env *e, struct err *err)
{
	return e->seccomp->notifies ? notify_load(e->seccomp, e->sync, err)
				    : seccomp_load(e->seccomp, err);
}

/* stage: the filter and the capabilities.  Without no_new_privs loading it takes CAP_SYS_ADMIN, which
   goes right afterwards; with it the filter is the very last thing. */
static int confine(const struct process *p, const struct process_env *e, struct err *err)
{
	struct caps loading = {
		.permitted = p->caps.permitted | UINT64_C(1) << 21, .effective = UINT64_C(1) << 21};
	int r;

	if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, errno, "set no_new_privs");
	if (p->no_new_privs || !e->seccomp->len) {
		r = caps_apply(&p->caps, err);
		return r < 0 ? r : load_filter(e, err);
	}
	/* the change of user has cleared the effective set */
	loading.inheritable = 0;
	r = caps_apply(&loading, err);
	if (r == 0)
		r = load_filter(e, err);
	return r < 0 ? r : caps_apply(&p->caps, err);
}

static int run(struct process *p, const struct process_env *e, const char *path, struct err *err)
{
	_cleanup_free_ char **argv = xcalloc(p->args.n + 3, sizeof(*argv));
	char *no_env[] = {NULL};
	char fd[16];
	int r;

	snprintf(fd, sizeof(fd), "%d", e->sync);
	argv[0] = (char *)(uintptr_t)path;
	argv[1] = fd;
	memcpy(argv + 2, p->args.v, p->args.n * sizeof(*argv));
	/* whatever else is open, ours or inherited, ends with the exec; the socket, when rl-exec says so */
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		for (int i = 3; i < 1024; i++)
			fcntl(i, F_SETFD, FD_CLOEXEC);
	preserve_pass(e->preserve);
	fd_clear_cloexec(e->sync);
	r = sync_send_exec(e->sync, p->args.v[0]);
	if (r < 0)
		return err_set(err, -r, "report to the launcher");
	r = confine(p, e, err);
	if (r < 0)
		return r;
	syscall(SYS_execveat, e->trampoline, "", argv, p->env.v ? p->env.v : no_env, AT_EMPTY_PATH);
	return process_exec_error(p->args.v[0], errno, err);
}

int process_become(struct process *p, const struct process_env *e, struct err *err)
{
	_cleanup_(user_done) struct user u = {0};
	_cleanup_close_ int root = -EBADF;
	_cleanup_free_ char *path = NULL;
	int r;

	r = take_stdio(p, e, err);
	if (r < 0)
		return r;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = root < 0 ? err_set(err, errno, "open the container's root")
		     : user_resolve(root, p->user, &u, err);
	if (r < 0)
		return r;
	if (!e->lent)
		chown_stdio(&u);
	r = rootfs_chdir(e->cwd, p->cwd, err);
	if (r == 0)
		r = caps_drop_bounding(&p->caps, err);
	if (r == 0)
		r = set_identity(p, &u, err);
	if (r == 0)
		r = leave_keyring(e->seccomp, err);
	if (r < 0)
		return r;
	/* forgotten by the kernel with the change of user */
	if (e->die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sync_peer_gone(e->sync))
			_exit(1);
	}
	if (!strv_find_key(&p->env, "HOME"))
		strv_set_key(&p->env, "HOME", u.home ? u.home : "/");
	if (p->has_umask)
		umask(p->umask);
	else
		umask(022);
	if (p->personality >= 0 && personality((unsigned long)p->personality) < 0)
		return err_set(err, errno, "set the personality");
	r = find_command(p, root, &path, err);
	/* from here to the exec nothing else is executed; and after it a limit or the filter might forbid it */
	if (r == 0 && lsm_wanted(&p->label))
		r = lsm_set_exec(e->attr, &p->label, err);
	if (r == 0)
		r = set_rlimits(p, err);
	return r < 0 ? r : run(p, e, path, err);
}
