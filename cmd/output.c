#include "cmd/output.h"

#include "cmd/table.h"
#include "cmd/template.h"
#include "runtime/base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

/* 0.1 as it was written, and not as it is stored */
#define REALS JSON_REAL_PRECISION(15)

/* Control characters that layout needs may stay where the text is not a cell of a table. */
static void escape(struct buf *out, const char *s, size_t len, bool keep_layout)
{
	while (len > 0) {
		uint32_t c = (unsigned char)*s;
		size_t n = c < 0x80 ? 1 : utf8_decode(s, len, &c);

		if (n == 0) {
			buf_addf(out, "\\x%02x", (unsigned char)*s);
			n = 1;
		} else if (!utf8_is_control(c) || (keep_layout && (c == '\n' || c == '\t'))) {
			buf_add(out, s, n);
		} else if (c == '\n' || c == '\t' || c == '\r') {
			buf_adds(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		} else {
			buf_addf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
		}
		s += n;
		len -= n;
	}
}

static bool needs_escape(const char *s, size_t len, bool keep_layout)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		/* beyond ASCII the slow way decides */
		if (c >= 0x7f || (c < 0x20 && !(keep_layout && (c == '\n' || c == '\t'))))
			return true;
	}
	return false;
}

void output_escape(struct buf *out, const char *s)
{
	escape(out, s, strlen(s), false);
}

void output_printf(const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = {0};
	_cleanup_free_ char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	escape(&b, s, strlen(s), true);
	fwrite(buf_str(&b), 1, b.len, stdout);
}

static void make_printable(json_t *j, bool keep_layout);

static void make_key_printable(json_t *obj, const char *key, bool keep_layout)
{
	_cleanup_buf_ struct buf b = {0};

	escape(&b, key, strlen(key), keep_layout);
	json_object_set(obj, buf_str(&b), json_object_get(obj, key));
	json_object_del(obj, key);
}

static void make_object_printable(json_t *obj, bool keep_layout)
{
	_cleanup_strv_ struct strv bad = {0};
	const char *key;
	json_t *v;

	json_object_foreach (obj, key, v) {
		make_printable(v, keep_layout);
		if (needs_escape(key, strlen(key), keep_layout))
			strv_add(&bad, key);
	}
	for (size_t i = 0; i < bad.n; i++)
		make_key_printable(obj, bad.v[i], keep_layout);
}

/* Strings in a row are replaced in place; most need no change. */
static void make_printable(json_t *j, bool keep_layout)
{
	_cleanup_buf_ struct buf b = {0};
	json_t *v;
	size_t i;

	switch (json_typeof(j)) {
	case JSON_STRING:
		if (!needs_escape(json_string_value(j), json_string_length(j), keep_layout))
			return;
		escape(&b, json_string_value(j), json_string_length(j), keep_layout);
		json_string_setn(j, buf_str(&b), b.len);
		return;
	case JSON_ARRAY:
		json_array_foreach (j, i, v) {
			make_printable(v, keep_layout);
		}
		return;
	case JSON_OBJECT:
		make_object_printable(j, keep_layout);
		return;
	default:
		return;
	}
}

static int print(const char *text, size_t len)
{
	/* a failure is seen by main, which flushes */
	fwrite(text, 1, len, stdout);
	return 0;
}

static int add_to_buf(const char *data, size_t len, void *arg)
{
	return buf_add(arg, data, len) < 0 ? -1 : 0;
}

/* Text with JSON in it.  Control characters below a blank are escaped there already; the others are valid as \u009b, too. */
static int print_json(const struct buf *b)
{
	_cleanup_buf_ struct buf shown = {.cap = SIZE_MAX / 2};

	if (!isatty(STDOUT_FILENO) || !needs_escape(b->data, b->len, true))
		return print(b->data, b->len);
	for (size_t i = 0; i < b->len;) {
		uint32_t c = 0;
		size_t n = utf8_decode(b->data + i, b->len - i, &c);

		if (n == 0)
			n = 1;
		if (utf8_is_control(c) && c != '\n' && c != '\t')
			buf_addf(&shown, "\\u%04x", c);
		else
			buf_add(&shown, b->data + i, n);
		i += n;
	}
	return print(shown.data, shown.len);
}

/* print a value as podman does: indented by four blanks, newline at the end */
static int output_json(const json_t *value, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = SIZE_MAX / 2};

	if (json_dump_callback(value, add_to_buf, &b, JSON_INDENT(4) | JSON_ENCODE_ANY | REALS) < 0)
		return err_set(err, ERR_USAGE, "this value cannot be printed as JSON");
	buf_addc(&b, '\n');
	return print_json(&b);
}

/* each on a line of its own */
static int output_json_lines(const json_t *rows, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = SIZE_MAX / 2};
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (json_dump_callback(row, add_to_buf, &b, JSON_COMPACT | REALS) < 0)
			return err_set(err, ERR_USAGE, "this value cannot be printed as JSON");
		buf_addc(&b, '\n');
	}
	return print_json(&b);
}

int output_lost(struct err *err)
{
	if (errno)
		err_set(err, errno, "the output could not be written");
	else
		err_say(err, EIO, "the output could not be written");
	return err_hint(err, "look at where standard output goes");
}

/* the text behind blanks and @word, or NULL */
static const char *after(const char *s, const char *word)
{
	return s ? str_after(s + strspn(s, " \t\n"), word) : NULL;
}

/* "json" and "{{json}}" ask for one array, "{{json .}}" is a template: a line for each row */
static enum json_style { JSON_NO, JSON_WHOLE, JSON_LINES } json_style(const char *format)
{
	enum json_style style = JSON_WHOLE;
	const char *rest = after(format, "json"), *word, *dot;

	if (!rest) {
		word = after(after(format, "{{"), "json");
		dot = after(word, ".");
		if (dot && dot > word + 1)
			style = JSON_LINES;
		rest = after(dot ? dot : word, "}}");
	}
	return rest && !rest[strspn(rest, " \t\n")] ? style : JSON_NO;
}

bool output_is_json(const struct output *o)
{
	return json_style(o->format) != JSON_NO;
}

bool output_is_template(const char *format)
{
	return format && json_style(format) == JSON_NO;
}

/* the text of the template behind "table", or NULL for another form */
static const char *table_text(const struct output *o)
{
	const char *rest;

	if (!o->format)
		return o->quiet ? NULL : o->table;
	rest = str_after(o->format, "table");
	if (!rest || (*rest && !isspace((unsigned char)*rest)))
		return NULL;
	while (isspace((unsigned char)*rest))
		rest++;
	return *rest ? rest : o->table;
}

bool output_uses(const struct output *o, const char *field)
{
	const char *text = table_text(o);

	if (output_is_json(o))
		return true;
	if (!text)
		text = o->format ? o->format : o->quiet;
	return strstr(text, field) || strstr(text, "json");
}

/* The first \t and \n written as two characters are turned into what they name. */
static char *unescape(const char *text)
{
	struct buf b = {0};

	for (; *text; text++) {
		if (text[0] == '\\' && (text[1] == 't' || text[1] == 'n')) {
			text++;
			buf_addc(&b, *text == 't' ? '\t' : '\n');
		} else {
			buf_addc(&b, *text);
		}
	}
	return buf_take(&b);
}

/* A quoted "\n" inside an action breaks when it is unescaped; then the text stands as it was
 * written. */
static int parse(const char *text, struct template **ret, struct err *err)
{
	_cleanup_free_ char *plain = unescape(text);

	if (template_parse(plain, "format", ret, NULL) == 0)
		return 0;
	return template_parse(text, "format", ret, err);
}

static void add_camel_words(const char *name, struct buf *out)
{
	for (const char *c = name; *c; c++) {
		bool upper = isupper((unsigned char)*c);

		if (c > name && upper &&
			(islower((unsigned char)c[-1]) ||
				(isupper((unsigned char)c[-1]) && islower((unsigned char)c[1]))))
			buf_addc(out, ' ');
		buf_addc(out, (char)toupper((unsigned char)*c));
	}
}

static void add_heading(void *arg, const char *name, struct buf *out)
{
	for (const struct heading *h = arg; h && h->field; h++)
		if (str_eq(h->field, name)) {
			buf_adds(out, h->text);
			return;
		}
	add_camel_words(name, out);
}

static void end_line(struct buf *out)
{
	if (out->len == 0 || out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
}

/* every row, or the whole array for a template that loops over it itself */
static int exec_rows(const struct template *t, json_t *rows, struct buf *out, struct err *err)
{
	json_t *row;
	size_t i;
	int r;

	if (template_ranges(t)) {
		r = template_exec(t, rows, out, err);
		if (r == 0 && out->len > 0)
			end_line(out);
		return r;
	}
	json_array_foreach (rows, i, row) {
		size_t before = out->len;

		r = template_exec(t, row, out, err);
		if (r < 0)
			return r;
		if (out->len == before)
			buf_addc(out, '\n');
		end_line(out);
	}
	return 0;
}

static int print_table(const struct output *o, const char *text, json_t *rows, struct err *err)
{
	_cleanup_template_ struct template *t = NULL;
	_cleanup_buf_ struct buf cells = {.cap = (size_t)256 << 20}, out = {.cap = (size_t)1 << 30};
	int r = parse(text, &t, err);

	if (r < 0)
		return r;
	if (text != o->table)
		template_blanks_to_tabs(t);
	if (!o->noheading) {
		template_headings(t, add_heading, (void *)o->headings, &cells);
		end_line(&cells);
	}
	make_printable(rows, false);
	r = exec_rows(t, rows, &cells, err);
	if (r < 0)
		return r;
	table_align(buf_str(&cells), &out);
	return print(buf_str(&out), out.len);
}

static int print_lines(const char *text, json_t *rows, struct err *err)
{
	_cleanup_template_ struct template *t = NULL;
	_cleanup_buf_ struct buf out = {.cap = (size_t)256 << 20};
	int r = parse(text, &t, err);

	if (r < 0)
		return r;
	/* JSON escapes for itself, and what is escaped before is not the value any more */
	if (strstr(text, "json")) {
		r = exec_rows(t, rows, &out, err);
		return r < 0 ? r : print_json(&out);
	}
	if (isatty(STDOUT_FILENO))
		make_printable(rows, true);
	r = exec_rows(t, rows, &out, err);
	if (r < 0)
		return r;
	return print(buf_str(&out), out.len);
}

int output_list(const struct output *o, json_t *rows, struct err *err)
{
	const char *text = table_text(o);

	if (o->format && o->quiet) {
		err_set(err, ERR_USAGE, "--quiet and --format exclude each other");
		return err_hint(err, "leave one of them out");
	}
	if (output_is_json(o))
		return json_style(o->format) == JSON_LINES ? output_json_lines(rows, err)
							   : output_json(rows, err);
	if (text)
		return print_table(o, text, rows, err);
	return print_lines(o->format ? o->format : o->quiet, rows, err);
}

int output_object(const char *format, json_t *value, struct err *err)
{
	enum json_style style = json_style(format);
	_cleanup_json_ json_t *one = NULL;

	if (!format || style == JSON_WHOLE)
		return output_json(value, err);
	if (!json_is_array(value)) {
		one = json_array();
		json_array_append(one, value);
	}
	return style == JSON_LINES ? output_json_lines(one ? one : value, err)
				   : print_lines(format, one ? one : value, err);
}
