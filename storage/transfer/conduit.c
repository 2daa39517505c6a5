#include "storage/transfer/conduit.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <unistd.h>

static _Noreturn void writer(conduit_fn *write, void *arg, int fd, int errors)
{
	struct err err = {0};
	int r = write(arg, fd, &err);

	if (r < 0)
		err_send(errors, &err);
	_exit(r < 0 ? 1 : 0);
}

int conduit_run(conduit_fn *write, conduit_fn *read, void *arg, struct err *err)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF, errors = -EBADF, tell = -EBADF;
	struct err why = {0};
	int r = fd_pipe(&in, &out, err), code;
	pid_t pid;

	if (r == 0)
		r = fd_pipe(&errors, &tell, err);
	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		in = fd_close(in);
		writer(write, arg, out, tell);
	}
	out = fd_close(out);
	tell = fd_close(tell);
	r = read(arg, in, err);
	/* where the reader failed the writer need not go on */
	in = fd_close(in);
	if (err_recv(errors, &why) == 1) {
		proc_wait(pid);
		if (r == 0 || r == -EBADMSG) {
			if (err)
				*err = why;
			return -why.code;
		}
		return r;
	}
	code = proc_wait(pid);
	if (r == 0 && code)
		r = err_say(err, EIO, "the process that writes ended unexpectedly (%d)", code);
	return r;
}
