#include "runtime/ctrlog.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"
#include "runtime/base/utf8.h"
#include "runtime/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* how far back from the end lines are looked for before the whole file is counted */
#define TAIL_WINDOW ((size_t)4 << 20)

/* ---- one line ---- */

static int hex4(const char *p, const char *end, uint32_t *ret)
{
	uint32_t v = 0;

	if (end - p < 4)
		return -EBADMSG;
	for (int i = 0; i < 4; i++) {
		int d = str_hex_digit(p[i]);

		if (d < 0)
			return -EBADMSG;
		v = v << 4 | (uint32_t)d;
	}
	*ret = v;
	return 0;
}

/* \uXXXX, with a second one for characters beyond the basic plane; @*p is behind the 'u' */
static int unescape_u(const char **p, const char *end, char **to)
{
	uint32_t c, low;

	if (hex4(*p, end, &c) < 0)
		return -EBADMSG;
	*p += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' &&
		hex4(*p + 2, end, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*p += 6;
	}
	*to += utf8_put(c, *to);
	return 0;
}

/* Undo the escapes of a JSON string in place; @*p is behind the opening quote, and then behind the closing one. */
static int unescape(char **p, const char *end, char **ret, size_t *ret_len)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *s = *p;
	char *to = *p;

	*ret = *p;
	while (s < end && *s != '"') {
		const char *k;

		if (*s != '\\') {
			*to++ = *s++;
			continue;
		}
		if (++s == end)
			return -EBADMSG;
		k = *s ? strchr(from, *s) : NULL;
		if (k) {
			*to++ = into[k - from];
			s++;
		} else if (*s++ != 'u' || unescape_u(&s, end, &to) < 0) {
			return -EBADMSG;
		}
	}
	if (s == end)
		return -EBADMSG;
	*ret_len = (size_t)(to - *ret);
	*p += s + 1 - *p;
	return 0;
}

/* lines that were written together have the same stamp: the last one is remembered */
static int parse_stamp(const char *s, size_t len, struct timespec *ret)
{
	static char last[64];
	static struct timespec value;
	char text[sizeof(last)];

	if (len >= sizeof(text))
		return -EBADMSG;
	if (memcmp(s, last, len) != 0 || last[len] != '\0') {
		memcpy(text, s, len);
		text[len] = '\0';
		if (len < 20 || parse_time(text, &(struct timespec){0}, &value) < 0) {
			last[0] = '\0';
			return -EBADMSG;
		}
		memcpy(last, text, len + 1);
	}
	*ret = value;
	return 0;
}

static int parse_stream(const char *s, size_t len, int *ret)
{
	if (len != 6 || (memcmp(s, "stdout", 6) != 0 && memcmp(s, "stderr", 6) != 0))
		return -EBADMSG;
	*ret = s[3] == 'o' ? 1 : 2;
	return 0;
}

/* the members in the order in which ctrlog_write() and docker write them; others in between are skipped */
static int parse_json(char *line, size_t len, struct ctrlog_entry *ret)
{
	char *p = line, *end = line + len, *key, *value;
	size_t klen, vlen;
	unsigned seen = 0;

	if (len == 0 || *p++ != '{')
		return -EBADMSG;
	while (p < end && *p == '"') {
		p++;
		if (unescape(&p, end, &key, &klen) < 0 || end - p < 2 || p[0] != ':' || p[1] != '"')
			return -EBADMSG;
		p += 2;
		if (unescape(&p, end, &value, &vlen) < 0)
			return -EBADMSG;
		if (klen == 3 && memcmp(key, "log", 3) == 0) {
			ret->partial = vlen == 0 || value[vlen - 1] != '\n';
			ret->text = value;
			ret->len = ret->partial ? vlen : vlen - 1;
			seen |= 1;
		} else if (klen == 6 && memcmp(key, "stream", 6) == 0) {
			if (parse_stream(value, vlen, &ret->stream) < 0)
				return -EBADMSG;
			seen |= 2;
		} else if (klen == 4 && memcmp(key, "time", 4) == 0) {
			if (parse_stamp(value, vlen, &ret->time) < 0)
				return -EBADMSG;
			seen |= 4;
		}
		if (p < end && *p == ',')
			p++;
	}
	return seen == 7 && p < end && *p == '}' ? 0 : -EBADMSG;
}

static int parse_k8s(const char *line, size_t len, struct ctrlog_entry *ret)
{
	const char *sp = memchr(line, ' ', len), *rest;

	if (!sp || (size_t)(line + len - sp) < sizeof(" stdout F ") - 1)
		return -EBADMSG;
	rest = sp + 1;
	if (parse_stream(rest, 6, &ret->stream) < 0 || rest[6] != ' ' ||
		(rest[7] != 'F' && rest[7] != 'P') || rest[8] != ' ')
		return -EBADMSG;
	ret->partial = rest[7] == 'P';
	ret->text = rest + 9;
	ret->len = (size_t)(line + len - ret->text);
	return parse_stamp(line, (size_t)(sp - line), &ret->time);
}

int ctrlog_parse(enum ctrlog_format format, char *line, size_t len, struct ctrlog_entry *ret)
{
	struct ctrlog_entry e = {0};
	int r = format == CTRLOG_JSON  ? parse_json(line, len, &e)
		: format == CTRLOG_K8S ? parse_k8s(line, len, &e)
				       : -EBADMSG;

	if (r == 0)
		*ret = e;
	return r;
}

/* ---- the files ---- */

/*
 * Find where the last @n lines of a file begin, looking at its end only.  A line is whole where one that
 * is no piece ends; the last bytes count as a line even if their newline is missing.
 * Return: 0 with *@ret_off and what is missing in *@ret_left, or -E2BIG if they reach back too far
 */
static int find_tail(int fd, off_t size, enum ctrlog_format format, uint64_t n, off_t *ret_off,
	uint64_t *ret_left)
{
	_cleanup_free_ char *w = NULL;
	struct ctrlog_entry e;
	uint64_t lines = 0;
	bool last = true;
	size_t len, end;

	len = size < (off_t)TAIL_WINDOW ? (size_t)size : TAIL_WINDOW;
	w = xmalloc(len + 1);
	if (lseek(fd, size - (off_t)len, SEEK_SET) < 0)
		return -errno;
	len = (size_t)fd_read_full(fd, w, len);
	if ((ssize_t)len < 0)
		return -EIO;
	for (end = len; end > 0;) {
		const char *nl = memrchr(w, '\n', end - 1);
		size_t start = nl ? (size_t)(nl - w) + 1 : 0;

		if (!nl && size > (off_t)len)
			return -E2BIG;
		if (w[end - 1] == '\n' &&
			ctrlog_parse(format, w + start, end - 1 - start, &e) == 0) {
			if (last || !e.partial)
				lines++;
			last = false;
			if (lines > n) {
				*ret_off = size - (off_t)len + (off_t)end;
				*ret_left = 0;
				return 0;
			}
		}
		end = start;
	}
	*ret_off = 0;
	*ret_left = n - lines;
	return 0;
}

/* all whole lines of both files; the slow way for a tail that is longer than the window */
static uint64_t count_lines(const struct ctrlog_reader *r)
{
	struct ctrlog_reader all = {.format = r->format,
		.files = {.dirfd = r->files.dirfd, .name = r->files.name, .old = r->files.old}};
	struct ctrlog_entry e = {.partial = false};
	uint64_t n = 0;

	if (rotated_open(&all.files) == 0)
		while (ctrlog_read(&all, &e, NULL) > 0)
			n += !e.partial;
	ctrlog_reader_done(&all);
	return n + e.partial;
}

static void seek_tail(struct ctrlog_reader *r)
{
	struct rotated *f = &r->files;
	uint64_t want = (uint64_t)r->q.tail, left = want, n;
	/* with two files, f->fd is the older one */
	int newest = f->next >= 0 ? f->next : f->fd, q;
	struct stat st;
	off_t off = 0;

	if (newest < 0)
		return;
	q = find_tail(newest, f->end, r->format, want, &off, &left);
	if (q == 0 && left == 0)
		rotated_skip_old(f);
	else if (q == 0 && f->next >= 0)
		q = fstat(f->fd, &st) < 0
			    ? -errno
			    : find_tail(f->fd, st.st_size, r->format, left, &off, &left);
	if (q < 0) {
		n = count_lines(r);
		r->skip = n > want ? n - want : 0;
		off = 0;
	}
	lseek(f->fd, off, SEEK_SET);
	if (f->next >= 0)
		lseek(f->next, 0, SEEK_SET);
}

static int open_files(struct ctrlog_reader *r, int dirfd, enum ctrlog_format format,
	const struct ctrlog_query *q, struct err *err)
{
	int k;

	r->format = format;
	r->q = *q;
	r->files = (struct rotated){.dirfd = dirfd,
		.name = r->name ? r->name : CTRLOG_FILE,
		.old = r->old ? r->old : CTRLOG_FILE_OLD,
		.follow = q->follow,
		.fd = -EBADF,
		.next = -EBADF};
	k = rotated_open(&r->files);
	if (k < 0)
		return err_set(err, -k, "open the container's log");
	if (q->tail >= 0)
		seek_tail(r);
	return 0;
}

int ctrlog_reader_open(struct ctrlog_reader *r, int dirfd, enum ctrlog_format format,
	const struct ctrlog_query *q, struct err *err)
{
	*r = (struct ctrlog_reader)CTRLOG_READER_INIT;
	return open_files(r, dirfd, format, q, err);
}

static int refuse(const char *driver, struct err *err)
{
	int r = err_say(err, ENOTSUP, "this container keeps no log (log driver %.32s)", driver);

	err_hint(err, "make it with --log-driver k8s-file");
	return r;
}

static void add_time(struct strv *args, const char *what, struct timespec *t)
{
	if (t->tv_sec)
		strv_addf(
			args, "%s=%lld", what, (long long)t->tv_sec * 1000000 + t->tv_nsec / 1000);
	/* the worker has chosen already */
	*t = (struct timespec){0};
}

static int open_journal(struct ctrlog_reader *r, const json_t *record, struct err *err)
{
	_cleanup_strv_ struct strv args = {0};
	int fd;

	add_time(&args, "since", &r->q.since);
	add_time(&args, "until", &r->q.until);
	if (r->q.tail >= 0)
		strv_addf(&args, "tail=%lld", (long long)r->q.tail);
	if (r->q.follow)
		strv_add(&args, "follow");
	fd = journal_read(json_get_str(record, "id", ""), &args, &r->input, &r->worker, err);
	if (fd < 0)
		return fd;
	/* what the worker prints */
	r->format = CTRLOG_K8S;
	r->files = (struct rotated){.dirfd = -EBADF, .fd = fd, .next = -EBADF, .follow = true};
	return r->q.follow ? fd_set_nonblock(fd, true) : 0;
}

int ctrlog_reader_open_of(struct ctrlog_reader *r, int dirfd, const json_t *record,
	const struct ctrlog_query *q, struct err *err)
{
	const char *driver = json_get_str(record, "logDriver", "k8s-file");
	const char *path = json_get_str(json_object_get(record, "logOpts"), "path", NULL);
	enum ctrlog_format format;

	*r = (struct ctrlog_reader)CTRLOG_READER_INIT;
	r->q = *q;
	if (ctrlog_format_parse(driver, &format) < 0)
		return err_say(err, EINVAL, "the log driver %.32s is not known", driver);
	if (format == CTRLOG_NONE || format == CTRLOG_PASSTHROUGH)
		return refuse(driver, err);
	if (format == CTRLOG_JOURNAL)
		return open_journal(r, record, err);
	if (!path)
		return open_files(r, dirfd, format, q, err);
	r->dirfd = ctrlog_path_open(path, err);
	if (r->dirfd < 0)
		return r->dirfd;
	r->name = xstrdup(strrchr(path, '/') + 1);
	r->old = xasprintf("%s.1", r->name);
	return open_files(r, r->dirfd, format, q, err);
}

void ctrlog_reader_end(struct ctrlog_reader *r)
{
	r->input = fd_close(r->input);
	if (r->worker > 0)
		fd_set_nonblock(r->files.fd, false);
}

int ctrlog_reader_pipe(const struct ctrlog_reader *r)
{
	return r->worker > 0 ? r->files.fd : -EBADF;
}

void ctrlog_reader_done(struct ctrlog_reader *r)
{
	rotated_done(&r->files);
	r->input = fd_close(r->input);
	if (r->worker > 0) {
		kill(r->worker, SIGTERM);
		proc_wait(r->worker);
		r->worker = 0;
	}
	r->dirfd = fd_close(r->dirfd);
	free(r->name);
	free(r->old);
	r->name = r->old = NULL;
}

int ctrlog_read(struct ctrlog_reader *r, struct ctrlog_entry *ret, struct err *err)
{
	static const struct timespec none;
	char *line;
	size_t len;
	int q;

	while (!r->ended) {
		q = rotated_line(&r->files, &line, &len);
		if (q <= 0)
			return q < 0 ? err_set(err, -q, "read the container's log") : 0;
		if (ctrlog_parse(r->format, line, len, ret) < 0)
			continue;
		if (r->skip > 0) {
			r->skip -= !ret->partial;
			continue;
		}
		if (clock_before(&ret->time, &r->q.since))
			continue;
		if (clock_before(&none, &r->q.until) && clock_before(&r->q.until, &ret->time)) {
			r->ended = true;
			return 0;
		}
		return 1;
	}
	return 0;
}
