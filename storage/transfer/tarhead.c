#include "storage/transfer/tarhead.h"

#include "runtime/base/parse.h"
#include "runtime/base/utf8.h"
#include "storage/base64.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK	    512
#define BODY_MAX    ((int64_t)1 << 20)
#define NANO_PLACES 9

/* where things are in a header block */
enum {
	AT_NAME = 0,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_SUM = 148,
	AT_TYPE = 156,
	AT_LINK = 157,
	AT_MAGIC = 257,
	AT_MAJOR = 329,
	AT_MINOR = 337,
	AT_PREFIX = 345,
	AT_STAR = 508,
	LEN_NAME = 100,
	LEN_ID = 8,
	LEN_SIZE = 12,
	LEN_PREFIX = 155,
	GNU_ATIME = 345,
	GNU_CTIME = 357,
};

void tarhead_done(struct tarhead *h)
{
	free(h->name);
	free(h->link);
	json_decref(h->xattrs);
	*h = (struct tarhead){0};
}

static int unfit(struct err *err, const char *why)
{
	return err_say(err, EOPNOTSUPP, "%s", why);
}

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* a number of a header: octal digits with blanks or NULs around them, or base 256 */
static int number(const char *field, size_t n, int64_t *ret, struct err *err)
{
	const unsigned char *p = (const unsigned char *)field;
	int64_t v = p[0] & 0x7f;

	if (p[0] & 0x80) {
		for (size_t i = 1; i < n && v <= INT64_MAX >> 8; i++)
			v = v << 8 | p[i];
		/* bit 6 is the sign */
		if (p[0] & 0x40 || v > INT64_MAX >> 8)
			return unfit(err, "a number in a header is negative or huge");
		*ret = v;
		return 0;
	}
	while (n && (*p == ' ' || *p == '\0')) {
		p++;
		n--;
	}
	for (v = 0; n && *p >= '0' && *p <= '7'; p++, n--)
		v = v * 8 + (*p - '0');
	while (n && (*p == ' ' || *p == '\0')) {
		p++;
		n--;
	}
	if (n)
		return unfit(err, "a number in a header is not one");
	*ret = v;
	return 0;
}

/* Return: 1, 0 for the end, or a negative errno */
static int read_block(int fd, uint64_t at, char block[BLOCK], struct err *err)
{
	int64_t sum, got = 0;
	ssize_t n = pread(fd, block, BLOCK, (off_t)at);

	if (n < 0)
		return err_set(err, errno, "read the layer");
	if (n < BLOCK || is_zero(block, BLOCK))
		return is_zero(block, (size_t)n) ? 0 : unfit(err, "the archive ends in a header");
	for (size_t i = 0; i < BLOCK; i++)
		got += i >= AT_SUM && i < AT_SUM + LEN_ID ? ' ' : (unsigned char)block[i];
	if (number(block + AT_SUM, LEN_ID, &sum, err) < 0 || sum != got)
		return unfit(err, "a header has a wrong checksum");
	return 1;
}

static char *field_text(const char *field, size_t max)
{
	return xstrndup(field, strnlen(field, max));
}

static bool is_gnu(const char *block)
{
	return memcmp(block + AT_MAGIC, "ustar  ", 8) == 0;
}

static int check_format(const char *block, struct err *err)
{
	if (is_gnu(block))
		return is_zero(block + GNU_ATIME, 1) && is_zero(block + GNU_CTIME, 1)
			       ? 0
			       : unfit(err, "it has further times in GNU's format");
	if (memcmp(block + AT_MAGIC, "ustar\00000", 8) != 0 ||
		memcmp(block + AT_STAR, "tar", 4) == 0)
		return unfit(err, "it is neither ustar nor PAX nor GNU tar");
	return 0;
}

static int read_main(const char *block, struct tarhead *h, struct err *err)
{
	const struct {
		int at, len;
		int64_t *to;
	} numbers[] = {
		{AT_MODE, LEN_ID, &h->mode},
		{AT_UID, LEN_ID, &h->uid},
		{AT_GID, LEN_ID, &h->gid},
		{AT_SIZE, LEN_SIZE, &h->size},
		{AT_MTIME, LEN_SIZE, &h->mtime.tv_sec},
		{AT_MAJOR, LEN_ID, &h->major},
		{AT_MINOR, LEN_ID, &h->minor},
	};
	_cleanup_free_ char *prefix = is_gnu(block) ? NULL
						    : field_text(block + AT_PREFIX, LEN_PREFIX),
			    *name = field_text(block + AT_NAME, LEN_NAME);

	h->type = block[AT_TYPE];
	if (h->type < '0' || h->type > '6')
		return unfit(err, "it has an entry of another type");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int r = number(block + numbers[i].at, (size_t)numbers[i].len, numbers[i].to, err);

		if (r < 0)
			return r;
	}
	h->name = str_empty(prefix) ? xstrdup(name) : xasprintf("%s/%s", prefix, name);
	h->link = field_text(block + AT_LINK, LEN_NAME);
	return 0;
}

static int pax_number(const char *s, int64_t *ret, struct err *err)
{
	uint64_t v;

	if (parse_u64_max(s, INT64_MAX, &v) < 0)
		return unfit(err, "a number in a PAX header is not one");
	*ret = (int64_t)v;
	return 0;
}

/* seconds with a fraction, of which nanoseconds count */
static int pax_time(const char *s, struct timespec *ret, struct err *err)
{
	const char *dot = strchr(s, '.');
	_cleanup_free_ char *whole = dot ? xstrndup(s, (size_t)(dot - s)) : xstrdup(s);
	int64_t seconds = 0;
	long nano = 0;
	int r = pax_number(whole, &seconds, err);

	if (r < 0)
		return r;
	for (int i = 0; dot && i < NANO_PLACES; i++) {
		if (dot[1] && (dot[1] < '0' || dot[1] > '9'))
			return unfit(err, "a time in a PAX header is not one");
		nano = nano * 10 + (dot[1] ? *++dot - '0' : 0);
	}
	if (dot && dot[1] && strspn(dot + 1, "0123456789") != strlen(dot + 1))
		return unfit(err, "a time in a PAX header is not one");
	*ret = (struct timespec){.tv_sec = seconds, .tv_nsec = nano};
	return 0;
}

static void set_text(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

/* one record of a PAX header; one without a value takes nothing's place */
static int apply_record(
	struct tarhead *h, const char *key, const char *value, size_t len, struct err *err)
{
	const char *xattr = str_after(key, "SCHILY.xattr.");

	if (xattr) {
		_cleanup_free_ char *text = base64_encode(value, len);

		json_object_set_new(h->xattrs, xattr, json_str(text));
		return 0;
	}
	if (str_after(key, "GNU.sparse."))
		return unfit(err, "it has a sparse file");
	if (strlen(value) != len)
		return unfit(err, "a PAX header has a NUL in a value");
	if (!len)
		return 0;
	if (str_eq(key, "path"))
		set_text(&h->name, value);
	else if (str_eq(key, "linkpath"))
		set_text(&h->link, value);
	else if (str_eq(key, "uid"))
		return pax_number(value, &h->uid, err);
	else if (str_eq(key, "gid"))
		return pax_number(value, &h->gid, err);
	else if (str_eq(key, "size"))
		return pax_number(value, &h->size, err);
	else if (str_eq(key, "mtime"))
		return pax_time(value, &h->mtime, err);
	else if (str_eq(key, "atime")) {
		h->has_atime = true;
		return pax_time(value, &h->atime, err);
	} else if (str_eq(key, "ctime")) {
		h->has_ctime = true;
		return pax_time(value, &h->ctime, err);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n", one after the other */
static int apply_pax(struct tarhead *h, const char *p, size_t left, struct err *err)
{
	while (left) {
		const char *blank = memchr(p, ' ', left), *eq;
		_cleanup_free_ char *digits = blank ? xstrndup(p, (size_t)(blank - p)) : NULL,
				    *key = NULL, *value = NULL;
		uint64_t len;
		int r;

		if (!blank || parse_u64_max(digits, left, &len) < 0 || !len || p[len - 1] != '\n' ||
			p + len <= blank + 1)
			return unfit(err, "a PAX header is malformed");
		eq = memchr(blank + 1, '=', (size_t)(p + len - 1 - blank - 1));
		if (!eq || eq == blank + 1 || memchr(blank + 1, '\0', (size_t)(eq - blank - 1)))
			return unfit(err, "a PAX header is malformed");
		key = xstrndup(blank + 1, (size_t)(eq - blank - 1));
		value = xmemdup(eq + 1, (size_t)(p + len - eq - 1));
		value[p + len - eq - 2] = '\0';
		r = apply_record(h, key, value, (size_t)(p + len - eq - 2), err);
		if (r < 0)
			return r;
		p += len;
		left -= len;
	}
	return 0;
}

/* the headers before the main one */
struct extensions {
	char *pax, *name, *link;
	size_t pax_len;
};

static void extensions_done(struct extensions *x)
{
	free(x->pax);
	free(x->name);
	free(x->link);
}

/* the body of one of them; @at is moved behind it */
static int read_extension(
	int fd, const char *block, struct extensions *x, uint64_t *at, struct err *err)
{
	char type = block[AT_TYPE];
	char **to = type == 'x' ? &x->pax : type == 'L' ? &x->name : &x->link;
	int64_t size;
	int r = number(block + AT_SIZE, LEN_SIZE, &size, err);

	if (r < 0)
		return r;
	if (*to || size > BODY_MAX || (type == 'x' ? x->name || x->link : !!x->pax))
		return unfit(err, "it has more than one header of a kind");
	*to = xcalloc(1, (size_t)size + 1);
	if (pread(fd, *to, (size_t)size, (off_t)*at) != size)
		return unfit(err, "the archive ends in a header");
	if (type == 'x')
		x->pax_len = (size_t)size;
	*at += (uint64_t)(size + BLOCK - 1) / BLOCK * BLOCK;
	return 0;
}

static bool is_text(const char *s)
{
	for (size_t n; *s; s += n) {
		n = utf8_len(s, strlen(s));
		if (!n)
			return false;
	}
	return true;
}

static bool names_are_text(const struct tarhead *h)
{
	return *h->name && is_text(h->name) && is_text(h->link);
}

static int finish(struct tarhead *h, struct extensions *x, struct err *err)
{
	int r = x->pax ? apply_pax(h, x->pax, x->pax_len, err) : 0;

	if (x->name)
		set_text(&h->name, x->name);
	if (x->link)
		set_text(&h->link, x->link);
	if (r < 0)
		return r;
	if (h->size && h->type != '0')
		return unfit(err, "something that is no file has a content");
	return names_are_text(h) ? 0 : unfit(err, "a name is empty, or not UTF-8");
}

int tarhead_read(int fd, uint64_t at, struct tarhead *ret, struct err *err)
{
	_cleanup_(extensions_done) struct extensions x = {0};
	uint64_t begin = at;
	char block[BLOCK];
	int r;

	*ret = (struct tarhead){.xattrs = json_object()};
	for (;;) {
		r = read_block(fd, at, block, err);
		if (r <= 0)
			return r == 0 && at != begin ? unfit(err, "the archive ends in a header")
						     : r;
		at += BLOCK;
		r = check_format(block, err);
		if (r < 0)
			return r;
		if (!strchr("xLK", block[AT_TYPE]) || !block[AT_TYPE])
			break;
		r = read_extension(fd, block, &x, &at, err);
		if (r < 0)
			return r;
	}
	r = read_main(block, ret, err);
	if (r == 0)
		r = finish(ret, &x, err);
	if (r < 0)
		return r;
	ret->length = at - begin;
	return 1;
}
