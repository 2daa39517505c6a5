#include "cmd/template_func.h"

#include "runtime/base/utf8.h"

#define NUMBER_MAX 100000

/* @next: the argument that the next verb takes */
struct printf_state {
	struct template_call *call;
	size_t next;
	bool bad_width;
};

static int read_number(const char **s, struct printf_state *p)
{
	int n = 0;

	if (**s == '*') {
		const struct value *v = p->next < p->call->n ? &p->call->args[p->next] : NULL;

		(*s)++;
		p->next++;
		if (!v || v->kind != VALUE_INT || v->i < -NUMBER_MAX || v->i > NUMBER_MAX) {
			p->bad_width = true;
			return -1;
		}
		return (int)v->i;
	}
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (n < NUMBER_MAX)
			n = n * 10 + (**s - '0');
	return n;
}

static const char *read_flags(const char *s, struct value_verb *vb)
{
	for (;; s++) {
		switch (*s) {
		case '-':
			vb->minus = true;
			continue;
		case '+':
			vb->plus = true;
			continue;
		case '#':
			vb->sharp = true;
			continue;
		case ' ':
			vb->space = true;
			continue;
		case '0':
			vb->zero = true;
			continue;
		default:
			return s;
		}
	}
}

/* One verb, its % consumed; Return: what follows it */
static const char *verb(const char *s, struct printf_state *p, struct buf *out)
{
	struct value_verb vb = {.width = -1, .prec = -1};
	uint32_t c = 0;
	size_t n;

	s = read_flags(s, &vb);
	p->bad_width = false;
	vb.width = read_number(&s, p);
	if (vb.width < 0 && !p->bad_width && s[-1] == '*') {
		vb.minus = true;
		vb.width = -vb.width;
	}
	if (p->bad_width)
		buf_adds(out, "%!(BADWIDTH)");
	if (*s == '.') {
		s++;
		p->bad_width = false;
		vb.prec = read_number(&s, p);
		if (p->bad_width)
			buf_adds(out, "%!(BADPREC)");
		else if (vb.prec < 0)
			vb.prec = 0;
	}
	if (!*s) {
		buf_adds(out, "%!(NOVERB)");
		return s;
	}
	n = utf8_decode(s, strlen(s), &c);
	if (*s == '%') {
		buf_addc(out, '%');
	} else if (p->next >= p->call->n) {
		buf_addf(out, "%%!%.*s(MISSING)", (int)(n ? n : 1), s);
	} else {
		/* no verb lies beyond ASCII; such a one is shown as it is */
		vb.verb = c < 0x80 ? (char)c : '?';
		value_format(&p->call->args[p->next++], &vb, out);
	}
	return s + (n ? n : 1);
}

static void add_extra(struct printf_state *p, struct buf *out)
{
	buf_adds(out, "%!(EXTRA ");
	for (size_t i = p->next; i < p->call->n; i++) {
		if (i > p->next)
			buf_adds(out, ", ");
		buf_adds(out, value_type(&p->call->args[i]));
		if (p->call->args[i].kind != VALUE_NIL && p->call->args[i].kind != VALUE_MISSING) {
			buf_addc(out, '=');
			value_print(&p->call->args[i], out);
		}
	}
	buf_addc(out, ')');
}

int template_sprintf(struct template_call *c, struct value *ret)
{
	_cleanup_buf_ struct buf b = {.cap = TEMPLATE_STRING_MAX};
	struct printf_state p = {.call = c, .next = 1};
	const char *s = c->args[0].s, *end;

	if (c->args[0].kind != VALUE_STRING)
		return template_call_fail(
			c, "argument 1 is of type %s, want string", value_type(&c->args[0]));
	end = s + c->args[0].len;
	while (s < end) {
		const char *percent = memchr(s, '%', (size_t)(end - s));

		buf_add(&b, s, (size_t)((percent ? percent : end) - s));
		s = percent ? verb(percent + 1, &p, &b) : end;
	}
	if (p.next < c->n)
		add_extra(&p, &b);
	return template_call_string(c, &b, ret);
}
