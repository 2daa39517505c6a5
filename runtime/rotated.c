#include "runtime/rotated.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536
/* what is longer than this without a newline is no line */
#define LINE_MAX_B ((size_t)1 << 20)

static int open_file(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void take_file(struct rotated *r, int fd)
{
	fd_close(r->fd);
	r->fd = fd;
	r->pos = 0;
	buf_clear(&r->b);
}

/* The newer one first: one that is rotated in between is seen twice, not missed. */
int rotated_open(struct rotated *r)
{
	struct stat st;
	int fd;

	r->fd = -EBADF;
	r->next = open_file(r->dirfd, r->name);
	if (r->next < 0 && r->next != -ENOENT) {
		fd = r->next;
		r->next = -EBADF;
		return fd;
	}
	r->next = r->next < 0 ? -EBADF : r->next;
	fd = open_file(r->dirfd, r->old);
	r->end = r->next >= 0 && fstat(r->next, &st) == 0 ? st.st_size : 0;
	if (fd >= 0 && r->next >= 0 && fd_same_file(fd, r->next))
		fd = fd_close(fd);
	if (fd >= 0) {
		if (r->next < 0 && fstat(fd, &st) == 0)
			r->end = st.st_size;
		take_file(r, fd);
	} else {
		rotated_skip_old(r);
	}
	return 0;
}

void rotated_skip_old(struct rotated *r)
{
	if (r->next >= 0)
		take_file(r, take_fd(r->next));
}

void rotated_skip_all(struct rotated *r)
{
	rotated_skip_old(r);
	if (r->fd >= 0)
		lseek(r->fd, 0, SEEK_END);
}

void rotated_done(struct rotated *r)
{
	r->fd = fd_close(r->fd);
	r->next = fd_close(r->next);
	buf_done(&r->b);
}

/* Our file has ended; is there another one to go on with? */
static bool has_next(const struct rotated *r)
{
	struct stat mine, now;

	if (r->next >= 0)
		return true;
	if (!r->follow || !r->name || fstatat(r->dirfd, r->name, &now, 0) < 0)
		return false;
	return r->fd < 0 ||
	       (fstat(r->fd, &mine) == 0 &&
		       (mine.st_ino != now.st_ino || lseek(r->fd, 0, SEEK_CUR) > mine.st_size));
}

static bool is_mine(const struct rotated *r, int fd)
{
	return fd >= 0 && r->fd >= 0 && fd_same_file(fd, r->fd);
}

/*
 * Go on with the file after ours.  That is NAME while OLD is ours, and OLD itself when it was rotated twice.  Looked
 * at in this order, a rotation in between does not hide a file.
 */
static bool open_next(struct rotated *r)
{
	int fd = take_fd(r->next), old;

	if (fd < 0) {
		fd = open_file(r->dirfd, r->name);
		/* ours still, cut to nothing, where names cannot be changed */
		old = is_mine(r, fd) ? -EBADF : open_file(r->dirfd, r->old);
		if (old >= 0 && !is_mine(r, old)) {
			fd_close(fd);
			fd = old;
		} else {
			fd_close(old);
		}
	}
	if (fd < 0)
		return false;
	take_file(r, fd);
	return true;
}

/* how much may be read now: without @follow a file that grows ends where it ended in the beginning */
static size_t read_limit(const struct rotated *r)
{
	off_t at;

	if (r->follow || r->next >= 0)
		return CHUNK;
	at = lseek(r->fd, 0, SEEK_CUR);
	return at >= r->end ? 0 : r->end - at < CHUNK ? (size_t)(r->end - at) : CHUNK;
}

/* Return: 1 if more bytes came, 0 at the end */
static int fill(struct rotated *r)
{
	char chunk[CHUNK];
	bool next = false;
	ssize_t n;

	buf_drop(&r->b, r->pos);
	r->pos = 0;
	if (r->b.len > LINE_MAX_B)
		buf_clear(&r->b);
	for (;;) {
		n = r->fd < 0 ? 0 : read(r->fd, chunk, read_limit(r));
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return -errno;
		if (n > 0) {
			buf_add(&r->b, chunk, (size_t)n);
			return 1;
		}
		if (!next) {
			/* the writer may have added to ours before it began the next one: look once more */
			next = has_next(r);
			if (!next)
				return 0;
			continue;
		}
		if (!open_next(r))
			return 0;
		next = false;
	}
}

int rotated_line(struct rotated *r, char **ret, size_t *ret_len)
{
	for (;;) {
		char *line = r->b.data ? r->b.data + r->pos : NULL;
		char *nl = line ? memchr(line, '\n', r->b.len - r->pos) : NULL;
		int q;

		if (nl) {
			r->pos = (size_t)(nl - r->b.data) + 1;
			*ret = line;
			*ret_len = (size_t)(nl - line);
			return 1;
		}
		q = fill(r);
		if (q <= 0)
			return q;
	}
}
