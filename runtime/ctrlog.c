#include "runtime/ctrlog.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/utf8.h"
#include "runtime/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* lines are gathered up to this size before they are written */
#define BATCH 32768
/* no piece of a line is shorter because of a limit */
#define PIECE_MIN 64

int ctrlog_format_parse(const char *name, enum ctrlog_format *ret)
{
	static const struct {
		const char *name;
		enum ctrlog_format format;
	} drivers[] = {{"k8s-file", CTRLOG_K8S}, {"json-file", CTRLOG_JSON}, {"none", CTRLOG_NONE},
		{"journald", CTRLOG_JOURNAL}, {"passthrough", CTRLOG_PASSTHROUGH},
		{"passthrough-tty", CTRLOG_PASSTHROUGH}};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(name, drivers[i].name)) {
			*ret = drivers[i].format;
			return 0;
		}
	return -EINVAL;
}

static int open_file(struct ctrlog *l)
{
	struct stat st;

	l->fd = openat(l->dirfd, l->name,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		0600);
	if (l->fd < 0)
		return -errno;
	if (fstat(l->fd, &st) < 0)
		return -errno;
	/* a pipe or a device, which --log-opt path may name, would make the container wait */
	if (!S_ISREG(st.st_mode)) {
		l->fd = fd_close(l->fd);
		return -EINVAL;
	}
	l->size = (uint64_t)st.st_size;
	return 0;
}

static int open_named(struct ctrlog *l, enum ctrlog_format format, const char *name, uint64_t max,
	struct err *err)
{
	int r;

	l->format = format;
	l->max = max;
	l->name = xstrdup(name);
	l->old = xasprintf("%s.1", name);
	r = open_file(l);
	if (r == 0)
		return 0;
	ctrlog_done(l);
	return err_set(err, -r, "open the container's log %s", name);
}

int ctrlog_open(
	struct ctrlog *l, int dirfd, enum ctrlog_format format, uint64_t max, struct err *err)
{
	*l = (struct ctrlog){.format = format, .dirfd = -EBADF, .fd = -EBADF};
	if (format != CTRLOG_K8S && format != CTRLOG_JSON)
		return 0;
	l->dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (l->dirfd < 0)
		return err_set(err, errno, "open the container's directory");
	return open_named(l, format, CTRLOG_FILE, max, err);
}

int ctrlog_path_open(const char *path, struct err *err)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return fs_opendir_at(AT_FDCWD, *dir ? dir : "/", err);
}

int ctrlog_open_of(struct ctrlog *l, int dirfd, const json_t *record, struct err *err)
{
	const char *driver = json_get_str(record, "logDriver", "k8s-file"), *path;
	const json_t *opts = json_object_get(record, "logOpts");
	enum ctrlog_format format;
	uint64_t max;
	int r;

	if (ctrlog_format_parse(driver, &format) < 0)
		return err_say(err, EINVAL, "unknown log driver %.32s", driver);
	/* two files always: what is to be kept is what counts */
	max = (uint64_t)(json_get_int(opts, "max-size", 0) * json_get_int(opts, "max-file", 1));
	path = json_get_str(opts, "path", NULL);
	if (path && (format == CTRLOG_K8S || format == CTRLOG_JSON)) {
		*l = (struct ctrlog)CTRLOG_INIT;
		l->dirfd = ctrlog_path_open(path, err);
		return l->dirfd < 0 ? l->dirfd
				    : open_named(l, format, strrchr(path, '/') + 1, max, err);
	}
	r = ctrlog_open(l, dirfd, format, max, err);
	if (r == 0 && format == CTRLOG_JOURNAL)
		l->fd = r = journal_open(record, &l->fields, err);
	return r < 0 ? r : 0;
}

static void rotate(struct ctrlog *l)
{
	if (renameat(l->dirfd, l->name, l->dirfd, l->old) < 0) {
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

/* the bytes in front of @start go to the file that there is, so that the rest begins the next one */
static void flush_front(struct ctrlog *l, struct buf *b, size_t start)
{
	_cleanup_buf_ struct buf rest = {0};

	buf_add(&rest, b->data + start, b->len - start);
	b->len = start;
	flush(l, b);
	buf_add(b, rest.data, rest.len);
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

/* Bytes of a line that one record may have: the longest record fits into a file, however small its limit is. */
static size_t piece_max(const struct ctrlog *l)
{
	/* what is around it, and the longest form of a byte */
	size_t around = l->format == CTRLOG_JSON ? 96 : 64, each = l->format == CTRLOG_JSON ? 6 : 1;

	if (!l->max)
		return SIZE_MAX;
	return l->max / 2 > around + PIECE_MIN * each ? (l->max / 2 - around) / each : PIECE_MIN;
}

/* how much of the line @p to @stop the next record has; JSON text is cut between characters only */
static size_t piece_len(const struct ctrlog *l, const char *p, const char *stop)
{
	size_t len = (size_t)(stop - p), max = piece_max(l);

	if (len <= max)
		return len;
	return l->format == CTRLOG_JSON ? max - half_character((const unsigned char *)p, max) : max;
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
		size_t n = piece_len(l, p, stop), start = b.len;
		bool whole = nl && p + n == nl;

		add_line(l, &b, stamp, stream, p, n, whole);
		p += n + whole;
		if (l->max && start && l->size + b.len > l->max / 2)
			flush_front(l, &b, start);
		if (b.len >= BATCH)
			flush(l, &b);
	}
	flush(l, &b);
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

/* what the journal does not take is lost; one that was started again is connected to again */
static void write_journal(const struct ctrlog *l, int stream, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;

		journal_send(l->fd, &l->fields, stream, p, (size_t)(stop - p), nl != NULL);
		p = nl ? nl + 1 : end;
	}
}

void ctrlog_write(struct ctrlog *l, int stream, const void *data, size_t len)
{
	if (l->format == CTRLOG_JOURNAL)
		write_journal(l, stream, data, len);
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
	l->dirfd = fd_close(l->dirfd);
	free(l->name);
	free(l->old);
	l->name = l->old = NULL;
	buf_done(&l->fields);
}
