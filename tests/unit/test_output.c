#include "tests/unit/unit.h"

#include "cmd/output.h"

#include <sys/mman.h>

static const struct heading headings[] = {{"ID", "CONTAINER ID"}, {"RunningFor", "CREATED"}, {0}};

static json_t *make_rows(void)
{
	static const char text[] =
		"[{\"ID\":\"0123\",\"Names\":\"web\",\"RunningFor\":\"2 hours ago\",\"Size\":5,"
		"\"Labels\":{\"a\":\"1\\u001b[31m\"}},"
		"{\"ID\":\"4567\",\"Names\":\"bad\\n\\tname\",\"RunningFor\":\"now\",\"Size\":6,"
		"\"Labels\":{}}]";
	json_t *j = NULL;

	assert_int_equal(json_parse(text, sizeof(text) - 1, "rows", &j, NULL), 0);
	return j;
}

/* what output_list() prints to standard output, or "Error: …" */
static char *run(struct output o, json_t *rows)
{
	FILE *f = fdopen(memfd_create("out", MFD_CLOEXEC), "w+");
	struct err err = {0};
	struct buf b = {0};
	int saved = dup(STDOUT_FILENO), r;
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	o.headings = headings;
	o.table = "{{.ID}}\t{{.Names}}\t{{.RunningFor}}";
	fflush(stdout);
	dup2(fileno(f), STDOUT_FILENO);
	r = rows ? output_list(&o, rows, &err) : 0;
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	if (r < 0)
		buf_addf(&b, "Error: %s", err.msg);
	return buf_take(&b);
}

static void test_list(void **state)
{
	static const struct {
		const char *format, *quiet, *want;
		bool noheading;
	} rows[] = {
		{NULL, NULL,
			"CONTAINER ID  NAMES        CREATED\n0123          web          2 hours "
			"ago\n"
			"4567          bad\\n\\tname  now\n",
			false},
		{NULL, NULL,
			"0123        web          2 hours ago\n4567        bad\\n\\tname  now\n",
			true},
		{"table", NULL,
			"CONTAINER ID  NAMES        CREATED\n0123          web          2 hours "
			"ago\n"
			"4567          bad\\n\\tname  now\n",
			false},
		{"table {{.ID}} {{.Size}}", NULL,
			"CONTAINER ID  SIZE\n0123          5\n4567          6\n", false},
		{"table {{.ID}}\\t{{.Size}}", NULL,
			"CONTAINER ID  SIZE\n0123          5\n4567          6\n", false},
		{"table {{.ID}}\t{{.Label \"a\"}}", NULL,
			"CONTAINER ID  A\n0123          1\\x1b[31m\n4567          \n", false},
		{"{{.ID}}", NULL, "0123\n4567\n", false},
		{"{{.ID}}\\n", NULL, "0123\n4567\n", false},
		{"{{.ID}}{{\"\\n\"}}", NULL, "0123\n4567\n", false},
		{"{{if eq .ID \"0123\"}}x{{end}}", NULL, "x\n\n", false},
		{"{{range .}}{{.ID}};{{end}}", NULL, "0123;4567;\n", false},
		{"{{.Names}}", NULL, "web\nbad\n\tname\n", false},
		{NULL, "{{.ID}}", "0123\n4567\n", false},
		{"{{.ID}}", "{{.ID}}", "Error: --quiet and --format exclude each other", false},
		{"{{.Nope}}", NULL, "Error: template: format:1:3: there is no field 'Nope'", false},
		{"{{.ID", NULL, "Error: template: format:1:6: unclosed action", false},
		{"tablet", NULL, "tablet\ntablet\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_json_ json_t *j = make_rows();
		_cleanup_free_ char *got = run((struct output){.format = rows[i].format,
						       .quiet = rows[i].quiet,
						       .noheading = rows[i].noheading},
			j);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s:\n%s\nwant:\n%s", rows[i].format, got, rows[i].want);
	}
}

static void test_empty(void **state)
{
	_cleanup_json_ json_t *none = json_array();
	_cleanup_free_ char *table = run((struct output){0}, none);
	_cleanup_free_ char *json = run((struct output){.format = "json"}, none);
	_cleanup_free_ char *lines = run((struct output){.format = "{{.ID}}"}, none);

	(void)state;
	assert_string_equal(table, "CONTAINER ID  NAMES       CREATED\n");
	assert_string_equal(json, "[]\n");
	assert_string_equal(lines, "");
}

static void test_json(void **state)
{
	_cleanup_json_ json_t *j = json_pack("[{s:i}]", "A", 1);
	_cleanup_json_ json_t *two = json_pack("[{s:i}, {s:[s]}]", "A", 1, "B", "\x1b");
	_cleanup_free_ char *got = run((struct output){.format = " {{ json }} "}, j);
	_cleanup_free_ char *lines = run((struct output){.format = "{{json .}}"}, two);
	struct output o = {.format = "json", .table = "{{.ID}}"}, table = {.table = "{{.ID}}"};

	(void)state;
	assert_string_equal(got, "[\n    {\n        \"A\": 1\n    }\n]\n");
	/* a template for docker and podman: a line for each */
	assert_string_equal(lines, "{\"A\":1}\n{\"B\":[\"\\u001B\"]}\n");
	assert_true(output_is_template("{{json .A}}") && output_is_template("json x") &&
		    output_is_template("{{.}}"));
	assert_false(output_is_template(NULL) || output_is_template("{{json.}}") ||
		     output_is_template("{{  json . }}"));
	assert_true(output_is_json(&o) && output_uses(&o, "Size"));
	assert_true(!output_is_json(&table) && !output_uses(&table, "Size") &&
		    output_uses(&table, "ID"));
}

static void test_escape(void **state)
{
	static const char *const rows[][2] = {{"plain", "plain"}, {"a\nb\tc\r", "a\\nb\\tc\\r"},
		{"\x1b[31m", "\\x1b[31m"}, {"\x7f", "\\x7f"}, {"\xc2\x9b", "\\u009b"},
		{"\xff", "\\xff"}, {"h\xc3\xa9", "h\xc3\xa9"}, {"\xe2\x80\xae", "\\u202e"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, {"\xc0\xaf", "\\xc0\\xaf"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf b = {0};

		output_escape(&b, rows[i][0]);
		assert_string_equal(buf_str(&b), rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
