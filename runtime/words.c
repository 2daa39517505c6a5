#include "runtime/words.h"

#include "runtime/base/utf8.h"

#include <errno.h>

#define BLANKS " \t\r\n"

/* a code point as UTF-8; what is none, or NUL, adds nothing */
static bool add_code_point(struct buf *to, uint32_t c)
{
	char text[4];

	if (!c || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	buf_add(to, text, utf8_put(c, text));
	return true;
}

/* exactly @n digits of base 8 or 16 at @s; -1 if they are not there */
static int64_t digits(const char *s, unsigned n, unsigned base)
{
	int64_t value = 0;

	for (unsigned i = 0; i < n; i++) {
		int d = str_hex_digit(s[i]);

		if (d < 0 || (unsigned)d >= base)
			return -1;
		value = value * base + d;
	}
	return value;
}

/* what stands for one byte */
static char simple_escape(char c)
{
	static const char from[] = "abfnrtvs\\\"'", to[] = "\a\b\f\n\r\t\v \\\"'";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : '\0';
}

/* the sequence behind a backslash; Return: bytes of @s that are used up, 0 if it is none */
static size_t add_escape(struct buf *to, const char *s)
{
	static const struct {
		char c;
		unsigned digits, base, skip;
	} numeric[] = {{'x', 2, 16, 1}, {'u', 4, 16, 1}, {'U', 8, 16, 1}, {'\0', 3, 8, 0}};
	char plain = simple_escape(*s);

	if (plain) {
		buf_addc(to, plain);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numeric); i++) {
		int64_t value;

		if (numeric[i].c && numeric[i].c != *s)
			continue;
		value = digits(s + numeric[i].skip, numeric[i].digits, numeric[i].base);
		if (value <= 0)
			continue;
		/* \xHH and \NNN are bytes, the others code points */
		if (numeric[i].digits < 4 && value < 256)
			buf_addc(to, (char)value);
		else if (numeric[i].digits < 4 || !add_code_point(to, (uint32_t)value))
			continue;
		return numeric[i].skip + numeric[i].digits;
	}
	return 0;
}

/* one word that begins at @s; Return: behind it, NULL if it does not end */
static const char *take_word(const char *s, enum words_escape how, struct buf *word)
{
	char quote = '\0';

	for (; *s; s++) {
		if (*s == '\\') {
			size_t n = how == WORDS_UNESCAPE ? add_escape(word, s + 1) : 0;

			if (!s[1])
				return NULL;
			if (!n) {
				buf_add(word, s, 2);
				n = 1;
			}
			s += n;
		} else if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? '\0' : *s;
		} else if (!quote && strchr(BLANKS, *s)) {
			break;
		} else {
			buf_addc(word, *s);
		}
	}
	return quote ? NULL : s;
}

int words_split(const char *text, enum words_escape how, struct strv *ret, struct err *err)
{
	const char *s = text;

	while (*(s += strspn(s, BLANKS))) {
		_cleanup_buf_ struct buf word = {0};

		s = take_word(s, how, &word);
		if (!s)
			return err_say(err, EINVAL,
				"'%.200s': a quote is not closed, or a backslash is the last "
				"character",
				text);
		strv_add(ret, buf_str(&word));
	}
	return 0;
}

void words_quote(struct buf *to, const char *word)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", as[] = "abfnrtv\\\"";
	bool quote = !*word || strpbrk(word, BLANKS "\"'\\;") != NULL;

	if (quote)
		buf_addc(to, '"');
	for (; *word; word++) {
		const char *at = strchr(from, *word);

		if (at) {
			buf_addc(to, '\\');
			buf_addc(to, as[at - from]);
		} else if ((unsigned char)*word < 0x20 || *word == 0x7f) {
			buf_addf(to, "\\x%02x", (unsigned char)*word);
		} else {
			buf_addc(to, *word);
		}
	}
	if (quote)
		buf_addc(to, '"');
}

char *words_join(const struct strv *words)
{
	_cleanup_buf_ struct buf b = {0};

	strv_foreach (i, word, words) {
		if (i)
			buf_addc(&b, ' ');
		words_quote(&b, word);
	}
	return buf_take(&b);
}
