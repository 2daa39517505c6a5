#include "tests/unit/unit.h"

#include "storage/check.h"
#include "storage/refstore.h"
#include "storage/usage.h"

#define ID "1111111111111111111111111111111111111111111111111111111111111111"

static char path[64];
static int dir;
static struct store store;
static struct strv lines;

static void note(void *arg, const json_t *finding)
{
	(void)arg;
	strv_take(&lines, check_text(finding));
}

static int setup(void **state)
{
	_cleanup_free_ char *where = NULL;

	(void)state;
	dir = unit_scratch(path);
	where = xasprintf("%s/s", path);
	assert_int_equal(store_open(&store, where, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	strv_done(&lines);
	lines = (struct strv){0};
	store_done(&store);
	unit_scratch_done(dir, path);
	return 0;
}

/* what the last line of a run says; @n: how many there are */
static const char *run(void (*fn)(const struct store *, struct check *), bool repair, size_t n)
{
	struct check c = {.repair = repair, .report = note};

	strv_done(&lines);
	lines = (struct strv){0};
	fn(&store, &c);
	assert_int_equal(lines.n, n);
	assert_int_equal(c.found, n);
	assert_int_equal(c.mended, repair ? n : 0);
	return n ? lines.v[n - 1] : "";
}

static void test_frame(void **state)
{
	(void)state;
	run(check_frame, false, 0);
	unit_file(store.fd, "version", "x\n");
	assert_non_null(strstr(run(check_frame, false, 1), "version: is not a number (--repair: "));
	assert_non_null(strstr(run(check_frame, true, 1), "(repaired: "));
	run(check_frame, false, 0);
	/* a newer one is not damaged */
	unit_file(store.fd, "version", "999\n");
	run(check_frame, false, 0);
	unit_file(store.fd, "driver", "vfs\n");
	run(check_frame, false, 0);
	unit_file(store.fd, "driver", "vfsx\n");
	assert_non_null(strstr(run(check_frame, true, 1), "driver: names no"));
	assert_int_equal(faccessat(store.fd, "driver", F_OK, 0), -1);
	assert_int_equal(unlinkat(store.fd, "names", AT_REMOVEDIR), 0);
	assert_int_equal(fchmodat(store.fd, "refs", 0711, 0), 0);
	run(check_frame, true, 2);
	run(check_frame, false, 0);
	assert_int_equal(unlinkat(store.fd, "names", AT_REMOVEDIR), 0);
	unit_file(store.fd, "names", "");
	assert_non_null(strstr(run(check_frame, false, 1), "not a directory"));
}

static void test_refs(void **state)
{
	struct err err;
	char id[65];

	(void)state;
	assert_int_equal(refstore_set(&store, "docker.io/library/a:1", ID, &err), 0);
	assert_non_null(
		strstr(run(check_refs, false, 1), "name docker.io/library/a:1: names the image"));
	assert_int_equal(refstore_get(&store, "docker.io/library/a:1", id, &err), 0);
	assert_int_equal(mkdirat(store.fd, "images/" ID, 0700), 0);
	run(check_refs, false, 0);
	/* a copy under another name is nobody's */
	unit_file(store.fd, "refs/b",
		"{\"version\":1,\"ref\":\"docker.io/library/a:1\",\"image\":\"" ID "\"}");
	unit_file(store.fd, "refs/c", "{");
	run(check_refs, false, 2);
	run(check_refs, true, 2);
	run(check_refs, false, 0);
	assert_int_equal(refstore_get(&store, "docker.io/library/a:1", id, &err), 0);
}

static void test_leftovers(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char name[64];
	int held;

	(void)state;
	held = store_tmp(&store, name, NULL);
	assert_true(held >= 0);
	assert_int_equal(mkdirat(store.fd, "tmp/left", 0700), 0);
	unit_file(store.fd, "refs/.tmp-1", "");
	assert_int_equal(utimensat(store.fd, "refs/.tmp-1", old, 0), 0);
	unit_file(store.fd, "refs/.tmp-2", ""); /* being written */
	run(check_leftovers, false, 2);
	/* a lock of this very process does not count as another's, so it is dropped from a child */
	assert_int_equal(faccessat(store.fd, "tmp/left", F_OK, 0), 0);
	run(check_leftovers, true, 2);
	assert_int_equal(faccessat(store.fd, "tmp/left", F_OK, 0), -1);
	assert_int_equal(faccessat(store.fd, "refs/.tmp-1", F_OK, 0), -1);
	assert_int_equal(faccessat(store.fd, "refs/.tmp-2", F_OK, 0), 0);
	assert_int_equal(faccessat(store.fd, name, F_OK, 0), 0);
	fd_close(held);
}

static int mended;

static int mend(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	mended++;
	return 0;
}

static void test_force(void **state)
{
	struct check_finding f = {.mend = "remove it", .force = true};
	struct check c = {.repair = true, .report = note};

	(void)state;
	check_object(&f, "image x");
	check_what(&f, "is odd");
	check_found(&c, &f, mend, NULL);
	assert_string_equal(lines.v[0], "image x: is odd (--repair --force: remove it)");
	f.mend = NULL;
	check_found(&c, &f, mend, NULL);
	assert_string_equal(lines.v[1], "image x: is odd");
	assert_int_equal(c.found, 2);
	assert_int_equal(mended, 0);
	c.force = true;
	f.mend = "remove it";
	check_found(&c, &f, mend, NULL);
	assert_int_equal(mended, 1);
	assert_int_equal(c.mended, 1);
	/* force alone changes nothing */
	c.repair = false;
	check_found(&c, &f, mend, NULL);
	assert_int_equal(mended, 1);
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "t", 0700), 0);
	assert_int_equal(mkdirat(dir, "t/u", 0700), 0);
	unit_file(dir, "t/a", "12345");
	unit_file(dir, "t/u/b", "123");
	assert_int_equal(linkat(dir, "t/a", dir, "t/u/a2", 0), 0);
	assert_int_equal(symlinkat("a", dir, "t/l"), 0);
	assert_int_equal(usage_tree(dir, "t"), 8);
	assert_int_equal(usage_tree(dir, "none"), 0);
	for (int i = 0; i < 3000; i++) {
		char one[32], two[32];

		snprintf(one, sizeof(one), "t/x%d", i);
		snprintf(two, sizeof(two), "t/u/y%d", i);
		unit_file(dir, one, "x");
		assert_int_equal(linkat(dir, one, dir, two, 0), 0);
	}
	assert_int_equal(usage_tree(dir, "t"), 3008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_force, setup, teardown),
		cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
