#include "storage/transfer/content.h"

#include <string.h>
#include <unistd.h>

#define HOLE	 ((size_t)64 << 10) /* runs of zeros of this size are not written */
#define HOLE_MIN ((size_t)4 << 10)  /* and pieces of one, where blocks come unaligned */

static bool is_zero(const unsigned char *p, size_t n)
{
	return n && p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* @end: moved on to behind what has been written */
static int write_block(
	int fd, const unsigned char *data, size_t len, uint64_t offset, uint64_t *end)
{
	while (len) {
		size_t n = HOLE - offset % HOLE < len ? (size_t)(HOLE - offset % HOLE) : len;
		size_t done = 0;

		if (n < HOLE_MIN || !is_zero(data, n)) {
			while (done < n) {
				ssize_t w =
					pwrite(fd, data + done, n - done, (off_t)(offset + done));

				if (w < 0 && errno == EINTR)
					continue;
				if (w < 0)
					return -errno;
				done += (size_t)w;
			}
			*end = offset + n;
		}
		data += n;
		len -= n;
		offset += n;
	}
	return 0;
}

int content_write(
	const struct content *c, const struct entry *en, int fd, uint64_t *ret_end, struct err *err)
{
	uint64_t size = (uint64_t)archive_entry_size(en->e), end = 0, written = 0, offset;
	const void *data;
	size_t len;
	int r;

	while ((r = tar_data(c->t, &data, &len, &offset, err)) > 0) {
		if (offset > size || len > size - offset)
			return entry_refuse(err, en->path, "its content is larger than its size");
		if (offset < end)
			return entry_refuse(err, en->path, "parts of its content overlap");
		r = c->as && len
			    ? record_content(c->record, c->as, tar_offset(c->t), offset, len, err)
			    : 0;
		if (r < 0)
			return r;
		r = write_block(fd, data, len, offset, &written);
		if (r < 0)
			return err_set(err, -r, "write %s", en->path);
		end = offset + len;
		if (c->progress && len)
			c->progress(c->arg);
	}
	if (r < 0)
		return r;
	/* it ends in a hole */
	if (written < size && ftruncate(fd, (off_t)size) < 0)
		return err_set(err, errno, "write %s", en->path);
	*ret_end = end;
	return 0;
}
