#include "storage/toml.h"

#include "runtime/base/parse.h"
#include "runtime/base/utf8.h"

#define DEPTH_MAX 16

struct parser {
	const char *p, *what;
	unsigned line, depth;
	const char *const *known; /* NULL: any key is taken */
	struct strv table;	  /* of the last header */
	struct err *err;
};

static int fail(struct parser *ps, const char *why)
{
	return err_set(ps->err, EINVAL, "%s line %u: %s", ps->what, ps->line, why);
}

static void skip_blanks(struct parser *ps)
{
	while (*ps->p == ' ' || *ps->p == '\t')
		ps->p++;
}

static void skip_comment(struct parser *ps)
{
	skip_blanks(ps);
	if (*ps->p == '#')
		ps->p += strcspn(ps->p, "\n");
	if (ps->p[0] == '\r' && ps->p[1] == '\n')
		ps->p++;
}

/* blanks, comments and line ends, as they may stand inside an array and between statements */
static void skip_lines(struct parser *ps)
{
	for (;;) {
		skip_comment(ps);
		if (*ps->p != '\n')
			return;
		ps->p++;
		ps->line++;
	}
}

static int end_of_line(struct parser *ps)
{
	skip_comment(ps);
	if (*ps->p && *ps->p != '\n')
		return fail(ps, "something follows the value");
	return 0;
}

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static int unicode_escape(struct parser *ps, struct buf *b, size_t digits)
{
	_cleanup_free_ char *hex = xstrndup(ps->p, digits);
	unsigned long c;
	char text[4];

	if (strspn(hex, "0123456789abcdefABCDEF") != digits)
		return fail(ps, "bad \\u escape");
	c = strtoul(hex, NULL, 16);
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return fail(ps, "bad \\u escape");
	ps->p += digits;
	return buf_add(b, text, utf8_put((uint32_t)c, text));
}

static int escape(struct parser *ps, struct buf *b)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	char c = *ps->p;
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		ps->p++;
		return buf_addc(b, to[at - from]);
	}
	if (c != 'u' && c != 'U')
		return fail(ps, "unknown escape in a string");
	ps->p++;
	return unicode_escape(ps, b, c == 'u' ? 4 : 8);
}

static int parse_string(struct parser *ps, char **ret)
{
	_cleanup_buf_ struct buf b = {0};
	char quote = *ps->p++;

	if (ps->p[0] == quote && ps->p[1] == quote)
		return fail(ps, "multi-line strings are not supported");
	while (*ps->p != quote) {
		unsigned char c = (unsigned char)*ps->p;

		if (c == '\0' || c == '\n')
			return fail(ps, "the string does not end on its line");
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail(ps, "control character in a string");
		ps->p++;
		if (c == '\\' && quote == '"') {
			int r = escape(ps, &b);

			if (r < 0)
				return r;
		} else {
			buf_addc(&b, (char)c);
		}
	}
	ps->p++;
	*ret = buf_take(&b);
	if (!*ret)
		*ret = xstrdup("");
	return 0;
}

/* a.b."c d" */
static int parse_key(struct parser *ps, struct strv *ret)
{
	for (;;) {
		_cleanup_json_ json_t *utf8 = NULL;
		char *part = NULL;
		int r;

		skip_blanks(ps);
		if (*ps->p == '"' || *ps->p == '\'') {
			r = parse_string(ps, &part);
			if (r < 0)
				return r;
		} else {
			const char *begin = ps->p;

			while (is_bare(*ps->p))
				ps->p++;
			if (ps->p == begin)
				return fail(ps, "a key is missing");
			part = xstrndup(begin, (size_t)(ps->p - begin));
		}
		strv_take(ret, part);
		utf8 = json_string(part);
		if (!utf8)
			return fail(ps, "the key is not UTF-8");
		if (ret->n > DEPTH_MAX)
			return fail(ps, "the key has too many parts");
		skip_blanks(ps);
		if (*ps->p != '.')
			return 0;
		ps->p++;
	}
}

/* @key below the present table must be one of those that are known */
static int check_known(struct parser *ps, const struct strv *key)
{
	_cleanup_strv_ struct strv whole = {0};
	_cleanup_free_ char *name = NULL;

	if (!ps->known)
		return 0;
	if (ps->depth)
		return fail(ps, "inline tables are not used here");
	strv_addv(&whole, &ps->table);
	strv_addv(&whole, key);
	name = strv_join(&whole, ".");
	for (size_t i = 0; ps->known[i]; i++)
		if (str_eq(ps->known[i], name))
			return 0;
	return err_say(
		ps->err, EINVAL, "%s line %u: unknown key \"%.100s\"", ps->what, ps->line, name);
}

static int parse_value(struct parser *ps, json_t **ret);
static int parse_pair(struct parser *ps, json_t *table);

static int parse_array(struct parser *ps, json_t **ret)
{
	_cleanup_json_ json_t *array = json_array();

	for (ps->p++;;) {
		json_t *member = NULL;
		int r;

		skip_lines(ps);
		if (*ps->p == ']')
			break;
		r = parse_value(ps, &member);
		if (r < 0)
			return r;
		json_array_append_new(array, member);
		skip_lines(ps);
		if (*ps->p == ',')
			ps->p++;
		else if (*ps->p != ']')
			return fail(ps, "',' or ']' is missing in an array");
	}
	ps->p++;
	*ret = take_ptr(array);
	return 0;
}

static int parse_inline_table(struct parser *ps, json_t **ret)
{
	_cleanup_json_ json_t *table = json_object();

	ps->p++;
	skip_blanks(ps);
	while (*ps->p != '}') {
		int r = parse_pair(ps, table);

		if (r < 0)
			return r;
		skip_blanks(ps);
		if (*ps->p == ',')
			ps->p++;
		else if (*ps->p != '}')
			return fail(ps, "',' or '}' is missing in a table");
		skip_blanks(ps);
	}
	ps->p++;
	*ret = take_ptr(table);
	return 0;
}

static int parse_word(struct parser *ps, json_t **ret)
{
	size_t len = strcspn(ps->p, " \t\r\n,]}#");
	_cleanup_free_ char *word = xstrndup(ps->p, len);
	int64_t n;

	if (str_eq(word, "true") || str_eq(word, "false"))
		*ret = json_boolean(word[0] == 't');
	else if (parse_i64(word, &n) == 0)
		*ret = json_integer(n);
	else
		return fail(ps, len ? "the value is neither a string, an integer, a boolean, an "
				      "array nor a table"
				    : "a value is missing");
	ps->p += len;
	return 0;
}

static int parse_value(struct parser *ps, json_t **ret)
{
	_cleanup_free_ char *s = NULL;
	int r;

	if (ps->depth == DEPTH_MAX)
		return fail(ps, "nested too deeply");
	ps->depth++;
	if (*ps->p == '"' || *ps->p == '\'') {
		r = parse_string(ps, &s);
		if (r == 0)
			*ret = json_str(s);
	} else if (*ps->p == '[') {
		r = parse_array(ps, ret);
	} else if (*ps->p == '{') {
		r = parse_inline_table(ps, ret);
	} else {
		r = parse_word(ps, ret);
	}
	ps->depth--;
	return r;
}

/* the table that all but the last @n parts of a key lead to; an array of tables means its last member */
static json_t *descend(json_t *from, const struct strv *key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *next = json_object_get(from, key->v[i]);

		if (!next) {
			next = json_object();
			json_object_set_new(from, key->v[i], next);
		}
		if (json_is_array(next))
			next = json_array_get(next, json_array_size(next) - 1);
		if (!json_is_object(next))
			return NULL;
		from = next;
	}
	return from;
}

static int parse_pair(struct parser *ps, json_t *table)
{
	_cleanup_strv_ struct strv key = {0};
	json_t *value;
	int r = parse_key(ps, &key);

	if (r == 0)
		r = check_known(ps, &key);
	if (r < 0)
		return r;
	if (*ps->p != '=')
		return fail(ps, "'=' is missing after the key");
	ps->p++;
	skip_blanks(ps);
	table = descend(table, &key, key.n - 1);
	if (!table || json_object_get(table, key.v[key.n - 1]))
		return fail(ps, "the key is defined twice");
	r = parse_value(ps, &value);
	if (r < 0)
		return r;
	json_object_set_new(table, key.v[key.n - 1], value);
	return 0;
}

/* [a.b] and [[a.b]] */
static int parse_header(struct parser *ps, json_t *root, json_t **ret_table)
{
	_cleanup_strv_ struct strv key = {0};
	bool array = ps->p[1] == '[';
	json_t *parent, *old;
	const char *last;
	int r;

	ps->p += array ? 2 : 1;
	r = parse_key(ps, &key);
	if (r < 0)
		return r;
	if (ps->p[0] != ']' || (array && ps->p[1] != ']'))
		return fail(ps, "']' is missing after the table's name");
	ps->p += array ? 2 : 1;
	strv_done(&ps->table);
	r = check_known(ps, &key);
	if (r < 0)
		return r;
	strv_addv(&ps->table, &key);
	last = key.v[key.n - 1];
	parent = descend(root, &key, key.n - 1);
	if (!parent)
		return fail(ps, "the table's name is used for something else");
	old = json_object_get(parent, last);
	if (array) {
		if (!old) {
			old = json_array();
			json_object_set_new(parent, last, old);
		}
		if (!json_is_array(old) ||
			(json_array_size(old) && !json_is_object(json_array_get(old, 0))))
			return fail(ps, "the name is used for something else");
		*ret_table = json_object();
		json_array_append_new(old, *ret_table);
		return 0;
	}
	if (old && (!json_is_object(old) || json_object_size(old)))
		return fail(ps, "the table is defined twice");
	if (!old) {
		old = json_object();
		json_object_set_new(parent, last, old);
	}
	*ret_table = old;
	return 0;
}

static int parse_document(struct parser *ps, json_t **ret)
{
	_cleanup_json_ json_t *root = json_object();
	json_t *table = root;
	int r;

	if (strncmp(ps->p, "\xef\xbb\xbf", 3) == 0)
		ps->p += 3;
	for (;;) {
		skip_lines(ps);
		if (!*ps->p)
			break;
		r = *ps->p == '[' ? parse_header(ps, root, &table) : parse_pair(ps, table);
		if (r < 0)
			return r;
		r = end_of_line(ps);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(root);
	return 0;
}

int toml_parse_known(
	const char *text, const char *what, const char *const *known, json_t **ret, struct err *err)
{
	struct parser ps = {.p = text, .what = what, .line = 1, .known = known, .err = err};
	int r = parse_document(&ps, ret);

	strv_done(&ps.table);
	return r;
}

int toml_parse(const char *text, const char *what, json_t **ret, struct err *err)
{
	return toml_parse_known(text, what, NULL, ret, err);
}
