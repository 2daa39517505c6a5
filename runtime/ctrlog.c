#include "runtime/ctrlog.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* lines are gathered up to this size before they are written */
#define BATCH 32768

int ctrlog_format_parse(const char *name, enum ctrlog_format *ret)
{
	if (str_eq(name, "k8s-file"))
		*ret = CTRLOG_K8S;
	else if (str_eq(name, "json-file"))
		*ret = CTRLOG_JSON;
	else if (str_eq(name, "none"))
		*ret = CTRLOG_NONE;
	else
		return -EINVAL;
	return 0;
}

static int open_file(struct ctrlog *l)
{
	struct stat st;

	l->fd = openat(l->dirfd, CTRLOG_FILE,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd < 0)
		return -errno;
	if (fstat(l->fd, &st) < 0)
		return -errno;
	l->size = (uint64_t)st.st_size;
	return 0;
}

int ctrlog_open(
	struct ctrlog *l, int dirfd, enum ctrlog_format format, uint64_t max, struct err *err)
{
	int r;

	*l = (struct ctrlog){.format = format, .dirfd = dirfd, .fd = -EBADF, .max = max};
	if (format == CTRLOG_NONE)
		return 0;
	r = open_file(l);
	return r < 0 ? err_set(err, -r, "open the container's log") : 0;
}

static void rotate(struct ctrlog *l)
{
	if (renameat(l->dirfd, CTRLOG_FILE, l->dirfd, CTRLOG_FILE_OLD) < 0) {
		/* the bound holds even where no name can be changed */
		if (ftruncate(l->fd, 0) == 0)
			l->size = 0;
		return;
	}
	l->fd = fd_close(l->fd);
	open_file(l);
}

/* A short write would leave half a line that the next one would be glued to: take it back. */
static void flush(struct ctrlog *l, struct buf *b)
{
	if (b->len == 0)
		return;
	if (l->max && l->size > 0 && l->size + b->len > l->max / 2)
		rotate(l);
	if (l->fd < 0)
		open_file(l);
	if (l->fd >= 0) {
		if (fd_write_full(l->fd, b->data, b->len) == 0)
			l->size += b->len;
		else
			(void)!ftruncate(l->fd, (off_t)l->size);
	}
	buf_clear(b);
}

static void add_json_text(struct buf *b, const unsigned char *p, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len;) {
		size_t n = utf8_len((const char *)p + i, len - i);
		unsigned char c = p[i];

		if (n == 0) {
			buf_adds(b, "\\ufffd");
			n = 1;
		} else if (n > 1) {
			buf_add(b, p + i, n);
		} else if (c == '"' || c == '\\') {
			buf_addc(b, '\\');
			buf_addc(b, (char)c);
		} else if (c == '\n') {
			buf_adds(b, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			char esc[7] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], '\0'};

			buf_adds(b, esc);
		} else {
			buf_addc(b, (char)c);
		}
		i += n;
	}
}

static void add_line(struct ctrlog *l, struct buf *b, const char *stamp, int stream, const char *p,
	size_t len, bool whole)
{
	const char *name = stream == 2 ? "stderr" : "stdout";

	if (l->format == CTRLOG_K8S) {
		/* spelled out: this is the hot path of a chatty container */
		buf_add(b, stamp, strlen(stamp));
		buf_addc(b, ' ');
		buf_add(b, name, 6);
		buf_add(b, whole ? " F " : " P ", 3);
		buf_add(b, p, len);
		buf_addc(b, '\n');
		return;
	}
	buf_adds(b, "{\"log\":\"");
	add_json_text(b, (const unsigned char *)p, len);
	buf_addf(b, "%s\",\"stream\":\"%s\",\"time\":\"%s\"}\n", whole ? "\\n" : "", name, stamp);
}

static void write_lines(struct ctrlog *l, int stream, const char *p, size_t len)
{
	const char *end = p + len;
	_cleanup_buf_ struct buf b = {0};
	char stamp[CLOCK_TEXT_MAX + 8];

	clock_text_now(stamp);
	if (l->format == CTRLOG_K8S) /* podman's way to write UTC in this format */
		snprintf(stamp + strlen(stamp) - 1, 8, "+00:00");
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;

		add_line(l, &b, stamp, stream, p, (size_t)(stop - p), nl != NULL);
		p = nl ? nl + 1 : end;
		if (b.len >= BATCH)
			flush(l, &b);
	}
	flush(l, &b);
}

/* how many bytes at the end are the beginning of a character that goes on in the next piece */
static size_t half_character(const unsigned char *p, size_t len)
{
	for (size_t n = 1; n <= 3 && n <= len; n++) {
		unsigned char c = p[len - n];

		if ((c & 0xc0) == 0x80)
			continue;
		return c >= 0xc2 && n < (c < 0xe0	   ? 2U
						: c < 0xf0 ? 3U
						: c < 0xf5 ? 4U
							   : 0U)
			       ? n
			       : 0;
	}
	return 0;
}

/* JSON text is UTF-8: a character must not be cut where a read happened to end */
static void write_json(struct ctrlog *l, int stream, const void *data, size_t len)
{
	size_t i = stream == 2, n;
	_cleanup_buf_ struct buf joined = {0};

	buf_add(&joined, l->half[i].bytes, l->half[i].n);
	buf_add(&joined, data, len);
	n = half_character((const unsigned char *)joined.data, joined.len);
	memcpy(l->half[i].bytes, joined.data + joined.len - n, n);
	l->half[i].n = n;
	if (joined.len > n)
		write_lines(l, stream, joined.data, joined.len - n);
}

void ctrlog_write(struct ctrlog *l, int stream, const void *data, size_t len)
{
	if (l->format == CTRLOG_K8S)
		write_lines(l, stream, data, len);
	else if (l->format == CTRLOG_JSON)
		write_json(l, stream, data, len);
}

void ctrlog_done(struct ctrlog *l)
{
	for (int i = 0; i < 2 && l->fd >= 0; i++)
		if (l->half[i].n > 0)
			write_lines(l, i + 1, (const char *)l->half[i].bytes, l->half[i].n);
	l->half[0].n = l->half[1].n = 0;
	l->fd = fd_close(l->fd);
}
