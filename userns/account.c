#include "userns/account.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#define OUTPUT_CAP     ((size_t)1 << 20)
#define LINE_MAX_BYTES 4096

static int read_output(int fd, struct buf *ret)
{
	char chunk[4096];
	ssize_t n;

	while ((n = fd_read_full(fd, chunk, sizeof(chunk))) > 0)
		if (buf_add(ret, chunk, (size_t)n) < 0)
			return -E2BIG;
	return (int)n;
}

int account_ask(const char *user, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = proc_libexec("rl-subid"), *arg = xstrdup(user);
	_cleanup_buf_ struct buf out = {.cap = OUTPUT_CAP};
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	struct proc_opts opts = {.path = path, .argv = (char *[]){path, arg, NULL}};
	int r, status;
	struct proc_fd pass;
	pid_t pid;

	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	pass = (struct proc_fd){.from = wr, .to = STDOUT_FILENO};
	opts.fds = &pass;
	opts.nfds = 1;
	pid = proc_spawn(&opts, err);
	if (pid < 0) {
		err_hint(err, "the worker rl-subid belongs beside rl or in its libexec directory; "
			      "install rl again");
		return pid;
	}
	wr = fd_close(wr);
	r = read_output(rd, &out);
	rd = fd_close(rd);
	status = proc_wait(pid);
	if (r < 0 || status != 0)
		return err_set(err, EIO, "look up the account of user %.80s", user);
	return json_parse(buf_str(&out), out.len, "account data", ret, err);
}

int account_ask_uid(uid_t uid, json_t **ret, struct err *err)
{
	_cleanup_free_ char *number = xasprintf("%u", (unsigned)uid);

	return account_ask(number, ret, err);
}

static bool from_passwd(uid_t uid, struct account *ret)
{
	FILE *f = fopen("/etc/passwd", "re");
	char line[LINE_MAX_BYTES];
	struct passwd pw, *found;

	if (!f)
		return false;
	while (fgetpwent_r(f, &pw, line, sizeof(line), &found) == 0)
		if (found->pw_uid == uid) {
			*ret = (struct account){xstrdup(pw.pw_name), xstrdup(pw.pw_dir)};
			break;
		}
	fclose(f);
	return ret->name != NULL;
}

void account_find(uid_t uid, struct account *ret)
{
	_cleanup_json_ json_t *j = NULL;
	const char *name, *home;

	*ret = (struct account){0};
	if (from_passwd(uid, ret) || account_ask_uid(uid, &j, NULL) < 0)
		return;
	name = json_get_str(j, "name", NULL);
	home = json_get_str(j, "home", NULL);
	*ret = (struct account){name ? xstrdup(name) : NULL, home ? xstrdup(home) : NULL};
}

void account_done(struct account *a)
{
	free(a->name);
	free(a->home);
	*a = (struct account){0};
}

char *account_home(void)
{
	const char *home = getenv("HOME");
	struct account a;

	if (path_is_abs(home))
		return xstrdup(home);
	account_find(getuid(), &a);
	free(a.name);
	if (path_is_abs(a.home))
		return a.home;
	free(a.home);
	return NULL;
}
