#include "runtime/selinux.h"

#include "tests/unit/unit.h"

#include "runtime/mounts.h"

static void make_root(int dir, const char *contexts)
{
	fs_mkdirs_at(dir, "etc/selinux/targeted/contexts", 0755, NULL);
	unit_file(dir, "etc/selinux/config",
		"# SELINUXTYPE=mls\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
	unit_file(dir, "etc/selinux/targeted/contexts/lxc_contexts", contexts);
}

#define CONTEXTS                                                                                   \
	"process = \"system_u:system_r:container_t:s0\"\n"                                         \
	"content = \"system_u:object_r:virt_var_lib_t:s0\"\n"                                      \
	"file = \"system_u:object_r:container_file_t:s0\"\n"                                       \
	"ro_file=\"system_u:object_r:container_ro_file_t:s0\"\n"

static void options(struct selinux_opts *o, const char *text)
{
	_cleanup_strv_ struct strv words = {0};

	*o = (struct selinux_opts){0};
	if (*text)
		strv_split(&words, text, " ");
	strv_foreach (i, word, &words)
		assert_int_equal(selinux_option(o, word, NULL), 0);
}

static void check(const char *root, const char *text, const char *level, const char *process,
	const char *mount)
{
	struct selinux_labels l = {0};
	struct selinux_opts o;

	options(&o, text);
	assert_int_equal(selinux_labels(root, &o, level, &l, NULL), 0);
	assert_string_equal(l.process, process);
	assert_string_equal(l.mount, mount);
	selinux_labels_done(&l);
	selinux_opts_done(&o);
}

static void test_labels(void **state)
{
	struct selinux_labels l = {0};
	struct selinux_opts none = {0};
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path);

	(void)state;
	assert_int_equal(selinux_labels(path, &none, "s0:c1,c2", &l, &err), -ENOENT);
	assert_true(*err.hint);
	make_root(dir, CONTEXTS);
	check(path, "", "s0:c1,c2", "system_u:system_r:container_t:s0:c1,c2",
		"system_u:object_r:container_file_t:s0:c1,c2");
	check(path, "level:s0:c7,c9", "s0:c1,c2", "system_u:system_r:container_t:s0:c7,c9",
		"system_u:object_r:container_file_t:s0:c7,c9");
	check(path, "user:me_u role:my_r type:spc_t filetype:my_file_t type:other_t", "s0:c1,c2",
		"me_u:my_r:other_t:s0:c1,c2", "me_u:object_r:my_file_t:s0:c1,c2");
	make_root(dir, "process = \"a:b:c\"\nfile = \"a:b:c:s0\"\n");
	assert_int_equal(selinux_labels(path, &none, "s0", &l, NULL), -EBADMSG);
	make_root(dir, "process = \"a:b:c:s0\"\n");
	assert_int_equal(selinux_labels(path, &none, "s0", &l, NULL), -ENOENT);
	/* a packager's file comes first */
	fs_mkdirs_at(dir, "usr/share/containers/selinux", 0755, NULL);
	unit_file(dir, "usr/share/containers/selinux/contexts", CONTEXTS);
	check(path, "", "s0:c1,c2", "system_u:system_r:container_t:s0:c1,c2",
		"system_u:object_r:container_file_t:s0:c1,c2");
	unit_scratch_done(dir, path);
}

static void test_options(void **state)
{
	static const char *const bad[] = {"", "frob", "type", "type:", "type:a:b", "type:a b",
		"level:s0\n", "disable:", "user:a,b", "level:\"", "Disable"};
	struct selinux_opts o = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (selinux_option(&o, bad[i], NULL) != -ERR_USAGE)
			fail_msg("'%s' is taken", bad[i]);
	assert_false(o.given || o.disable || o.nested);
	assert_int_equal(selinux_option(&o, "nested", NULL), 0);
	assert_true(o.nested && !o.given);
	assert_int_equal(selinux_option(&o, "disable", NULL), 0);
	assert_true(o.disable && !o.given);
	assert_int_equal(selinux_option(&o, "level:s0-s0:c0.c1023", NULL), 0);
	assert_true(o.given);
	selinux_opts_done(&o);
}

struct some {
	unsigned asked, refuse;
	char last[32];
};

static bool taken(void *arg, const char *level)
{
	struct some *s = arg;

	assert_true(strlen(level) < sizeof(s->last));
	snprintf(s->last, sizeof(s->last), "%s", level);
	return s->asked++ < s->refuse;
}

static void test_levels(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct some s = {.refuse = 3};
		_cleanup_free_ char *level = selinux_choose_level(taken, &s);
		unsigned a, b;
		char end;

		assert_string_equal(level, s.last);
		assert_int_equal(s.asked, 4);
		assert_int_equal(sscanf(level, "s0:c%4u,c%4u%c", &a, &b, &end), 2);
		assert_true(a < b && b < 1024);
	}
	assert_null(selinux_choose_level(taken, &(struct some){.refuse = UINT32_MAX}));
	assert_string_equal(selinux_level("u:r:t:s0:c1,c2"), "s0:c1,c2");
	assert_null(selinux_level("u:r:t"));
	assert_null(selinux_level(NULL));
}

/* what z, Z and file systems of the container's own get */
static void test_mounts(void **state)
{
	struct mount_plan plan = {0};
	_cleanup_json_ json_t *config =
		json_pack("{s:{s:s}, s:[{s:s,s:s,s:s,s:[s,s]}, {s:s,s:s,s:s,s:[s,s]}, "
			  "{s:s,s:s,s:s}, {s:s,s:s,s:s}]}",
			"linux", "mountLabel", "u:object_r:f_t:s0:c1,c2", "mounts", "destination",
			"/a", "type", "bind", "source", "/tmp", "options", "bind", "z",
			"destination", "/b", "type", "bind", "source", "/tmp", "options", "bind",
			"Z", "destination", "/c", "type", "tmpfs", "source", "tmpfs", "destination",
			"/d", "type", "proc", "source", "proc");

	(void)state;
	assert_non_null(config);
	assert_int_equal(mounts_plan(config, &plan, NULL), 0);
	assert_string_equal(plan.op[0].label, "u:object_r:f_t:s0");
	assert_string_equal(plan.op[1].label, "u:object_r:f_t:s0:c1,c2");
	assert_true(strv_has(&plan.op[2].data, "context=u:object_r:f_t:s0:c1,c2"));
	assert_null(plan.op[2].label);
	assert_int_equal(plan.op[3].data.n, 0);
	mount_plan_done(&plan);
	json_object_del(config, "linux");
	assert_int_equal(mounts_plan(config, &plan, NULL), 0);
	assert_string_equal(plan.op[0].label, "system_u:object_r:container_file_t:s0");
	assert_string_equal(plan.op[1].label, "system_u:object_r:container_file_t:s0");
	assert_int_equal(plan.op[2].data.n, 0);
	mount_plan_done(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests_name("selinux", tests, NULL, NULL);
}
