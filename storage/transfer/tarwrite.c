#include "storage/transfer/tarwrite.h"

#include "runtime/base/fd.h"
#include "runtime/base/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK	    512
#define OUT_SIZE    ((size_t)256 << 10)
#define NAME_FIELD  100
#define OCTAL7_MAX  07777777ULL
#define OCTAL11_MAX 077777777777ULL

/* as it lies in the archive (POSIX.1-2001, ustar) */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

#define HOLE_MIN    ((uint64_t)64 << 10)
#define EXTENTS_MAX ((size_t)1 << 16)

struct extent {
	uint64_t start, len;
};

struct extents {
	struct extent *v;
	size_t n;
};

static const char zeros[4096];

static void extents_done(struct extents *x)
{
	free(x->v);
}

void tarwrite_init(struct tarwrite *t, int fd)
{
	*t = (struct tarwrite){.fd = fd};
}

void tarwrite_done(struct tarwrite *t)
{
	buf_done(&t->out);
	buf_done(&t->pax);
}

static int flush(struct tarwrite *t, struct err *err)
{
	int r = fd_write_full(t->fd, t->out.data, t->out.len);

	t->out.len = 0;
	return r < 0 ? err_set(err, -r, "write the archive") : 0;
}

static int put(struct tarwrite *t, const void *data, size_t len, struct err *err)
{
	buf_add(&t->out, data, len);
	t->bytes += len;
	return t->out.len >= OUT_SIZE ? flush(t, err) : 0;
}

static int put_zeros(struct tarwrite *t, uint64_t len, struct err *err)
{
	int r = 0;

	while (r == 0 && len) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		r = put(t, zeros, n, err);
		len -= n;
	}
	return r;
}

static int pad(struct tarwrite *t, struct err *err)
{
	return put_zeros(t, (BLOCK - t->bytes % BLOCK) % BLOCK, err);
}

/* a record: its own length in decimal, a blank, KEY=VALUE, a newline */
static void pax_add(struct buf *b, const char *key, const void *value, size_t len)
{
	size_t bare = strlen(key) + len + 3, total = bare + 1;
	char digits[24];

	while (bare + (size_t)snprintf(digits, sizeof(digits), "%zu", total) != total)
		total = bare + strlen(digits);
	buf_addf(b, "%s %s=", digits, key);
	buf_add(b, value, len);
	buf_addc(b, '\n');
}

static void pax_number(struct buf *b, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	pax_add(b, key, text, strlen(text));
}

/* Seconds with a fraction; without it before 1970, where readers (libarchive among them) add it the wrong way. */
static void pax_time(struct buf *b, const char *key, const struct timespec *ts)
{
	char text[48];
	size_t n;

	snprintf(text, sizeof(text), "%lld.%09ld", (long long)ts->tv_sec,
		ts->tv_sec < 0 ? 0 : ts->tv_nsec);
	n = strlen(text);
	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	pax_add(b, key, text, n);
}

static bool is_utf8(const char *s)
{
	while (*s) {
		size_t n = utf8_len(s, strlen(s));

		if (!n)
			return false;
		s += n;
	}
	return true;
}

static void pax_text(struct buf *b, const char *key, const char *value)
{
	pax_add(b, key, value, strlen(value));
}

static void make_pax(struct buf *b, const struct tarwrite_entry *e)
{
	bool path = strlen(e->path) > NAME_FIELD, link = e->link && strlen(e->link) > NAME_FIELD;

	if ((path && !is_utf8(e->path)) || (link && !is_utf8(e->link)))
		pax_text(b, "hdrcharset", "BINARY");
	if (path)
		pax_text(b, "path", e->path);
	if (link)
		pax_text(b, "linkpath", e->link);
	if (e->size > OCTAL11_MAX)
		pax_number(b, "size", e->size);
	if (e->uid > OCTAL7_MAX)
		pax_number(b, "uid", e->uid);
	if (e->gid > OCTAL7_MAX)
		pax_number(b, "gid", e->gid);
	if (e->mtime.tv_nsec || e->mtime.tv_sec < 0 || (uint64_t)e->mtime.tv_sec > OCTAL11_MAX)
		pax_time(b, "mtime", &e->mtime);
	if (e->holes) {
		pax_text(b, "GNU.sparse.major", "1");
		pax_text(b, "GNU.sparse.minor", "0");
		pax_number(b, "GNU.sparse.realsize", e->real_size);
	}
	for (size_t i = 0; e->xattrs && i < e->xattrs->n; i++) {
		const struct xattr *x = &e->xattrs->v[i];
		_cleanup_free_ char *key = xasprintf("SCHILY.xattr.%s", x->name);

		pax_add(b, key, x->value, x->len);
	}
}

static void octal(char *field, size_t size, uint64_t value, uint64_t max)
{
	snprintf(field, size, "%0*llo", (int)size - 1,
		(unsigned long long)(value > max ? 0 : value));
}

static int put_header(struct tarwrite *t, const struct tarwrite_entry *e, struct err *err)
{
	struct header h = {.type = e->type, .magic = "ustar", .version = {'0', '0'}};
	size_t len = strlen(e->path), link = e->link ? strlen(e->link) : 0;
	unsigned sum = 0;

	memcpy(h.name, e->path, len < NAME_FIELD ? len : NAME_FIELD);
	if (link)
		memcpy(h.link, e->link, link < NAME_FIELD ? link : NAME_FIELD);
	octal(h.mode, sizeof(h.mode), e->mode & 07777, OCTAL7_MAX);
	octal(h.uid, sizeof(h.uid), e->uid, OCTAL7_MAX);
	octal(h.gid, sizeof(h.gid), e->gid, OCTAL7_MAX);
	octal(h.size, sizeof(h.size), e->size, OCTAL11_MAX);
	octal(h.mtime, sizeof(h.mtime), e->mtime.tv_sec < 0 ? 0 : (uint64_t)e->mtime.tv_sec,
		OCTAL11_MAX);
	octal(h.major, sizeof(h.major), e->major, OCTAL7_MAX);
	octal(h.minor, sizeof(h.minor), e->minor, OCTAL7_MAX);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	snprintf(h.sum, sizeof(h.sum), "%06o", sum);
	h.sum[7] = ' ';
	return put(t, &h, sizeof(h), err);
}

int tarwrite_header(struct tarwrite *t, const struct tarwrite_entry *e, struct err *err)
{
	int r = 0;

	t->pax.len = 0;
	make_pax(&t->pax, e);
	if (t->pax.len) {
		struct tarwrite_entry x = {
			.path = "PaxHeaders.0/x", .type = 'x', .mode = 0644, .size = t->pax.len};

		r = put_header(t, &x, err);
		if (r == 0)
			r = put(t, t->pax.data, t->pax.len, err);
		if (r == 0)
			r = pad(t, err);
	}
	return r < 0 ? r : put_header(t, e, err);
}

/* Return: bytes of content from @offset to the next hole, 0 where only a hole is left, and in @ret_start where they begin */
static uint64_t next_data(int fd, uint64_t offset, uint64_t size, uint64_t *ret_start)
{
	off_t start = lseek(fd, (off_t)offset, SEEK_DATA), end;

	*ret_start = offset;
	if (start < 0)
		return errno == ENXIO ? 0 : size - offset;
	if ((uint64_t)start >= size)
		return 0;
	end = lseek(fd, start, SEEK_HOLE);
	*ret_start = (uint64_t)start;
	return (end < start || (uint64_t)end > size ? size : (uint64_t)end) - (uint64_t)start;
}

/* Return: 1, 0 if the file ends before, or a negative errno */
static int copy(struct tarwrite *t, int fd, uint64_t offset, uint64_t len, struct err *err)
{
	static char chunk[(size_t)128 << 10];

	while (len) {
		size_t want = len < sizeof(chunk) ? (size_t)len : sizeof(chunk);
		ssize_t n = pread(fd, chunk, want, (off_t)offset);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "read a file");
		if (n == 0)
			return 0;
		r = put(t, chunk, (size_t)n, err);
		if (r < 0)
			return r;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 1;
}

int tarwrite_content(struct tarwrite *t, int fd, uint64_t size, struct err *err)
{
	uint64_t begin = t->bytes;
	int r = 1;

	while (r == 1 && t->bytes - begin < size) {
		uint64_t start, len = next_data(fd, t->bytes - begin, size, &start);

		if (!len)
			break;
		r = put_zeros(t, start - (t->bytes - begin), err);
		if (r == 0)
			r = copy(t, fd, start, len, err);
	}
	if (r >= 0)
		r = put_zeros(t, size - (t->bytes - begin), err);
	return r < 0 ? r : pad(t, err);
}

static void add_extent(struct extents *x, uint64_t start, uint64_t len)
{
	struct extent *last = x->n ? &x->v[x->n - 1] : NULL;

	/* a short hole is not worth a line of the map, and a map has its limit */
	if (last && (start - (last->start + last->len) < HOLE_MIN || x->n == EXTENTS_MAX)) {
		last->len = start + len - last->start;
		return;
	}
	if (x->n % 64 == 0)
		x->v = xreallocarray(x->v, x->n + 64, sizeof(*x->v));
	x->v[x->n++] = (struct extent){start, len};
}

/* Return: bytes of data */
static uint64_t find_extents(int fd, uint64_t size, struct extents *ret)
{
	uint64_t at = 0, start, len, sum = 0;

	while (at < size && (len = next_data(fd, at, size, &start)) > 0) {
		add_extent(ret, start, len);
		at = start + len;
	}
	for (size_t i = 0; i < ret->n; i++)
		sum += ret->v[i].len;
	return sum;
}

static void format_map(const struct extents *x, struct buf *ret)
{
	buf_addf(ret, "%zu\n", x->n);
	for (size_t i = 0; i < x->n; i++)
		buf_addf(ret, "%llu\n%llu\n", (unsigned long long)x->v[i].start,
			(unsigned long long)x->v[i].len);
	while (ret->len % BLOCK)
		buf_addc(ret, '\0');
}

static int put_extents(struct tarwrite *t, int fd, const struct extents *x, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < x->n; i++) {
		uint64_t begin = t->bytes;

		r = copy(t, fd, x->v[i].start, x->v[i].len, err);
		if (r >= 0)
			r = put_zeros(t, x->v[i].len - (t->bytes - begin), err);
	}
	return r < 0 ? r : pad(t, err);
}

int tarwrite_file(struct tarwrite *t, const struct tarwrite_entry *e, int fd, struct err *err)
{
	_cleanup_(extents_done) struct extents x = {0};
	_cleanup_buf_ struct buf map = {0};
	struct tarwrite_entry holed = *e;
	uint64_t data = find_extents(fd, e->size, &x);
	int r;

	if (e->size - data < HOLE_MIN) {
		r = tarwrite_header(t, e, err);
		return r < 0 ? r : tarwrite_content(t, fd, e->size, err);
	}
	format_map(&x, &map);
	holed.holes = true;
	holed.real_size = e->size;
	holed.size = map.len + data;
	r = tarwrite_header(t, &holed, err);
	if (r == 0)
		r = put(t, map.data, map.len, err);
	return r < 0 ? r : put_extents(t, fd, &x, err);
}

int tarwrite_end(struct tarwrite *t, struct err *err)
{
	int r = put_zeros(t, 2 * BLOCK, err);

	return r < 0 ? r : flush(t, err);
}
