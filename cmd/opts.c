#include "cmd/opts.h"

#include "runtime/base/parse.h"

#include <stdio.h>
#include <string.h>

/* more options than any table has */
#define OPTS_MAX 192

/* what one run of the parser carries */
struct parser {
	const struct opt *table;
	char *target;
	const char *who;
	struct err *err;
	bool given[OPTS_MAX];
};

static void *opt_at(const struct opt *o, void *target)
{
	return (char *)target + o->offset;
}

/* An alias has the offset of an earlier option and must not be copied twice. */
static bool opt_is_alias(const struct opt *table, const struct opt *o)
{
	for (const struct opt *p = table; p < o; p++)
		if (p->offset == o->offset)
			return true;
	return false;
}

void opts_init(const struct opt *table, void *target, size_t size, const void *defaults)
{
	if (!defaults)
		return;
	memcpy(target, defaults, size);
	for (const struct opt *o = table; o && o->name; o++) {
		if (opt_is_alias(table, o))
			continue;
		if (o->type == OPT_STR) {
			char **s = opt_at(o, target);

			*s = xstrdup(*s);
		} else if (o->type == OPT_STRV || o->type == OPT_LIST) {
			struct strv *v = opt_at(o, target), copy = {0};

			strv_addv(&copy, v);
			*v = copy;
		}
	}
}

void opts_done(const struct opt *table, void *target)
{
	for (const struct opt *o = table; o && o->name; o++) {
		if (o->type == OPT_STR) {
			char **s = opt_at(o, target);

			free(*s);
			*s = NULL;
		} else if (o->type == OPT_STRV || o->type == OPT_LIST) {
			strv_done(opt_at(o, target));
		}
	}
}

bool opts_nearest(const char *word, const char *candidate, unsigned *best)
{
	size_t len = strlen(word), clen = strlen(candidate);
	unsigned d = str_distance(word, candidate);
	unsigned limit = len < 4 ? 1 : len < 8 ? 2 : 3;

	/* a beginning that was typed ("--inter") is as good as one typing error */
	if (len >= 3 && clen > len && strncmp(word, candidate, len) == 0)
		d = 1;
	if (d > limit || d >= *best)
		return false;
	*best = d;
	return true;
}

/* what other tools have and this one cannot: the reason is better than a list of other options */
static const struct {
	const char *name, *why;
} impossible[] = {
	{"device-cgroup-rule", "only the host's root may load filters for devices; --device names "
			       "what can be opened"},
	{"gpus", "name the files of the devices with --device"},
	{"rdt-class", "only the host's root may write to resctrl"},
};

static int unknown_option(struct parser *p, const char *name, size_t len)
{
	_cleanup_free_ char *word = xstrndup(name, len);
	const char *nearest = NULL;
	unsigned best = ~0U;

	for (const struct opt *o = p->table; o && o->name; o++)
		if (!o->hidden && opts_nearest(word, o->name, &best))
			nearest = o->name;
	err_set(p->err, ERR_USAGE, "unknown option '--%s' of '%s'", word, p->who);
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++)
		if (str_eq(impossible[i].name, word))
			return err_hint(p->err, "%s", impossible[i].why);
	if (nearest)
		return err_hint(p->err, "did you mean '--%s'? '%s --help' lists the options",
			nearest, p->who);
	return err_hint(p->err, "'%s --help' lists the options", p->who);
}

static const char *opt_title(const struct opt *o, char buf[64])
{
	snprintf(buf, 64, "--%s", o->name);
	return buf;
}

static int bad_value(
	struct parser *p, const struct opt *o, const char *value, int r, const char *want)
{
	char title[64];

	if (r == -ERANGE)
		return err_set(p->err, ERR_USAGE, "option '%s': '%s' is out of range",
			opt_title(o, title), value);
	return err_set(
		p->err, ERR_USAGE, "option '%s': '%s' is not %s", opt_title(o, title), value, want);
}

/*
 * Fixed choices ("a|b|c") are checked here, so that each command need not.  With a capital letter in it
 * ("host|container:NAME") the text is a description.
 */
static bool opt_is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);

	if (!strchr(choices, '|') || strpbrk(choices, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return true;

	for (const char *c = choices;; c++) {
		size_t n = strcspn(c, "|");

		if (n == len && strncmp(c, value, n) == 0)
			return true;
		c += n;
		if (!*c)
			return false;
	}
}

static int set_list(struct parser *p, const struct opt *o, const char *value)
{
	struct strv *v = opt_at(o, p->target);
	bool first = true;

	for (const struct opt *q = p->table; q->name; q++)
		if (q->offset == o->offset && p->given[q - p->table])
			first = false;
	if (first)
		strv_done(v);
	if (o->type == OPT_LIST)
		strv_split(v, value, ",");
	else
		strv_add(v, value);
	return 0;
}

static int set_number(struct parser *p, const struct opt *o, const char *value)
{
	void *at = opt_at(o, p->target);
	int r;

	switch (o->type) {
	case OPT_INT:
		r = parse_i64(value, at);
		return r < 0 ? bad_value(p, o, value, r, "a whole number") : 0;
	case OPT_UINT:
		r = parse_u64(value, at);
		return r < 0 ? bad_value(p, o, value, r, "a whole number of 0 or more") : 0;
	case OPT_SIZE:
		r = parse_size(value, at);
		return r < 0 ? bad_value(p, o, value, r, "a size such as 512k, 64m or 1.5g") : 0;
	default:
		r = parse_duration(value, at);
		return r < 0 ? bad_value(p, o, value, r, "a duration such as 300ms, 10s or 1h30m")
			     : 0;
	}
}

static int set_value(struct parser *p, const struct opt *o, const char *value)
{
	void *at = opt_at(o, p->target);
	int r = 0;

	if (o->type == OPT_BOOL) {
		r = parse_bool(value, at);
		if (r < 0)
			return bad_value(p, o, value, -EINVAL, "true or false");
	} else if (o->type == OPT_STR) {
		char **s = at;

		if (o->arg && !opt_is_choice(o->arg, value)) {
			bad_value(p, o, value, -EINVAL, "known");
			return err_hint(p->err, "use one of %s", o->arg);
		}
		free(*s);
		*s = xstrdup(value);
	} else if (o->type == OPT_STRV || o->type == OPT_LIST) {
		r = set_list(p, o, value);
	} else {
		r = set_number(p, o, value);
	}
	if (r == 0)
		p->given[o - p->table] = true;
	return r;
}

/* the value when the option stands alone; NULL if it needs one */
static const char *value_alone(const struct opt *o)
{
	if (o->implied)
		return o->implied;
	return o->type == OPT_BOOL ? "true" : NULL;
}

static int missing_value(struct parser *p, const struct opt *o, char letter)
{
	if (letter)
		err_set(p->err, ERR_USAGE, "option '-%c' (--%s) needs a value", letter, o->name);
	else
		err_set(p->err, ERR_USAGE, "option '--%s' needs a value", o->name);
	return err_hint(p->err, "write --%s=%s", o->name, o->arg ? o->arg : "VALUE");
}

/* --name, --name=value, --name value; Return: words used, 0 for --help, or negative */
static int parse_long(struct parser *p, char *const *argv)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '='), *value;
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	const struct opt *o = p->table;
	int r;

	while (o && o->name && (strncmp(o->name, name, len) != 0 || o->name[len]))
		o++;
	if (!o || !o->name) {
		if (len == 4 && strncmp(name, "help", 4) == 0)
			return 0;
		return unknown_option(p, name, len);
	}
	value = eq ? eq + 1 : value_alone(o);
	if (value) {
		r = set_value(p, o, value);
		return r < 0 ? r : 1;
	}
	if (!argv[1])
		return missing_value(p, o, 0);
	r = set_value(p, o, argv[1]);
	return r < 0 ? r : 2;
}

static int unknown_letter(struct parser *p, char letter, const char *word)
{
	const char *nearest = NULL;
	unsigned best = ~0U;

	if (word[2])
		err_set(p->err, ERR_USAGE, "unknown option '-%c' in '%s' of '%s'", letter, word,
			p->who);
	else
		err_set(p->err, ERR_USAGE, "unknown option '-%c' of '%s'", letter, p->who);
	/* "-name" for "--name" */
	for (const struct opt *o = p->table; word[2] && o && o->name; o++)
		if (!o->hidden && opts_nearest(word + 1, o->name, &best))
			nearest = o->name;
	if (nearest)
		return err_hint(p->err, "did you mean '--%s'? '%s --help' lists the options",
			nearest, p->who);
	return err_hint(p->err, "'%s --help' lists the options", p->who);
}

/* a word of letters; Return: words used, 0 for -h, or negative */
static int parse_letters(struct parser *p, char *const *argv)
{
	for (const char *c = argv[0] + 1; *c; c++) {
		const struct opt *o = p->table;
		const char *alone;
		int r;

		while (o && o->name && o->letter != *c)
			o++;
		if (!o || !o->name) {
			if (*c == 'h' && !argv[0][2])
				return 0;
			return unknown_letter(p, *c, argv[0]);
		}
		alone = value_alone(o);
		if (c[1] == '=' || (!alone && c[1])) {
			r = set_value(p, o, c + 1 + (c[1] == '='));
			return r < 0 ? r : 1;
		}
		if (!alone) {
			if (!argv[1])
				return missing_value(p, o, *c);
			r = set_value(p, o, argv[1]);
			return r < 0 ? r : 2;
		}
		r = set_value(p, o, alone);
		if (r < 0)
			return r;
	}
	return 1;
}

int opts_parse(const struct opt *table, void *target, char *const *argv, bool stop_at_arg,
	const char *who, struct strv *args, struct err *err)
{
	struct parser p = {.table = table, .target = target, .who = who, .err = err};

	while (*argv) {
		const char *word = *argv;
		int r;

		if (word[0] != '-' || !word[1]) {
			if (stop_at_arg)
				break;
			strv_add(args, word);
			argv++;
			continue;
		}
		if (str_eq(word, "--")) {
			argv++;
			break;
		}
		r = word[1] == '-' ? parse_long(&p, argv) : parse_letters(&p, argv);
		if (r < 0)
			return r;
		if (r == 0)
			return 1;
		argv += r;
	}
	for (; *argv; argv++)
		strv_add(args, *argv);
	return 0;
}
