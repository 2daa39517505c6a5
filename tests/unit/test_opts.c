#include "tests/unit/unit.h"

#include "cmd/opts.h"

struct t {
	bool tty, interactive, yes;
	char *name, *mode;
	struct strv env, caps;
	int64_t num, time;
	uint64_t count, size;
};

#define T struct t
static const struct opt table[] = {
	OPTION_BOOL('t', "tty", T, tty, "x"),
	OPTION_BOOL('i', "interactive", T, interactive, "x"),
	OPTION_BOOL(0, "yes", T, yes, "x"),
	OPTION_STR('n', "name", T, name, "NAME", "x"),
	{'N', "nickname", OPT_STR, offsetof(T, name), "NAME", "x", NULL, true},
	{0, "pull", OPT_STR, offsetof(T, mode), "always|missing|never", "x", "always", false},
	OPTION_STRV('e', "env", T, env, "KEY=VALUE", "x"),
	OPTION_LIST(0, "cap-add", T, caps, "CAP", "x"),
	OPTION_INT(0, "num", T, num, "N", "x"),
	OPTION_UINT(0, "count", T, count, "N", "x"),
	OPTION_SIZE('m', "memory", T, size, "SIZE", "x"),
	OPTION_DURATION(0, "time", T, time, "D", "x"),
	{0},
};

static char dflt_name[] = "dflt", dflt_env[] = "A=1";
static char *dflt_envs[] = {dflt_env, NULL};
static const struct t defaults = {.yes = true, .name = dflt_name, .env = {dflt_envs, 1}, .num = -1};

/* words separated by blanks; "_" stands for an empty one */
static int parse_with(struct t *t, const void *dflt, const char *line, bool stop, struct strv *args,
	struct err *err)
{
	_cleanup_strv_ struct strv words = {0};

	memset(t, 0, sizeof(*t));
	opts_init(table, t, sizeof(*t), dflt);
	if (*line)
		strv_split(&words, line, " ");
	else
		strv_add(&words, "--");
	for (size_t i = 0; i < words.n; i++)
		if (str_eq(words.v[i], "_"))
			words.v[i][0] = '\0';
	return opts_parse(table, t, words.v, stop, "rl test", args, err);
}

static void test_forms(void **state)
{
	struct {
		const char *line, *name, *env, *args;
		bool tty, interactive;
	} rows[] = {
		{"--name a", "a", "", "", false, false},
		{"--name=a", "a", "", "", false, false},
		{"--name=", "", "", "", false, false},
		{"--name _", "", "", "", false, false},
		{"-n a", "a", "", "", false, false},
		{"-na", "a", "", "", false, false},
		{"-n=a", "a", "", "", false, false},
		{"-n=", "", "", "", false, false},
		{"--name -x", "-x", "", "", false, false},
		{"--name a --name b", "b", "", "", false, false},
		{"--nickname a", "a", "", "", false, false},
		{"-it", NULL, "", "", true, true},
		{"-itn a", "a", "", "", true, true},
		{"-itna x", "a", "", "x", true, true},
		{"-t=false -i=true", NULL, "", "", false, true},
		{"--tty=false", NULL, "", "", false, false},
		{"--tty --tty=0", NULL, "", "", false, false},
		{"-e A=1 -eB=2 --env=C=3", NULL, "A=1|B=2|C=3", "", false, false},
		{"x -t y -- -i --", NULL, "", "x|y|-i|--", true, false},
		{"- -t", NULL, "", "-", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strv_ struct strv args = {0};
		_cleanup_free_ char *env = NULL, *rest = NULL;
		struct err err = {0};
		struct t t;

		if (parse_with(&t, NULL, rows[i].line, false, &args, &err) != 0)
			fail_msg("%s: %s", rows[i].line, err.msg);
		env = strv_join(&t.env, "|");
		rest = strv_join(&args, "|");
		if (!str_eq(t.name, rows[i].name) || strcmp(env ? env : "", rows[i].env) != 0 ||
			strcmp(rest ? rest : "", rows[i].args) != 0 || t.tty != rows[i].tty ||
			t.interactive != rows[i].interactive)
			fail_msg("%s: name %s env %s args %s tty %d interactive %d", rows[i].line,
				t.name, env, rest, t.tty, t.interactive);
		opts_done(table, &t);
	}
}

static void test_stop_at_arg(void **state)
{
	_cleanup_strv_ struct strv args = {0};
	struct t t;

	(void)state;
	assert_int_equal(parse_with(&t, NULL, "-t image -i -- --name", true, &args, NULL), 0);
	assert_true(t.tty);
	assert_false(t.interactive);
	assert_int_equal(args.n, 4);
	assert_string_equal(args.v[2], "--");
	opts_done(table, &t);
}

static void test_values(void **state)
{
	_cleanup_strv_ struct strv args = {0};
	struct t t;

	(void)state;
	assert_int_equal(
		parse_with(&t, NULL,
			"--num -5 --count 7 -m64m --time 1m30s --cap-add a,b --cap-add c --pull x",
			false, &args, NULL),
		0);
	assert_int_equal(t.num, -5);
	assert_int_equal(t.count, 7);
	assert_int_equal(t.size, 64 << 20);
	assert_int_equal(t.time, 90LL * 1000000000);
	assert_int_equal(t.caps.n, 3);
	/* an option with an implied value does not take the next word */
	assert_string_equal(t.mode, "always");
	assert_string_equal(args.v[0], "x");
	opts_done(table, &t);
}

static void test_defaults(void **state)
{
	_cleanup_strv_ struct strv args = {0};
	struct t t;

	(void)state;
	assert_int_equal(parse_with(&t, &defaults, "", false, &args, NULL), 0);
	assert_true(t.yes);
	assert_string_equal(t.name, "dflt");
	assert_ptr_not_equal(t.name, dflt_name);
	assert_string_equal(t.env.v[0], "A=1");
	opts_done(table, &t);
	assert_int_equal(
		parse_with(&t, &defaults, "-e B=2 -e C=3 --yes=false", false, &args, NULL), 0);
	assert_false(t.yes);
	assert_int_equal(t.env.n, 2);
	assert_string_equal(t.env.v[0], "B=2");
	opts_done(table, &t);
}

static void test_help(void **state)
{
	_cleanup_strv_ struct strv args = {0};
	struct t t;

	(void)state;
	assert_int_equal(parse_with(&t, NULL, "--help --nonsense", false, &args, NULL), 1);
	opts_done(table, &t);
	assert_int_equal(parse_with(&t, NULL, "-h", false, &args, NULL), 1);
	opts_done(table, &t);
	assert_int_equal(parse_with(&t, NULL, "image --help", true, &args, NULL), 0);
	opts_done(table, &t);
}

static void test_errors(void **state)
{
	struct {
		const char *line, *msg, *hint;
	} rows[] = {
		{"--nmae x", "unknown option '--nmae' of 'rl test'", "did you mean '--name'?"},
		{"--inter", "unknown option '--inter'", "did you mean '--interactive'?"},
		{"--zzzzz", "unknown option '--zzzzz'", "'rl test --help' lists"},
		{"--nicknam", "unknown option '--nicknam'", "'rl test --help' lists"},
		{"-x", "unknown option '-x' of 'rl test'", "lists the options"},
		{"-tx", "unknown option '-x' in '-tx' of 'rl test'", "lists the options"},
		{"-env", NULL, NULL},
		{"-tty", "unknown option '-y' in '-tty'", "did you mean '--tty'?"},
		{"--name", "option '--name' needs a value", "--name=NAME"},
		{"-n", "option '-n' (--name) needs a value", "--name=NAME"},
		{"--tty=maybe", "option '--tty': 'maybe' is not true or false", ""},
		{"--num 1x", "option '--num': '1x' is not a whole number", ""},
		{"--count -1", "option '--count': '-1' is not a whole number", ""},
		{"--count 99999999999999999999",
			"option '--count': '99999999999999999999' is out of range", ""},
		{"-m 5q", "option '--memory': '5q' is not a size", ""},
		{"--time 5", "option '--time': '5' is not a duration", ""},
		{"--pull=sometimes", "option '--pull': 'sometimes' is not known",
			"use one of always|missing|never"},
		{"--=x", "unknown option '--'", ""},
		{"---", "unknown option '---'", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strv_ struct strv args = {0};
		struct err err = {0};
		struct t t;
		int r = parse_with(&t, NULL, rows[i].line, false, &args, &err);

		opts_done(table, &t);
		if (!rows[i].msg) {
			assert_int_equal(r, 0);
			continue;
		}
		if (r != -ERR_USAGE || !strstr(err.msg, rows[i].msg) ||
			!strstr(err.hint, rows[i].hint))
			fail_msg("%s: %d '%s' '%s'", rows[i].line, r, err.msg, err.hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_stop_at_arg),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
