#include "runtime/accounts.h"

#include "runtime/base/fs.h"
#include "runtime/user.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int dir_make(char path[64])
{
	int fd = unit_scratch(path);

	assert_int_equal(mkdirat(fd, "etc", 0755), 0);
	return fd;
}

static int add(int root, const char *name, int id, bool create, struct err *err)
{
	json_t *line = json_pack("{s:s, s:i, s:o, s:b}", "name", name, "id", id, "line",
		json_sprintf("%s:*:%d:0::/:/bin/sh", name, id), "create", create);
	json_t *user = json_pack("{s:{s:[o]}}", "accounts", "passwd", line);
	int r = accounts_add(root, user, err);

	json_decref(user);
	return r;
}

static void assert_passwd(int root, const char *text)
{
	_cleanup_buf_ struct buf b = {0};

	assert_int_equal(fs_read_at(root, "etc/passwd", &b, NULL), 0);
	assert_string_equal(buf_str(&b), text);
}

static void test_known(void **state)
{
	static const char text[] = "root:x:0:0:root:/:/bin/sh\nshort\nx:y\n:::\nlast:x:7";

	(void)state;
	assert_true(accounts_known(text, "root", 99));
	assert_true(accounts_known(text, "other", 0));
	assert_true(accounts_known(text, "other", 7));
	assert_true(accounts_known(text, "short", 99));
	assert_false(accounts_known(text, "roo", 1));
	assert_false(accounts_known(text, "y", 70));
	assert_false(accounts_known("", "root", 0));
}

static void test_add(void **state)
{
	char path[64];
	int root = dir_make(path);
	struct stat st;

	(void)state;
	/* no file, and none wanted */
	assert_int_equal(add(root, "u", 5, false, NULL), 0);
	assert_int_equal(faccessat(root, "etc/passwd", F_OK, 0), -1);
	assert_int_equal(add(root, "u", 5, true, NULL), 0);
	assert_passwd(root, "u:*:5:0::/:/bin/sh\n");
	assert_int_equal(fstatat(root, "etc/passwd", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* what is known is not added again */
	assert_int_equal(add(root, "u", 6, true, NULL), 0);
	assert_int_equal(add(root, "v", 5, true, NULL), 0);
	assert_passwd(root, "u:*:5:0::/:/bin/sh\n");
	/* the last line may lack its end */
	assert_int_equal(fs_write_at(root, "etc/passwd", "a:x:1:1", 7, 0600, 0, NULL), 0);
	assert_int_equal(add(root, "v", 6, false, NULL), 0);
	assert_passwd(root, "a:x:1:1\nv:*:6:0::/:/bin/sh\n");
	unit_scratch_done(root, path);
}

static void test_hostile(void **state)
{
	char path[64], out[] = "/tmp/rl-accounts-XXXXXX";
	int root = dir_make(path), other = mkstemp(out), giant;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(symlinkat(out, root, "etc/passwd"), 0);
	/* the link's target is looked for below the root, where its directory is missing */
	assert_int_equal(add(root, "u", 5, false, &err), 0);
	add(root, "u", 5, true, &err);
	assert_int_equal(fstat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlinkat(root, "etc/passwd", 0), 0);
	assert_int_equal(mkfifoat(root, "etc/passwd", 0644), 0);
	assert_int_equal(add(root, "u", 5, true, &err), -EINVAL);
	assert_int_equal(unlinkat(root, "etc/passwd", 0), 0);
	assert_int_equal(fs_write_at(root, "etc/passwd", "", 0, 0644, 0, NULL), 0);
	giant = openat(root, "etc/passwd", O_WRONLY);
	assert_int_equal(ftruncate(giant, (off_t)USER_FILE_CAP + 1), 0);
	assert_true(add(root, "u", 5, true, &err) < 0);
	close(giant);
	close(other);
	unlink(out);
	unit_scratch_done(root, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
