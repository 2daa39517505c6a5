#include "runtime/base/str.h"

#include <ctype.h>
#include <stdio.h>

const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

unsigned str_distance(const char *a, const char *b)
{
	unsigned row[3][65] = {{0}};
	size_t n = strnlen(a, 63), m = strnlen(b, 63);

	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			cur[j] = best;
		}
	}
	return row[n % 3][m];
}

bool str_is_name(const char *s)
{
	size_t n = 0;

	if (!s || !isalnum((unsigned char)*s))
		return false;
	for (; s[n]; n++)
		if (!isalnum((unsigned char)s[n]) && !strchr("_.-", s[n]))
			return false;
	return n <= 253;
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool str_is_hex(const char *s, size_t len)
{
	return s && strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

static int buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : BUF_CAP_DEFAULT, size;

	if (more > cap || b->len > cap - more) {
		b->full = true;
		return -E2BIG;
	}
	if (b->len + more + 1 <= b->size)
		return 0;
	size = b->size ? b->size * 2 : 128;
	while (size < b->len + more + 1)
		size *= 2;
	b->data = xreallocarray(b->data, size, 1);
	b->size = size;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	int r = buf_reserve(b, len);

	if (r < 0)
		return r;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return buf_adds(b, s);
}

const char *buf_str(struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *s = b->data ? take_ptr(b->data) : xstrdup("");

	b->len = b->size = 0;
	b->full = false;
	return s;
}

void buf_drop(struct buf *b, size_t n)
{
	if (!b->data)
		return;
	n = n < b->len ? n : b->len;
	b->len -= n;
	/* with the NUL behind */
	memmove(b->data, b->data + n, b->len + 1);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_done(struct buf *b)
{
	free(take_ptr(b->data));
	b->len = b->size = 0;
}

void strv_take(struct strv *v, char *s)
{
	/* grows at powers of two: n + 1 slots are in use, the terminator included */
	if (((v->n + 1) & v->n) == 0)
		v->v = xreallocarray(v->v, (v->n + 1) * 2, sizeof(*v->v));
	v->v[v->n++] = s;
	v->v[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_addv(struct strv *v, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		strv_add(v, from->v[i]);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->v[i], s))
			return true;
	return false;
}

bool strv_equal(const struct strv *a, const struct strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

void strv_split(struct strv *v, const char *s, const char *seps)
{
	for (;;) {
		size_t n = strcspn(s, seps);

		strv_take(v, xstrndup(s, n));
		if (!s[n])
			return;
		s += n + 1;
	}
}

char *strv_join(const struct strv *v, const char *sep)
{
	_cleanup_buf_ struct buf b = {0};

	for (size_t i = 0; i < v->n; i++) {
		if (i)
			buf_adds(&b, sep);
		buf_adds(&b, v->v[i]);
	}
	return buf_take(&b);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->n > 1)
		qsort(v->v, v->n, sizeof(*v->v), compare);
}

static char **find_key(const struct strv *v, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < v->n; i++)
		if (strncmp(v->v[i], key, len) == 0 && v->v[i][len] == '=')
			return &v->v[i];
	return NULL;
}

const char *strv_find_key(const struct strv *v, const char *key)
{
	char **s = find_key(v, key);

	return s ? *s + strlen(key) + 1 : NULL;
}

void strv_set_key(struct strv *v, const char *key, const char *value)
{
	char **s = find_key(v, key);

	if (!s) {
		strv_addf(v, "%s=%s", key, value);
		return;
	}
	free(*s);
	*s = xasprintf("%s=%s", key, value);
}

void strv_done(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(take_ptr(v->v));
	v->n = 0;
}
