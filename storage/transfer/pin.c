#include "storage/transfer/pin.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* one per process: a worker serves one request in one store */
static int pin_lock = -EBADF;
static char pin_name[64];

int pin_dir(const struct store *s, const char **ret, struct err *err)
{
	if (pin_lock < 0) {
		int lock = store_tmp(s, pin_name, err);

		if (lock < 0)
			return lock;
		pin_lock = lock;
	}
	*ret = pin_name;
	return 0;
}

int pin_layer(const struct store *s, const char *diff_id, struct err *err)
{
	_cleanup_free_ char *path = NULL, *line = xasprintf("%s\n", diff_id);
	_cleanup_close_ int fd = -EBADF;
	const char *dir;
	int r = pin_dir(s, &dir, err);

	if (r < 0)
		return r;
	path = xasprintf("%s/pins", dir);
	/* one append each: children may do it at the same time */
	fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno, "create %s/%s", s->path, path);
	r = fd_write_full(fd, line, strlen(line));
	return r < 0 ? err_set(err, -r, "write %s/%s", s->path, path) : 0;
}

void pin_release(const struct store *s)
{
	if (pin_lock < 0)
		return;
	store_discard(s, "tmp", pin_name + strlen("tmp/"), NULL);
	pin_lock = fd_close(pin_lock);
}

int pin_nameless(const struct store *s, struct err *err)
{
	char name[32] = "file-";
	_cleanup_free_ char *path = NULL;
	const char *dir;
	int r = pin_dir(s, &dir, err), fd;

	if (r < 0)
		return r;
	fs_random_hex(name + strlen(name), 16);
	path = xasprintf("%s/%s", dir, name);
	fd = openat(s->fd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno, "create %s/%s", s->path, path);
	unlinkat(s->fd, path, 0);
	return fd;
}
