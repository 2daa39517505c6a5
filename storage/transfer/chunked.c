/*
 * Two passes: the tar is there as a file, for the header of an entry is described before its content is compressed, and a
 * tar that cannot be described is found out on the way.  Nothing grows with the number of entries but a hash of each name and the
 * two compressed tables, which have a cap.
 *
 * Readers compare the table with the headers in the tar-split, which tarhead.h is strict for, and want each name once.
 */
#include "storage/transfer/chunked.h"

#include "runtime/base/fd.h"
#include "storage/base64.h"
#include "storage/transfer/entry.h"
#include "storage/transfer/frames.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/tarhead.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PREFIX	   "io.github.containers.zstd-chunked."
#define PREFIX_OLD "io.containers.zstd-chunked." /* as programs of the first years wrote it */
#define CHUNK	   ((size_t)256 << 10)
#define SEGMENT_MAX                                                                                \
	((uint64_t)4 << 20) /* a header with its extensions, and the padding before it */
#define BLOCK	   512
#define FRAME_HEAD 8
#define MAGIC	   "GNUlInUx"
#define TABLE_KIND 1

/* a layer while it is written */
struct making {
	int tar;
	uint64_t at, size; /* of the tar */
	struct frames out, table, split;
	uint64_t position; /* of the next line of the tar-split */
	uint64_t *names;   /* a hash of each */
	size_t n_names, room;
	uint64_t sums[256]; /* of CRC-64 */
	char *chunk;
	void (*progress)(void *arg, uint64_t done);
	void *arg;
};

static void set(char *to, size_t n, const json_t *annotations, const char *key)
{
	const char *text = json_get_str(annotations, key, "");

	if (strlen(text) < n)
		snprintf(to, n, "%s", text);
}

struct chunked chunked_from(const json_t *annotations)
{
	struct chunked c = {0};

	set(c.toc, sizeof(c.toc), annotations, PREFIX "manifest-checksum");
	set(c.position, sizeof(c.position), annotations, PREFIX "manifest-position");
	set(c.split, sizeof(c.split), annotations, PREFIX "tarsplit-position");
	return chunked_is(&c) ? c : (struct chunked){0};
}

void chunked_annotate(json_t *annotations, const struct chunked *c)
{
	json_t *value;
	const char *key;
	void *next;

	json_object_foreach_safe(annotations, next, key,
		value) if (str_after(key, PREFIX) || str_after(key, PREFIX_OLD))
		json_object_del(annotations, key);
	if (!chunked_is(c))
		return;
	json_set_str(annotations, PREFIX "manifest-checksum", c->toc);
	json_set_str(annotations, PREFIX "manifest-position", c->position);
	if (c->split[0])
		json_set_str(annotations, PREFIX "tarsplit-position", c->split);
}

static void making_done(struct making *m)
{
	frames_done(&m->out);
	frames_done(&m->table);
	frames_done(&m->split);
	free(m->names);
	free(m->chunk);
}

static int unfit(struct err *err, const char *why)
{
	return err_say(err, EOPNOTSUPP, "%s", why);
}

/* CRC-64 of ISO 3309, as the tar-split of a file has it */
static void make_sums(uint64_t table[256])
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t v = i;

		for (int bit = 0; bit < 8; bit++)
			v = v & 1 ? v >> 1 ^ 0xd800000000000000 : v >> 1;
		table[i] = v;
	}
}

static uint64_t add_sum(const struct making *m, uint64_t sum, const char *p, size_t n)
{
	sum = ~sum;
	while (n--)
		sum = m->sums[(unsigned char)sum ^ (unsigned char)*p++] ^ sum >> 8;
	return ~sum;
}

static int add_text(struct frames *f, const char *text, struct err *err)
{
	return frames_add(f, text, strlen(text), err);
}

static int read_tar(const struct making *m, void *to, size_t n, uint64_t at, struct err *err)
{
	ssize_t got = pread(m->tar, to, n, (off_t)at);

	if (got < 0)
		return err_set(err, errno, "read the layer");
	return (size_t)got == n ? 0 : unfit(err, "the archive ends in a file");
}

/* what is before @to and no content: into the layer, and as a line of the tar-split */
static int put_segment(struct making *m, uint64_t to, struct err *err)
{
	_cleanup_free_ char *bytes = NULL, *text = NULL, *line = NULL;
	size_t n = (size_t)(to - m->at);
	int r;

	if (to - m->at > SEGMENT_MAX)
		return unfit(err, "it has very long headers");
	bytes = xmalloc(n + 1);
	r = read_tar(m, bytes, n, m->at, err);
	if (r == 0)
		r = frames_add(&m->out, bytes, n, err);
	if (r < 0)
		return r;
	m->at = to;
	text = base64_encode(bytes, n);
	line = xasprintf("{\"type\":2,\"payload\":\"%s\",\"position\":%llu}\n", text,
		(unsigned long long)m->position++);
	return add_text(&m->split, line, err);
}

/* a frame of its own */
static int put_content(struct making *m, uint64_t size, char digest[72], uint64_t *ret_sum,
	uint64_t *ret_begin, struct err *err)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	uint64_t left = size;
	int r = frames_end(&m->out, err);

	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	*ret_begin = m->out.size;
	*ret_sum = 0;
	if (r == 0)
		r = frames_expect(&m->out, size, err);
	while (r == 0 && left) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		r = read_tar(m, m->chunk, n, m->at, err);
		if (r == 0)
			r = frames_add(&m->out, m->chunk, n, err);
		EVP_DigestUpdate(hash, m->chunk, n);
		*ret_sum = add_sum(m, *ret_sum, m->chunk, n);
		m->at += n;
		left -= n;
		if (m->progress)
			m->progress(m->arg, m->at);
	}
	ingest_digest_end(hash, digest);
	return r < 0 ? r : frames_end(&m->out, err);
}

static int put_split_file(struct making *m, const struct tarhead *h, uint64_t sum, struct err *err)
{
	_cleanup_json_ json_t *j = json_pack("{s:i,s:s}", "type", 1, "name", h->name);
	_cleanup_free_ char *text = NULL, *line = NULL, *payload = NULL;
	char bytes[8];

	if (h->size) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(sum >> (56 - 8 * i));
		payload = base64_encode(bytes, sizeof(bytes));
		json_object_set_new(j, "size", json_integer(h->size));
	}
	json_object_set_new(j, "payload", payload ? json_str(payload) : json_null());
	json_object_set_new(j, "position", json_integer((json_int_t)m->position++));
	text = json_text(j);
	line = xasprintf("%s\n", text);
	return add_text(&m->split, line, err);
}

static int set_time(json_t *j, const char *key, const struct timespec *ts, struct err *err)
{
	char text[64];
	struct tm tm;
	size_t n;

	if (!gmtime_r(&ts->tv_sec, &tm) || tm.tm_year > 9999 - 1900)
		return unfit(err, "it has a time beyond the year 9999");
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%09ldZ", ts->tv_nsec);
	json_set_str(j, key, text);
	return 0;
}

static void set_number(json_t *j, const char *key, int64_t value)
{
	if (value)
		json_object_set_new(j, key, json_integer(value));
}

static int describe(const struct tarhead *h, json_t *j, struct err *err)
{
	static const char *const types[] = {
		"reg", "hardlink", "symlink", "char", "block", "dir", "fifo"};
	int r;

	json_set_str(j, "type", types[h->type - '0']);
	json_set_str(j, "name", h->name);
	if (*h->link)
		json_set_str(j, "linkName", h->link);
	set_number(j, "mode", h->mode);
	set_number(j, "size", h->size);
	set_number(j, "uid", h->uid);
	set_number(j, "gid", h->gid);
	r = set_time(j, "modtime", &h->mtime, err);
	if (r == 0 && h->has_atime)
		r = set_time(j, "accesstime", &h->atime, err);
	if (r == 0 && h->has_ctime)
		r = set_time(j, "changetime", &h->ctime, err);
	set_number(j, "devMajor", h->major);
	set_number(j, "devMinor", h->minor);
	if (json_object_size(h->xattrs))
		json_object_set(j, "xattrs", h->xattrs);
	return r;
}

/* FNV-1a; two names with one hash cost the layer its table, nothing else */
static int note_name(struct making *m, const char *name, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	uint64_t hash = 0xcbf29ce484222325;

	if (entry_clean_path(name, &path, NULL) < 0)
		return unfit(err, "a name leads out of the layer");
	for (const char *p = path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	if (m->n_names == m->room) {
		m->room = m->room ? 2 * m->room : 1024;
		m->names = xreallocarray(m->names, m->room, sizeof(*m->names));
	}
	m->names[m->n_names++] = hash;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int check_names(struct making *m, struct err *err)
{
	if (m->n_names > 1)
		qsort(m->names, m->n_names, sizeof(*m->names), compare);
	for (size_t i = 1; i < m->n_names; i++)
		if (m->names[i] == m->names[i - 1])
			return unfit(err, "it has a name twice");
	return 0;
}

static int put_entry(struct making *m, const struct tarhead *h, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL;
	uint64_t sum = 0, begin;
	char digest[72];
	int r = note_name(m, h->name, err);

	if (r == 0)
		r = describe(h, j, err);
	if (r == 0)
		r = put_segment(m, m->at + h->length, err);
	if (r == 0 && h->size) {
		r = put_content(m, (uint64_t)h->size, digest, &sum, &begin, err);
		json_set_str(j, "digest", digest);
		set_number(j, "offset", (json_int_t)begin);
		set_number(j, "endOffset", (json_int_t)m->out.size);
	}
	if (r == 0)
		r = put_split_file(m, h, sum, err);
	if (r < 0)
		return r;
	text = json_text(j);
	if (m->n_names > 1)
		r = add_text(&m->table, ",", err);
	return r < 0 ? r : add_text(&m->table, text, err);
}

/* how far the padding behind the last content reaches */
static uint64_t padded(const struct making *m)
{
	return (m->at + BLOCK - 1) / BLOCK * BLOCK;
}

/* the end: padding and zeros, nothing else */
static int put_end(struct making *m, struct err *err)
{
	if (m->size < padded(m))
		return unfit(err, "the padding behind its last file is missing");
	for (uint64_t at = m->at; at < m->size;) {
		size_t n = m->size - at < CHUNK ? (size_t)(m->size - at) : CHUNK;
		int r = read_tar(m, m->chunk, n, at, err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			if (m->chunk[i])
				return unfit(err, "something follows its end");
		at += n;
	}
	return put_segment(m, m->size, err);
}

static int put_entries(struct making *m, struct err *err)
{
	int r = add_text(&m->table, "{\"version\":1,\"entries\":[", err);

	while (r == 0) {
		struct tarhead h;
		uint64_t padding = padded(m) - m->at;
		int q = tarhead_read(m->tar, m->at + padding, &h, err);

		h.length += padding;
		if (q > 0)
			r = put_entry(m, &h, err);
		tarhead_done(&h);
		if (q <= 0) {
			r = q;
			break;
		}
	}
	if (r == 0)
		r = check_names(m, err);
	return r < 0 ? r : put_end(m, err);
}

static void put_number(char *to, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		to[i] = (char)(v >> (8 * i));
}

/* the frames behind the tar */
static int put_tables(struct making *m, struct chunked *ret, struct err *err)
{
	char footer[64], digest[72];
	uint64_t table, split;
	_cleanup_free_ char *tail = NULL;
	int r = frames_end(&m->out, err);

	if (r == 0)
		r = frames_end(&m->split, err);
	if (r < 0)
		return r;
	frames_digest(&m->split, digest);
	tail = xasprintf("],\"tarSplitDigest\":\"%s\"}", digest);
	r = add_text(&m->table, tail, err);
	if (r == 0)
		r = frames_end(&m->table, err);
	if (r < 0)
		return r;
	frames_digest(&m->table, ret->toc);
	table = m->out.size + FRAME_HEAD;
	split = table + m->table.size + FRAME_HEAD;
	snprintf(ret->position, sizeof(ret->position), "%llu:%llu:%llu:%d",
		(unsigned long long)table, (unsigned long long)m->table.size,
		(unsigned long long)m->table.given, TABLE_KIND);
	snprintf(ret->split, sizeof(ret->split), "%llu:%llu:%llu", (unsigned long long)split,
		(unsigned long long)m->split.size, (unsigned long long)m->split.given);
	put_number(footer, table);
	put_number(footer + 8, m->table.size);
	put_number(footer + 16, m->table.given);
	put_number(footer + 24, TABLE_KIND);
	put_number(footer + 32, split);
	put_number(footer + 40, m->split.size);
	put_number(footer + 48, m->split.given);
	memcpy(footer + 56, MAGIC, 8);
	r = frames_skippable(&m->out, m->table.memory.data, m->table.memory.len, err);
	if (r == 0)
		r = frames_skippable(&m->out, m->split.memory.data, m->split.memory.len, err);
	return r < 0 ? r : frames_skippable(&m->out, footer, sizeof(footer), err);
}

int chunked_write(const struct store *s, int tar, uint64_t size, int level,
	void (*progress)(void *arg, uint64_t done), void *arg, char ret_digest[72],
	uint64_t *ret_size, struct chunked *ret, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = pin_nameless(s, err);
	_cleanup_(making_done) struct making m = {
		.tar = tar, .size = size, .progress = progress, .arg = arg};
	struct chunked made = {0};
	int r;

	frames_init(&m.out, fd, level);
	frames_init(&m.table, -EBADF, -1);
	frames_init(&m.split, -EBADF, -1);
	if (fd < 0)
		return fd;
	m.chunk = xmalloc(CHUNK);
	make_sums(m.sums);
	r = put_entries(&m, err);
	if (r == 0)
		r = put_tables(&m, &made, err);
	/* more entries than a table may have */
	if (r == -E2BIG)
		return unfit(err, "it has too many entries");
	if (r < 0)
		return r;
	frames_digest(&m.out, ret_digest);
	*ret_size = m.out.size;
	*ret = made;
	*ret_fd = take_fd(fd);
	return 0;
}
