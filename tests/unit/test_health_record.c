#include "tests/unit/unit.h"

#include "runtime/health_record.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static json_t *entry(int code, const char *output)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "Start", "a", "End", "b", "ExitCode", code,
		"Output", output);
}

/* write @n results, one after the other; Return: what the file says then */
static json_t *after(int dir, const struct container *c, const struct health_conf *conf, int n,
	const char *output)
{
	json_t *last = NULL;

	for (int i = 0; i < n; i++) {
		struct health h = {.status = HEALTH_UNHEALTHY, .streak = (unsigned)i + 1};
		_cleanup_json_ json_t *e = entry(i, output), *old = last;

		last = NULL;
		assert_int_equal(health_write(c, dir, old, &h, conf, e, NULL), 0);
		assert_int_equal(json_read_at(dir, HEALTH_FILE, &last, NULL), 0);
	}
	return last;
}

static void check_log(const json_t *j, size_t n, int last)
{
	const json_t *log = json_object_get(j, "Log");

	assert_int_equal(json_array_size(log), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(json_get_int(json_array_get(log, i), "ExitCode", -9),
			last + 1 - (int)n + (int)i);
}

static void the_last_ones_are_kept(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	struct container c = {.id = ID};
	struct health_conf conf = {.on = true, .log_count = 3};
	_cleanup_json_ json_t *j = after(dir, &c, &conf, 7, "x"), *more = NULL;

	(void)state;
	assert_string_equal(json_get_str(j, "Status", ""), "unhealthy");
	assert_int_equal(json_get_int(j, "FailingStreak", 0), 7);
	check_log(j, 3, 6);
	conf.log_count = 0;
	more = after(dir, &c, &conf, 100, "x");
	check_log(more, 100, 99);
	close(dir);
	fs_remove_tree_at(AT_FDCWD, path, NULL);
}

/* also where any number is wanted, and each byte takes six */
static void all_together_is_bounded(void **state)
{
	char path[64], output[HEALTH_OUTPUT_MAX + 1];
	int dir = unit_scratch(path);
	struct container c = {.id = ID};
	struct health_conf conf = {.on = true};
	_cleanup_json_ json_t *j = NULL;
	struct stat st;

	(void)state;
	memset(output, 1, HEALTH_OUTPUT_MAX);
	output[HEALTH_OUTPUT_MAX] = '\0';
	j = after(dir, &c, &conf, 9, output);
	assert_int_equal(fstatat(dir, HEALTH_FILE, &st, 0), 0);
	assert_true(st.st_size <= HEALTH_RECORD_MAX + 256);
	check_log(j, 2, 8);
	close(dir);
	fs_remove_tree_at(AT_FDCWD, path, NULL);
}

static void a_copy_in_a_directory(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	struct container c = {
		.id = ID, .record = json_pack("{s:{s:s}}", "health", "LogDestination", path)};
	struct health_conf conf = {.on = true, .log_count = 3};
	_cleanup_json_ json_t *j = after(dir, &c, &conf, 2, "text"), *copy = NULL;

	(void)state;
	assert_int_equal(json_read_at(dir, ID "-healthcheck.log", &copy, NULL), 0);
	assert_true(json_equal(j, copy));
	json_decref(c.record);
	close(dir);
	fs_remove_tree_at(AT_FDCWD, path, NULL);
}

/* while it runs, only what this run has written counts; afterwards what is there */
static void which_one_is_read(void **state)
{
	char path[64];
	int dir = unit_scratch(path), run, top;
	struct store store = {0};
	struct containers cs = {.store = &store};
	struct container c = {
		.cs = &cs, .id = ID, .record = json_pack("{s:{s:[s]}}", "health", "Test", "x")};
	struct health_conf conf = {.on = true, .log_count = 3};
	char name[HEALTH_NAME_MAX];
	json_t *j;

	(void)state;
	assert_int_equal(fs_mkdirs_at(dir, "store/containers/" ID, 0700, NULL), 0);
	assert_int_equal(fs_mkdirs_at(dir, "run/containers/" ID, 0700, NULL), 0);
	store.fd = openat(dir, "store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cs.rundir = openat(dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	top = openat(store.fd, "containers/" ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run = openat(cs.rundir, "containers/" ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_decref(after(top, &c, &conf, 1, "old"));
	c.status = CONTAINER_EXITED;
	j = health_read(&c);
	assert_non_null(j);
	json_decref(j);
	assert_string_equal(health_shown(&c, name), "");
	c.held = true;
	c.status = CONTAINER_RUNNING;
	assert_null(health_read(&c));
	json_decref(after(run, &c, &conf, 1, "new"));
	assert_string_equal(health_shown(&c, name), "unhealthy");
	json_decref(c.record);
	close(top);
	close(run);
	close(store.fd);
	close(cs.rundir);
	close(dir);
	fs_remove_tree_at(AT_FDCWD, path, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_ones_are_kept),
		cmocka_unit_test(all_together_is_bounded),
		cmocka_unit_test(a_copy_in_a_directory),
		cmocka_unit_test(which_one_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
