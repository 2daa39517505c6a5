#include "cmd/template.h"

#include "cmd/opts.h"
#include "cmd/template_func.h"
#include "cmd/template_tree.h"

#include <ctype.h>
#include <strings.h>

#define STEPS_MAX 2000000
#define ARENA_MAX ((size_t)128 << 20)

/* what a list of nodes returns beside 0 and errors */
enum { FLOW_BREAK = 1, FLOW_CONTINUE = 2 };

struct exec {
	const struct template *t;
	struct buf *out;
	struct err *err;
	struct arena arena;
	struct value *vars; /* the frame of the current template */
	unsigned steps, depth;
};

static int exec_list(struct exec *x, const struct node *n, const struct value *dot);
static int eval_pipeline(
	struct exec *x, const struct pipeline *pipe, const struct value *dot, struct value *ret);

#define fail(x, pos, ...) template_fail((x)->t, (pos), (x)->err, __VA_ARGS__)

static int too_much(struct exec *x, const char *pos, const char *what)
{
	fail(x, pos, "%s", what);
	if (x->err)
		x->err->code = E2BIG;
	return -E2BIG;
}

/* Called once for each thing that is done, so that no template runs for ever. */
static int step(struct exec *x, const char *pos)
{
	if (++x->steps > STEPS_MAX)
		return too_much(x, pos, "the template runs too long");
	if (x->arena.total > ARENA_MAX || x->out->full)
		return too_much(x, pos, "the template makes too much text");
	return 0;
}

static int enter(struct exec *x, const char *pos)
{
	if (++x->depth > TEMPLATE_DEPTH_MAX)
		return too_much(x, pos, "nested too deeply");
	return 0;
}

/* JSON says Id, HostIp and Domainname where Go says ID, HostIP and DomainName, and people write both */
static const char *other_case(const json_t *obj, const char *name)
{
	const char *key;
	json_t *member;

	if (isupper((unsigned char)*name))
		json_object_foreach ((json_t *)obj, key, member)
			if (strcasecmp(key, name) == 0)
				return key;
	return NULL;
}

static int no_such_field(struct exec *x, const char *pos, const struct value *v, const char *name)
{
	const char *key, *nearest = NULL;
	unsigned best = ~0U;
	json_t *member;

	fail(x, pos, "there is no field '%s'", name);
	json_object_foreach ((json_t *)v->j, key, member)
		if (opts_nearest(name, key, &best))
			nearest = key;
	if (nearest)
		return err_hint(x->err, "did you mean '.%s'?", nearest);
	return err_hint(x->err, "'--format json' shows the fields");
}

/* v.NAME without arguments */
static int get_field(
	struct exec *x, const char *pos, const struct value *v, const char *name, struct value *ret)
{
	const char *key = name;

	if (v->kind == VALUE_NIL || v->kind == VALUE_MISSING)
		return fail(x, pos, "there is no '%s' in what is <nil>", name);
	if (v->kind != VALUE_OBJECT)
		return fail(x, pos, "there is no field '%s' in a value of type %s", name,
			value_type(v));
	if (!json_object_get(v->j, name) && value_is_struct(v)) {
		key = other_case(v->j, name);
		if (!key)
			return no_such_field(x, pos, v, name);
	}
	*ret = value_member(v, key);
	return 0;
}

/* `.Label "key"`, the one method: a label's text, "" where there is none */
static int get_label(struct exec *x, const char *pos, const struct value *v,
	const struct value *key, struct value *ret)
{
	const json_t *j;

	if (key->kind != VALUE_STRING)
		return fail(x, pos, "the argument of .Label is a string");
	j = json_object_get(json_object_get(v->j, "Labels"), key->s);
	*ret = json_is_string(j) ? value_from_json(j, NULL) : value_string("", 0);
	return 0;
}

static int eval_operand(
	struct exec *x, const struct operand *o, const struct value *dot, struct value *ret);

static int call(struct exec *x, const struct operand *o, const struct value *args, size_t n,
	struct value *ret)
{
	struct template_call c = {.arena = &x->arena, .args = args, .n = n};

	if (n < (size_t)o->func->min || (o->func->max >= 0 && n > (size_t)o->func->max))
		return fail(x, o->pos, "wrong number of arguments for %s: %zu, want %s%d",
			o->func->name, n, o->func->max == o->func->min ? "" : "at least ",
			o->func->min);
	if (o->func->call(&c, ret) < 0)
		return fail(x, o->pos, "%s: %s", o->func->name, c.wrong);
	return 0;
}

/* and, or: the first argument that decides; @piped is the last argument */
static int call_lazy(struct exec *x, const struct operand *o, const struct operand *args,
	const struct value *dot, const struct value *piped, struct value *ret)
{
	bool want = o->func->name[0] == 'o';
	int r;

	if (!args && !piped)
		return fail(x, o->pos, "wrong number of arguments for %s: 0, want at least 1",
			o->func->name);
	for (; args; args = args->next) {
		r = eval_operand(x, args, dot, ret);
		if (r < 0 || value_truth(ret) == want)
			return r;
	}
	if (piped)
		*ret = *piped;
	return 0;
}

static int call_with(struct exec *x, const struct operand *o, const struct operand *args,
	const struct value *dot, const struct value *piped, struct value *ret)
{
	struct value few[8], *v = few;
	size_t n = piped ? 1 : 0, i = 0;
	int r;

	if (o->func->lazy)
		return call_lazy(x, o, args, dot, piped, ret);
	for (const struct operand *a = args; a; a = a->next)
		n++;
	if (n > ARRAY_SIZE(few))
		v = arena_alloc(&x->arena, n * sizeof(*v));
	for (; args; args = args->next) {
		r = eval_operand(x, args, dot, &v[i++]);
		if (r < 0)
			return r;
	}
	if (piped)
		v[i++] = *piped;
	return call(x, o, v, n, ret);
}

/* what an operand begins with, before its fields */
static int eval_base(
	struct exec *x, const struct operand *o, const struct value *dot, struct value *ret)
{
	switch (o->type) {
	case OPERAND_DOT:
		*ret = *dot;
		return 0;
	case OPERAND_VAR:
		*ret = x->vars[o->slot];
		return 0;
	case OPERAND_LITERAL:
		*ret = o->value;
		return 0;
	case OPERAND_NIL:
		*ret = (struct value){.kind = VALUE_NIL};
		return 0;
	case OPERAND_FUNC:
		return call_with(x, o, NULL, dot, NULL, ret);
	case OPERAND_PIPE:
		return eval_pipeline(x, o->pipe, dot, ret);
	}
	return 0;
}

static int eval_fields(struct exec *x, const struct operand *o, size_t n, struct value *v)
{
	for (size_t i = 0; i < n; i++) {
		struct value next = {0};
		int r = get_field(x, o->pos, v, o->fields[i], &next);

		if (r < 0)
			return r;
		*v = next;
	}
	return 0;
}

static int eval_operand(
	struct exec *x, const struct operand *o, const struct value *dot, struct value *ret)
{
	int r = step(x, o->pos);

	if (r == 0)
		r = eval_base(x, o, dot, ret);
	return r < 0 ? r : eval_fields(x, o, o->nfields, ret);
}

/* a command that has arguments but no function: only .Label takes one */
static int eval_method(struct exec *x, const struct operand *o, const struct value *dot,
	const struct value *piped, struct value *ret)
{
	struct value arg = {0}, v = {0};
	int r;

	if (o->nfields == 0 || !str_eq(o->fields[o->nfields - 1], "Label"))
		return fail(x, o->pos, "only functions take arguments%s%s%s",
			o->nfields ? ", not '." : "", o->nfields ? o->fields[o->nfields - 1] : "",
			o->nfields ? "'" : "");
	if ((o->next && o->next->next) || (o->next && piped))
		return fail(x, o->pos, "wrong number of arguments for .Label: want 1");
	r = eval_base(x, o, dot, &v);
	if (r == 0)
		r = eval_fields(x, o, o->nfields - 1, &v);
	if (r == 0 && o->next)
		r = eval_operand(x, o->next, dot, &arg);
	if (r < 0)
		return r;
	if (v.kind != VALUE_OBJECT)
		return fail(x, o->pos, "there is no .Label in a value of type %s", value_type(&v));
	return get_label(x, o->pos, &v, o->next ? &arg : piped, ret);
}

static int eval_command(struct exec *x, const struct command *c, const struct value *dot,
	const struct value *piped, struct value *ret)
{
	const struct operand *first = c->operands;
	int r = step(x, first->pos);

	if (r < 0)
		return r;
	if (first->type == OPERAND_FUNC)
		return call_with(x, first, first->next, dot, piped, ret);
	if (first->next || piped)
		return eval_method(x, first, dot, piped, ret);
	return eval_operand(x, first, dot, ret);
}

static int eval_pipeline(
	struct exec *x, const struct pipeline *pipe, const struct value *dot, struct value *ret)
{
	struct value piped = {0};
	bool has = false;
	int r = enter(x, pipe->pos);

	for (const struct command *c = pipe->commands; r == 0 && c; c = c->next) {
		struct value v = {0};

		r = eval_command(x, c, dot, has ? &piped : NULL, &v);
		piped = v;
		has = true;
	}
	x->depth--;
	if (r < 0)
		return r;
	/* range sets its variables itself, one round after the other */
	if (pipe->ndecl == 1)
		x->vars[pipe->decl[0]] = piped;
	*ret = piped;
	return 0;
}

static int exec_action(struct exec *x, const struct node *n, const struct value *dot)
{
	struct value v = {0};
	int r = eval_pipeline(x, n->pipe, dot, &v);

	if (r < 0 || n->pipe->ndecl > 0)
		return r;
	if (v.kind == VALUE_NIL || v.kind == VALUE_MISSING)
		buf_adds(x->out, "<no value>");
	else
		value_print(&v, x->out);
	return 0;
}

static int exec_branch(struct exec *x, const struct node *n, const struct value *dot)
{
	struct value v = {0};
	int r = eval_pipeline(x, n->pipe, dot, &v);

	if (r < 0)
		return r;
	if (!value_truth(&v))
		return exec_list(x, n->otherwise, dot);
	return exec_list(x, n->body, n->type == NODE_WITH ? &v : dot);
}

/* one round; Return: 0 to go on, FLOW_BREAK, or negative */
static int exec_round(
	struct exec *x, const struct node *n, const struct value *key, const struct value *item)
{
	const struct pipeline *p = n->pipe;
	int r = step(x, n->pos);

	if (r < 0)
		return r;
	if (p->ndecl == 1) {
		x->vars[p->decl[0]] = *item;
	} else if (p->ndecl == 2) {
		x->vars[p->decl[0]] = *key;
		x->vars[p->decl[1]] = *item;
	}
	r = exec_list(x, n->body, item);
	return r == FLOW_CONTINUE ? 0 : r;
}

static int exec_range_object(struct exec *x, const struct node *n, const struct value *v)
{
	size_t len;
	const char **keys = value_keys(v, &x->arena, &len);
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i++) {
		struct value key = value_string(keys[i], strlen(keys[i]));
		struct value item = value_from_json(json_object_get(v->j, keys[i]), keys[i]);

		r = exec_round(x, n, &key, &item);
	}
	return r;
}

static int exec_range(struct exec *x, const struct node *n, const struct value *dot)
{
	struct value v = {0};
	int r = eval_pipeline(x, n->pipe, dot, &v);

	if (r < 0)
		return r;
	if (v.kind == VALUE_BOOL || v.kind == VALUE_FLOAT || v.kind == VALUE_STRING ||
		value_is_struct(&v))
		return fail(
			x, n->pos, "range cannot iterate over a value of type %s", value_type(&v));
	if (v.kind == VALUE_INT && n->pipe->ndecl == 2)
		return fail(x, n->pos, "range over a number has one variable");
	if (!value_truth(&v) || (v.kind == VALUE_INT && v.i < 0))
		return exec_list(x, n->otherwise, dot);
	if (v.kind == VALUE_OBJECT) {
		r = exec_range_object(x, n, &v);
	} else {
		size_t len = v.kind == VALUE_INT ? (size_t)v.i : value_len(&v);

		for (size_t i = 0; r == 0 && i < len; i++) {
			struct value key = value_int((int64_t)i);
			struct value item = v.kind == VALUE_INT ? key : value_at(&v, i);

			r = exec_round(x, n, &key, &item);
		}
	}
	return r == FLOW_BREAK ? 0 : r;
}

static int exec_definition(struct exec *x, const struct definition *d, const struct value *dot)
{
	struct value *caller = x->vars;
	int r;

	x->vars = arena_alloc(&x->arena, d->slots * sizeof(*x->vars));
	x->vars[0] = *dot;
	r = exec_list(x, d->body, dot);
	x->vars = caller;
	return r;
}

static int exec_template(struct exec *x, const struct node *n, const struct value *dot)
{
	struct value v = {.kind = VALUE_NIL};
	int r = n->pipe ? eval_pipeline(x, n->pipe, dot, &v) : 0;

	if (r < 0)
		return r;
	/* the last one of a name counts */
	for (const struct definition *d = x->t->definitions; d; d = d->next)
		if (str_eq(d->name, n->text))
			return exec_definition(x, d, &v);
	return fail(x, n->pos, "template '%s' is not defined", n->text);
}

static void exec_text(struct exec *x, const struct node *n)
{
	if (!x->t->tabs) {
		buf_add(x->out, n->text, n->len);
		return;
	}
	for (size_t i = 0; i < n->len; i++)
		buf_addc(x->out, n->text[i] == ' ' ? '\t' : n->text[i]);
}

static int exec_node(struct exec *x, const struct node *n, const struct value *dot)
{
	switch (n->type) {
	case NODE_TEXT:
		exec_text(x, n);
		return 0;
	case NODE_ACTION:
		return exec_action(x, n, dot);
	case NODE_IF:
	case NODE_WITH:
		return exec_branch(x, n, dot);
	case NODE_RANGE:
		return exec_range(x, n, dot);
	case NODE_TEMPLATE:
		return exec_template(x, n, dot);
	case NODE_BREAK:
		return FLOW_BREAK;
	case NODE_CONTINUE:
		return FLOW_CONTINUE;
	}
	return 0;
}

static int exec_list(struct exec *x, const struct node *n, const struct value *dot)
{
	int r = n ? enter(x, n->pos) : 0;

	if (!n)
		return 0;
	for (; r == 0 && n; n = n->next) {
		r = step(x, n->pos);
		if (r == 0)
			r = exec_node(x, n, dot);
	}
	x->depth--;
	return r;
}

int template_exec(const struct template *t, const json_t *data, struct buf *out, struct err *err)
{
	_cleanup_(arena_done) struct arena arena = {0};
	struct exec x = {.t = t, .out = out, .err = err};
	struct value dot = value_from_json(data, NULL);
	int r;

	if (dot.kind == VALUE_OBJECT)
		dot.shape = SHAPE_STRUCT;
	r = exec_definition(&x, &t->main, &dot);
	arena = x.arena;
	if (r >= 0 && out->full)
		r = too_much(&x, t->text, "the template makes too much text");
	return r < 0 ? r : 0;
}

static bool is_bare_dot(const struct pipeline *p)
{
	const struct operand *o = p->commands->operands;

	return !p->commands->next && !o->next && o->type == OPERAND_DOT && o->nfields == 0;
}

static bool list_ranges(const struct node *n)
{
	for (; n; n = n->next)
		if (n->type == NODE_RANGE && is_bare_dot(n->pipe))
			return true;
	return false;
}

bool template_ranges(const struct template *t)
{
	return list_ranges(t->main.body);
}

typedef void heading_fn(void *arg, const char *name, struct buf *out);

static bool pipeline_heading(
	const struct pipeline *p, heading_fn *heading, void *arg, struct buf *out);

/* Return: whether a heading was found */
static bool operand_heading(
	const struct operand *o, heading_fn *heading, void *arg, struct buf *out)
{
	const char *name = o->nfields ? o->fields[o->nfields - 1] : NULL;

	if (!name)
		return o->type == OPERAND_PIPE && pipeline_heading(o->pipe, heading, arg, out);
	/* `.Label "x"` is headed X */
	if (str_eq(name, "Label") && o->next && o->next->type == OPERAND_LITERAL &&
		o->next->value.kind == VALUE_STRING)
		name = o->next->value.s;
	heading(arg, name, out);
	return true;
}

static bool pipeline_heading(
	const struct pipeline *p, heading_fn *heading, void *arg, struct buf *out)
{
	for (const struct command *c = p->commands; c; c = c->next)
		for (const struct operand *o = c->operands; o; o = o->next)
			if (operand_heading(o, heading, arg, out))
				return true;
	return false;
}

static void list_headings(
	struct exec *x, const struct node *n, unsigned depth, heading_fn *heading, void *arg)
{
	for (; n && depth < TEMPLATE_DEPTH_MAX; n = n->next) {
		if (n->type == NODE_TEXT)
			exec_text(x, n);
		else if (n->type == NODE_ACTION && n->pipe->ndecl == 0)
			pipeline_heading(n->pipe, heading, arg, x->out);
		else if (n->type == NODE_IF || n->type == NODE_WITH || n->type == NODE_RANGE)
			list_headings(x, n->body, depth + 1, heading, arg);
	}
}

void template_headings(const struct template *t, heading_fn *heading, void *arg, struct buf *out)
{
	struct exec x = {.t = t, .out = out};

	list_headings(&x, t->main.body, 0, heading, arg);
}
