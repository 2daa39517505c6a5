#include "tests/unit/unit.h"

#include "storage/transfer/whiteout.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void test_parse(void **state)
{
	static const struct {
		const char *base;
		enum whiteout_kind kind;
		const char *name;
	} cases[] = {
		{"file", WHITEOUT_NONE, NULL},
		{".wh", WHITEOUT_NONE, NULL},
		{"x.wh.y", WHITEOUT_NONE, NULL},
		{".wh.gone", WHITEOUT_FILE, "gone"},
		{".wh..hidden", WHITEOUT_FILE, ".hidden"},
		{".wh....", WHITEOUT_FILE, "..."},
		{".wh..wh..opq", WHITEOUT_OPAQUE, NULL},
		{".wh..wh..opqx", WHITEOUT_SKIP, NULL},
		{".wh..wh.plnk", WHITEOUT_SKIP, NULL},
		{".wh..wh.", WHITEOUT_SKIP, NULL},
		{".wh.", WHITEOUT_BAD, NULL},
		{".wh..", WHITEOUT_BAD, NULL},
		{".wh...", WHITEOUT_BAD, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = NULL;

		if (whiteout_parse(cases[i].base, &name) != cases[i].kind)
			fail_msg("%s", cases[i].base);
		assert_true(str_eq(name, cases[i].name));
	}
}

static void test_is(void **state)
{
	(void)state;
	assert_true(whiteout_is(&(struct stat){.st_mode = S_IFCHR}));
	assert_true(whiteout_is(&(struct stat){.st_mode = S_IFCHR | 0644}));
	assert_false(whiteout_is(&(struct stat){.st_mode = S_IFCHR, .st_rdev = makedev(0, 1)}));
	assert_false(whiteout_is(&(struct stat){.st_mode = S_IFCHR, .st_rdev = makedev(1, 0)}));
	assert_false(whiteout_is(&(struct stat){.st_mode = S_IFBLK}));
	assert_false(whiteout_is(&(struct stat){.st_mode = S_IFREG}));
}

/* an image may give a file capabilities and names of users' own; nothing that a driver or the host's policy reads */
static void test_attributes(void **state)
{
	static const char *const yes[] = {"security.capability", "user.x", "user.overlay",
		"user.mime_type", "user.overlayed.x", "user.r"};
	static const char *const no[] = {"user.overlay.opaque", "user.overlay.redirect",
		"user.fuseoverlayfs.override_stat", "user.containers.override_stat", "user.rl.x",
		"trusted.overlay.opaque", "trusted.x", "security.selinux", "security.ima",
		"security.capability.x", "system.posix_acl_access", "user", "USER.x", "xuser.y",
		""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!whiteout_xattr_allowed(yes[i]))
			fail_msg("%s is refused", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (whiteout_xattr_allowed(no[i]))
			fail_msg("%s is allowed", no[i]);
}

static void test_make(void **state)
{
	char path[64], value[4];
	int dir = unit_scratch(path), sub;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(whiteout_make(dir, "gone", &err), 0);
	assert_int_equal(fstatat(dir, "gone", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(whiteout_is(&st));
	/* what is there stays: a directory hides what lies below it */
	unit_file(dir, "file", "kept");
	assert_int_equal(whiteout_make(dir, "file", &err), 0);
	assert_int_equal(fstatat(dir, "file", &st, 0), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(mkdirat(dir, "dir", 0755), 0);
	assert_int_equal(whiteout_make(dir, "dir", &err), 0);
	sub = openat(dir, "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fgetxattr(sub, "user.overlay.opaque", value, sizeof(value)), 1);
	assert_int_equal(value[0], 'y');
	/* again, it is what it is */
	assert_int_equal(whiteout_set_opaque(sub, &err), 0);
	fd_close(sub);
	assert_int_equal(whiteout_make(dir, "no/such", &err), -ENOENT);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_make),
	};

	return cmocka_run_group_tests_name("whiteout", tests, NULL, NULL);
}
