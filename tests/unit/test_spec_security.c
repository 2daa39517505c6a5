#include "runtime/spec_parts.h"

#include "tests/unit/unit.h"

struct made {
	struct spec_opts o;
	struct spec s;
	struct err err;
	int r;
};

/* @options: separated by blanks */
static void make(struct made *m, bool privileged, const char *options)
{
	*m = (struct made){.o.privileged = privileged};
	if (*options)
		strv_split(&m->o.security_opt, options, " ");
	m->s = (struct spec){.o = &m->o, .os = json_object(), .process = json_object()};
	m->r = spec_add_security(&m->s, &m->err);
}

static void made_done(struct made *m)
{
	json_decref(m->s.os);
	json_decref(m->s.process);
	strv_done(&m->o.security_opt);
	strv_done(&m->s.mask);
	strv_done(&m->s.unmask);
	strv_done(&m->s.proc_opts);
	free(m->s.seccomp);
	free(m->s.apparmor);
	selinux_opts_done(&m->s.label);
}

static bool has(const struct made *m, const char *list, const char *path)
{
	_cleanup_strv_ struct strv v = {0};

	json_get_strv(m->s.os, list, &v);
	return strv_has(&v, path);
}

#define MASKED(m, path) has(m, "maskedPaths", path)
#define RO(m, path)	has(m, "readonlyPaths", path)

static void test_default(void **state)
{
	static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts",
		"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
		"/sys/devices/virtual/powercap", "/sys/firmware"};
	static const char *const readonly[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
	struct made m;

	(void)state;
	make(&m, false, "");
	assert_int_equal(m.r, 0);
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		assert_true(MASKED(&m, masked[i]));
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		assert_true(RO(&m, readonly[i]));
	assert_false(json_get_bool(m.s.process, "noNewPrivileges", true));
	assert_string_equal(json_get_str(json_object_get(m.s.os, "seccomp"), "defaultAction", ""),
		"SCMP_ACT_ERRNO");
	made_done(&m);
}

static void test_privileges(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} cases[] = {{"no-new-privileges", true}, {"no-new-privileges=true", true},
		{"no-new-privileges:true", true}, {"no-new-privileges=false", false},
		{"no-new-privileges no-new-privileges=0", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made m;

		make(&m, false, cases[i].text);
		assert_int_equal(m.r, 0);
		assert_int_equal(
			json_get_bool(m.s.process, "noNewPrivileges", !cases[i].on), cases[i].on);
		made_done(&m);
	}
}

static void test_paths(void **state)
{
	struct made m;

	(void)state;
	make(&m, false, "mask=/a:/b/../c mask=/d unmask=/proc/kcore:/sys");
	assert_int_equal(m.r, 0);
	assert_true(MASKED(&m, "/a") && MASKED(&m, "/c") && MASKED(&m, "/d"));
	assert_false(MASKED(&m, "/proc/kcore") || MASKED(&m, "/sys/firmware"));
	/* whole components only, and read-only paths by their own names */
	assert_true(MASKED(&m, "/proc/keys"));
	assert_true(RO(&m, "/proc/sys"));
	made_done(&m);

	make(&m, false, "unmask=/proc/k unmask=/proc/sys");
	assert_int_equal(m.r, 0);
	assert_true(MASKED(&m, "/proc/kcore") && MASKED(&m, "/proc/keys"));
	assert_false(RO(&m, "/proc/sys"));
	assert_true(RO(&m, "/proc/sysrq-trigger"));
	made_done(&m);

	make(&m, false, "unmask=/");
	assert_int_equal(json_array_size(json_object_get(m.s.os, "maskedPaths")), 0);
	made_done(&m);

	for (int i = 0; i < 2; i++) {
		make(&m, false, i ? "systempaths=unconfined mask=/x" : "unmask=ALL mask=/x");
		assert_int_equal(m.r, 0);
		assert_int_equal(json_array_size(json_object_get(m.s.os, "maskedPaths")), 1);
		assert_true(MASKED(&m, "/x"));
		assert_int_equal(json_array_size(json_object_get(m.s.os, "readonlyPaths")), 0);
		made_done(&m);
	}
	make(&m, true, "");
	assert_int_equal(json_array_size(json_object_get(m.s.os, "maskedPaths")), 0);
	assert_int_equal(json_array_size(json_object_get(m.s.os, "readonlyPaths")), 0);
	made_done(&m);
}

static void test_seccomp(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	_cleanup_free_ char *file = xasprintf("seccomp=%s/profile", path);
	const json_t *profile;
	struct made m;

	(void)state;
	make(&m, false, "seccomp=unconfined");
	assert_int_equal(m.r, 0);
	assert_null(json_object_get(m.s.os, "seccomp"));
	made_done(&m);
	make(&m, true, "");
	assert_null(json_object_get(m.s.os, "seccomp"));
	made_done(&m);
	/* asked for, it is there even so */
	make(&m, true, "seccomp=builtin");
	assert_non_null(json_object_get(m.s.os, "seccomp"));
	made_done(&m);
	/* a file that cannot be used is no reason to go without */
	make(&m, false, file);
	assert_int_equal(m.r, -ENOENT);
	assert_null(json_object_get(m.s.os, "seccomp"));
	made_done(&m);
	unit_file(dir, "profile", "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	make(&m, false, file);
	assert_int_equal(m.r, 0);
	profile = json_object_get(m.s.os, "seccomp");
	assert_string_equal(json_get_str(profile, "defaultAction", ""), "SCMP_ACT_LOG");
	made_done(&m);
	/* the last one counts */
	make(&m, false, "seccomp=/none seccomp=builtin");
	assert_int_equal(m.r, 0);
	made_done(&m);
	unit_scratch_done(dir, path);
}

static void test_words(void **state)
{
	static const char *const good[] = {"label=disable", "label:disable", "label=level:s0:c1,c2",
		"label=nested", "proc-opts=hidepid=2,subset=pid,gid=5,ro", "writable-cgroups",
		"writable-cgroups=false", "label=filetype:x_t", "apparmor=unconfined",
		"apparmor:unconfined"};
	static const char *const bad[] = {"label=level:s 0", "label=frob",
		"proc-opts=", "proc-opts=suid", "proc-opts=hidepid=9", "proc-opts=gid=x",
		"writable-cgroups=maybe", "label=type:", "label", "apparmor=", "apparmor=a b",
		"mask=rel", "mask=/a:rel", "mask", "mask=", "unmask=rel", "unmask=", "unmask=all",
		"unmask:", "seccomp", "seccomp=", "no-new-privileges=maybe", "systempaths=x",
		"colour=red", "=", "unmask=/a:ALL"};
	struct made m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		make(&m, false, good[i]);
		if (m.r != 0)
			fail_msg("'%s' is refused", good[i]);
		made_done(&m);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make(&m, false, bad[i]);
		if (m.r != -ERR_USAGE)
			fail_msg("'%s' gives %d", bad[i], m.r);
		made_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_privileges),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_seccomp),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("spec_security", tests, NULL, NULL);
}
