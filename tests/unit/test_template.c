#include "tests/unit/unit.h"

#include "cmd/template.h"

static const char data[] =
	"{\"ID\":\"0123456789ab\",\"Names\":\"web\",\"Empty\":\"\",\"N\":42,\"Neg\":-7,\"F\":1.5,"
	"\"Big\":1e21,"
	"\"Yes\":true,\"No\":false,\"Nil\":null,\"List\":[\"a\",\"b\",\"c\"],\"Ints\":[1,2,3],"
	"\"None\":[],"
	"\"Mixed\":[1,\"x\",null,true,2.5],"
	"\"Labels\":{\"zeta\":\"1\",\"alpha\":\"2\",\"X\":\"big\"},\"Nothing\":{},"
	"\"State\":{\"Pid\":12,\"Status\":\"running\",\"Health\":null},"
	"\"Any\":{\"k\":1,\"s\":\"t\"},\"Html\":\"<a "
	"href=\\\"x\\\">'&'</a>\",\"Uni\":\"h\\u00e9llo\","
	"\"Mounts\":[{\"Source\":\"/a\",\"Dst\":\"/b\"},{\"Source\":\"/c\",\"Dst\":\"/d\"}]}";

/* @error: part of the message when it fails; then @out is what was printed before, or NULL */
struct row {
	const char *text, *out, *error;
};

static const struct row rows[] = {
	/* text and trimming */
	{"", "", NULL},
	{"plain } text {", "plain } text {", NULL},
	{"{{.ID}}", "0123456789ab", NULL},
	{"{{ .ID }}", "0123456789ab", NULL},
	{"a {{- .Names -}} b", "awebb", NULL},
	{"a \n\t {{- \"x\" }} b", "ax b", NULL},
	{"{{3 -}} \n {{- 4}}", "34", NULL},
	{"{{-3}}", "-3", NULL},
	{"a{{/* comment */}}b", "ab", NULL},
	{"a {{- /* comment */ -}} b", "ab", NULL},
	{"{{/* a }} b */}}x", "x", NULL},
	{"{{\n.ID\n}}", "0123456789ab", NULL},
	/* values */
	{"{{.N}} {{.Neg}} {{.F}} {{.Big}} {{.Yes}} {{.No}}", "42 -7 1.5 1e+21 true false", NULL},
	{"{{.Nil}}", "<no value>", NULL},
	{"{{.List}} {{.Ints}} {{.None}}", "[a b c] [1 2 3] []", NULL},
	{"{{.Mixed}}", "[1 x <nil> true 2.5]", NULL},
	{"{{.Labels}}", "map[X:big alpha:2 zeta:1]", NULL},
	{"{{.Nothing}}", "map[]", NULL},
	{"{{.State}}", "{12 running <nil>}", NULL},
	{"{{.Mounts}}", "[{/a /b} {/c /d}]", NULL},
	{"{{printf \"%+v\" .State}}", "{Pid:12 Status:running Health:<nil>}", NULL},
	{"{{.Id}}", "0123456789ab", NULL},
	/* fields */
	{"{{.State.Pid}}", "12", NULL},
	{"{{(.State).Status}}", "running", NULL},
	{"{{$.State.Pid}}", "12", NULL},
	{"{{.Labels.alpha}} {{.Labels.nope}}", "2 <no value>", NULL},
	{"{{.Any.nope}}", "<no value>", NULL},
	{"{{.Label \"zeta\"}}|{{.Label \"nope\"}}|{{\"alpha\" | .Label}}", "1||2", NULL},
	{"x{{.Nope}}", "x", "template: t:1:4: there is no field 'Nope'"},
	{"\n\n {{.Nope}}", "\n\n ", "t:3:4:"},
	{"{{.State.Nope}}", "", "no field 'Nope'"},
	{"{{.State.Health.Status}}", "", "there is no 'Status' in what is <nil>"},
	{"{{.ID.Foo}}", "", "no field 'Foo' in a value of type string"},
	{"{{.Names \"x\"}}", "", "only functions take arguments, not '.Names'"},
	/* literals */
	{"{{\"a\\t\\\"\\u00e9\\x41\\101\"}}",
		"a\t\"\xc3\xa9"
		"AA",
		NULL},
	{"{{`raw\\n`}}", "raw\\n", NULL},
	{"{{'a'}} {{'\\n'}} {{'\\u00e9'}}", "97 10 233", NULL},
	{"{{0x1F}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{+5}}", "31 5 15 15 1000 5", NULL},
	{"{{1.5}} {{1e3}} {{.5}} {{1e-7}} {{123456789.0}} {{0x1p4}}",
		"1.5 1000 0.5 1e-07 1.23456789e+08 16", NULL},
	{"{{true}} {{false}}", "true false", NULL},
	{"{{nil}}", NULL, "nil is not a command"},
	{"{{09}}", NULL, "bad number"},
	{"{{1i}}", NULL, "imaginary"},
	{"{{99999999999999999999}}", NULL, "bad number"},
	{"{{\"a}}", NULL, "unterminated quoted string"},
	{"{{'ab'}}", NULL, "more than one character"},
	{"{{\"\\q\"}}", NULL, "invalid escape"},
	/* if */
	{"{{if .Yes}}a{{else}}b{{end}}{{if .No}}a{{else}}b{{end}}", "ab", NULL},
	{"{{if .Empty}}1{{end}}{{if .None}}2{{end}}{{if .Nothing}}3{{end}}{{if .Nil}}4{{end}}{{if "
	 "0}}5{{end}}",
		"", NULL},
	{"{{if .State}}struct{{end}}{{if .List}}list{{end}}{{if .F}}f{{end}}", "structlistf", NULL},
	{"{{if .No}}a{{else if .Yes}}b{{else}}c{{end}}", "b", NULL},
	{"{{if .No}}a{{else if .No}}b{{else}}c{{end}}", "c", NULL},
	{"{{if .Labels.nope}}a{{else}}b{{end}}", "b", NULL},
	{"{{if .Yes}}", NULL, "{{end}} is missing"},
	{"{{end}}", NULL, "{{end}} without a beginning"},
	{"{{else}}", NULL, "{{else}} without a beginning"},
	{"{{if}}x{{end}}", NULL, "missing value for {{if}}"},
	{"{{if .Yes}}a{{else}}b{{else}}c{{end}}", NULL, "a second {{else}}"},
	/* with */
	{"{{with .State}}{{.Pid}}{{end}}", "12", NULL},
	{"{{with .Nil}}a{{else}}{{.N}}{{end}}", "42", NULL},
	{"{{with .Nil}}a{{else with .Names}}{{.}}{{else}}c{{end}}", "web", NULL},
	{"{{with $x := .State}}{{$x.Pid}}{{$.N}}{{end}}", "1242", NULL},
	/* range */
	{"{{range .List}}<{{.}}>{{end}}", "<a><b><c>", NULL},
	{"{{range $i, $e := .List}}{{$i}}={{$e}} {{end}}", "0=a 1=b 2=c ", NULL},
	{"{{range $e := .Ints}}{{$e}}{{end}}", "123", NULL},
	{"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "X=big;alpha=2;zeta=1;", NULL},
	{"{{range .None}}a{{else}}none{{end}}{{range .Nil}}a{{else}}nil{{end}}", "nonenil", NULL},
	{"{{range .Labels.nope}}a{{else}}b{{end}}", "b", NULL},
	{"{{range 3}}{{.}}{{end}}", "012", NULL},
	{"{{range $i := 2}}{{$i}}{{end}}{{range 0}}x{{else}}y{{end}}", "01y", NULL},
	{"{{range .Ints}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}", "13", NULL},
	{"{{range .Ints}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}", "1", NULL},
	{"{{range .Mounts}}{{.Source}}:{{.Dst}} {{end}}", "/a:/b /c:/d ", NULL},
	{"{{range .List}}{{$.N}}{{end}}", "424242", NULL},
	{"{{range .Names}}x{{end}}", "", "cannot iterate over a value of type string"},
	{"{{range $i, $e := 3}}x{{end}}", "", "one variable"},
	{"{{break}}", NULL, "{{break}} outside {{range}}"},
	{"{{range .List}}{{define \"x\"}}{{end}}{{end}}", NULL, "{{define}} inside"},
	/* variables */
	{"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12", NULL},
	{"{{$x := 1}}{{if .Yes}}{{$x = 5}}{{end}}{{$x}}", "5", NULL},
	{"{{$x := 1}}{{if .Yes}}{{$x := 5}}{{$x}}{{end}}{{$x}}", "51", NULL},
	{"{{range $i, $e := .List}}{{end}}{{$e}}", NULL, "undefined variable '$e'"},
	{"{{$x}}", NULL, "undefined variable '$x'"},
	{"{{$n := 0}}{{range .Ints}}{{$n = .}}{{end}}{{$n}}", "3", NULL},
	/* pipelines and parentheses */
	{"{{.Names | upper}}", "WEB", NULL},
	{"{{.ID | printf \"%.3s\" | upper | printf \"<%s>\"}}", "<012>", NULL},
	{"{{printf \"%s-%d\" .Names (len .List)}}", "web-3", NULL},
	{"{{(index .List 1) | upper}}", "B", NULL},
	{"{{1 | .Names}}", "", "only functions take arguments"},
	{"{{1 | 2}}", NULL, "only a function can stand behind '|'"},
	{"{{.ID |}}", NULL, "a value is missing"},
	{"{{(.ID}}", NULL, "unexpected '}}'"},
	{"{{.ID)}}", NULL, "unexpected ')'"},
	{"{{}}", NULL, "missing value"},
	{"{{.ID", NULL, "unclosed action"},
	{"{{\"a\"\"b\"}}", NULL, "a blank is missing"},
	{"{{\"a\".ID}}", NULL, "unexpected 'ID'"},
	{"{{nope .ID}}", NULL, "there is no function 'nope'"},
	{"{{ID}}", NULL, "there is no function 'ID'"},
	{"{{.ID ? 1}}", NULL, "unexpected character"},
	/* define, template, block */
	{"{{define \"x\"}}[{{.}}]{{end}}{{template \"x\" .N}}{{template \"x\" .Names}}",
		"[42][web]", NULL},
	{"{{template \"x\"}}{{define \"x\"}}[{{.}}]{{end}}", "[<no value>]", NULL},
	{"{{block \"b\" .State}}{{.Pid}}{{end}}{{template \"b\" .State}}", "1212", NULL},
	{"{{define \"x\"}}{{$}}{{end}}{{$y := 1}}{{template \"x\" 7}}", "7", NULL},
	{"{{template \"nope\"}}", "", "template 'nope' is not defined"},
	{"{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" .}}", "",
		"nested too deeply"},
	/* functions */
	{"{{and .Yes .N}} {{and .No .Nope}} {{or .No .N}} {{or .N .Nope}} {{not .Yes}}",
		"42 false 42 42 false", NULL},
	{"{{.No | or .Empty}}", "false", NULL},
	{"{{len .Names}} {{len .List}} {{len .Labels}}", "3 3 3", NULL},
	{"{{len .N}}", "", "a value of type int has no length"},
	{"{{index .List 2}} {{index .Labels \"X\"}} [{{index .Labels \"nope\"}}] {{index .Mounts 1 "
	 "\"Dst\"}}",
		"c big [] /d", NULL},
	{"{{index .Any \"nope\"}}", "<no value>", NULL},
	{"{{index .List 3}}", "", "index out of range: 3"},
	{"{{index .List \"a\"}}", "", "the index is of type string"},
	{"{{index .N 1}}", "", "cannot index a value of type int"},
	{"{{index .Names 0}}", "119", NULL},
	{"{{slice .ID 0 4}} {{slice .ID 8}} {{slice .List 1 2}} {{slice .List}}",
		"0123 89ab [b] [a b c]", NULL},
	{"{{slice .ID 4 2}}", "", "invalid slice index"},
	{"{{slice .ID 0 99}}", "", "index out of range: 99"},
	{"{{print 1 2 \"a\" 3 4}}", "1 2a3 4", NULL},
	{"{{print \"a\" \"b\"}} {{println 1 \"a\"}}", "ab 1 a\n", NULL},
	{"{{html .Html}}", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;", NULL},
	{"{{js .Html}}", "\\u003Ca href\\u003D\\\"x\\\"\\u003E\\'\\u0026\\'\\u003C/a\\u003E", NULL},
	{"{{urlquery \"a b&c/\xc3\xa9\"}}", "a+b%26c%2F%C3%A9", NULL},
	{"{{eq .N 42}} {{eq .N 1 2 42}} {{eq .Names \"web\"}} {{ne .N 1}}", "true true true true",
		NULL},
	{"{{eq .Nil nil}} {{eq .Labels.nope \"x\"}} {{eq .Yes true}}", "true false true", NULL},
	{"{{eq .N \"42\"}}", "", "incompatible types for comparison: int and string"},
	{"{{eq .List .List}}", "", "cannot be compared"},
	{"{{lt 1 2}} {{le 2 2}} {{gt 1.5 2.5}} {{ge \"b\" \"a\"}}", "true true false true", NULL},
	{"{{lt .Yes .No}}", "", "have no order"},
	{"{{eq 1}}", "", "wrong number of arguments for eq: 1, want at least 2"},
	{"{{json .List}} {{json .State}} {{json .Names}} {{json .Nil}} {{json .Html}}",
		"[\"a\",\"b\",\"c\"] {\"Pid\":12,\"Status\":\"running\",\"Health\":null} \"web\" "
		"null "
		"\"<a href=\\\"x\\\">'&'</a>\"",
		NULL},
	{"{{json (split \"a,b\" \",\")}}", "[\"a\",\"b\"]", NULL},
	{"{{join .List \",\"}} {{join .Labels \"-\"}} [{{join .None \",\"}}] [{{join .Nil \",\"}}]",
		"a,b,c big-2-1 [] []", NULL},
	{"{{join .Names \",\"}}", "", "want a list"},
	{"{{split \"a:b::c\" \":\"}} {{len (split \"\" \":\")}} {{split \"h\xc3\xa9y\" \"\"}}",
		"[a b  c] 1 [h \xc3\xa9 y]", NULL},
	{"{{title \"hello wide-world it's\"}} {{lower \"ABC\xc3\x89\"}} {{upper .Uni}}",
		"Hello Wide-World It'S abc\xc3\xa9 H\xc3\x89LLO", NULL},
	{"[{{pad .Names 2 3}}] [{{pad .Empty 2 3}}]", "[  web   ] []", NULL},
	{"{{truncate .ID 4}} {{truncate .Names 99}}", "0123 web", NULL},
	{"{{upper .N}}", "", "want string"},
	{"{{call .N}}", NULL, "there is no function 'call'"},
	/* printf */
	{"{{printf \"%d|%5d|%-5d|%05d|%+d\" .N .N .N .N .N}}", "42|   42|42   |00042|+42", NULL},
	{"{{printf \"%x %X %#x %o %b %c %U %q\" 255 255 255 8 5 65 65 65}}",
		"ff FF 0xff 10 101 A U+0041 'A'", NULL},
	{"{{printf \"%s|%10s|%-10s|%.2s|%q|%x\" .Names .Names .Names .Names .Names .Names}}",
		"web|       web|web       |we|\"web\"|776562", NULL},
	{"{{printf \"%5.1f|%e|%g|%v\" .F .F .F .F}}", "  1.5|1.500000e+00|1.5|1.5", NULL},
	{"{{printf \"%t %v %T %T %T\" .Yes .No .N .Names .F}}", "true false int string float64",
		NULL},
	{"{{printf \"%d%%\" 5}}", "5%", NULL},
	{"{{printf \"%s\" .List}} {{printf \"%q\" .List}} {{printf \"%02d\" .Ints}}",
		"[a b c] [\"a\" \"b\" \"c\"] [01 02 03]", NULL},
	{"{{printf \"%v\" .Labels}}", "map[X:big alpha:2 zeta:1]", NULL},
	{"{{printf \"%d\" .Names}} {{printf \"%s\" .N}} {{printf \"%z\" 1}}",
		"%!d(string=web) %!s(int=42) %!z(int=1)", NULL},
	{"{{printf \"%s %s\" .Names}} {{printf \"%s\" .Names 5}} {{printf \"%\"}}",
		"web %!s(MISSING) web%!(EXTRA int=5) %!(NOVERB)", NULL},
	{"{{printf \"%*d|%-*d|\" 5 1 4 2}}", "    1|2   |", NULL},
	{"{{printf \"%v\" nil}} {{printf \"%s\" .Nil}}", "<nil> %!s(<nil>)", NULL},
	{"{{printf \"%5t|%-7t|\" .Yes .No}}", " true|false  |", NULL},
	{"{{printf \"%5s|%-6s|\" .Uni .Uni}}", "h\xc3\xa9llo|h\xc3\xa9llo |", NULL},
	/* bounds */
	{"{{range 100000000}}{{end}}", "", "runs too long"},
	{"{{range 64}}{{$x := printf \"%1000000d\" 1}}{{end}}", NULL, NULL},
};

static bool check(const struct row *row, const json_t *j)
{
	_cleanup_template_ struct template *t = NULL;
	_cleanup_buf_ struct buf out = {0};
	struct err err = {0};
	int r = template_parse(row->text, "t", &t, &err);

	if (r == 0)
		r = template_exec(t, j, &out, &err);
	if ((r < 0) == (row->error != NULL) && (!row->error || strstr(err.msg, row->error)) &&
		(!row->out || strcmp(buf_str(&out), row->out) == 0))
		return true;
	print_error("%s\n  gave  %s\n  error %s\n  want  %s\n  error %s\n", row->text,
		buf_str(&out), err.msg, row->out, row->error ? row->error : "none");
	return false;
}

static void test_rows(void **state)
{
	_cleanup_json_ json_t *j = NULL;

	size_t failed = 0;

	(void)state;
	assert_int_equal(json_parse(data, sizeof(data) - 1, "data", &j, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		failed += !check(&rows[i], j);
	assert_int_equal(failed, 0);
}

static char *repeat(const char *open, const char *middle, const char *close, size_t n)
{
	struct buf b = {0};

	for (size_t i = 0; i < n; i++)
		buf_adds(&b, open);
	buf_adds(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, close);
	return buf_take(&b);
}

/* however deep the text is, the stack does not overflow */
static void test_depth(void **state)
{
	static const char *const shapes[][3] = {{"{{", "}}", ""}, {"{{if 1}}", "x", "{{end}}"},
		{"(", "1", ")"}, {"{{if 1}}x{{else if 1}}", "", "{{end}}"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		_cleanup_free_ char *inner =
			repeat(shapes[i][0], shapes[i][1], shapes[i][2], 20000);
		_cleanup_free_ char *text = i == 2 ? xasprintf("{{%s}}", inner) : xstrdup(inner);
		_cleanup_template_ struct template *t = NULL;
		struct err err = {0};

		assert_true(template_parse(text, "t", &t, &err) < 0);
	}
}

static void heading(void *arg, const char *name, struct buf *out)
{
	(void)arg;
	buf_addf(out, "<%s>", name);
}

static void test_headings(void **state)
{
	static const struct row cases[] = {
		{"{{.ID}}\t{{.Names}}", "<ID>\t<Names>", NULL},
		{"{{upper .ID}} {{.A.B | printf \"%s\"}}", "<ID> <B>", NULL},
		{"{{.Label \"com.x\"}}", "<com.x>", NULL},
		{"{{if .State}}{{.State}}{{else}}{{.No}}{{end}}", "<State>", NULL},
		{"{{range .Mounts}}{{.Source}} {{end}}", "<Source> ", NULL},
		{"{{$x := .ID}}{{(index .Ports 0).Host}}", "<Host>", NULL},
		{"{{index .Labels \"x\"}}", "<Labels>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_template_ struct template *t = NULL;
		_cleanup_buf_ struct buf out = {0};

		assert_int_equal(template_parse(cases[i].text, "t", &t, NULL), 0);
		template_headings(t, heading, NULL, &out);
		assert_string_equal(buf_str(&out), cases[i].out);
	}
}

static void test_tabs_and_range(void **state)
{
	_cleanup_template_ struct template *t = NULL, *u = NULL;
	_cleanup_json_ json_t *j = json_object();
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	json_set_str(j, "A", "x y");
	assert_int_equal(template_parse("{{.A}} {{printf \"a b\"}}", "t", &t, NULL), 0);
	template_blanks_to_tabs(t);
	assert_int_equal(template_exec(t, j, &out, NULL), 0);
	assert_string_equal(buf_str(&out), "x y\ta b");
	assert_false(template_ranges(t));
	assert_int_equal(template_parse("[{{range .}}x{{end}}]", "t", &u, NULL), 0);
	assert_true(template_ranges(u));
}

/* what durations and names in other letters print; %s stands for the template */
static void test_checks_and_names(void **state)
{
	static const char checked[] =
		"{\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Interval\":90000000000,\"Timeout\":0,"
		"\"StartPeriod\":1500000,\"Retries\":3},\"Timeout\":7,\"HostIp\":\"::\","
		"\"Labels\":{\"Ab\":\"1\"},\"Labels.text\":\"Ab=1\"}";
	static const struct row cases[] = {
		{"{{.Healthcheck.Interval}} {{.Healthcheck.Timeout}} {{.Timeout}}", "1m30s 0s 7",
			NULL},
		{"{{.HealthCheck.StartPeriod}} {{.Healthcheck.Retries}}", "1.5ms 3", NULL},
		{"{{.Healthcheck}}", "{[CMD x] 1m30s 0s 1.5ms 3}", NULL},
		{"{{printf \"%d %s %v\" .Healthcheck.Interval .Healthcheck.Interval "
		 ".Healthcheck.Timeout}}",
			"90000000000 1m30s 0s", NULL},
		{"{{json .Healthcheck.Interval}} {{gt .Healthcheck.Interval 5}}",
			"90000000000 true", NULL},
		{"{{.HostIP}}", "::", NULL},
		{"{{.Labels}} {{index .Labels \"Ab\"}} {{.Labels.AB}}", "Ab=1 1 <no value>", NULL},
		{"{{range $k, $v := .}}{{end}}", NULL, "range cannot iterate"},
		{"{{.hostIp}}", NULL, "there is no field 'hostIp'"},
	};
	_cleanup_json_ json_t *j = NULL;

	(void)state;
	assert_int_equal(json_parse(checked, strlen(checked), "data", &j, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_template_ struct template *t = NULL;
		_cleanup_buf_ struct buf out = {0};
		struct err err = {0};
		int r;

		assert_int_equal(template_parse(cases[i].text, "t", &t, NULL), 0);
		r = template_exec(t, j, &out, &err);
		if (cases[i].out)
			assert_string_equal(buf_str(&out), cases[i].out);
		else
			assert_non_null(strstr(err.msg, cases[i].error));
		assert_int_equal(r, cases[i].out ? 0 : -ERR_USAGE);
	}
}

/* a neighbour that only says how a member prints is in no JSON */
static void test_json_of_row(void **state)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_template_ struct template *t = NULL;
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	json_object_set_new(j, "Labels", json_object());
	json_set_str(j, "Labels.text", "a=b");
	assert_int_equal(template_parse("{{json .}} {{.}}", "t", &t, NULL), 0);
	assert_int_equal(template_exec(t, j, &out, NULL), 0);
	assert_string_equal(buf_str(&out), "{\"Labels\":{}} {a=b}");
}

static void test_nearest_field(void **state)
{
	_cleanup_template_ struct template *t = NULL;
	_cleanup_json_ json_t *j = json_object();
	_cleanup_buf_ struct buf out = {0};
	struct err err = {0};

	(void)state;
	json_set_str(j, "Names", "x");
	assert_int_equal(template_parse("{{.Name}}", "t", &t, NULL), 0);
	assert_int_equal(template_exec(t, j, &out, &err), -ERR_USAGE);
	assert_string_equal(err.hint, "did you mean '.Names'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_headings),
		cmocka_unit_test(test_tabs_and_range),
		cmocka_unit_test(test_checks_and_names),
		cmocka_unit_test(test_json_of_row),
		cmocka_unit_test(test_nearest_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
