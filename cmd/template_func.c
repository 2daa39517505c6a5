#include "cmd/template_func.h"

#include "runtime/base/utf8.h"

#include <ctype.h>
#include <stdio.h>

int template_call_fail(struct template_call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->wrong, sizeof(c->wrong), fmt, ap);
	va_end(ap);
	return -1;
}

int template_call_string(struct template_call *c, struct buf *b, struct value *ret)
{
	if (b->full)
		return template_call_fail(c, "the text is longer than %zu bytes", b->cap);
	*ret = value_string(arena_strndup(c->arena, buf_str(b), b->len), b->len);
	return 0;
}

#define _cleanup_text_(name) _cleanup_buf_ struct buf name = {.cap = TEMPLATE_STRING_MAX}

static bool is_nil(const struct value *v)
{
	return v->kind == VALUE_NIL || v->kind == VALUE_MISSING;
}

static bool is_sequence(const struct value *v)
{
	return v->kind == VALUE_LIST || v->kind == VALUE_ARRAY;
}

static int want_string(struct template_call *c, size_t i)
{
	if (c->args[i].kind == VALUE_STRING)
		return 0;
	return template_call_fail(
		c, "argument %zu is of type %s, want string", i + 1, value_type(&c->args[i]));
}

static int want_int(struct template_call *c, size_t i)
{
	if (c->args[i].kind == VALUE_INT)
		return 0;
	return template_call_fail(
		c, "argument %zu is of type %s, want int", i + 1, value_type(&c->args[i]));
}

static int call_not(struct template_call *c, struct value *ret)
{
	*ret = value_bool(!value_truth(&c->args[0]));
	return 0;
}

static int call_len(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0];

	if (v->kind != VALUE_STRING && v->kind != VALUE_OBJECT && !is_sequence(v))
		return template_call_fail(c, "a value of type %s has no length", value_type(v));
	*ret = value_int((int64_t)value_len(v));
	return 0;
}

/* Go gives the zero value of the map's type for a missing key; a map of strings alone has "" */
static bool is_string_map(const json_t *obj)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)obj, key, v)
		if (!json_is_string(v))
			return false;
	return true;
}

static int index_one(
	struct template_call *c, const struct value *v, const struct value *key, struct value *ret)
{
	size_t len = value_len(v);

	if (v->kind == VALUE_OBJECT) {
		const json_t *j;

		if (key->kind != VALUE_STRING)
			return template_call_fail(
				c, "the key is of type %s, want string", value_type(key));
		j = json_object_get(v->j, key->s);
		*ret = !j && is_string_map(v->j) ? value_string("", 0) : value_from_json(j, key->s);
		return 0;
	}
	if (v->kind != VALUE_STRING && !is_sequence(v))
		return template_call_fail(c, "cannot index a value of type %s", value_type(v));
	if (key->kind != VALUE_INT)
		return template_call_fail(c, "the index is of type %s, want int", value_type(key));
	if (key->i < 0 || (uint64_t)key->i >= len)
		return template_call_fail(c, "index out of range: %lld", (long long)key->i);
	*ret = v->kind == VALUE_STRING ? value_int((unsigned char)v->s[key->i])
				       : value_at(v, (size_t)key->i);
	return 0;
}

static int call_index(struct template_call *c, struct value *ret)
{
	struct value v = c->args[0];

	for (size_t i = 1; i < c->n; i++) {
		struct value next = {0};

		if (index_one(c, &v, &c->args[i], &next) < 0)
			return -1;
		v = next;
	}
	*ret = v;
	return 0;
}

static int call_slice(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0];
	int64_t at[3] = {0, (int64_t)value_len(v), (int64_t)value_len(v)}, len = at[1];

	if (v->kind != VALUE_STRING && !is_sequence(v))
		return template_call_fail(c, "cannot slice a value of type %s", value_type(v));
	if (v->kind == VALUE_STRING && c->n == 4)
		return template_call_fail(c, "a string has no third index");
	for (size_t i = 1; i < c->n; i++) {
		if (want_int(c, i) < 0)
			return -1;
		at[i - 1] = c->args[i].i;
		if (at[i - 1] < 0 || at[i - 1] > len)
			return template_call_fail(
				c, "index out of range: %lld", (long long)at[i - 1]);
	}
	if (at[0] > at[1] || at[1] > at[2])
		return template_call_fail(c, "invalid slice index: %lld > %lld",
			(long long)(at[0] > at[1] ? at[0] : at[1]),
			(long long)(at[0] > at[1] ? at[1] : at[2]));
	len = at[1] - at[0];
	if (v->kind == VALUE_STRING) {
		*ret = value_string(
			arena_strndup(c->arena, v->s + at[0], (size_t)len), (size_t)len);
	} else {
		struct value *items = arena_alloc(c->arena, ((size_t)len + 1) * sizeof(*items));

		for (int64_t i = 0; i < len; i++)
			items[i] = value_at(v, (size_t)(at[0] + i));
		*ret = (struct value){.kind = VALUE_LIST, .items = items, .len = (size_t)len};
	}
	return 0;
}

/* fmt.Sprint: blanks between two values neither of which is a string */
static int call_print(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);

	for (size_t i = 0; i < c->n; i++) {
		if (i > 0 && c->args[i].kind != VALUE_STRING && c->args[i - 1].kind != VALUE_STRING)
			buf_addc(&b, ' ');
		value_print(&c->args[i], &b);
	}
	return template_call_string(c, &b, ret);
}

static int call_println(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);

	for (size_t i = 0; i < c->n; i++) {
		if (i > 0)
			buf_addc(&b, ' ');
		value_print(&c->args[i], &b);
	}
	buf_addc(&b, '\n');
	return template_call_string(c, &b, ret);
}

/* the arguments of an escaper: one string, or what print makes of them */
static int escaper_text(struct template_call *c, struct value *ret)
{
	if (c->n == 1 && c->args[0].kind == VALUE_STRING) {
		*ret = c->args[0];
		return 0;
	}
	return call_print(c, ret);
}

static int call_html(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);
	struct value v = {0};

	if (escaper_text(c, &v) < 0)
		return -1;
	for (size_t i = 0; i < v.len; i++) {
		char ch = v.s[i];

		if (ch == '\0')
			buf_adds(&b, "\xef\xbf\xbd");
		else if (ch == '"' || ch == '\'')
			buf_adds(&b, ch == '"' ? "&#34;" : "&#39;");
		else if (ch == '&')
			buf_adds(&b, "&amp;");
		else if (ch == '<' || ch == '>')
			buf_adds(&b, ch == '<' ? "&lt;" : "&gt;");
		else
			buf_addc(&b, ch);
	}
	return template_call_string(c, &b, ret);
}

static int call_js(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);
	struct value v = {0};

	if (escaper_text(c, &v) < 0)
		return -1;
	for (size_t i = 0; i < v.len;) {
		uint32_t ch = 0xfffd;
		size_t n = utf8_decode(v.s + i, v.len - i, &ch);

		if (n == 1 && strchr("\\'\"", (int)ch) && ch)
			buf_addf(&b, "\\%c", (char)ch);
		else if (utf8_is_control(ch) || (n == 1 && strchr("<>&=", (int)ch)))
			buf_addf(&b, "\\u%04X", ch);
		else
			buf_add(&b, v.s + i, n ? n : 1);
		i += n ? n : 1;
	}
	return template_call_string(c, &b, ret);
}

static int call_urlquery(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);
	struct value v = {0};

	if (escaper_text(c, &v) < 0)
		return -1;
	for (size_t i = 0; i < v.len; i++) {
		unsigned char ch = (unsigned char)v.s[i];

		if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
			(ch >= 'A' && ch <= 'Z') || (ch && strchr("-_.~", ch)))
			buf_addc(&b, (char)ch);
		else if (ch == ' ')
			buf_addc(&b, '+');
		else
			buf_addf(&b, "%%%02X", ch);
	}
	return template_call_string(c, &b, ret);
}

/* Return: 1 if equal, 0 if not, -1 if they cannot be compared */
static int equal(struct template_call *c, const struct value *a, const struct value *b)
{
	if (is_nil(a) || is_nil(b))
		return is_nil(a) && is_nil(b);
	if (a->kind != b->kind)
		return template_call_fail(c, "incompatible types for comparison: %s and %s",
			value_type(a), value_type(b));
	switch (a->kind) {
	case VALUE_BOOL:
		return a->b == b->b;
	case VALUE_INT:
		return a->i == b->i;
	case VALUE_FLOAT:
		return a->f == b->f;
	case VALUE_STRING:
		return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
	default:
		return template_call_fail(c, "values of type %s cannot be compared", value_type(a));
	}
}

static int call_eq(struct template_call *c, struct value *ret)
{
	bool found = false;

	for (size_t i = 1; i < c->n && !found; i++) {
		int r = equal(c, &c->args[0], &c->args[i]);

		if (r < 0)
			return -1;
		found = r > 0;
	}
	*ret = value_bool(found);
	return 0;
}

static int call_ne(struct template_call *c, struct value *ret)
{
	int r = equal(c, &c->args[0], &c->args[1]);

	*ret = value_bool(r == 0);
	return r < 0 ? -1 : 0;
}

/* @ret: below 0, 0 or above 0 as @a is less than, equal to or greater than @b */
static int order(struct template_call *c, int *ret)
{
	const struct value *a = &c->args[0], *b = &c->args[1];
	size_t len;

	if (a->kind != VALUE_INT && a->kind != VALUE_FLOAT && a->kind != VALUE_STRING)
		return template_call_fail(c, "values of type %s have no order", value_type(a));
	if (a->kind != b->kind)
		return template_call_fail(c, "incompatible types for comparison: %s and %s",
			value_type(a), value_type(b));
	if (a->kind == VALUE_INT) {
		*ret = (a->i > b->i) - (a->i < b->i);
	} else if (a->kind == VALUE_FLOAT) {
		*ret = (a->f > b->f) - (a->f < b->f);
	} else {
		len = a->len < b->len ? a->len : b->len;
		*ret = memcmp(a->s, b->s, len);
		if (*ret == 0)
			*ret = (a->len > b->len) - (a->len < b->len);
	}
	return 0;
}

#define CALL_ORDER(name, op)                                                                       \
	static int call_##name(struct template_call *c, struct value *ret)                         \
	{                                                                                          \
		int o = 0;                                                                         \
                                                                                                   \
		if (order(c, &o) < 0)                                                              \
			return -1;                                                                 \
		*ret = value_bool(o op 0);                                                         \
		return 0;                                                                          \
	}
CALL_ORDER(lt, <)
CALL_ORDER(le, <=)
CALL_ORDER(gt, >)
CALL_ORDER(ge, >=)

static int call_json(struct template_call *c, struct value *ret)
{
	_cleanup_text_(b);

	if (value_json(&c->args[0], &b) < 0 && !b.full)
		return template_call_fail(c, "this value cannot be written as JSON");
	return template_call_string(c, &b, ret);
}

static int call_join(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0];
	_cleanup_text_(b);
	const char **keys = NULL;
	size_t n = is_nil(v) ? 0 : value_len(v);

	if (v->kind == VALUE_OBJECT)
		keys = value_keys(v, c->arena, &n);
	else if (!is_sequence(v) && !is_nil(v))
		return template_call_fail(
			c, "argument 1 is of type %s, want a list", value_type(v));
	if (want_string(c, 1) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct value item = keys ? value_from_json(json_object_get(v->j, keys[i]), NULL)
					 : value_at(v, i);

		if (i > 0)
			buf_add(&b, c->args[1].s, c->args[1].len);
		value_print(&item, &b);
	}
	return template_call_string(c, &b, ret);
}

static int call_split(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0], *sep = &c->args[1];
	struct value *items;
	const char *s, *end;
	size_t n = 0;

	if (want_string(c, 0) < 0 || want_string(c, 1) < 0)
		return -1;
	items = arena_alloc(c->arena, (v->len + 1) * sizeof(*items));
	for (s = v->s, end = s + v->len;;) {
		const char *next = sep->len ? memmem(s, (size_t)(end - s), sep->s, sep->len) : NULL;
		uint32_t ch;
		size_t len;

		/* an empty separator cuts between characters */
		if (!sep->len && s == end)
			break;
		len = sep->len ? (size_t)((next ? next : end) - s)
			       : utf8_decode(s, (size_t)(end - s), &ch);
		if (!sep->len && len == 0)
			len = 1;
		items[n++] = value_string(arena_strndup(c->arena, s, len), len);
		if (sep->len && !next)
			break;
		s += len + sep->len;
	}
	*ret = (struct value){.kind = VALUE_LIST, .items = items, .len = n};
	return 0;
}

/* the letters of the alphabets whose cases lie side by side */
static uint32_t to_upper(uint32_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
		(c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
		return c - 32;
	if (c >= 0x450 && c <= 0x45f)
		return c - 80;
	return c == 0x3c2 ? 0x3a3 : c;
}

static uint32_t to_lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
		(c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	return c >= 0x400 && c <= 0x40f ? c + 80 : c;
}

enum letter_case { CASE_LOWER, CASE_UPPER, CASE_TITLE };

static int change_case(struct template_call *c, enum letter_case to, struct value *ret)
{
	const struct value *v = &c->args[0];
	_cleanup_text_(b);
	bool first = true;

	if (want_string(c, 0) < 0)
		return -1;
	for (size_t i = 0; i < v->len;) {
		uint32_t ch = 0;
		size_t n = utf8_decode(v->s + i, v->len - i, &ch);
		char out[4];

		if (n == 0) {
			buf_addc(&b, v->s[i++]);
			continue;
		}
		i += n;
		if (to == CASE_LOWER)
			ch = to_lower(ch);
		else if (to == CASE_UPPER || first)
			ch = to_upper(ch);
		buf_add(&b, out, utf8_put(ch, out));
		first = ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' ||
			(ch < 0x80 && ispunct((int)ch) && ch != '_');
	}
	return template_call_string(c, &b, ret);
}

static int call_lower(struct template_call *c, struct value *ret)
{
	return change_case(c, CASE_LOWER, ret);
}

static int call_upper(struct template_call *c, struct value *ret)
{
	return change_case(c, CASE_UPPER, ret);
}

static int call_title(struct template_call *c, struct value *ret)
{
	return change_case(c, CASE_TITLE, ret);
}

static int call_pad(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0];
	_cleanup_text_(b);

	if (want_string(c, 0) < 0 || want_int(c, 1) < 0 || want_int(c, 2) < 0)
		return -1;
	if (c->args[1].i < 0 || c->args[2].i < 0 || c->args[1].i > 1000000 ||
		c->args[2].i > 1000000)
		return template_call_fail(c, "the padding is out of range");
	if (v->len > 0) {
		for (int64_t i = 0; i < c->args[1].i; i++)
			buf_addc(&b, ' ');
		buf_add(&b, v->s, v->len);
		for (int64_t i = 0; i < c->args[2].i; i++)
			buf_addc(&b, ' ');
	}
	return template_call_string(c, &b, ret);
}

static int call_truncate(struct template_call *c, struct value *ret)
{
	const struct value *v = &c->args[0];
	size_t len = v->len;

	if (want_string(c, 0) < 0 || want_int(c, 1) < 0)
		return -1;
	if (c->args[1].i < 0)
		return template_call_fail(c, "the length is negative");
	if ((uint64_t)c->args[1].i < len)
		len = (size_t)c->args[1].i;
	*ret = value_string(arena_strndup(c->arena, v->s, len), len);
	return 0;
}

static const struct template_func funcs[] = {
	{"and", 0, -1, true, NULL},
	{"or", 0, -1, true, NULL},
	{"not", 1, 1, false, call_not},
	{"len", 1, 1, false, call_len},
	{"index", 1, -1, false, call_index},
	{"slice", 1, 4, false, call_slice},
	{"print", 0, -1, false, call_print},
	{"printf", 1, -1, false, template_sprintf},
	{"println", 0, -1, false, call_println},
	{"html", 0, -1, false, call_html},
	{"js", 0, -1, false, call_js},
	{"urlquery", 0, -1, false, call_urlquery},
	{"eq", 2, -1, false, call_eq},
	{"ne", 2, 2, false, call_ne},
	{"lt", 2, 2, false, call_lt},
	{"le", 2, 2, false, call_le},
	{"gt", 2, 2, false, call_gt},
	{"ge", 2, 2, false, call_ge},
	{"json", 1, 1, false, call_json},
	{"join", 2, 2, false, call_join},
	{"split", 2, 2, false, call_split},
	{"title", 1, 1, false, call_title},
	{"lower", 1, 1, false, call_lower},
	{"upper", 1, 1, false, call_upper},
	{"pad", 3, 3, false, call_pad},
	{"truncate", 2, 2, false, call_truncate},
};

const struct template_func *template_func_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++)
		if (strlen(funcs[i].name) == len && memcmp(funcs[i].name, name, len) == 0)
			return &funcs[i];
	return NULL;
}
