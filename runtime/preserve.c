#include "runtime/preserve.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"

#include <fcntl.h>

static int add(struct preserve *p, uint64_t fd, struct err *err)
{
	int flags;

	for (size_t i = 0; i < p->n; i++)
		if ((uint64_t)p->fd[i] == fd)
			return 0;
	if (p->n == PRESERVE_MAX)
		return err_say(err, ERR_USAGE, "more than %d descriptors are to be preserved",
			PRESERVE_MAX);
	/* what is close-on-exec was opened by this process, not passed to it */
	flags = fcntl((int)fd, F_GETFD);
	if (flags < 0 || (flags & FD_CLOEXEC)) {
		err_say(err, EBADF, "file descriptor %ju is not open", (uintmax_t)fd);
		return err_hint(err,
			"pass it to rl: for example %ju</some/file at the end of the command",
			(uintmax_t)fd);
	}
	p->fd[p->n++] = (int)fd;
	return 0;
}

int preserve_parse(uint64_t count, const struct strv *list, struct preserve *ret, struct err *err)
{
	struct preserve p = {0};
	int r = 0;

	if (count > PRESERVE_MAX)
		return err_say(
			err, ERR_USAGE, "--preserve-fds: more than %d descriptors", PRESERVE_MAX);
	for (uint64_t i = 0; r == 0 && i < count; i++)
		r = add(&p, 3 + i, err);
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		uint64_t fd;

		if (parse_u64_max(list->v[i], INT32_MAX, &fd) < 0 || fd < 3) {
			err_say(err, ERR_USAGE, "--preserve-fd: '%.32s' is not a descriptor",
				list->v[i]);
			return err_hint(err, "write numbers from 3 on, such as 3,5");
		}
		r = add(&p, fd, err);
	}
	if (r == 0)
		*ret = p;
	return r;
}

void preserve_pass(const struct preserve *p)
{
	for (size_t i = 0; p && i < p->n; i++)
		fd_clear_cloexec(p->fd[i]);
}

void preserve_close(struct preserve *p)
{
	for (size_t i = 0; i < p->n; i++)
		fd_close(p->fd[i]);
	p->n = 0;
}
