#include "cmd/template_lex.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	/* a byte beyond ASCII belongs to a letter: names in other scripts are names */
	return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c >= 0x80;
}

static bool at(const struct lexer *l, const char *p, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(l->end - p) >= n && memcmp(p, what, n) == 0;
}

/* "{{- " */
static bool trims_left(const struct lexer *l, const char *p)
{
	return at(l, p, "{{-") && l->end - p > 3 && is_space(p[3]);
}

static const char *comment(struct lexer *l, const char *p)
{
	const char *close = memmem(p + 2, (size_t)(l->end - p - 2), "*/", 2);

	if (!close)
		return "unclosed comment";
	p = close + 2;
	if (p < l->end && is_space(*p) && at(l, p + 1, "-}}")) {
		l->trim_next = true;
		p += 2;
	}
	if (!at(l, p, "}}"))
		return "a comment must end its action";
	l->pos = p + 2;
	return NULL;
}

static const char *next_text(struct lexer *l, struct token *ret)
{
	const char *open, *text_end;

	if (l->trim_next)
		while (l->pos < l->end && is_space(*l->pos))
			l->pos++;
	l->trim_next = false;
	open = memmem(l->pos, (size_t)(l->end - l->pos), "{{", 2);
	text_end = open ? open : l->end;
	if (open && trims_left(l, open))
		while (text_end > l->pos && is_space(text_end[-1]))
			text_end--;
	if (text_end > l->pos) {
		*ret = (struct token){TOKEN_TEXT, l->pos, (size_t)(text_end - l->pos), false};
		l->pos = open ? open : l->end;
		return NULL;
	}
	*ret = (struct token){TOKEN_EOF, l->end, 0, false};
	if (!open)
		return NULL;
	*ret = (struct token){TOKEN_LEFT, open, 2, false};
	l->pos = open + (trims_left(l, open) ? 4 : 2);
	l->in_action = !at(l, l->pos, "/*");
	return l->in_action ? NULL : comment(l, l->pos);
}

/* "…" or '…': to the closing quote on the same line */
static const char *quoted(struct lexer *l, struct token *ret, enum token_type type)
{
	char quote = *l->pos;
	const char *p = l->pos + 1;

	while (p < l->end && *p != quote && *p != '\n')
		p += *p == '\\' && p + 1 < l->end && p[1] != '\n' ? 2 : 1;
	if (p >= l->end || *p != quote)
		return type == TOKEN_CHAR ? "unterminated character" : "unterminated quoted string";
	*ret = (struct token){type, l->pos, (size_t)(p + 1 - l->pos), ret->spaced};
	l->pos = p + 1;
	return NULL;
}

static const char *raw_quoted(struct lexer *l, struct token *ret)
{
	const char *close = memchr(l->pos + 1, '`', (size_t)(l->end - l->pos - 1));

	if (!close)
		return "unterminated raw string";
	*ret = (struct token){TOKEN_RAW, l->pos, (size_t)(close + 1 - l->pos), ret->spaced};
	l->pos = close + 1;
	return NULL;
}

static void word(struct lexer *l, struct token *ret, enum token_type type, const char *from)
{
	const char *p = from;

	while (p < l->end && is_alnum(*p))
		p++;
	/* a field's token is its name alone */
	if (type != TOKEN_FIELD)
		from = l->pos;
	*ret = (struct token){type, from, (size_t)(p - from), ret->spaced};
	l->pos = p;
}

static void number(struct lexer *l, struct token *ret)
{
	const char *p = l->pos;
	bool hex;

	if (*p == '+' || *p == '-')
		p++;
	hex = at(l, p, "0x") || at(l, p, "0X");
	for (; p < l->end; p++) {
		bool exponent = hex ? p[-1] == 'p' || p[-1] == 'P' : p[-1] == 'e' || p[-1] == 'E';

		if (!is_alnum(*p) && *p != '.' &&
			!((*p == '+' || *p == '-') && p > l->pos && exponent))
			break;
	}
	*ret = (struct token){TOKEN_NUMBER, l->pos, (size_t)(p - l->pos), ret->spaced};
	l->pos = p;
}

static bool symbol(struct lexer *l, struct token *ret)
{
	static const struct {
		const char *text;
		enum token_type type;
	} symbols[] = {{":=", TOKEN_DECLARE}, {"=", TOKEN_ASSIGN}, {"|", TOKEN_PIPE},
		{",", TOKEN_COMMA}, {"(", TOKEN_LPAREN}, {")", TOKEN_RPAREN}};

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		if (at(l, l->pos, symbols[i].text)) {
			size_t len = strlen(symbols[i].text);

			*ret = (struct token){symbols[i].type, l->pos, len, ret->spaced};
			l->pos += len;
			return true;
		}
	return false;
}

static const char *next_in_action(struct lexer *l, struct token *ret)
{
	const char *start = l->pos;
	char c, next;

	while (l->pos < l->end && is_space(*l->pos))
		l->pos++;
	*ret = (struct token){TOKEN_EOF, l->pos, 0, l->pos > start};
	if (ret->spaced && at(l, l->pos, "-}}")) {
		l->trim_next = true;
		l->pos++;
	}
	if (at(l, l->pos, "}}")) {
		*ret = (struct token){TOKEN_RIGHT, l->pos, 2, ret->spaced};
		l->pos += 2;
		l->in_action = false;
		return NULL;
	}
	if (l->pos == l->end)
		return "unclosed action";
	c = *l->pos;
	next = l->pos + 1 < l->end ? l->pos[1] : '\0';
	if (c == '"')
		return quoted(l, ret, TOKEN_STRING);
	if (c == '\'')
		return quoted(l, ret, TOKEN_CHAR);
	if (c == '`')
		return raw_quoted(l, ret);
	if (c == '$') {
		word(l, ret, TOKEN_VAR, l->pos + 1);
	} else if (is_digit(c) || ((c == '+' || c == '-' || c == '.') && is_digit(next)) ||
		   ((c == '+' || c == '-') && next == '.')) {
		number(l, ret);
	} else if (c == '.' && is_alnum(next)) {
		word(l, ret, TOKEN_FIELD, l->pos + 1);
	} else if (c == '.') {
		*ret = (struct token){TOKEN_DOT, l->pos++, 1, ret->spaced};
	} else if (is_alnum(c)) {
		word(l, ret, TOKEN_IDENT, l->pos);
	} else if (!symbol(l, ret)) {
		ret->len = 1;
		return "unexpected character";
	}
	return NULL;
}

const char *lexer_next(struct lexer *l, struct token *ret)
{
	const char *wrong;

	if (l->in_action)
		return next_in_action(l, ret);
	do
		wrong = next_text(l, ret);
	while (!wrong && ret->type == TOKEN_LEFT && !l->in_action);
	return wrong;
}
