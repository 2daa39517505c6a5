#include "runtime/systemctl.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* what it prints about all units of a user */
#define OUTPUT_MAX ((size_t)1 << 20)

/* @ret: its standard output; what it says on standard error is the error's text */
static int call(const struct strv *words, struct buf *ret, struct err *err)
{
	_cleanup_strv_ struct strv argv = {0};
	_cleanup_close_ int out = -EBADF, out_wr = -EBADF, complaint = -EBADF,
			    complaint_wr = -EBADF;
	_cleanup_buf_ struct buf said = {.cap = 4096};
	pid_t pid;
	int r;

	strv_add(&argv, "systemctl");
	if (geteuid() != 0)
		strv_add(&argv, "--user");
	strv_addv(&argv, words);
	r = fd_pipe(&out, &out_wr, err);
	if (r == 0)
		r = fd_pipe(&complaint, &complaint_wr, err);
	if (r < 0)
		return r;
	{
		const struct proc_fd fds[] = {
			{out_wr, STDOUT_FILENO}, {complaint_wr, STDERR_FILENO}};
		const struct proc_opts opts = {.path = "systemctl",
			.argv = argv.v,
			.fds = fds,
			.nfds = ARRAY_SIZE(fds),
			.pdeathsig = SIGKILL,
			.search = true};

		pid = proc_spawn(&opts, err);
	}
	if (pid == -ENOENT)
		return err_say(err, ENOENT, "there is no systemd here: systemctl is missing");
	if (pid < 0)
		return pid;
	out_wr = fd_close(out_wr);
	complaint_wr = fd_close(complaint_wr);
	r = fd_read_all(out, ret);
	fd_read_all(complaint, &said);
	out = fd_close(out);
	if (proc_wait(pid) == 0 && r == 0)
		return 0;
	return said.len ? err_say(err, EREMOTEIO, "systemctl %s: %.*s", words->v[0],
				  (int)strcspn(buf_str(&said), "\n"), buf_str(&said))
			: err_say(err, EREMOTEIO, "systemctl %s failed", words->v[0]);
}

/* of the properties of one unit: KEY=VALUE lines */
static char *state_of(const char *text)
{
	_cleanup_strv_ struct strv lines = {0};
	const char *load, *active, *sub;

	strv_split(&lines, text, "\n");
	load = strv_find_key(&lines, "LoadState");
	active = strv_find_key(&lines, "ActiveState");
	sub = strv_find_key(&lines, "SubState");
	return str_eq(load, "loaded") && active && sub ? xasprintf("%s/%s", active, sub)
						       : xstrdup("Not loaded");
}

int systemctl_states(const struct strv *units, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	_cleanup_buf_ struct buf text = {.cap = OUTPUT_MAX};
	const char *at;
	int r;

	if (!units->n)
		return 0;
	strv_add(&words, "show");
	strv_add(&words, "--property=LoadState,ActiveState,SubState");
	strv_add(&words, "--");
	strv_addv(&words, units);
	r = call(&words, &text, err);
	if (r < 0)
		return r;
	/* an empty line is between two */
	at = buf_str(&text);
	for (size_t i = 0; i < units->n; i++) {
		const char *end = strstr(at, "\n\n");
		_cleanup_free_ char *one = end ? xstrndup(at, (size_t)(end - at)) : xstrdup(at);

		strv_take(ret, state_of(one));
		at = end ? end + 2 : "";
	}
	return 0;
}

int systemctl_reload(struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	_cleanup_buf_ struct buf text = {.cap = OUTPUT_MAX};

	strv_add(&words, "daemon-reload");
	return call(&words, &text, err);
}

int systemctl_stop(const char *unit, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	_cleanup_buf_ struct buf text = {.cap = OUTPUT_MAX};

	strv_add(&words, "stop");
	strv_add(&words, "--");
	strv_add(&words, unit);
	return call(&words, &text, err);
}
