#include "cmd/template_literal.h"

#include "runtime/base/utf8.h"

#include <math.h>

static bool read_digits(const char **s, const char *end, unsigned base, size_t n, uint32_t *ret)
{
	uint32_t v = 0;

	if ((size_t)(end - *s) < n)
		return false;
	for (size_t i = 0; i < n; i++, (*s)++) {
		int d = str_hex_digit(**s);

		if (d < 0 || (unsigned)d >= base)
			return false;
		v = v * base + (unsigned)d;
	}
	*ret = v;
	return true;
}

/* The escape behind a backslash.  *@ret_byte: it is a byte (\xff), not a character. */
static bool read_escape(const char **s, const char *end, char quote, uint32_t *ret, bool *ret_byte)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	char c = **s;
	const char *simple = c ? strchr(names, c) : NULL;

	*ret_byte = false;
	if (simple || c == quote) {
		*ret = simple ? (uint32_t)values[simple - names] : (uint32_t)c;
		(*s)++;
		return true;
	}
	if (c >= '0' && c <= '7') {
		*ret_byte = true;
		return read_digits(s, end, 8, 3, ret) && *ret < 256;
	}
	(*s)++;
	*ret_byte = c == 'x';
	if (c == 'x' || c == 'u' || c == 'U')
		return read_digits(s, end, 16,
			       c == 'x'	  ? 2
			       : c == 'u' ? 4
					  : 8,
			       ret) &&
		       *ret <= 0x10ffff && (*ret < 0xd800 || *ret >= 0xe000);
	return false;
}

static const char *read_string(const struct token *tok, struct arena *a, struct value *ret)
{
	const char *s = tok->s + 1, *end = tok->s + tok->len - 1;
	char *out = arena_alloc(a, tok->len + 1);
	size_t n = 0;

	while (s < end) {
		uint32_t c = 0;
		bool byte;

		if (tok->type == TOKEN_RAW || *s != '\\') {
			out[n++] = *s++;
			continue;
		}
		s++;
		if (s >= end || !read_escape(&s, end, '"', &c, &byte))
			return "invalid escape in a string";
		/* an escape is never shorter than the UTF-8 it stands for */
		if (byte)
			out[n++] = (char)c;
		else
			n += utf8_put(c, out + n);
	}
	*ret = value_string(out, n);
	return NULL;
}

static const char *read_char(const struct token *tok, struct value *ret)
{
	const char *s = tok->s + 1, *end = tok->s + tok->len - 1;
	uint32_t c = 0;
	bool byte;
	size_t n;

	if (s == end)
		return "empty character";
	if (*s == '\\') {
		s++;
		if (s >= end || !read_escape(&s, end, '\'', &c, &byte))
			return "invalid escape in a character";
	} else {
		n = utf8_decode(s, (size_t)(end - s), &c);
		if (n == 0)
			return "invalid character";
		s += n;
	}
	if (s != end)
		return "more than one character";
	*ret = value_int(c);
	return NULL;
}

/* Underscores separate digits; strip them into @buf. */
static bool copy_number(const struct token *tok, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < tok->len; i++) {
		if (tok->s[i] == '_') {
			if (i == 0 || i + 1 == tok->len || tok->s[i - 1] == '_')
				return false;
			continue;
		}
		if (n + 1 >= size)
			return false;
		buf[n++] = tok->s[i];
	}
	buf[n] = '\0';
	return n > 0;
}

static bool read_int(const char *s, struct value *ret)
{
	bool negative = *s == '-';
	uint64_t v = 0;
	unsigned base = 10;

	if (*s == '+' || *s == '-')
		s++;
	if (s[0] == '0' && s[1]) {
		char c = (char)(s[1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned d = (unsigned)str_hex_digit(*s);

		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, d, &v))
			return false;
	}
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = value_int(negative ? (int64_t)(0 - v) : (int64_t)v);
	return true;
}

static const char *read_number(const struct token *tok, struct value *ret)
{
	char text[128], *end;
	double f;

	if (!copy_number(tok, text, sizeof(text)))
		return "bad number";
	if (read_int(text, ret))
		return NULL;
	/* strtod knows words as well: inf, nan */
	for (const char *c = text; *c; c++)
		if (str_hex_digit(*c) < 0 && !strchr("+-.xXpP", *c))
			return *c == 'i' ? "imaginary numbers are not supported" : "bad number";
	f = strtod(text, &end);
	if (*end || !isfinite(f) || !strpbrk(text, ".eEpP"))
		return "bad number";
	*ret = (struct value){.kind = VALUE_FLOAT, .f = f};
	return NULL;
}

const char *template_literal(const struct token *tok, struct arena *a, struct value *ret)
{
	switch (tok->type) {
	case TOKEN_CHAR:
		return read_char(tok, ret);
	case TOKEN_NUMBER:
		return read_number(tok, ret);
	default:
		return read_string(tok, a, ret);
	}
}
