#include "tests/unit/unit.h"

#include "runtime/mounts.h"

#include <sys/mount.h>

static int plan(const char *mounts, struct mount_plan *ret, struct err *err)
{
	_cleanup_json_ json_t *config = json_pack("{s:o}", "mounts", json_loads(mounts, 0, NULL));

	return mounts_plan(config, ret, err);
}

static void test_kinds(void **state)
{
	static const enum mount_kind expected[] = {MOUNT_PROC, MOUNT_SYSFS, MOUNT_MQUEUE,
		MOUNT_CGROUP, MOUNT_FS, MOUNT_BIND, MOUNT_BIND, MOUNT_BIND};
	struct mount_plan p = {0};
	struct err err;

	(void)state;
	assert_int_equal(plan("[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/"
			      "sys\",\"type\":\"sysfs\"},"
			      "{\"destination\":\"/q\",\"type\":\"mqueue\"},{\"destination\":\"/"
			      "c\",\"type\":\"cgroup\"},"
			      "{\"destination\":\"/t\",\"type\":\"tmpfs\"},{\"destination\":\"/"
			      "b\",\"type\":\"bind\",\"source\":\"/x\"},"
			      "{\"destination\":\"/n\",\"type\":\"none\",\"source\":\"/"
			      "x\",\"options\":[\"bind\"]},"
			      "{\"destination\":\"/o\",\"source\":\"/x\",\"options\":[\"rbind\"]}]",
				 &p, &err),
		0);
	assert_int_equal(p.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < p.n; i++)
		assert_int_equal(p.op[i].kind, expected[i]);
	assert_true(p.op[5].recursive);
	assert_false(p.op[6].recursive);
	assert_true(p.op[7].recursive);
	mount_plan_done(&p);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"[{\"destination\":\"rel\",\"type\":\"tmpfs\"}]",
		"[{\"destination\":\"/\",\"type\":\"tmpfs\"}]",
		"[{\"destination\":\"/a/../..\",\"type\":\"tmpfs\"}]",
		"[{\"destination\":\"/a\"}]",
		"[{\"type\":\"tmpfs\"}]",
		"[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"\"}]",
		"[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/"
		"x\",\"options\":[\"frob\"]}]",
		"[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/"
		"x\",\"options\":[\"size=1\"]}]",
		"[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/"
		"x\",\"options\":[\"tmpcopyup\"]}]",
		"[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"\"]}]",
		"[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"uidMappings\":[]}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mount_plan p = {0};
		struct err err = {0};

		assert_true(plan(bad[i], &p, &err) < 0);
		assert_true(*err.msg);
		mount_plan_done(&p);
	}
}

static void parse(struct mount_op *op, const char *options)
{
	_cleanup_strv_ struct strv v = {0};
	struct err err;

	strv_split(&v, options, ",");
	strv_foreach (i, o, &v)
		assert_int_equal(mounts_parse_option(op, o, &err), 0);
}

static void test_options(void **state)
{
	struct mount_op op = {
		.kind = MOUNT_FS, .fstype = (char[]){"tmpfs"}, .target = (char[]){"/t"}};

	(void)state;
	parse(&op, "ro,nosuid,nodev,noexec,strictatime,size=64m,mode=755,tmpcopyup,rslave");
	assert_true(op.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				      MOUNT_ATTR_NOEXEC | MOUNT_ATTR_STRICTATIME));
	assert_true(op.atime && op.copyup && op.propagation_rec);
	assert_int_equal(op.propagation, MS_SLAVE);
	assert_int_equal(op.data.n, 2);
	assert_true(strv_has(&op.data, "mode=755"));
	/* the last of two opposites holds */
	parse(&op, "rw,suid,noatime,notmpcopyup,private");
	assert_true(op.set == (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME));
	assert_false(op.copyup);
	assert_false(op.propagation_rec);
	strv_done(&op.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
