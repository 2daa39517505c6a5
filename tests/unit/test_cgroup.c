#include "runtime/cgroup.h"

#include "tests/unit/unit.h"

#define ID "aaaa000000000000000000000000000000000000000000000000000000000000"

static void test_mode(void **state)
{
	enum cgroup_mode mode = CGROUP_SPLIT;

	(void)state;
	assert_int_equal(cgroup_mode_parse("", &mode), 0);
	assert_int_equal(mode, CGROUP_ENABLED);
	assert_int_equal(cgroup_mode_parse("no-conmon", &mode), 0);
	assert_int_equal(mode, CGROUP_NO_CONMON);
	assert_int_equal(cgroup_mode_parse("Enabled", &mode), -EINVAL);
	assert_int_equal(mode, CGROUP_NO_CONMON);
}

static void test_path(void **state)
{
	static const struct {
		const char *parent, *manager, *path, *slice, *group;
	} cases[] = {
		{NULL, NULL, ":rl:" ID, NULL, NULL},
		{"a-b.slice", NULL, "a-b.slice:rl:" ID, "a-b.slice", NULL},
		{NULL, "systemd", ":rl:" ID, NULL, NULL},
		{NULL, "cgroupfs", "rl-" ID, NULL, NULL},
		{"/x/y", NULL, "/x/y/rl-" ID, NULL, "/x/y"},
		{"x", "cgroupfs", "x/rl-" ID, NULL, "x"},
		{"/", NULL, "//rl-" ID, NULL, "/"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path =
			cgroup_path_format(cases[i].parent, cases[i].manager, ID);
		_cleanup_json_ json_t *record = json_object(),
				      *config =
					      json_pack("{s:{s:s}}", "linux", "cgroupsPath", path);
		struct cgroup_want want;

		assert_string_equal(path, cases[i].path);
		json_set_str(record, "cgroupManager", cases[i].manager);
		json_set_str(record, "cgroups", "split");
		cgroup_want(record, config, &want);
		assert_int_equal(want.mode, CGROUP_SPLIT);
		assert_true(str_eq(want.manager, cases[i].manager) ||
			    (!want.manager && !cases[i].manager));
		assert_true(str_eq(want.slice, cases[i].slice) || (!want.slice && !cases[i].slice));
		assert_true(
			str_eq(want.parent, cases[i].group) || (!want.parent && !cases[i].group));
		cgroup_want_done(&want);
	}
}

static void test_owner(void **state)
{
	_cleanup_json_ json_t *config = json_pack("{s:{s:[{s:i,s:i,s:i},{s:i,s:i,s:i}]}}", "linux",
		"uidMappings", "containerID", 1000, "hostID", 0, "size", 1, "containerID", 0,
		"hostID", 1, "size", 1000);
	_cleanup_json_ json_t *none = json_object();
	uint32_t uid = 7, gid = 7;

	(void)state;
	cgroup_owner(config, &uid, &gid);
	assert_int_equal(uid, 1);
	assert_int_equal(gid, 0);
	cgroup_owner(none, &uid, &gid);
	assert_int_equal(uid, 0);
}

/* What was asked for and cannot be had is an error, anything else only a reason. */
static void test_refused(void **state)
{
	_cleanup_json_ json_t *config = json_object();
	_cleanup_json_ json_t *off = json_pack("{s:s}", "cgroups", "disabled");
	_cleanup_json_ json_t *note = json_object();
	struct cgroup g = CGROUP_INIT;
	struct err err = {0};

	(void)state;
	cgroup_begin(&g, off, config, ID);
	assert_int_equal(g.driver, CGROUP_NONE);
	assert_int_equal(cgroup_join(&g, &err), 0);
	assert_int_equal(cgroup_make(&g, &err), 0);
	assert_int_equal(g.fd, -EBADF);
	cgroup_note(&g, note);
	assert_null(json_object_get(note, "cgroup"));
	assert_non_null(strstr(json_get_str(note, "cgroupNone", ""), "--cgroups=disabled"));
	g.asked = true;
	assert_int_equal(cgroup_join(&g, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "--cgroups=disabled"));
	assert_true(*err.hint);
	cgroup_done(&g);
}

static void test_open(void **state)
{
	struct container c = {.status = CONTAINER_EXITED};
	struct err err = {0};

	(void)state;
	c.name = xstrdup("web");
	assert_int_equal(cgroup_open(&c, &err), -ESRCH);
	c.status = CONTAINER_RUNNING;
	c.state = json_pack("{s:s}", "cgroupNone", "no wheel");
	assert_int_equal(cgroup_open(&c, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "no wheel"));
	json_decref(c.state);
	c.state = json_pack("{s:s}", "cgroup", "/no/such/group");
	assert_int_equal(cgroup_open(&c, &err), -ENOENT);
	json_decref(c.state);
	free(c.name);
}

/* what the kernel counts, read again each time from its beginning */
static void test_look(void **state)
{
	struct cgroup g = CGROUP_INIT;
	char path[64];
	int dir = unit_scratch(path);

	(void)state;
	assert_true(cgroup_look(&g) < 0);
	unit_file(dir, "memory.events",
		"low 0\nhigh 5\nmax 70\noom 9\noom_kill 0\noom_group_kill 8\n");
	g.events = openat(dir, "memory.events", O_RDONLY | O_CLOEXEC);
	assert_int_equal(cgroup_look(&g), 0);
	assert_int_equal(g.oom, 0);
	unit_file(dir, "memory.events", "low 0\noom 9\noom_kill 12\noom_group_kill 8\n");
	fd_close(g.events);
	g.events = openat(dir, "memory.events", O_RDONLY | O_CLOEXEC);
	assert_int_equal(cgroup_look(&g), 0);
	assert_int_equal(g.oom, 12);
	assert_int_equal(cgroup_look(&g), 0);
	assert_int_equal(g.oom, 12);
	fd_close(g.events);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
