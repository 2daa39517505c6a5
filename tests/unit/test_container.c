#include "tests/unit/unit.h"

#include "runtime/base/clock.h"
#include "runtime/container.h"
#include "runtime/name.h"

#include <string.h>

static char path[64];
static int dir, rundir;
static struct store store;
static struct containers cs;

static int setup(void **state)
{
	(void)state;
	dir = unit_scratch(path);
	assert_int_equal(mkdirat(dir, "run", 0700), 0);
	assert_int_equal(mkdirat(dir, "run/containers", 0700), 0);
	assert_int_equal(mkdirat(dir, "store", 0700), 0);
	rundir = openat(dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	{
		char where[96];

		snprintf(where, sizeof(where), "%s/store", path);
		assert_int_equal(store_open(&store, where, NULL), 0);
	}
	cs = (struct containers){.store = &store, .rundir = rundir, .runpath = "run"};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_done(&store);
	fd_close(rundir);
	unit_scratch_done(dir, path);
	return 0;
}

static int create(const char *name, char id[65])
{
	_cleanup_json_ json_t *record = json_object(),
			      *config = json_pack("{s:[{s:s}]}", "mounts", "source", "@DIR@/hosts");
	struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r;

	json_set_str(record, "name", name);
	r = container_create(&cs, record, config, NULL, NULL, &c, NULL);
	if (r == 0) {
		memcpy(id, c.id, 65);
		assert_non_null(
			strstr(json_get_str(json_array_get(json_object_get(config, "mounts"), 0),
				       "source", ""),
				c.id));
		container_done(&c);
	}
	return r;
}

static void put(const char *id, const char *file, const char *text)
{
	char name[128];

	snprintf(name, sizeof(name), "containers/%s/%s", id, file);
	assert_int_equal(fs_write_at(store.fd, name, text, strlen(text), 0600, 0, NULL), 0);
}

static void test_find(void **state)
{
	struct container c;
	char id[65], other[65], prefix[8];

	(void)state;
	assert_int_equal(create("web", id), 0);
	assert_int_equal(create("web", other), -EEXIST);
	assert_int_equal(create("../x", other), -ERR_USAGE);
	assert_int_equal(create("-x", other), -ERR_USAGE);
	assert_int_equal(create(NULL, other), 0);
	assert_int_equal(container_find(&cs, "web", &c, NULL), 0);
	assert_string_equal(c.id, id);
	assert_int_equal(c.status, CONTAINER_CREATED);
	container_done(&c);
	snprintf(prefix, sizeof(prefix), "%.7s", id);
	assert_int_equal(container_find(&cs, prefix, &c, NULL), 0);
	container_done(&c);
	assert_int_equal(container_find(&cs, "../names/web", &c, NULL), -ERR_NO_OBJECT);
	assert_int_equal(container_find(&cs, "", &c, NULL), -ERR_NO_OBJECT);
}

/* removed by somebody else between two steps: there is none, and no word of files */
static void test_vanished(void **state)
{
	struct container c, again;
	struct err err = {0};
	json_t *config = NULL;
	char id[65];

	(void)state;
	assert_int_equal(create("brief", id), 0);
	assert_int_equal(container_find(&cs, "brief", &c, NULL), 0);
	assert_int_equal(container_config(&c, &config, NULL), 0);
	json_decref(config);
	assert_int_equal(container_find(&cs, "brief", &again, NULL), 0);
	assert_int_equal(container_retire(&again, false, 0, NULL), 0);
	container_done(&again);
	assert_int_equal(container_config(&c, &config, &err), -ERR_NO_OBJECT);
	assert_string_equal(err.msg, "no such container: brief");
	container_done(&c);
}

static void test_exit(void **state)
{
	struct container c;
	char id[65];

	(void)state;
	assert_int_equal(create("done", id), 0);
	put(id, "exit.json", "{\"version\":1,\"exitCode\":3,\"started\":\"2026-01-02T15:04:05Z\"}");
	assert_int_equal(container_find(&cs, "done", &c, NULL), 0);
	assert_int_equal(c.status, CONTAINER_EXITED);
	assert_int_equal(c.exit_code, 3);
	container_done(&c);
	put(id, "exit.json", "{\"version\":1,\"exitCode\":127,\"started\":\"\"}");
	assert_int_equal(container_find(&cs, "done", &c, NULL), 0);
	assert_int_equal(c.status, CONTAINER_CREATED);
	container_done(&c);
}

/* one damaged container costs its own line, and can be found by name and removed */
static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "{\"version\":1}", "{\"version\":2,\"id\":\"x\"}"};
	struct container_list l;
	struct container c;
	char id[65], good[65];

	(void)state;
	assert_int_equal(create("bad", id), 0);
	assert_int_equal(create("good", good), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(id, "container.json", bad[i]);
		assert_int_equal(container_list(&cs, &l, NULL), 0);
		assert_int_equal(l.n, 2);
		container_list_done(&l);
		assert_int_equal(container_find(&cs, "bad", &c, NULL), 0);
		assert_int_equal(c.status, CONTAINER_DAMAGED);
		assert_string_equal(c.name, "bad");
		container_done(&c);
	}
	assert_int_equal(container_find(&cs, "bad", &c, NULL), 0);
	assert_int_equal(container_retire(&c, false, 0, NULL), 0);
	container_done(&c);
	assert_int_equal(create("bad", id), 0);
}

/* a crash between the two steps of making one leaves a name without a container */
static void test_dangling_name(void **state)
{
	char id[65], gone[65];

	(void)state;
	memset(gone, 'a', 64);
	gone[64] = '\0';
	assert_int_equal(symlinkat(gone, store.fd, "names/lost"), 0);
	assert_int_equal(create("lost", id), 0);
}

/* by the clock that nobody sets: "started" may say anything */
static void test_up(void **state)
{
	struct container c = {.status = CONTAINER_RUNNING};

	(void)state;
	c.state = json_pack("{s:s, s:I}", "started", "2001-01-01T00:00:00Z", "startedBoot",
		(json_int_t)clock_boot_ms() - 5000);
	assert_in_range(container_up_ms(&c), 5000, 100000);
	c.status = CONTAINER_EXITED;
	assert_int_equal(container_up_ms(&c), -1);
	c.status = CONTAINER_PAUSED;
	assert_in_range(container_up_ms(&c), 5000, 100000);
	/* of a monitor that did not write it down, or has not started its container yet */
	json_object_set_new(c.state, "startedBoot", json_integer(0));
	assert_int_equal(container_up_ms(&c), -1);
	json_decref(c.state);
}

static void test_name_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		char *name = name_random(i);

		assert_true(str_is_name(name));
		assert_non_null(strchr(name, '_'));
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vanished, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dangling_name, setup, teardown),
		cmocka_unit_test(test_name_random), cmocka_unit_test(test_up)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
