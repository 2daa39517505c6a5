#include "tests/unit/unit.h"

#include "storage/transfer/pin.h"
#include "storage/transfer/publish.h"

#define HEX   "2222222222222222222222222222222222222222222222222222222222222222"
#define LAYER "sha256:" HEX
#define THERE "layers/" HEX
#define WHOLE "{\"version\":1,\"size\":3,\"tarSize\":10}"
#define OLD   "{\"version\":1,\"size\":3}"

static char path[64];
static int dir;
static struct store store;

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
	pin_release(&store);
	store_done(&store);
	unit_scratch_done(dir, path);
	return 0;
}

/* a layer with a file in it, whose text tells which one it is; @parts: of "diff", "layer.json" and the like */
static void make_layer(const char *at, const char *text, const char *facts, const char *parts)
{
	_cleanup_close_ int fd = -EBADF;

	assert_int_equal(fs_mkdirs_at(store.fd, at, 0700, NULL), 0);
	fd = fs_opendir_at(store.fd, at, NULL);
	if (strstr(parts, "diff")) {
		assert_int_equal(fs_mkdirs_at(fd, "diff", 0755, NULL), 0);
		unit_file(fd, "diff/file", text);
	}
	if (facts)
		unit_file(fd, "layer.json", facts);
	if (strstr(parts, "record"))
		unit_file(fd, "record", text);
	if (strstr(parts, "blob"))
		unit_file(fd, "blob", text);
	if (strstr(parts, "lost")) {
		assert_int_equal(fs_mkdirs_at(fd, "lost", 0700, NULL), 0);
		unit_file(fd, "lost/1", text);
	}
}

static void has(const char *name, const char *text)
{
	_cleanup_free_ char *file = xasprintf(THERE "/%s", name);
	_cleanup_buf_ struct buf b = {.cap = 100};
	int r = fs_read_at(store.fd, file, &b, NULL);

	if (!text) {
		assert_int_equal(r, -ENOENT);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(buf_str(&b), text);
}

static void publish(void)
{
	make_layer("tmp/x", "new", WHOLE, "diff record lost");
	assert_int_equal(publish_layer(&store, "tmp/x", LAYER, NULL), 0);
	assert_true(publish_is_whole(&store, LAYER));
}

static void test_whole(void **state)
{
	static const struct {
		const char *facts, *parts;
		bool whole;
	} cases[] = {
		{NULL, "", false},
		{NULL, "diff record", false},
		{"{", "diff record", false},
		{OLD, "diff record", false},
		{WHOLE, "diff", false},
		{WHOLE, "record blob", false},
		{WHOLE, "diff record", true},
		{WHOLE, "diff blob", true},
	};

	(void)state;
	assert_false(publish_is_whole(&store, LAYER));
	assert_false(publish_is_whole(&store, "sha256:../x"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_layer(THERE, "x", cases[i].facts, cases[i].parts);
		assert_int_equal(publish_is_whole(&store, LAYER), cases[i].whole);
		assert_int_equal(fs_remove_tree_at(store.fd, THERE, NULL), 0);
	}
}

static void test_first(void **state)
{
	(void)state;
	publish();
	has("diff/file", "new");
}

static void test_as_good(void **state)
{
	(void)state;
	make_layer(THERE, "old", WHOLE, "diff blob");
	publish();
	has("diff/file", "old");
	has("blob", "old");
	has("record", NULL);
	/* who made it for nothing removes it */
	assert_int_equal(faccessat(store.fd, "tmp/x/diff/file", F_OK, 0), 0);
}

/* of an old version: the tree stays, and what belongs to another record goes */
static void test_completed(void **state)
{
	(void)state;
	make_layer(THERE, "old", OLD, "diff blob lost");
	publish();
	has("diff/file", "old");
	has("record", "new");
	has("lost/1", "new");
	has("blob", NULL);
	has("layer.json", WHOLE);
}

static void test_replaced(void **state)
{
	(void)state;
	make_layer(THERE, "old", NULL, "diff record blob");
	publish();
	has("diff/file", "new");
	has("blob", NULL);
}

/* a container is made of it: it may be mounted */
static void test_in_use(void **state)
{
	(void)state;
	make_layer(THERE, "old", NULL, "diff");
	assert_int_equal(fs_mkdirs_at(store.fd, "containers/c", 0700, NULL), 0);
	unit_file(store.fd, "containers/c/container.json", "{\"diffIds\":[\"" LAYER "\"]}");
	publish();
	has("diff/file", "old");
	has("record", "new");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_first),
		TEST(test_as_good),
		TEST(test_completed),
		TEST(test_replaced),
		TEST(test_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
