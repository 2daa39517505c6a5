#include "cmd/template.h"

#include "cmd/template_func.h"
#include "cmd/template_lex.h"
#include "cmd/template_literal.h"
#include "cmd/template_tree.h"

#include <stdio.h>

#define TEXT_MAX ((size_t)1 << 20)
#define VARS_MAX 256

/* @vars: names in scope; a variable's slot is its index */
struct parser {
	struct template *t;
	struct lexer lex;
	struct token tok;
	struct err *err;
	unsigned depth, ranges;
	struct token vars[VARS_MAX];
	size_t nvars, slots;
};

static int parse_list(struct parser *p, struct node **ret, const char **ret_end);
static int parse_pipeline(struct parser *p, enum token_type end, bool range, const char *context,
	struct pipeline **ret);

int template_fail(const struct template *t, const char *pos, struct err *err, const char *fmt, ...)
{
	size_t line = 1, column = 1;
	char msg[384];
	va_list ap;

	for (const char *c = t->text; c < pos; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(err, ERR_USAGE, "template: %s:%zu:%zu: %s", t->name, line, column, msg);
	return err_hint(err, "fields stand in braces, such as '{{.Names}}'; "
			     "'--format json' shows the fields");
}

static int advance(struct parser *p)
{
	const char *wrong = lexer_next(&p->lex, &p->tok);

	return wrong ? template_fail(p->t, p->tok.s, p->err, "%s", wrong) : 0;
}

static int unexpected(struct parser *p, const char *where)
{
	if (p->tok.type == TOKEN_EOF)
		return template_fail(
			p->t, p->tok.s, p->err, "unexpected end of the template in %s", where);
	return template_fail(p->t, p->tok.s, p->err, "unexpected '%.*s' in %s",
		(int)(p->tok.len < 40 ? p->tok.len : 40), p->tok.s, where);
}

static int expect(struct parser *p, enum token_type type, const char *where)
{
	return p->tok.type == type ? advance(p) : unexpected(p, where);
}

static bool tok_is(const struct token *t, const char *word)
{
	return t->type == TOKEN_IDENT && strlen(word) == t->len && memcmp(t->s, word, t->len) == 0;
}

static int enter(struct parser *p)
{
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		return template_fail(p->t, p->tok.s, p->err, "nested too deeply");
	return 0;
}

static int find_var(struct parser *p, const struct token *name, size_t *ret)
{
	for (size_t i = p->nvars; i-- > 0;)
		if (p->vars[i].len == name->len && memcmp(p->vars[i].s, name->s, name->len) == 0) {
			*ret = i;
			return 0;
		}
	return template_fail(
		p->t, name->s, p->err, "undefined variable '%.*s'", (int)name->len, name->s);
}

static int add_var(struct parser *p, const struct token *name, size_t *ret)
{
	if (p->nvars == VARS_MAX)
		return template_fail(p->t, name->s, p->err, "too many variables");
	p->vars[p->nvars] = *name;
	*ret = p->nvars++;
	if (p->nvars > p->slots)
		p->slots = p->nvars;
	return 0;
}

static void add_field(struct parser *p, struct operand *o)
{
	const char **fields = arena_alloc(&p->t->arena, (o->nfields + 1) * sizeof(*fields));

	if (o->nfields > 0)
		memcpy(fields, o->fields, o->nfields * sizeof(*fields));
	fields[o->nfields++] = arena_strndup(&p->t->arena, p->tok.s, p->tok.len);
	o->fields = fields;
}

static int parse_word(struct parser *p, struct operand *o)
{
	struct token t = p->tok;

	if (tok_is(&t, "nil")) {
		o->type = OPERAND_NIL;
	} else if (tok_is(&t, "true") || tok_is(&t, "false")) {
		o->type = OPERAND_LITERAL;
		o->value = value_bool(tok_is(&t, "true"));
	} else {
		o->type = OPERAND_FUNC;
		o->func = template_func_find(t.s, t.len);
		if (!o->func) {
			template_fail(p->t, t.s, p->err, "there is no function '%.*s'",
				(int)(t.len < 60 ? t.len : 60), t.s);
			return err_hint(p->err, "fields begin with a dot: '.%.*s'",
				(int)(t.len < 60 ? t.len : 60), t.s);
		}
	}
	return advance(p);
}

static int parse_literal(struct parser *p, struct operand *o)
{
	const char *wrong = template_literal(&p->tok, &p->t->arena, &o->value);

	o->type = OPERAND_LITERAL;
	if (wrong)
		return template_fail(p->t, p->tok.s, p->err, "%s: %.*s", wrong,
			(int)(p->tok.len < 40 ? p->tok.len : 40), p->tok.s);
	return advance(p);
}

/* what can stand alone, without the fields behind it */
static int parse_term(struct parser *p, struct operand *o)
{
	int r;

	o->pos = p->tok.s;
	switch (p->tok.type) {
	case TOKEN_FIELD:
		o->pos--;
		add_field(p, o);
		return advance(p);
	case TOKEN_DOT:
		return advance(p);
	case TOKEN_VAR:
		o->type = OPERAND_VAR;
		r = find_var(p, &p->tok, &o->slot);
		return r < 0 ? r : advance(p);
	case TOKEN_LPAREN:
		o->type = OPERAND_PIPE;
		r = advance(p);
		if (r == 0)
			r = parse_pipeline(p, TOKEN_RPAREN, false, "parentheses", &o->pipe);
		return r;
	case TOKEN_IDENT:
		return parse_word(p, o);
	case TOKEN_NUMBER:
	case TOKEN_STRING:
	case TOKEN_RAW:
	case TOKEN_CHAR:
		return parse_literal(p, o);
	default:
		return unexpected(p, "an action");
	}
}

static int parse_operand(struct parser *p, struct operand *o)
{
	bool dot = p->tok.type == TOKEN_DOT;
	int r = parse_term(p, o);

	if (r < 0)
		return r;
	while (p->tok.type == TOKEN_FIELD && !p->tok.spaced) {
		if (dot || o->type == OPERAND_LITERAL || o->type == OPERAND_NIL ||
			o->type == OPERAND_FUNC)
			return unexpected(p, "an action");
		add_field(p, o);
		r = advance(p);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool ends_command(const struct token *t)
{
	return t->type == TOKEN_PIPE || t->type == TOKEN_RIGHT || t->type == TOKEN_RPAREN ||
	       t->type == TOKEN_EOF;
}

static int parse_command(struct parser *p, bool first, struct command **ret)
{
	struct command *c = arena_alloc(&p->t->arena, sizeof(*c));
	struct operand **tail = &c->operands;
	size_t n = 0;

	while (!ends_command(&p->tok)) {
		int r;

		if (n > 0 && !p->tok.spaced)
			return unexpected(p, "an action (a blank is missing)");
		if (++n > 100)
			return template_fail(p->t, p->tok.s, p->err, "too many arguments");
		*tail = arena_alloc(&p->t->arena, sizeof(**tail));
		r = parse_operand(p, *tail);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	if (!c->operands)
		return unexpected(p, "an action: a value is missing");
	if (c->operands->type == OPERAND_NIL)
		return template_fail(p->t, c->operands->pos, p->err, "nil is not a command");
	if (!first && (c->operands->type == OPERAND_LITERAL || c->operands->type == OPERAND_PIPE))
		return template_fail(
			p->t, c->operands->pos, p->err, "only a function can stand behind '|'");
	*ret = c;
	return 0;
}

/*
 * "$x :=", "$x =", or for range "$i, $e :=".  Whether a pipeline begins so is known only some tokens later.
 * Return: the number of variables, 0 if it does not, or negative
 */
static int parse_decl(struct parser *p, bool range, struct token names[2], bool *ret_assign)
{
	struct lexer lex = p->lex;
	struct token tok = p->tok;
	int n = 0, r;

	while (p->tok.type == TOKEN_VAR && n < (range ? 2 : 1)) {
		names[n++] = p->tok;
		r = advance(p);
		if (r < 0)
			return r;
		if (p->tok.type == TOKEN_DECLARE || p->tok.type == TOKEN_ASSIGN) {
			*ret_assign = p->tok.type == TOKEN_ASSIGN;
			r = advance(p);
			return r < 0 ? r : n;
		}
		if (p->tok.type != TOKEN_COMMA || !range)
			break;
		r = advance(p);
		if (r < 0)
			return r;
	}
	p->lex = lex;
	p->tok = tok;
	return 0;
}

static int parse_pipeline(struct parser *p, enum token_type end, bool range, const char *context,
	struct pipeline **ret)
{
	struct pipeline *pipe = arena_alloc(&p->t->arena, sizeof(*pipe));
	struct command **tail = &pipe->commands;
	struct token names[2];
	bool assign = false;
	int n, r;

	pipe->pos = p->tok.s;
	r = enter(p);
	if (r < 0)
		return r;
	n = parse_decl(p, range, names, &assign);
	if (n < 0)
		return n;
	if (p->tok.type == end)
		return template_fail(p->t, p->tok.s, p->err, "missing value for %s", context);
	for (;;) {
		struct command *c = NULL;

		r = parse_command(p, tail == &pipe->commands, &c);
		if (r < 0)
			return r;
		*tail = c;
		tail = &c->next;
		if (p->tok.type != TOKEN_PIPE)
			break;
		r = advance(p);
		if (r < 0)
			return r;
	}
	if (p->tok.type != end)
		return unexpected(p, context);
	for (int i = 0; i < n; i++) {
		r = assign ? find_var(p, &names[i], &pipe->decl[i])
			   : add_var(p, &names[i], &pipe->decl[i]);
		if (r < 0)
			return r;
	}
	pipe->ndecl = (size_t)n;
	p->depth--;
	*ret = pipe;
	return advance(p);
}

static struct node *new_node(struct parser *p, enum node_type type, const char *pos)
{
	struct node *n = arena_alloc(&p->t->arena, sizeof(*n));

	n->type = type;
	n->pos = pos;
	return n;
}

/* Variables that are declared inside end with the block. */
static int parse_block(struct parser *p, struct node *n, bool range);

/* behind {{else: "}}", or "if …" / "with …" that nests another block in its place */
static int parse_else(struct parser *p, struct node *n)
{
	struct node *inner;
	const char *end = NULL, *pos = p->tok.s;
	bool with = tok_is(&p->tok, "with");
	int r;

	if ((n->type == NODE_IF && tok_is(&p->tok, "if")) || (n->type == NODE_WITH && with)) {
		inner = new_node(p, n->type, pos);
		r = advance(p);
		if (r < 0)
			return r;
		n->otherwise = inner;
		return parse_block(p, inner, false);
	}
	r = expect(p, TOKEN_RIGHT, "{{else}}");
	if (r == 0)
		r = parse_list(p, &n->otherwise, &end);
	if (r < 0)
		return r;
	if (!str_eq(end, "end"))
		return template_fail(p->t, pos, p->err, "a second {{else}}");
	return expect(p, TOKEN_RIGHT, "{{end}}");
}

static int parse_block(struct parser *p, struct node *n, bool range)
{
	size_t nvars = p->nvars;
	const char *end = NULL;
	int r = enter(p);

	if (r == 0)
		r = parse_pipeline(p, TOKEN_RIGHT, range,
			range		     ? "{{range}}"
			: n->type == NODE_IF ? "{{if}}"
					     : "{{with}}",
			&n->pipe);
	if (r < 0)
		return r;
	p->ranges += range;
	r = parse_list(p, &n->body, &end);
	p->ranges -= range;
	if (r < 0)
		return r;
	r = str_eq(end, "else") ? parse_else(p, n) : expect(p, TOKEN_RIGHT, "{{end}}");
	p->nvars = nvars;
	p->depth--;
	return r;
}

static int parse_name(struct parser *p, const char *where, const char **ret)
{
	struct value v = {0};
	const char *wrong;

	if (p->tok.type != TOKEN_STRING && p->tok.type != TOKEN_RAW)
		return unexpected(p, where);
	wrong = template_literal(&p->tok, &p->t->arena, &v);
	if (wrong)
		return template_fail(p->t, p->tok.s, p->err, "%s", wrong);
	*ret = v.s;
	return advance(p);
}

/* the body of define and block: a template of its own, with only "$" in scope */
static int parse_definition(struct parser *p, const char *name)
{
	struct definition *d = arena_alloc(&p->t->arena, sizeof(*d));
	size_t nvars = p->nvars, slots = p->slots;
	unsigned ranges = p->ranges;
	struct token *vars = arena_alloc(&p->t->arena, sizeof(p->vars));
	const char *end = NULL;
	int r;

	memcpy(vars, p->vars, sizeof(p->vars));
	p->nvars = p->slots = 1;
	p->ranges = 0;
	r = enter(p);
	if (r == 0)
		r = parse_list(p, &d->body, &end);
	if (r == 0 && !str_eq(end, "end"))
		r = unexpected(p, "{{define}}");
	if (r == 0)
		r = expect(p, TOKEN_RIGHT, "{{end}}");
	p->depth--;
	d->name = name;
	d->slots = p->slots;
	d->next = p->t->definitions;
	p->t->definitions = d;
	memcpy(p->vars, vars, sizeof(p->vars));
	p->nvars = nvars;
	p->slots = slots;
	p->ranges = ranges;
	return r;
}

static int parse_define(struct parser *p)
{
	const char *name = NULL;
	int r;

	if (p->depth > 0)
		return template_fail(p->t, p->tok.s, p->err, "{{define}} inside another block");
	r = parse_name(p, "{{define}}", &name);
	if (r == 0)
		r = expect(p, TOKEN_RIGHT, "{{define}}");
	return r < 0 ? r : parse_definition(p, name);
}

static int parse_template(struct parser *p, struct node *n, bool block)
{
	int r = parse_name(p, block ? "{{block}}" : "{{template}}", &n->text);

	if (r < 0)
		return r;
	if (p->tok.type != TOKEN_RIGHT || block) {
		if (!p->tok.spaced)
			return unexpected(p, "{{template}}");
		r = parse_pipeline(p, TOKEN_RIGHT, false, "{{template}}", &n->pipe);
	} else {
		r = advance(p);
	}
	return r == 0 && block ? parse_definition(p, n->text) : r;
}

/* {{break}} and {{continue}} */
static int parse_jump(struct parser *p, const char *word)
{
	if (p->ranges == 0)
		return template_fail(p->t, p->tok.s, p->err, "{{%s}} outside {{range}}", word);
	return expect(p, TOKEN_RIGHT, word);
}

/* An action, its {{ consumed.  *@ret_end is set at {{end}} and {{else, whose rest the caller reads. */
static int parse_action(struct parser *p, struct node **ret, const char **ret_end)
{
	static const struct {
		const char *word;
		enum node_type type;
	} keywords[] = {{"if", NODE_IF}, {"with", NODE_WITH}, {"range", NODE_RANGE},
		{"template", NODE_TEMPLATE}, {"block", NODE_TEMPLATE}, {"break", NODE_BREAK},
		{"continue", NODE_CONTINUE}};
	struct token tok = p->tok;
	struct node *n;
	int r;

	for (size_t i = 0; i < 3; i++) {
		static const char *const words[] = {"end", "else", "define"};

		if (!tok_is(&tok, words[i]))
			continue;
		r = advance(p);
		if (r < 0 || i == 2)
			return r < 0 ? r : parse_define(p);
		*ret_end = words[i];
		return 0;
	}
	n = new_node(p, NODE_ACTION, tok.s);
	*ret = n;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!tok_is(&tok, keywords[i].word))
			continue;
		n->type = keywords[i].type;
		r = advance(p);
		if (r < 0)
			return r;
		if (n->type == NODE_TEMPLATE)
			return parse_template(p, n, keywords[i].word[0] == 'b');
		if (n->type == NODE_BREAK || n->type == NODE_CONTINUE)
			return parse_jump(p, keywords[i].word);
		return parse_block(p, n, n->type == NODE_RANGE);
	}
	return parse_pipeline(p, TOKEN_RIGHT, false, "an action", &n->pipe);
}

/* Nodes up to {{end}} or {{else (*@ret_end says which), or to the end of the text (NULL). */
static int parse_list(struct parser *p, struct node **ret, const char **ret_end)
{
	struct node **tail = ret;

	*ret_end = NULL;
	while (p->tok.type != TOKEN_EOF) {
		const char *open = p->tok.s;
		int r;

		if (p->tok.type == TOKEN_TEXT) {
			*tail = new_node(p, NODE_TEXT, p->tok.s);
			(*tail)->text = p->tok.s;
			(*tail)->len = p->tok.len;
			r = advance(p);
		} else {
			r = expect(p, TOKEN_LEFT, "the text");
			if (r == 0)
				r = parse_action(p, tail, ret_end);
			if (r == 0 && *ret_end && p->depth == 0)
				return template_fail(
					p->t, open, p->err, "{{%s}} without a beginning", *ret_end);
		}
		if (r < 0 || *ret_end)
			return r;
		if (*tail)
			tail = &(*tail)->next;
	}
	return p->depth > 0 ? template_fail(p->t, p->tok.s, p->err, "{{end}} is missing") : 0;
}

int template_parse(const char *text, const char *name, struct template **ret, struct err *err)
{
	static const struct token root = {TOKEN_VAR, "$", 1, false};
	_cleanup_template_ struct template *t = xcalloc(1, sizeof(*t));
	_cleanup_free_ struct parser *p = xcalloc(1, sizeof(*p));
	const char *end = NULL;
	size_t len = strlen(text);
	int r;

	t->text = xstrdup(text);
	t->name = xstrdup(name);
	t->main.name = t->name;
	p->t = t;
	p->err = err;
	p->lex = (struct lexer){.text = t->text, .pos = t->text, .end = t->text + len};
	p->vars[0] = root;
	p->nvars = p->slots = 1;
	if (len > TEXT_MAX)
		return err_set(
			err, ERR_USAGE, "template: %s: longer than %zu bytes", name, TEXT_MAX);
	r = advance(p);
	if (r == 0)
		r = parse_list(p, &t->main.body, &end);
	if (r < 0)
		return r;
	t->main.slots = p->slots;
	*ret = take_ptr(t);
	return 0;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	arena_done(&t->arena);
	free(t->text);
	free(t->name);
	free(t);
}

void template_blanks_to_tabs(struct template *t)
{
	t->tabs = true;
}
