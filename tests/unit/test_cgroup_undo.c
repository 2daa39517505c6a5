#include "runtime/cgroup_undo.h"

#include "tests/unit/unit.h"

static void test_texts(void **state)
{
	static const struct {
		const char *file, *old, *text, *back;
	} rows[] = {
		{"memory.max", "max\n", "4096", "max\n"},
		{"cpu.max", "max 50000\n", "100 100000", "max 50000\n"},
		{"cpuset.cpus", "\n", "0", "\n"},
		{"cpuset.cpus", "", "0", "\n"},
		{"io.max",
			"8:0 rbps=7 wbps=max riops=max wiops=9\n8:16 rbps=1 wbps=max riops=max "
			"wiops=max\n",
			"8:16 rbps=100", "8:16 rbps=1 wbps=max riops=max wiops=max"},
		/* 8:1 is not 8:16 */
		{"io.max", "8:16 rbps=7 wbps=max riops=max wiops=max\n", "8:1 rbps=1",
			"8:1 rbps=max wbps=max riops=max wiops=max"},
		{"io.latency", "", "8:0 target=50", "8:0 target=max"},
		{"io.weight", "default 100\n8:0 300\n", "500", "default 100"},
		{"io.weight", "default 100\n8:0 300\n", "default 500", "default 100"},
		{"io.weight", "default 100\n8:0 300\n", "8:0 500", "8:0 300"},
		{"io.weight", "default 100\n", "8:0 500", "8:0 default"},
		{"io.bfq.weight", "100\n", "500", "100\n"},
		{"rdma.max", "mlx hca_handle=max hca_object=2\n", "mlx hca_object=5",
			"mlx hca_handle=max hca_object=2"},
		{"misc.max", "sev 3\nsev_es max\n", "sev_es 4", "sev_es max"},
		{"misc.max", "sev 3\n", "none 4", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgroup_undo u = {0};
		char path[64];
		int dir = unit_scratch(path);

		unit_file(dir, rows[i].file, rows[i].old);
		cgroup_undo_note(&u, dir, rows[i].file, rows[i].text);
		assert_int_equal(u.files.n, rows[i].back ? 1 : 0);
		assert_int_equal(u.texts.n, u.files.n);
		if (rows[i].back && !str_eq(u.texts.v[0], rows[i].back))
			fail_msg("%s: '%s' instead of '%s'", rows[i].text, u.texts.v[0],
				rows[i].back);
		cgroup_undo_done(&u);
		unit_scratch_done(dir, path);
	}
}

/* what can only be written has no old value */
static void test_unreadable(void **state)
{
	struct cgroup_undo u = {0};
	char path[64];
	int dir = unit_scratch(path);

	(void)state;
	cgroup_undo_note(&u, dir, "memory.reclaim", "1");
	assert_int_equal(u.files.n, 0);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
