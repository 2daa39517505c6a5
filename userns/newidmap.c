#include "userns/newidmap.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INSTALL_HINT "install the package uidmap (Debian, Ubuntu) or shadow-utils (Fedora)"

static const char *const names[] = {"newuidmap", "newgidmap"};

static int check_one(const char *name, struct err *err)
{
	_cleanup_free_ char *path = proc_find_program(name);
	struct stat st;

	if (!path || stat(path, &st) < 0) {
		err_set(err, ERR_NO_OBJECT, "%s is not installed", name);
		return err_hint(err, INSTALL_HINT);
	}
	if (st.st_uid != 0)
		return err_set(
			err, ERR_NO_OBJECT, "%s does not belong to root in this namespace", path);
	if (!(st.st_mode & S_ISUID) && getxattr(path, "security.capability", NULL, 0) <= 0) {
		err_set(err, ERR_USAGE, "%s is neither set-uid root nor has file capabilities",
			path);
		return err_hint(err, "as root: chmod u+s %s", path);
	}
	return 0;
}

int newidmap_check(struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = check_one(names[i], err);

		if (r < 0)
			return r;
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		err_set(err, ERR_NO_OBJECT,
			"newuidmap cannot work: this process may not gain privileges");
		return err_hint(
			err, "start rl outside the sandbox or service that set NoNewPrivileges");
	}
	return 0;
}

static int helper_start(
	struct newidmap *n, size_t which, pid_t pid, const struct idmap *map, struct err *err)
{
	static char *const env[] = {(char *)"LC_ALL=C", NULL};
	const char *name = names[which];
	_cleanup_free_ char *path = proc_find_program(name);
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	_cleanup_strv_ struct strv argv = {0};
	struct proc_opts opts = {.path = path, .envp = env, .nfds = 1};
	struct proc_fd pass = {.to = STDERR_FILENO};
	int r;

	if (!path) {
		err_set(err, ERR_NO_OBJECT, "%s is not installed", name);
		return err_hint(err, INSTALL_HINT);
	}
	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	strv_add(&argv, name);
	strv_addf(&argv, "%d", (int)pid);
	for (size_t i = 0; i < map->n; i++) {
		strv_addf(&argv, "%u", map->e[i].inside);
		strv_addf(&argv, "%u", map->e[i].outside);
		strv_addf(&argv, "%u", map->e[i].size);
	}
	pass.from = wr;
	opts.fds = &pass;
	opts.argv = argv.v;
	r = proc_spawn(&opts, err);
	if (r < 0)
		return r;
	n->helper[which].pid = r;
	n->helper[which].out = take_fd(rd);
	return 0;
}

/* Reap a helper that was started.  Its message is one line, of which the last part is the reason.
 */
static int helper_finish(struct newidmap *both, size_t which, struct err *err)
{
	const char *name = names[which];
	char text[256];
	ssize_t n;
	int status;

	if (both->helper[which].pid <= 0)
		return 0;
	n = fd_read_full(both->helper[which].out, text, sizeof(text) - 1);
	both->helper[which].out = fd_close(both->helper[which].out);
	status = proc_wait(both->helper[which].pid);
	both->helper[which].pid = 0;
	if (status == 0)
		return 0;
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	err_say(err, EPERM, "map the subordinate ids: %s",
		*text	       ? text
		: status > 128 ? "the helper was killed"
			       : "the helper failed without a message");
	err_hint(err, "%s refused what /etc/sub%s assigns; run 'rl doctor'", name,
		str_eq(name, "newuidmap") ? "uid" : "gid");
	return -EPERM;
}

int newidmap_start(pid_t pid, const struct idmaps *maps, struct newidmap *ret, struct err *err)
{
	int r = helper_start(ret, 0, pid, &maps->uid, err);

	return r < 0 ? r : helper_start(ret, 1, pid, &maps->gid, err);
}

int newidmap_finish(struct newidmap *n, struct err *err)
{
	struct err second;
	int r = 0, q;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		q = helper_finish(n, i, r < 0 ? &second : err);
		r = r < 0 ? r : q;
	}
	return r;
}

void newidmap_await(struct newidmap *n)
{
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		while (n->helper[i].out >= 0 &&
			fd_read_full(n->helper[i].out, text, sizeof(text)) > 0)
			;
}

int newidmap_write(pid_t pid, const struct idmaps *maps, struct err *err)
{
	struct newidmap n = NEWIDMAP_INIT;
	struct err second;
	int r = newidmap_start(pid, maps, &n, err), q;

	q = newidmap_finish(&n, r < 0 ? &second : err);
	return r < 0 ? r : q;
}
