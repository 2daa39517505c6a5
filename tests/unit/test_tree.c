#include "tests/unit/unit.h"

#include "storage/transfer/tree.h"
#include "tests/unit/tarball.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define NAME "ABCDEFGHIJKLMNOPQRST-_"

struct world {
	char path[64];
	int fd, root, objects, fresh;
	struct objects o;
};

static int setup(void **state)
{
	static const char *const dirs[] = {"layer", "root", "objects", "fresh"};
	struct world *w = xcalloc(1, sizeof(*w));

	w->fd = unit_scratch(w->path);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		assert_int_equal(mkdirat(w->fd, dirs[i], 0755), 0);
	w->root = fs_opendir_at(w->fd, "root", NULL);
	w->objects = fs_opendir_at(w->fd, "objects", NULL);
	w->fresh = fs_opendir_at(w->fd, "fresh", NULL);
	w->o = (struct objects){.dir = w->objects, .fresh = w->fresh};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fd_close(w->root);
	fd_close(w->objects);
	fd_close(w->fresh);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static int apply(struct world *w, struct buf *b, int objects)
{
	struct layer_facts facts;
	struct err err = {0};
	int fd, r;

	tarball_end(b);
	fd = tarball_fd(b);
	r = tree_apply(fd, w->root, objects, geteuid() != 0, &facts, &err);
	if (r < 0)
		assert_int_equal(err.code, -r);
	fd_close(fd);
	buf_done(b);
	return r;
}

/* a tree with one file, whose object is @text */
static int apply_one(struct world *w, const char *text, int objects)
{
	struct buf b = {0};

	tarball_pax(&b, "SCHILY.xattr." OBJECT_XATTR, text);
	tarball_add(&b, (struct tarball_entry){'0', "f"});
	return apply(w, &b, objects);
}

static char *redirect(struct world *w, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/root/%s", w->path, name);
	char value[256];
	ssize_t n = getxattr(path, "user.overlay.redirect", value, sizeof(value));

	return n < 0 ? NULL : xstrndup(value, (size_t)n);
}

static void test_parse(void **state)
{
	static const char *const bad[] = {"", ":", NAME, NAME ":", NAME ":0", NAME ":-1",
		NAME ":1 ", "A:1", "../../../../../../../etc:1", NAME "A:1",
		NAME ":9223372036854775808", "ABCDEFGHIJKLMNOPQRST/_:1", "ABCDEFGHIJKLMNOPQRST..:1",
		NAME ":00000000000000000000000000000000000000001"};
	char name[OBJECT_NAME_MAX];
	uint64_t size;

	(void)state;
	assert_true(object_parse(NAME ":12", strlen(NAME ":12"), name, &size));
	assert_string_equal(name, NAME);
	assert_int_equal(size, 12);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (object_parse(bad[i], strlen(bad[i]), name, &size))
			fail_msg("%s", bad[i]);
	assert_false(object_parse(NAME ":1\0", strlen(NAME) + 3, name, &size));
}

static void test_names_only(void **state)
{
	struct world *w = *state;
	struct stat st;
	char *text;

	assert_int_equal(apply_one(w, NAME ":1234567", -EBADF), 0);
	assert_int_equal(fstatat(w->root, "f", &st, 0), 0);
	assert_int_equal(st.st_size, 1234567);
	assert_int_equal(st.st_blocks, 0);
	text = redirect(w, "f");
	assert_string_equal(text, "/" NAME);
	free(text);
	assert_int_equal(apply_one(w, "/etc/passwd:3", -EBADF), -EBADMSG);
	assert_int_equal(apply_one(w, NAME ":x", -EBADF), -EBADMSG);
}

static void test_hostile(void **state)
{
	struct world *w = *state;
	struct buf b = {0};

	/* contents in the tree itself */
	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	assert_int_equal(apply(w, &b, -EBADF), -EBADMSG);
	tarball_add(&b, (struct tarball_entry){'0', "../f"});
	assert_int_equal(apply(w, &b, -EBADF), -EBADMSG);
	/* overlay's own attributes come from object names only */
	tarball_pax(&b, "SCHILY.xattr.user.overlay.redirect", "/x");
	tarball_add(&b, (struct tarball_entry){'0', "g"});
	assert_int_equal(apply(w, &b, -EBADF), 0);
	assert_null(redirect(w, "g"));
	tarball_add(&b, (struct tarball_entry){'2', "out", "../objects"});
	tarball_add(&b, (struct tarball_entry){'0', "out/.wh..wh..opq"});
	unit_file(w->objects, "kept", "x");
	assert_int_equal(apply(w, &b, -EBADF), -EBADMSG);
	assert_int_equal(faccessat(w->objects, "kept", F_OK, 0), 0);
}

static void test_copy(void **state)
{
	struct world *w = *state;
	struct buf b = {0};

	unit_file(w->objects, NAME, "hello");
	assert_int_equal(apply_one(w, NAME ":5", w->objects), 0);
	assert_int_equal(fs_read_at(w->root, "f", &b, NULL), 0);
	assert_string_equal(buf_str(&b), "hello");
	assert_null(redirect(w, "f"));
	buf_done(&b);
	/* not what it says: of another size, missing, a link out, no file */
	assert_int_equal(apply_one(w, NAME ":6", w->objects), -EBADMSG);
	assert_int_equal(unlinkat(w->objects, NAME, 0), 0);
	assert_int_equal(apply_one(w, NAME ":5", w->objects), -ENOENT);
	assert_int_equal(symlinkat("../layer/x", w->objects, NAME), 0);
	unit_file(w->fd, "layer/x", "outer");
	assert_true(apply_one(w, NAME ":5", w->objects) < 0);
	assert_int_equal(unlinkat(w->objects, NAME, 0), 0);
	assert_int_equal(mkfifoat(w->objects, NAME, 0600), 0);
	assert_int_equal(apply_one(w, NAME ":5", w->objects), -EBADMSG);
}

static void test_deletions(void **state)
{
	struct world *w = *state;
	struct buf b = {0};

	tarball_add(&b, (struct tarball_entry){'5', "d"});
	tarball_add(&b, (struct tarball_entry){'0', "d/a"});
	tarball_add(&b, (struct tarball_entry){'5', "e/f"});
	tarball_add(&b, (struct tarball_entry){'0', "e/f/a"});
	assert_int_equal(apply(w, &b, -EBADF), 0);
	tarball_add(&b, (struct tarball_entry){'5', "d"});
	tarball_add(&b, (struct tarball_entry){'0', "d/.wh..wh..opq"});
	tarball_add(&b, (struct tarball_entry){'0', "d/b"});
	tarball_add(&b, (struct tarball_entry){'0', "e/.wh.f"});
	tarball_add(&b, (struct tarball_entry){'0', "e/.wh.nothing"});
	assert_int_equal(apply(w, &b, -EBADF), 0);
	assert_true(faccessat(w->root, "d/a", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	assert_int_equal(faccessat(w->root, "d/b", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	/* and no marker stays */
	assert_true(faccessat(w->root, "e/f", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	assert_true(faccessat(w->root, "e/nothing", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
}

/* what is written is what is read, markers included */
static void test_round(void **state)
{
	struct world *w = *state;
	int layer = fs_opendir_at(w->fd, "layer", NULL), fd = memfd_create("tree", MFD_CLOEXEC);
	struct strv needed = {0};
	struct stat st, other;
	char *text;

	unit_file(layer, "a", "same");
	unit_file(layer, "b", "same");
	unit_file(layer, "empty", "");
	assert_int_equal(fchmodat(layer, "b", 04711, 0), 0);
	assert_int_equal(linkat(layer, "a", layer, "c", 0), 0);
	assert_int_equal(mknodat(layer, "gone", S_IFCHR, makedev(0, 0)), 0);
	unit_file(w->root, "gone", "x");
	assert_int_equal(tree_write(layer, false, &w->o, fd, NULL), 0);
	assert_int_equal(w->o.new, 1);
	assert_int_equal(w->o.bytes, 4);
	assert_int_equal(object_publish(&w->o, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(tree_objects(fd, &needed, NULL), 0);
	assert_int_equal(needed.n, 2);
	assert_string_equal(needed.v[0], needed.v[1]);
	/* the first 132 bits of SHA-256("same") */
	assert_string_equal(needed.v[0], "CWcRXygTo1Qervd96dnVdz");
	assert_int_equal(fstatat(w->objects, needed.v[0], &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0444);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	{
		struct layer_facts facts;

		assert_int_equal(tree_apply(fd, w->root, -EBADF, geteuid() != 0, &facts, NULL), 0);
		assert_int_equal(facts.size, 8);
	}
	assert_int_equal(fstatat(w->root, "a", &st, 0), 0);
	assert_int_equal(fstatat(w->root, "c", &other, 0), 0);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(fstatat(w->root, "b", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 04711);
	assert_int_equal(st.st_size, 4);
	text = redirect(w, "b");
	assert_string_equal(text + 1, needed.v[0]);
	free(text);
	assert_null(redirect(w, "empty"));
	assert_true(faccessat(w->root, "gone", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	/* one that is there is not written again; a damaged one is */
	w->o.new = 0;
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(tree_write(layer, false, &w->o, fd, NULL), 0);
	assert_int_equal(w->o.new, 0);
	assert_int_equal(unlinkat(w->objects, needed.v[0], 0), 0);
	unit_file(w->objects, needed.v[0], "lame");
	assert_int_equal(tree_write(layer, false, &w->o, fd, NULL), 0);
	assert_int_equal(w->o.new, 1);
	strv_done(&needed);
	fd_close(fd);
	fd_close(layer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deletions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_round, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
