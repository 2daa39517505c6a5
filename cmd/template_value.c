#include "cmd/template_value.h"

#include "cmd/human.h"
#include "cmd/template_func.h"
#include "runtime/base/utf8.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* members whose objects are maps although each key may begin with an upper-case letter */
static const char *const map_members[] = {"Annotations", "Attributes", "Data", "DriverOpts",
	"ExposedPorts", "GraphOptions", "GraphStatus", "Labels", "Networks", "Options",
	"PortBindings", "Ports", "Status.Map", "Storage", "Sysctls", "Tmpfs", "Volumes"};

/* members whose objects are health checks, and what is a time there */
static const char *const check_members[] = {"Healthcheck", "StartupHealthCheck"};
static const char *const check_times[] = {"Interval", "StartInterval", "StartPeriod", "Timeout"};

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; name && i < n; i++)
		if (str_eq(name, list[i]))
			return true;
	return false;
}

struct value value_string(const char *s, size_t len)
{
	return (struct value){.kind = VALUE_STRING, .s = s, .len = len};
}

struct value value_int(int64_t i)
{
	return (struct value){.kind = VALUE_INT, .i = i};
}

struct value value_bool(bool b)
{
	return (struct value){.kind = VALUE_BOOL, .b = b};
}

struct value value_from_json(const json_t *j, const char *member)
{
	struct value v = {.kind = VALUE_MISSING};

	if (!j)
		return v;
	switch (json_typeof(j)) {
	case JSON_NULL:
		v.kind = VALUE_NIL;
		return v;
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(json_is_true(j));
	case JSON_INTEGER:
		return value_int(json_integer_value(j));
	case JSON_REAL:
		return (struct value){.kind = VALUE_FLOAT, .f = json_real_value(j)};
	case JSON_STRING:
		return value_string(json_string_value(j), json_string_length(j));
	case JSON_ARRAY:
	case JSON_OBJECT:
		v.kind = json_is_array(j) ? VALUE_ARRAY : VALUE_OBJECT;
		v.j = j;
		break;
	}
	if (is_one_of(member, map_members, ARRAY_SIZE(map_members)))
		v.shape = SHAPE_MAP;
	else if (is_one_of(member, check_members, ARRAY_SIZE(check_members)))
		v.shape = SHAPE_CHECK;
	/* of a container; one of its names in JSON is sdNotifyMode */
	else if (str_eq(member, "Config"))
		v.shape = SHAPE_STRUCT;
	return v;
}

struct value value_member(const struct value *obj, const char *name)
{
	struct value v = value_from_json(json_object_get(obj->j, name), name);
	_cleanup_free_ char *beside =
		v.kind == VALUE_OBJECT ? xasprintf("%s%s", name, VALUE_TEXT) : NULL;

	v.text = beside ? json_get_str(obj->j, beside, NULL) : NULL;
	v.duration = v.kind == VALUE_INT && obj->shape == SHAPE_CHECK &&
		     is_one_of(name, check_times, ARRAY_SIZE(check_times));
	return v;
}

/* as a string, where it prints as one */
static struct value as_printed(const struct value *v)
{
	return v->text ? value_string(v->text, strlen(v->text)) : *v;
}

bool value_is_struct(const struct value *v)
{
	const char *key;
	json_t *member;

	if (v->kind != VALUE_OBJECT || v->shape != SHAPE_BY_NAMES)
		return v->kind == VALUE_OBJECT && v->shape != SHAPE_MAP;
	json_object_foreach ((json_t *)v->j, key, member)
		if (!isupper((unsigned char)key[0]))
			return false;
	return json_object_size(v->j) > 0;
}

size_t value_len(const struct value *v)
{
	if (v->kind == VALUE_ARRAY)
		return json_array_size(v->j);
	return v->kind == VALUE_OBJECT ? json_object_size(v->j) : v->len;
}

struct value value_at(const struct value *v, size_t i)
{
	return v->kind == VALUE_ARRAY ? value_from_json(json_array_get(v->j, i), NULL)
				      : v->items[i];
}

bool value_truth(const struct value *v)
{
	switch (v->kind) {
	case VALUE_MISSING:
	case VALUE_NIL:
		return false;
	case VALUE_BOOL:
		return v->b;
	case VALUE_INT:
		return v->i != 0;
	case VALUE_FLOAT:
		return v->f != 0;
	default:
		return value_len(v) > 0;
	}
}

const char *value_type(const struct value *v)
{
	static const char *const names[] = {
		[VALUE_MISSING] = "<nil>",
		[VALUE_NIL] = "<nil>",
		[VALUE_BOOL] = "bool",
		[VALUE_INT] = "int",
		[VALUE_FLOAT] = "float64",
		[VALUE_STRING] = "string",
		[VALUE_LIST] = "[]string",
		[VALUE_ARRAY] = "[]interface {}",
		[VALUE_OBJECT] = "map[string]interface {}",
	};

	if (v->kind == VALUE_INT && v->duration)
		return "time.Duration";
	return value_is_struct(v) ? "struct" : names[v->kind];
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* @sort: a map prints in the order of its keys, a struct in its own */
static const char **keys_of(const json_t *obj, bool sort, const char **keys, size_t *ret_n)
{
	const char *key;
	json_t *member;
	size_t n = 0;

	json_object_foreach ((json_t *)obj, key, member)
		if (!str_ends(key, VALUE_TEXT))
			keys[n++] = key;
	if (sort && n > 1)
		qsort(keys, n, sizeof(*keys), compare_keys);
	*ret_n = n;
	return keys;
}

const char **value_keys(const struct value *v, struct arena *a, size_t *ret_n)
{
	size_t n = json_object_size(v->j);

	return keys_of(v->j, true, arena_alloc(a, (n + 1) * sizeof(const char *)), ret_n);
}

/* width counts characters, as fmt does */
static size_t count_chars(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; n++) {
		uint32_t c;
		size_t step = utf8_decode(s + i, len - i, &c);

		i += step ? step : 1;
	}
	return n;
}

static void add_pad(struct buf *out, char c, size_t n)
{
	for (; n > 0; n--)
		buf_addc(out, c);
}

static void add_padded(struct buf *out, const struct value_verb *vb, const char *s, size_t len)
{
	size_t chars = vb->width > 0 ? count_chars(s, len) : 0;
	size_t pad = vb->width > 0 && (size_t)vb->width > chars ? (size_t)vb->width - chars : 0;

	if (!vb->minus && !vb->zero)
		add_pad(out, ' ', pad);
	else if (!vb->minus)
		add_pad(out, '0', pad);
	buf_add(out, s, len);
	if (vb->minus)
		add_pad(out, ' ', pad);
}

static void add_quoted(struct buf *out, const char *s, size_t len)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = utf8_decode(s + i, len - i, &c);
		const char *name = c ? strchr("\aa\bb\ff\nn\rr\tt\vv", (int)c) : NULL;

		if (n == 0)
			buf_addf(out, "\\x%02x", (unsigned char)s[i]);
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", (char)c);
		else if (c < 0x20 && name && c)
			buf_addf(out, "\\%c", name[1]);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else if (utf8_is_control(c))
			buf_addf(out, "\\u%04x", c);
		else
			buf_add(out, s + i, n);
		i += n ? n : 1;
	}
	buf_addc(out, '"');
}

static void add_hex(struct buf *out, const struct value_verb *vb, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_addf(out, vb->verb == 'x' ? "%02x" : "%02X", (unsigned char)s[i]);
}

static void format_bad(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	buf_addf(out, "%%!%c(", vb->verb);
	if (v->kind == VALUE_NIL || v->kind == VALUE_MISSING) {
		buf_adds(out, "<nil>)");
		return;
	}
	buf_addf(out, "%s=", value_type(v));
	value_print(v, out);
	buf_addc(out, ')');
}

static void format_string(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	size_t len = v->len;

	/* a precision cuts characters */
	if (vb->prec >= 0 && count_chars(v->s, len) > (size_t)vb->prec) {
		len = 0;
		for (int i = 0; i < vb->prec; i++) {
			uint32_t c;
			size_t n = utf8_decode(v->s + len, v->len - len, &c);

			len += n ? n : 1;
		}
	}
	switch (vb->verb) {
	case 'v':
	case 's':
		if (vb->verb == 'v' && vb->sharp)
			add_quoted(&b, v->s, len);
		else
			buf_add(&b, v->s, len);
		break;
	case 'q':
		add_quoted(&b, v->s, len);
		break;
	case 'x':
	case 'X':
		add_hex(&b, vb, v->s, len);
		break;
	default:
		format_bad(v, vb, out);
		return;
	}
	add_padded(out, vb, buf_str(&b), b.len);
}

static void add_sign(char *text, size_t *len, bool negative, const struct value_verb *vb)
{
	/* the plus of %+v asks for the names of members, not for a sign */
	bool plus = vb->plus && vb->verb != 'v';

	if (negative || plus || vb->space) {
		memmove(text + 1, text, *len + 1);
		text[0] = negative ? '-' : plus ? '+' : ' ';
		(*len)++;
	}
}

static void format_int(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	static const char verbs[] = "vdxXobO";
	static const unsigned bases[] = {10, 10, 16, 16, 8, 2, 8};
	const char *known = vb->verb ? strchr(verbs, vb->verb) : NULL;
	uint64_t u = v->i < 0 ? 0 - (uint64_t)v->i : (uint64_t)v->i;
	char digits[72], *d = digits + sizeof(digits), text[400];
	struct value_verb pad = *vb;
	unsigned base;
	size_t len, least;

	if (v->duration && (vb->verb == 'v' || vb->verb == 's')) {
		human_exact(v->i, text);
		add_padded(out, vb, text, strlen(text));
		return;
	}
	if (vb->verb == 'c' || vb->verb == 'q') {
		len = utf8_put(v->i < 0 || v->i > 0x10ffff ? 0xfffd : (uint32_t)v->i, digits);
		len = (size_t)snprintf(
			text, sizeof(text), vb->verb == 'q' ? "'%.*s'" : "%.*s", (int)len, digits);
		add_padded(out, vb, text, len);
		return;
	}
	if (vb->verb == 'U') {
		len = (size_t)snprintf(text, sizeof(text), "U+%04llX", (unsigned long long)v->i);
		add_padded(out, vb, text, len);
		return;
	}
	if (!known) {
		format_bad(v, vb, out);
		return;
	}
	base = bases[known - verbs];
	do
		*--d = (vb->verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[u % base];
	while ((u /= base) > 0);
	len = (size_t)(digits + sizeof(digits) - d);
	least = vb->prec >= 0 ? (size_t)vb->prec : 0;
	/* zeros fill the width behind the sign */
	if (vb->zero && !vb->minus && vb->prec < 0 && vb->width > 0) {
		bool sign = v->i < 0 || vb->plus || vb->space;

		least = (size_t)vb->width - (sign ? 1 : 0);
	}
	if (least > 300)
		least = 300;
	memset(text, '0', least > len ? least - len : 0);
	memcpy(text + (least > len ? least - len : 0), d, len);
	len = least > len ? least : len;
	text[len] = '\0';
	if (vb->sharp && vb->verb != 'v' && base != 10) {
		const char *prefix = base == 16	 ? (vb->verb == 'x' ? "0x" : "0X")
				     : base == 8 ? "0"
						 : "0b";
		size_t n = strlen(prefix);

		memmove(text + n, text, len + 1);
		memcpy(text, prefix, n);
		len += n;
	}
	add_sign(text, &len, v->i < 0, vb);
	pad.zero = false;
	add_padded(out, &pad, text, len);
}

/* Go prints the shortest digits that read back as the same number, with an exponent below 1e-4 and from 1e6 on. */
static size_t shortest_float(double f, char *text, size_t size)
{
	char e[40], *exp;
	int digits = 1, exponent;

	if (isnan(f) || isinf(f))
		return (size_t)snprintf(text, size, isnan(f) ? "NaN" : f > 0 ? "+Inf" : "-Inf");
	for (; digits <= 17; digits++) {
		snprintf(e, sizeof(e), "%.*e", digits - 1, f);
		if (strtod(e, NULL) == f)
			break;
	}
	exp = strchr(e, 'e');
	exponent = exp ? (int)strtol(exp + 1, NULL, 10) : 0;
	if (f != 0 && (exponent < -4 || exponent >= 6))
		return (size_t)snprintf(text, size, "%s", e);
	return (size_t)snprintf(
		text, size, "%.*f", digits - 1 - exponent > 0 ? digits - 1 - exponent : 0, f);
}

static void format_float(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	char text[512], fmt[16];
	struct value_verb pad = *vb;
	size_t len, zeros;
	int prec = vb->prec > 100 ? 100 : vb->prec;

	if (!vb->verb || !strchr("vgGeEfF", vb->verb)) {
		format_bad(v, vb, out);
		return;
	}
	if (strchr("vg", vb->verb) && prec < 0) {
		len = shortest_float(v->f, text, sizeof(text) - 2);
	} else {
		snprintf(fmt, sizeof(fmt), "%%.*%c", vb->verb == 'v' ? 'g' : vb->verb);
		len = (size_t)snprintf(text, sizeof(text) - 2, fmt, prec < 0 ? 6 : prec, v->f);
	}
	if (text[0] != '-' && text[0] != '+')
		add_sign(text, &len, false, vb);
	/* zeros go behind the sign */
	if (vb->zero && !vb->minus && vb->width > 0 && len < (size_t)vb->width && vb->width < 300) {
		bool sign = text[0] == '-' || text[0] == '+' || text[0] == ' ';

		zeros = (size_t)vb->width - len;
		memmove(text + sign + zeros, text + sign, len - sign + 1);
		memset(text + sign, '0', zeros);
		len += zeros;
	}
	pad.zero = false;
	add_padded(out, &pad, text, len);
}

static void format_bool(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	if (vb->verb != 'v' && vb->verb != 't')
		format_bad(v, vb, out);
	else
		add_padded(out, vb, v->b ? "true" : "false", v->b ? 4 : 5);
}

static void format_object(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	bool is_struct = value_is_struct(v), names = !is_struct || vb->plus || vb->sharp;
	size_t n = json_object_size(v->j);
	_cleanup_free_ const char **keys = xcalloc(n + 1, sizeof(*keys));

	keys_of(v->j, !is_struct, keys, &n);
	buf_adds(out, is_struct ? "{" : "map[");
	for (size_t i = 0; i < n; i++) {
		struct value key = value_string(keys[i], strlen(keys[i]));
		struct value member = value_member(v, keys[i]);

		if (i > 0)
			buf_addc(out, ' ');
		if (names) {
			if (is_struct)
				buf_adds(out, keys[i]);
			else
				value_format(&key, vb, out);
			buf_addc(out, ':');
		}
		value_format(&member, vb, out);
	}
	buf_addc(out, is_struct ? '}' : ']');
}

static void format_list(const struct value *v, const struct value_verb *vb, struct buf *out)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < value_len(v); i++) {
		struct value item = value_at(v, i);

		if (i > 0)
			buf_addc(out, ' ');
		value_format(&item, vb, out);
	}
	buf_addc(out, ']');
}

void value_format(const struct value *value, const struct value_verb *vb, struct buf *out)
{
	const struct value printed = as_printed(value), *v = &printed;

	if (vb->verb == 'T') {
		add_padded(out, vb, value_type(v), strlen(value_type(v)));
		return;
	}
	switch (v->kind) {
	case VALUE_MISSING:
	case VALUE_NIL:
		if (vb->verb == 'v')
			add_padded(out, vb, "<nil>", 5);
		else
			format_bad(v, vb, out);
		return;
	case VALUE_BOOL:
		format_bool(v, vb, out);
		return;
	case VALUE_INT:
		format_int(v, vb, out);
		return;
	case VALUE_FLOAT:
		format_float(v, vb, out);
		return;
	case VALUE_STRING:
		format_string(v, vb, out);
		return;
	case VALUE_OBJECT:
		format_object(v, vb, out);
		return;
	default:
		format_list(v, vb, out);
		return;
	}
}

void value_print(const struct value *v, struct buf *out)
{
	static const struct value_verb plain = {.verb = 'v', .width = -1, .prec = -1};

	if (v->kind == VALUE_STRING)
		buf_add(out, v->s, v->len);
	else
		value_format(v, &plain, out);
}

/* without what only says how its neighbour prints */
static json_t *to_json_object(const struct value *v)
{
	size_t n = json_object_size(v->j), shown;
	_cleanup_free_ const char **keys = xcalloc(n + 1, sizeof(*keys));
	json_t *out;

	keys_of(v->j, false, keys, &shown);
	if (shown == n)
		return json_incref((json_t *)v->j);
	out = json_object();
	for (size_t i = 0; i < shown; i++)
		json_object_set(out, keys[i], json_object_get(v->j, keys[i]));
	return out;
}

/* a string of ours may have been cut inside a character; then json_str() mends it */
static json_t *to_json(const struct value *v)
{
	json_t *list;

	switch (v->kind) {
	case VALUE_BOOL:
		return json_boolean(v->b);
	case VALUE_INT:
		return json_integer(v->i);
	case VALUE_FLOAT:
		return json_real(v->f);
	case VALUE_STRING:
		list = json_stringn(v->s, v->len);
		return list ? list : json_str(v->s);
	case VALUE_LIST:
		list = json_array();
		for (size_t i = 0; i < v->len; i++)
			json_array_append_new(list, to_json(&v->items[i]));
		return list;
	case VALUE_ARRAY:
		return json_incref((json_t *)v->j);
	case VALUE_OBJECT:
		return to_json_object(v);
	default:
		return json_null();
	}
}

static int add_to_buf(const char *data, size_t len, void *arg)
{
	return buf_add(arg, data, len) < 0 ? -1 : 0;
}

int value_json(const struct value *v, struct buf *out)
{
	struct value printed = as_printed(v);
	_cleanup_json_ json_t *j = to_json(&printed);

	if (json_dump_callback(j, add_to_buf, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		return -EINVAL;
	return 0;
}
