#include "tests/unit/unit.h"

#include "runtime/ctrlog.h"

#include <string.h>

static char path[64];
static int dir;

static int setup(void **state)
{
	(void)state;
	dir = unit_scratch(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_scratch_done(dir, path);
	return 0;
}

/* everything that a reader gives, put together again */
static void read_all(enum ctrlog_format f, int64_t tail, struct buf *out)
{
	const struct ctrlog_query q = {.tail = tail};
	struct ctrlog_reader r;
	struct ctrlog_entry e;

	assert_int_equal(ctrlog_reader_open(&r, dir, f, &q, NULL), 0);
	while (ctrlog_read(&r, &e, NULL) > 0) {
		buf_add(out, e.text, e.len);
		if (!e.partial)
			buf_addc(out, '\n');
	}
	ctrlog_reader_done(&r);
}

static void check_round_trip(enum ctrlog_format f)
{
	static const char *const pieces[] = {
		"one\ntwo", " more\n", "", "\n\n", "\303", "\244 \"quoted\\\" \001\n", "end"};
	_cleanup_buf_ struct buf want = {0}, got = {0};
	struct ctrlog l;

	assert_int_equal(ctrlog_open(&l, dir, f, 0, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		ctrlog_write(&l, 1, pieces[i], strlen(pieces[i]));
		buf_adds(&want, pieces[i]);
	}
	ctrlog_done(&l);
	read_all(f, -1, &got);
	assert_string_equal(buf_str(&got), buf_str(&want));
}

static void test_k8s(void **state)
{
	(void)state;
	check_round_trip(CTRLOG_K8S);
}

static void test_json(void **state)
{
	(void)state;
	check_round_trip(CTRLOG_JSON);
}

static void test_binary(void **state)
{
	static const char data[] = "a\0b\xff\n\0";
	_cleanup_buf_ struct buf got = {0};
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 0, NULL), 0);
	ctrlog_write(&l, 2, data, 6);
	ctrlog_done(&l);
	read_all(CTRLOG_K8S, -1, &got);
	assert_int_equal(got.len, 6);
	assert_memory_equal(got.data, data, 6);
}

static void test_rotation(void **state)
{
	_cleanup_buf_ struct buf got = {0};
	struct stat a, b;
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 4096, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		char line[16];

		snprintf(line, sizeof(line), "%d\n", i);
		ctrlog_write(&l, 1, line, strlen(line));
	}
	ctrlog_done(&l);
	assert_int_equal(fstatat(dir, "ctr.log", &a, 0), 0);
	assert_int_equal(fstatat(dir, "ctr.log.1", &b, 0), 0);
	assert_true(a.st_size + b.st_size <= 4096);
	read_all(CTRLOG_K8S, 60, &got);
	assert_string_equal(strrchr(buf_str(&got), '9') - 2, "999\n");
	buf_clear(&got);
	read_all(CTRLOG_K8S, 3, &got);
	assert_string_equal(buf_str(&got), "997\n998\n999\n");
	buf_clear(&got);
	read_all(CTRLOG_K8S, 0, &got);
	assert_string_equal(buf_str(&got), "");
}

static void test_tail_of_pieces(void **state)
{
	_cleanup_buf_ struct buf got = {0};
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 0, NULL), 0);
	ctrlog_write(&l, 1, "a\nb1", 4);
	ctrlog_write(&l, 1, "b2\nc\n", 5);
	ctrlog_done(&l);
	read_all(CTRLOG_K8S, 2, &got);
	assert_string_equal(buf_str(&got), "b1b2\nc\n");
}

/* a tail that reaches back further than the end that is looked at */
static void test_long_tail(void **state)
{
	_cleanup_buf_ struct buf got = {0};
	size_t lines = 0;
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 0, NULL), 0);
	for (int i = 0; i < 100; i++) {
		char page[2000];

		memset(page, '\n', sizeof(page));
		ctrlog_write(&l, 1, page, sizeof(page));
	}
	ctrlog_done(&l);
	read_all(CTRLOG_K8S, 150000, &got);
	for (size_t i = 0; i < got.len; i++)
		lines += got.data[i] == '\n';
	assert_int_equal(lines, 150000);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {"", "x", "2026-01-02T15:04:05Z",
		"2026-01-02T15:04:05Z stdout", "2026-01-02T15:04:05Z stdout X y",
		"2026-01-02T15:04:05Z stdin F y", "junk stdout F y", "{",
		"{\"log\":", "{\"log\":\"a\\", "{\"log\":\"a\\u12\"}", "{\"log\":1}",
		"{\"log\":\"a\",\"stream\":\"stdout\"}"};
	struct ctrlog_entry e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (int f = CTRLOG_K8S; f <= CTRLOG_JSON; f++) {
			char *line = xstrdup(bad[i]);

			assert_true(
				ctrlog_parse((enum ctrlog_format)f, line, strlen(line), &e) < 0);
			free(line);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_k8s, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_binary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail_of_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
