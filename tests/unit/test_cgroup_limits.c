#include "tests/unit/unit.h"

#include "runtime/cgroup_limits.h"

/* a group: a directory with empty files */
struct group {
	int fd;
	char path[64];
};

static void group_init(struct group *g, const char *controllers, const char *files)
{
	_cleanup_strv_ struct strv names = {0};

	g->fd = unit_scratch(g->path);
	unit_file(g->fd, "cgroup.controllers", controllers);
	if (*files)
		strv_split(&names, files, " ");
	strv_foreach (i, name, &names)
		unit_file(g->fd, name, "");
}

static void group_done(struct group *g)
{
	unit_scratch_done(g->fd, g->path);
}

static int apply(int fd, const char *why, const char *resources, struct err *err)
{
	_cleanup_free_ char *text = xasprintf("{\"linux\":{\"resources\":%s}}", resources);
	_cleanup_json_ json_t *config = json_loads(text, 0, NULL);

	assert_non_null(config);
	return cgroup_apply(fd, why, config, NULL, err);
}

static void assert_file(const struct group *g, const char *file, const char *want)
{
	_cleanup_buf_ struct buf b = {0};

	assert_int_equal(fs_read_at(g->fd, file, &b, NULL), 0);
	if (!str_eq(buf_str(&b), want))
		fail_msg("%s: '%s' instead of '%s'", file, buf_str(&b), want);
}

static void test_values(void **state)
{
	static const struct {
		const char *resources, *file, *want;
	} rows[] = {
		{"{\"memory\":{\"limit\":67108864}}", "memory.max", "67108864"},
		{"{\"memory\":{\"limit\":-1}}", "memory.max", "max"},
		{"{\"memory\":{\"limit\":67108864,\"swap\":134217728}}", "memory.swap.max",
			"67108864"},
		{"{\"memory\":{\"limit\":67108864,\"swap\":67108864}}", "memory.swap.max", "0"},
		{"{\"memory\":{\"limit\":67108864,\"swap\":-1}}", "memory.swap.max", "max"},
		{"{\"memory\":{\"swap\":-1}}", "memory.swap.max", "max"},
		{"{\"memory\":{\"reservation\":4096}}", "memory.low", "4096"},
		{"{\"cpu\":{\"quota\":150000,\"period\":50000}}", "cpu.max", "150000 50000"},
		{"{\"cpu\":{\"quota\":150000}}", "cpu.max", "150000 100000"},
		{"{\"cpu\":{\"quota\":-1}}", "cpu.max", "max 100000"},
		{"{\"cpu\":{\"period\":50000}}", "cpu.max", "max 50000"},
		{"{\"cpu\":{\"quota\":5000,\"burst\":2000}}", "cpu.max.burst", "2000"},
		{"{\"cpu\":{\"idle\":1}}", "cpu.idle", "1"},
		{"{\"cpu\":{\"shares\":1024}}", "cpu.weight", "100"},
		{"{\"cpu\":{\"shares\":0}}", "cpu.weight", "100"},
		{"{\"cpu\":{\"cpus\":\"0-1\"}}", "cpuset.cpus", "0-1"},
		{"{\"cpu\":{\"mems\":\"0\"}}", "cpuset.mems", "0"},
		{"{\"pids\":{\"limit\":100}}", "pids.max", "100"},
		{"{\"pids\":{\"limit\":-1}}", "pids.max", "max"},
		{"{\"pids\":{\"limit\":2048,\"implied\":true}}", "pids.max", "2048"},
		{"{\"blockIO\":{\"weight\":500}}", "io.bfq.weight", "500"},
		{"{\"blockIO\":{\"weight\":500}}", "io.weight", "4950"},
		{"{\"blockIO\":{\"weight\":0}}", "io.weight", "100"},
		{"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":300}]}}",
			"io.bfq.weight", "8:16 300"},
		{"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":1000}]}}",
			"io.weight", "8:16 10000"},
		{"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":0}]}}",
			"io.weight", "8:16 default"},
		{"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":"
		 "1048576}]}}",
			"io.max", "8:0 rbps=1048576"},
		{"{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":7}]}"
		 "}",
			"io.max", "8:0 wbps=7"},
		{"{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":7}]}"
		 "}",
			"io.max", "8:0 riops=7"},
		{"{\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]}"
		 "}",
			"io.max", "8:0 wiops=max"},
		{"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
			"hugetlb.2MB.max", "4194304"},
		{"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
			"hugetlb.2MB.rsvd.max", "4194304"},
		{"{\"cpu\":{\"cpus\":\"\"}}", "cpuset.cpus", "\n"},
		{"{\"cpu\":{\"mems\":\"\"}}", "cpuset.mems", "\n"},
		{"{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}", "rdma.max",
			"mlx5_1 hca_handle=3 hca_object=10000"},
		{"{\"rdma\":{\"mlx4_0\":{\"hcaObjects\":0}}}", "rdma.max", "mlx4_0 hca_object=0"},
		{"{\"unified\":{\"memory.high\":\"max 1\"}}", "memory.high", "max 1"},
		/* what unified says comes last */
		{"{\"pids\":{\"limit\":5},\"unified\":{\"pids.max\":\"6\"}}", "pids.max", "6"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = {0};
		struct group g;

		group_init(&g, "cpu cpuset io memory pids hugetlb rdma\n",
			"memory.max memory.swap.max memory.low memory.high cpu.max cpu.max.burst "
			"cpu.idle cpu.weight cpuset.cpus cpuset.mems pids.max io.bfq.weight "
			"io.weight io.max rdma.max hugetlb.2MB.max hugetlb.2MB.rsvd.max");
		unit_file(g.fd, "cpuset.cpus.effective", "0-3\n");
		unit_file(g.fd, "cpuset.mems.effective", "0\n");
		if (apply(g.fd, NULL, rows[i].resources, &err) != 0)
			fail_msg("%s: %s", rows[i].resources, err.msg);
		assert_file(&g, rows[i].file, rows[i].want);
		group_done(&g);
	}
}

static void test_weights(void **state)
{
	/* the points that the runtimes agree on, and some between */
	static const uint64_t cpu[][2] = {{0, 1}, {1, 1}, {2, 1}, {3, 2}, {102, 17}, {512, 59},
		{1024, 100}, {2048, 174}, {4096, 303}, {262143, 10000}, {262144, 10000},
		{1u << 30, 10000}};
	static const uint64_t io[][2] = {{0, 1}, {10, 1}, {100, 910}, {500, 4950}, {1000, 10000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cpu); i++)
		assert_int_equal(cgroup_cpu_weight(cpu[i][0]), cpu[i][1]);
	for (size_t i = 0; i < ARRAY_SIZE(io); i++)
		assert_int_equal(cgroup_io_weight(io[i][0]), io[i][1]);
	for (uint64_t s = 2; s < 262144; s += 97)
		assert_true(cgroup_cpu_weight(s) <= cgroup_cpu_weight(s + 97));
}

static void test_refused(void **state)
{
	static const struct {
		const char *resources, *msg;
	} rows[] = {
		{"{\"memory\":{\"swappiness\":10}}", "memory.swappiness is of cgroup v1 only"},
		{"{\"memory\":{\"disableOOMKiller\":true}}", "of cgroup v1 only"},
		{"{\"cpu\":{\"realtimeRuntime\":10}}", "of cgroup v1 only"},
		{"{\"network\":{\"classID\":10}}", "of cgroup v1 only"},
		{"{\"memory\":{\"swap\":10}}", "memory and swap together"},
		{"{\"memory\":{\"limit\":20,\"swap\":10}}", "memory and swap together"},
		{"{\"cpu\":{\"cpus\":\"0,7\"}}", "processor 7 is not there"},
		{"{\"cpu\":{\"mems\":\"1-2\"}}", "memory node 1 is not there"},
		{"{\"unified\":{\"cgroup.procs\":\"1\"}}", "not a file that limits a group"},
		{"{\"unified\":{\"../memory.max\":\"1\"}}", "not a file that limits a group"},
		{"{\"unified\":{\"memory/../x\":\"1\"}}", "not a file that limits a group"},
		{"{\"unified\":{\"memory.none\":\"1\"}}", "this kernel has no memory.none"},
		{"{\"hugepageLimits\":[{\"pageSize\":\"../\",\"limit\":1}]}",
			"not a size of pages"},
		{"{\"rdma\":{\"a b\":{\"hcaObjects\":1}}}", "not the name of a device"},
		{"{\"blockIO\":{\"weight\":500}}", "this kernel has no io.bfq.weight"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = {0};
		struct group g;

		group_init(&g, "cpu cpuset io memory\n",
			"memory.max memory.swap.max cpuset.cpus cpuset.mems cpu.max");
		unit_file(g.fd, "cpuset.cpus.effective", "0-3\n");
		unit_file(g.fd, "cpuset.mems.effective", "0\n");
		if (apply(g.fd, NULL, rows[i].resources, &err) >= 0 ||
			!strstr(err.msg, rows[i].msg))
			fail_msg("%s: '%s' instead of '%s'", rows[i].resources, err.msg,
				rows[i].msg);
		group_done(&g);
	}
}

/* what nobody asked for, and what takes a limit away, does not need a controller */
#define NOTHING                                                                                    \
	"{\"pids\":{\"limit\":2048,\"implied\":true},\"memory\":{\"limit\":-1,\"swap\":-1,"        \
	"\"swapImplied\":"                                                                         \
	"true,\"reservation\":0},\"cpu\":{\"quota\":-1,\"period\":50000,\"shares\":0,\"cpus\":"    \
	"\"\",\"mems\":\"\"},"                                                                     \
	"\"blockIO\":{\"weight\":0,"                                                               \
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]},\"devices\":[{"         \
	"\"allow\":false}]}"

static bool machine_has(const char *controller)
{
	_cleanup_buf_ struct buf b = {0};
	_cleanup_strv_ struct strv words = {0};

	if (fs_read_at(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", &b, NULL) == 0)
		strv_split(&words, buf_str(&b), " \n");
	return strv_has(&words, controller);
}

static bool version_1_has(const char *controller)
{
	FILE *f = fopen("/proc/cgroups", "re");
	char name[64], line[256];
	bool has = false;
	int hierarchy;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %d", name, &hierarchy) == 2 && str_eq(name, controller))
			has = hierarchy > 0;
	if (f)
		fclose(f);
	return has;
}

static void test_lacking(void **state)
{
	struct group g;
	struct err err = {0};

	(void)state;
	group_init(&g, "memory pids\n", "memory.max pids.max");
	assert_int_equal(apply(-EBADF, "hybrid", NOTHING, NULL), 0);
	assert_int_equal(apply(g.fd, NULL, NOTHING, NULL), 0);
	assert_file(&g, "pids.max", "2048");
	/* swap that nobody mentioned */
	assert_int_equal(
		apply(g.fd, NULL,
			"{\"memory\":{\"limit\":8192,\"swap\":16384,\"swapImplied\":true}}", NULL),
		0);
	assert_file(&g, "memory.max", "8192");
	assert_int_equal(apply(g.fd, NULL, "{\"memory\":{\"limit\":8192,\"swap\":8192}}", &err),
		-EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "no memory.swap.max"));
	assert_non_null(strstr(err.hint, "swapaccount=1"));
	/* a controller that is not delegated is named */
	assert_int_equal(apply(g.fd, NULL, "{\"cpu\":{\"quota\":5000}}", &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "processor time cannot be limited"));
	assert_non_null(strstr(err.msg, "'cpu'"));
	assert_non_null(strstr(err.hint, machine_has("cpu")	? "Delegate="
					 : version_1_has("cpu") ? "unified_cgroup_hierarchy"
								: "cgroup_disable=cpu"));
	/* the reason that the caller knows */
	assert_int_equal(apply(g.fd, "busy", "{\"cpu\":{\"quota\":5000}}", &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "processor time cannot be limited: busy");
	assert_int_equal(apply(-EBADF, "hybrid", "{\"pids\":{\"limit\":5}}", &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "the number of processes cannot be limited: hybrid");
	assert_true(strlen(err.hint) > 0);
	group_done(&g);
}

/* more is in use than is to be allowed: nothing is written that would end it */
static void test_shrink(void **state)
{
	struct group g;
	struct err err = {0};

	(void)state;
	group_init(&g, "memory\n", "");
	unit_file(g.fd, "memory.current", "70000\n");
	unit_file(g.fd, "memory.high", "max\n");
	unit_file(g.fd, "memory.max", "max\n");
	unit_file(g.fd, "memory.swap.max", "0\n");
	assert_int_equal(
		apply(g.fd, NULL, "{\"memory\":{\"limit\":65536,\"swap\":65536}}", &err), -EBUSY);
	assert_non_null(strstr(err.msg, "uses 70000 bytes"));
	assert_file(&g, "memory.high", "max");
	assert_file(&g, "memory.max", "max\n");
	assert_int_equal(apply(g.fd, NULL, "{\"memory\":{\"limit\":70000}}", &err), 0);
	assert_file(&g, "memory.max", "70000");
	/* room in swap is made before memory becomes less */
	assert_int_equal(
		apply(g.fd, NULL, "{\"memory\":{\"limit\":65536,\"swap\":131072}}", &err), -EBUSY);
	assert_file(&g, "memory.swap.max", "65536");
	/* and is taken away after it */
	assert_int_equal(
		apply(g.fd, NULL, "{\"memory\":{\"limit\":65536,\"swap\":65540}}", &err), -EBUSY);
	assert_file(&g, "memory.swap.max", "65536");
	group_done(&g);
}

/* A change that fails at its last file: all that were written get back what was in them, and the first value of those that were written twice. */
static void test_restore(void **state)
{
	static const char resources[] = "{\"memory\":{\"limit\":65536,\"swap\":65536},\"pids\":{"
					"\"limit\":5},\"cpu\":{\"shares\":2,"
					"\"cpus\":\"0\"},\"unified\":{\"memory.high\":\"50000\","
					"\"pids.max\":\"6\",\"zz\":\"1\"}}";
	_cleanup_json_ json_t *config =
		json_pack("{s:{s:o}}", "linux", "resources", json_loads(resources, 0, NULL));
	struct cgroup_undo undo = {0};
	struct group g;

	(void)state;
	group_init(&g, "memory pids cpu cpuset\n", "cpuset.cpus");
	unit_file(g.fd, "memory.max", "max\n");
	unit_file(g.fd, "memory.high", "70000\n");
	unit_file(g.fd, "memory.swap.max", "4096\n");
	unit_file(g.fd, "pids.max", "100\n");
	unit_file(g.fd, "cpu.weight", "77\n");
	assert_int_equal(cgroup_apply(g.fd, NULL, config, &undo, NULL), -EINVAL);
	assert_file(&g, "memory.max", "65536");
	assert_file(&g, "memory.high", "50000");
	assert_file(&g, "pids.max", "6");
	cgroup_restore(g.fd, &undo);
	assert_file(&g, "memory.max", "max\n");
	assert_file(&g, "memory.high", "70000\n");
	assert_file(&g, "memory.swap.max", "4096\n");
	assert_file(&g, "pids.max", "100\n");
	assert_file(&g, "cpu.weight", "77\n");
	assert_file(&g, "cpuset.cpus", "\n");
	cgroup_undo_done(&undo);
	/* by now more is in use than the old limit: nothing is killed for it */
	strv_add(&undo.files, "memory.max");
	strv_add(&undo.texts, "1000\n");
	unit_file(g.fd, "memory.current", "2000\n");
	cgroup_restore(g.fd, &undo);
	assert_file(&g, "memory.max", "max\n");
	cgroup_undo_done(&undo);
	group_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lacking),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
