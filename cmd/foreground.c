#include "cmd/foreground.h"

#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/event.h"

#include <unistd.h>

int foreground_check(const struct foreground_opts *o, struct err *err)
{
	unsigned char keys[16];
	size_t n;

	return attach_keys_parse(
		o->detach_keys ? o->detach_keys : ATTACH_DETACH_KEYS, keys, &n, err);
}

void foreground_leave(void)
{
	/* the cursor is somewhere in the container's screen: the prompt shall begin a line */
	if (isatty(STDERR_FILENO))
		(void)!write(STDERR_FILENO, "\n", 1);
}

int foreground_run(struct container *c, int sock, const struct foreground_opts *o, struct err *err)
{
	bool tty = json_get_bool(c->record, "tty", false);
	_cleanup_close_ int pidfd = tty ? -EBADF : container_pidfd(c, NULL);
	struct attach_opts a = {.tty = tty,
		.redraw = o->redraw,
		.sig_proxy = o->sig_proxy && !tty,
		.stdin_fd = o->input ? STDIN_FILENO : -EBADF,
		.stdout_fd = o->no_stdout ? -EBADF : STDOUT_FILENO,
		.stderr_fd = o->no_stderr ? -EBADF : STDERR_FILENO,
		.detach_keys = o->detach_keys ? o->detach_keys : ATTACH_DETACH_KEYS,
		.pidfd = pidfd};
	enum attach_end end;
	int code = 0, r;

	event_container(c, "attach", NULL);
	r = attach_run(sock, &a, &end, &code, err);
	if (r < 0)
		return r;
	if (end == ATTACH_EXITED)
		return code;
	if (end == ATTACH_DETACHED) {
		foreground_leave();
		return 0;
	}
	/* the monitor is gone without a word: the records know more */
	r = container_wait(c, 5000, &code, NULL);
	if (r == 0 && code != 0)
		return code;
	err_say(err, ESRCH, "the monitor of container %s was killed", c->name);
	return err_hint(err, "see 'rl ps -a' for its state");
}
