#include "tests/unit/unit.h"

#include "runtime/base/fd.h"
#include "runtime/user.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD                                                                                     \
	"root:x:0:0:root:/root:/bin/sh\n"                                                          \
	"broken\n"                                                                                 \
	"odd:x:notanumber:7::/odd:\n"                                                              \
	"bob:x:1000:100:Bob,,,:/home/bob:/bin/sh\n"                                                \
	"short:x:1001\n"                                                                           \
	"4000:x:4001:4002::relative:/bin/sh"
#define GROUP                                                                                      \
	"root:x:0:\n"                                                                              \
	"users:x:100:\n"                                                                           \
	"wheel:x:10:alice,bob\n"                                                                   \
	"video:x:44:bob\n"                                                                         \
	"bobby:x:45:bobby\n"                                                                       \
	"huge:x:4294967295:bob\n"

static int look(const char *spec, struct user *u)
{
	char passwd[] = PASSWD, group[] = GROUP;
	struct err err = {0};
	int r = user_lookup(passwd, group, spec, u, &err);

	if (r < 0)
		assert_true(*err.msg);
	return r;
}

static void expect(const char *spec, uid_t uid, gid_t gid, size_t ngroups, const char *home)
{
	struct user u = {.uid = 7, .gid = 8};

	assert_int_equal(look(spec, &u), 0);
	assert_int_equal(u.uid, uid);
	assert_int_equal(u.gid, gid);
	assert_int_equal(u.ngroups, ngroups);
	if (home)
		assert_string_equal(u.home, home);
	else
		assert_null(u.home);
	user_done(&u);
}

static void test_lookup(void **state)
{
	(void)state;
	expect("root", 0, 0, 0, "/root");
	expect("bob", 1000, 100, 2, "/home/bob");
	expect("1000", 1000, 100, 2, "/home/bob");
	expect("bob:wheel", 1000, 10, 0, "/home/bob");
	expect("bob:12", 1000, 12, 0, "/home/bob");
	expect("5555", 5555, 0, 0, NULL);
	expect("5555:66", 5555, 66, 0, NULL);
	expect(":44", 0, 44, 0, NULL);
	/* a name of digits is a name before it is a number */
	expect("4000", 4001, 4002, 0, NULL);
	expect("short", 1001, 0, 0, NULL);
	/* without a name: as given */
	expect(NULL, 7, 8, 0, NULL);
	expect("", 7, 8, 0, NULL);
}

static void test_unknown(void **state)
{
	static const char *const bad[] = {
		"nobody", "bob:nobody", "odd", "broken", "-1", "4294967295", "1000 "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct user u = {0};

		assert_int_equal(look(bad[i], &u), -ERR_EXEC_FAILED);
		user_done(&u);
	}
}

static int resolve(int root, const char *name, struct user *u, struct err *err)
{
	_cleanup_json_ json_t *o = json_pack("{s:i,s:i,s:s,s:[i,i]}", "uid", 0, "gid", 0,
		"username", name, "additionalGids", 44, 77);

	return user_resolve(root, o, u, err);
}

static int resolve_json(int root, const char *text, struct user *u)
{
	_cleanup_json_ json_t *o = json_loads(text, 0, NULL);
	struct err err = {0};

	assert_non_null(o);
	return user_resolve(root, o, u, &err);
}

static void write_at(int dir, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
}

static void test_files(void **state)
{
	char path[64];
	int root = unit_scratch(path);
	struct user u = {0};
	struct err err = {0};
	static const char *const bad[] = {
		"{\"uid\":-1}",
		"{\"uid\":4294967295}",
		"{\"gid\":-1}",
		"{\"gid\":4294967295}",
		"{\"additionalGids\":[4294967295]}",
		"{\"additionalGids\":[-1]}",
		"{\"additionalGids\":[\"5\"]}",
		"{\"additionalGroups\":[\"nobody\"]}",
		"{\"additionalGroups\":[5]}",
	};

	(void)state;
	assert_int_equal(mkdirat(root, "etc", 0755), 0);
	assert_true(resolve(root, "bob", &u, &err) < 0);
	/* without files, numbers do */
	assert_int_equal(resolve(root, "5:6", &u, &err), 0);
	assert_int_equal(u.uid, 5);
	assert_int_equal(u.gid, 6);
	user_done(&u);
	write_at(root, "etc/passwd", PASSWD);
	write_at(root, "etc/group", GROUP);
	assert_int_equal(resolve(root, "bob", &u, &err), 0);
	assert_int_equal(u.ngroups, 4);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 100);
	assert_int_equal(u.groups[0], 10);
	assert_int_equal(u.groups[1], 44);
	assert_int_equal(u.groups[2], 100);
	assert_int_equal(u.groups[3], 77);
	user_done(&u);
	/* ids as they are given, and groups by name or number */
	assert_int_equal(resolve_json(root,
				 "{\"uid\":1000,\"gid\":6,\"additionalGids\":[8],"
				 "\"additionalGroups\":[\"video\",\"9\"]}",
				 &u),
		0);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 6);
	assert_string_equal(u.home, "/home/bob");
	assert_int_equal(u.ngroups, 3);
	assert_int_equal(u.groups[0], 44);
	assert_int_equal(u.groups[1], 9);
	assert_int_equal(u.groups[2], 8);
	user_done(&u);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (resolve_json(root, bad[i], &u) == 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(resolve_json(root, "{\"uid\":4294967294,\"gid\":4294967294}", &u), 0);
	assert_int_equal(u.uid, 4294967294);
	assert_int_equal(u.gid, 4294967294);
	user_done(&u);
	assert_int_equal(resolve_json(root, "{\"uid\":1,\"additionalGids\":[0]}", &u), 0);
	assert_int_equal(u.ngroups, 1);
	assert_int_equal(u.groups[0], 0);
	user_done(&u);
	/* a link stays inside the root */
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(symlinkat("/etc/real", root, "etc/passwd"), 0);
	assert_int_equal(resolve(root, "root", &u, &err), -ERR_EXEC_FAILED);
	write_at(root, "etc/real", PASSWD);
	assert_int_equal(resolve(root, "root", &u, &err), 0);
	user_done(&u);
	/* a FIFO must not block, and a giant is not read */
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(mkfifoat(root, "etc/passwd", 0644), 0);
	assert_true(resolve(root, "root", &u, &err) < 0);
	unlinkat(root, "etc/passwd", 0);
	write_at(root, "etc/passwd", PASSWD);
	{
		_cleanup_close_ int fd = openat(root, "etc/passwd", O_WRONLY | O_CLOEXEC);

		assert_int_equal(ftruncate(fd, (off_t)USER_FILE_CAP + 1), 0);
	}
	assert_int_equal(resolve(root, "root", &u, &err), -EFBIG);
	/* the same for the groups */
	write_at(root, "etc/passwd", PASSWD);
	unlinkat(root, "etc/group", 0);
	assert_int_equal(mkfifoat(root, "etc/group", 0644), 0);
	assert_true(resolve(root, "root", &u, &err) < 0);
	assert_int_equal(resolve_json(root, "{\"uid\":1}", &u), 0);
	user_done(&u);
	unit_scratch_done(root, path);
}

static void test_name(void **state)
{
	static const char text[] = "root:x:0:0::/:/bin/sh\n:x:7\nshort\nhalf:x\napp:x:1000:1000\n"
				   "again:x:1000\nx:1:5\nlast:x:12";
	static const struct {
		uint32_t id;
		const char *name;
	} want[] = {{0, "root"}, {1000, "app"}, {12, "last"}, {5, "x"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		_cleanup_free_ char *name = user_name(text, want[i].id);

		assert_string_equal(name, want[i].name);
	}
	assert_null(user_name(text, 7)); /* a name that is empty is none */
	assert_null(user_name(text, 1));
	assert_null(user_name("", 0));
	assert_null(user_name("\n\n:::\n", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
