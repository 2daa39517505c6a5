#include "runtime/base/json.h"

#include "runtime/base/fs.h"
#include "runtime/base/utf8.h"

#include <sys/mman.h>

/*
 * Memory for very many values: a pointer that moves on.  Its pages are there before they are touched: faulting them in one
 * by one costs more than reading and parsing the records, on virtual machines several times as much.  Where there is much
 * of it, it comes as huge pages: `ps` of a thousand containers takes half the time then, most of it was spent on missing
 * translations.
 */
#define KEEP_FIRST ((size_t)64 << 10)
#define KEEP_SMALL ((size_t)512 << 10)
#define KEEP_HUGE  ((size_t)2 << 20)

/* jansson's functions have no argument of ours */
static struct {
	char *next;
	size_t left, block;
} kept;

static void *keep_map(size_t size)
{
	/* aligned by hand: kernels before 6.7 do not */
	size_t more = size == KEEP_HUGE ? KEEP_HUGE : 0;
	char *p =
		mmap(NULL, size + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (more) {
		p += (KEEP_HUGE - (uintptr_t)p % KEEP_HUGE) % KEEP_HUGE;
		(void)madvise(p, size, MADV_HUGEPAGE);
	}
	/* since Linux 5.14; elsewhere pages come when they are touched */
	(void)madvise(p, size, MADV_POPULATE_WRITE);
	return p;
}

static void *keep_alloc(size_t n)
{
	const size_t align = _Alignof(max_align_t);
	void *p;

	/* such a value is rare: what is left stays for small ones */
	if (n > KEEP_FIRST / 4)
		return malloc(n);
	n = (n + align - 1) / align * align;
	if (kept.left < n) {
		size_t size = kept.block < KEEP_SMALL ? kept.block * 2 : KEEP_HUGE;

		size = size ? size : KEEP_FIRST;
		p = keep_map(size);
		if (!p)
			return NULL;
		kept.next = p;
		kept.left = kept.block = size;
	}
	p = kept.next;
	kept.next += n;
	kept.left -= n;
	return p;
}

static void keep_free(void *p)
{
	(void)p;
}

void json_keep(void)
{
	json_set_alloc_funcs(keep_alloc, keep_free);
}

int json_parse(const char *data, size_t len, const char *what, json_t **ret, struct err *err)
{
	json_error_t why;
	json_t *j = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);

	if (!j)
		return err_set(err, EBADMSG, "%s: not valid JSON at line %d: %s", what, why.line,
			why.text);
	*ret = j;
	return 0;
}

int json_read_at(int dirfd, const char *name, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	int r = fs_read_at(dirfd, name, &b, err);

	if (r < 0)
		return r;
	return json_parse(buf_str(&b), b.len, name, ret, err);
}

int json_write_at(int dirfd, const char *name, const json_t *j, unsigned flags, struct err *err)
{
	_cleanup_free_ char *text = json_text(j);

	return fs_write_at(dirfd, name, text, strlen(text), 0600, flags, err);
}

static int add_to_buf(const char *data, size_t len, void *arg)
{
	return buf_add(arg, data, len) < 0 ? -1 : 0;
}

char *json_text(const json_t *j)
{
	_cleanup_buf_ struct buf b = {.cap = SIZE_MAX / 2};

	if (json_dump_callback(j, add_to_buf, &b, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		return xstrdup("null");
	return buf_take(&b);
}

const char *json_get_str(const json_t *obj, const char *key, const char *dflt)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s ? s : dflt;
}

int64_t json_get_int(const json_t *obj, const char *key, int64_t dflt)
{
	const json_t *j = json_object_get(obj, key);

	return json_is_integer(j) ? json_integer_value(j) : dflt;
}

bool json_get_bool(const json_t *obj, const char *key, bool dflt)
{
	const json_t *j = json_object_get(obj, key);

	return json_is_boolean(j) ? json_is_true(j) : dflt;
}

void json_get_strv(const json_t *obj, const char *key, struct strv *ret)
{
	json_t *member;
	size_t i;

	json_array_foreach (json_object_get(obj, key), i, member)
		if (json_is_string(member))
			strv_add(ret, json_string_value(member));
}

json_t *json_from_strv(const struct strv *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(array, json_str(v->v[i]));
	return array;
}

json_t *json_pairs(const json_t *obj)
{
	_cleanup_strv_ struct strv list = {0};
	_cleanup_free_ char *text = NULL;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)obj, key, value)
		strv_addf(&list, "%s=%s", key, json_string_value(value));
	strv_sort(&list);
	text = strv_join(&list, ",");
	return json_str(text);
}

json_t *json_str(const char *s)
{
	_cleanup_buf_ struct buf b = {0};
	json_t *j = json_string(s);

	if (j)
		return j;
	while (*s) {
		size_t n = utf8_len(s, 4);

		if (n)
			buf_add(&b, s, n);
		else
			buf_adds(&b, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return json_string(buf_str(&b));
}

void json_set_str(json_t *obj, const char *key, const char *s)
{
	if (s)
		json_object_set_new(obj, key, json_str(s));
}

const json_t *json_path(const json_t *j, ...)
{
	const char *key;
	va_list ap;

	va_start(ap, j);
	while (j && (key = va_arg(ap, const char *)))
		j = json_object_get(j, key);
	va_end(ap);
	return j;
}

void json_set_strv(json_t *obj, const char *key, const struct strv *v)
{
	if (v->n)
		json_object_set_new(obj, key, json_from_strv(v));
}
