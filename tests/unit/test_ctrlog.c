#include "tests/unit/unit.h"

#include "runtime/base/json.h"
#include "runtime/base/proc.h"
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

static char *raw(const char *name)
{
	struct buf b = {0};

	assert_int_equal(fs_read_at(dir, name, &b, NULL), 0);
	return buf_take(&b);
}

/* what other tools read: stream, time and text of each line as they are in the file */
static void test_file(void **state)
{
	struct ctrlog l;
	_cleanup_free_ char *k8s = NULL, *json = NULL;
	json_t *j = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 0, NULL), 0);
	ctrlog_write(&l, 1, "out\n", 4);
	ctrlog_write(&l, 2, "err", 3);
	ctrlog_done(&l);
	assert_int_equal(l.fd, -EBADF);
	k8s = raw("ctr.log");
	assert_non_null(strstr(k8s, "+00:00 stdout F out\n"));
	assert_non_null(strstr(k8s, "+00:00 stderr P err\n"));
	assert_int_equal(fstatat(dir, "ctr.log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(unlinkat(dir, "ctr.log", 0), 0);

	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_JSON, 0, NULL), 0);
	ctrlog_write(&l, 2, "\"\\\x01\x7f\t\xff\n", 7);
	ctrlog_done(&l);
	json = raw("ctr.log");
	assert_non_null(str_after(json, "{\"log\":\"\\\"\\\\\\u0001\\u007f\\u0009\\ufffd\\n\","
					"\"stream\":\"stderr\",\"time\":\"2"));
	assert_true(str_ends(json, "Z\"}\n"));
	assert_int_equal(json_parse(json, strlen(json) - 1, "line", &j, NULL), 0);
	json_decref(j);
}

/* a character that is cut by a read is put together for each stream on its own; half a one at the end is kept */
static void test_json_streams(void **state)
{
	static const char *const whole[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	_cleanup_buf_ struct buf got = {0};
	_cleanup_free_ char *text = NULL;
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_JSON, 0, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		for (size_t cut = 1; cut < strlen(whole[i]); cut++) {
			ctrlog_write(&l, 1, whole[i], cut);
			ctrlog_write(&l, 2, "\xc3", 1);
			ctrlog_write(&l, 1, whole[i] + cut, strlen(whole[i]) - cut);
			ctrlog_write(&l, 2, "\xb6", 1);
			ctrlog_write(&l, 1, "\n", 1);
			ctrlog_write(&l, 2, "\n", 1);
		}
	/* what never becomes a character is not waited for */
	ctrlog_write(&l, 1, "\xf5\n", 2);
	ctrlog_write(&l, 1, "\xc1", 1);
	ctrlog_write(&l, 1, "\xe2\x82", 2);
	ctrlog_write(&l, 2, "\xe2", 1);
	ctrlog_done(&l);
	text = raw("ctr.log");
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		assert_non_null(strstr(text, whole[i]));
	assert_non_null(strstr(text, "{\"log\":\"\xc3\xb6\",\"stream\":\"stderr\""));
	assert_null(strstr(text, "\\ufffd\",\"stream\":\"stderr\",\"time\":\"\"}"));
	assert_non_null(strstr(text, "{\"log\":\"\\ufffd\\n\",\"stream\":\"stdout\""));
	assert_non_null(strstr(text, "{\"log\":\"\\ufffd\\ufffd\",\"stream\":\"stdout\""));
	assert_non_null(strstr(text, "{\"log\":\"\\ufffd\",\"stream\":\"stderr\""));
	read_all(CTRLOG_JSON, -1, &got);
	assert_true(got.len > 0);
}

/* more than is gathered before it is written, in one piece */
static void test_large(void **state)
{
	_cleanup_buf_ struct buf want = {.cap = 1 << 20}, got = {.cap = 1 << 20};
	struct ctrlog l;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_addf(&want, "line %d\n", i);
	for (int f = CTRLOG_K8S; f <= CTRLOG_JSON; f++) {
		assert_int_equal(ctrlog_open(&l, dir, (enum ctrlog_format)f, 0, NULL), 0);
		ctrlog_write(&l, 1, want.data, want.len);
		ctrlog_done(&l);
		buf_clear(&got);
		read_all((enum ctrlog_format)f, -1, &got);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
		assert_int_equal(unlinkat(dir, "ctr.log", 0), 0);
	}
}

static void test_formats(void **state)
{
	enum ctrlog_format f = CTRLOG_NONE;
	struct ctrlog l;

	(void)state;
	assert_int_equal(ctrlog_format_parse("k8s-file", &f), 0);
	assert_int_equal(f, CTRLOG_K8S);
	assert_int_equal(ctrlog_format_parse("json-file", &f), 0);
	assert_int_equal(f, CTRLOG_JSON);
	assert_int_equal(ctrlog_format_parse("none", &f), 0);
	assert_int_equal(f, CTRLOG_NONE);
	assert_int_equal(ctrlog_format_parse("syslog", &f), -EINVAL);
	/* none is written nowhere, and a log is never written through a link */
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_NONE, 0, NULL), 0);
	ctrlog_write(&l, 1, "x\n", 2);
	ctrlog_done(&l);
	assert_int_equal(faccessat(dir, "ctr.log", F_OK, 0), -1);
	unit_file(dir, "victim", "");
	assert_int_equal(symlinkat("victim", dir, "ctr.log"), 0);
	assert_int_equal(ctrlog_open(&l, dir, CTRLOG_K8S, 0, NULL), -ELOOP);
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

/* a line as other programs write it: members in between, and every way to escape */
static void test_foreign_line(void **state)
{
	char line[] = "{\"log\":\"\\\"\\\\\\/"
		      "\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\\u0041\\n\",\"abc\":\"x\","
		      "\"stdout\":\"y\",\"stream\":\"stderr\",\"when\":\"z\",\"time\":"
		      "\"2026-01-02T15:04:05.5Z\"}";
	static const char want[] = "\"\\/\b\f\n\r\t\xe2\x82\xac\xf0\x9f\x98\x80"
				   "A";
	char part[] = "{\"log\":\"half\",\"stream\":\"stdout\",\"time\":\"2026-01-02T15:04:05Z\"}";
	struct ctrlog_entry e = {0};

	(void)state;
	assert_int_equal(ctrlog_parse(CTRLOG_JSON, line, strlen(line), &e), 0);
	assert_int_equal(e.len, strlen(want));
	assert_memory_equal(e.text, want, e.len);
	assert_int_equal(e.stream, 2);
	assert_false(e.partial);
	assert_int_equal(e.time.tv_sec, 1767366245);
	assert_int_equal(e.time.tv_nsec, 500000000);
	assert_int_equal(ctrlog_parse(CTRLOG_JSON, part, strlen(part), &e), 0);
	assert_true(e.partial);
	assert_int_equal(e.len, 4);
	assert_int_equal(e.stream, 1);
	assert_int_equal(e.time.tv_nsec, 0);
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

#define LINES	   1000
#define ROUND_LINE "0123456789012345678901234567890123456789%06d\n"

/* In a child: two lines for each byte that comes, and each of them rotates the log. */
static void write_rounds(int go)
{
	struct ctrlog l;
	char line[64], byte;

	if (ctrlog_open(&l, dir, CTRLOG_K8S, 200, NULL) < 0)
		_exit(1);
	for (int i = 0; fd_read_full(go, &byte, 1) == 1; i += 2) {
		for (int k = i; k < i + 2; k++) {
			snprintf(line, sizeof(line), ROUND_LINE, k);
			ctrlog_write(&l, 1, line, strlen(line));
		}
	}
	_exit(0);
}

/* a follower that is never more than two files behind misses nothing, however its steps and the rotations mix */
static void test_follow(void **state)
{
	const struct ctrlog_query q = {.tail = -1, .follow = true};
	struct ctrlog_reader r;
	struct ctrlog_entry e;
	int go[2];
	pid_t pid;

	(void)state;
	assert_int_equal(fd_pipe(&go[0], &go[1], NULL), 0);
	pid = proc_fork(NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		fd_close(go[1]);
		write_rounds(go[0]);
	}
	fd_close(go[0]);
	assert_int_equal(ctrlog_reader_open(&r, dir, CTRLOG_K8S, &q, NULL), 0);
	for (int i = 0; i < LINES; i++) {
		if (i % 2 == 0)
			assert_int_equal(write(go[1], "g", 1), 1);
		while (ctrlog_read(&r, &e, NULL) == 0)
			;
		assert_int_equal(e.len, 46);
		assert_int_equal(strtol(e.text + 40, NULL, 10), i);
	}
	ctrlog_reader_done(&r);
	fd_close(go[1]);
	assert_int_equal(proc_wait(pid), 0);
}

static size_t size_of(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? (size_t)st.st_size : 0;
}

/* Both files together stay within the limit at any moment, whatever comes at once; what is kept is the end, byte for byte. */
static void test_limit(void **state)
{
	static const uint64_t limits[] = {500, 1024, 10000, 100000};
	static const enum ctrlog_format formats[] = {CTRLOG_K8S, CTRLOG_JSON};
	_cleanup_buf_ struct buf all = {0};

	(void)state;
	/* short lines, one without an end for long, and characters that are longer as JSON or must not be cut */
	for (int i = 0; all.len < 65536; i++)
		buf_addf(&all, "line %d \"\xc3\xa4\"\n", i);
	for (int i = 0; i < 70000; i++)
		buf_adds(&all, i % 7 ? "x" : "\xe2\x82\xac");
	buf_adds(&all, "\nthe end\n");
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++)
		for (size_t k = 0; k < ARRAY_SIZE(limits); k++) {
			_cleanup_buf_ struct buf got = {0};
			struct ctrlog l;

			unlinkat(dir, "ctr.log", 0);
			unlinkat(dir, "ctr.log.1", 0);
			assert_int_equal(ctrlog_open(&l, dir, formats[f], limits[k], NULL), 0);
			for (size_t at = 0; at < all.len; at += 60000) {
				size_t n = all.len - at < 60000 ? all.len - at : 60000;

				ctrlog_write(&l, 1, all.data + at, n);
				assert_true(size_of("ctr.log") + size_of("ctr.log.1") <= limits[k]);
			}
			ctrlog_done(&l);
			read_all(formats[f], -1, &got);
			assert_true(got.len >= limits[k] / 30 && got.len <= all.len);
			assert_memory_equal(got.data, all.data + all.len - got.len, got.len);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_k8s, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_binary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json_streams, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail_of_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_tail, setup, teardown),
		cmocka_unit_test(test_foreign_line),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
