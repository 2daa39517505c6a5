#include "tests/unit/unit.h"

#include "runtime/limit_opts.h"

#include "cmd/limit_flags.h"
#include "cmd/opts.h"

#include <sys/sysmacros.h>

struct t {
	struct limit_opts l;
};

static const struct opt table[] = {
	LIMIT_OPTIONS_BLKIO(struct t, l),
	LIMIT_OPTIONS_CONF(struct t, l),
	LIMIT_OPTIONS_CPU(struct t, l),
	LIMIT_OPTIONS_DEVICE(struct t, l),
	LIMIT_OPTIONS_MEMORY(struct t, l),
	LIMIT_OPTIONS_PIDS(struct t, l),
	{0},
};

/* @line: options, separated by blanks; changes @resources */
static int apply(json_t *resources, const char *line, struct err *err)
{
	_cleanup_strv_ struct strv words = {0}, args = {0};
	struct t t = {0};
	int r;

	strv_split(&words, line, " ");
	assert_int_equal(opts_parse(table, &t, words.v, false, "rl test", &args, err), 0);
	assert_int_equal(args.n, 0);
	assert_int_equal(limit_opts_given(&t.l), !strstr(line, "''"));
	r = limit_opts_apply(&t.l, resources, err);
	opts_done(table, &t);
	return r;
}

static void check(const char *before, const char *line, const char *want)
{
	_cleanup_json_ json_t *resources = json_loads(before, 0, NULL);
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	int r = apply(resources, line, &err);

	text = json_text(resources);
	if (r != 0 || !str_eq(text, want))
		fail_msg("%s: %d %s: %s instead of %s", line, r, err.msg, text, want);
}

static void test_given(void **state)
{
	static const char *const rows[][2] = {
		{"-m 64m", "{\"memory\":{\"limit\":67108864,\"swap\":134217728,\"swapImplied\":"
			   "true}}"},
		{"--memory 6m --memory-swap 6m",
			"{\"memory\":{\"limit\":6291456,\"swap\":6291456}}"},
		{"-m 1g --memory-swap -1", "{\"memory\":{\"limit\":1073741824,\"swap\":-1}}"},
		{"-m 1g --memory-swap 0", "{\"memory\":{\"limit\":1073741824,\"swap\":2147483648,"
					  "\"swapImplied\":true}}"},
		{"--memory-swap -1", "{\"memory\":{\"swap\":-1}}"},
		{"-m 0", "{\"memory\":{\"limit\":-1,\"swap\":-1,\"swapImplied\":true}}"},
		{"--memory-reservation 32m", "{\"memory\":{\"reservation\":33554432}}"},
		{"-m 64m --memory-swap 65m --memory-reservation 64m",
			"{\"memory\":{\"limit\":67108864,\"swap\":68157440,\"reservation\":"
			"67108864}}"},
		{"--cpus 1.5", "{\"cpu\":{\"period\":100000,\"quota\":150000}}"},
		{"--cpus .01", "{\"cpu\":{\"period\":100000,\"quota\":1000}}"},
		{"--cpus 2", "{\"cpu\":{\"period\":100000,\"quota\":200000}}"},
		{"--cpus 0", "{\"cpu\":{\"period\":100000,\"quota\":-1}}"},
		{"--cpu-quota 50000", "{\"cpu\":{\"quota\":50000}}"},
		{"--cpu-quota -1 --cpu-period 1000", "{\"cpu\":{\"period\":1000,\"quota\":-1}}"},
		{"--cpu-period 0", "{\"cpu\":{\"period\":100000}}"},
		{"-c 512", "{\"cpu\":{\"shares\":512}}"},
		{"-c 0", "{\"cpu\":{\"shares\":0}}"},
		{"--cpuset-cpus 0-3,5 --cpuset-mems 0",
			"{\"cpu\":{\"cpus\":\"0-3,5\",\"mems\":\"0\"}}"},
		{"--pids-limit 100", "{\"pids\":{\"limit\":100}}"},
		{"--pids-limit 0", "{\"pids\":{\"limit\":-1}}"},
		{"--pids-limit -1", "{\"pids\":{\"limit\":-1}}"},
		{"--blkio-weight 10", "{\"blockIO\":{\"weight\":10}}"},
		{"--blkio-weight 0", "{\"blockIO\":{\"weight\":0}}"},
		{"--cgroup-conf memory.high=1000 --cgroup-conf pids.max=a=b",
			"{\"unified\":{\"memory.high\":\"1000\",\"pids.max\":\"a=b\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check("{}", rows[i][0], rows[i][1]);
}

#define OLD "{\"memory\":{\"limit\":67108864,\"swap\":134217728,\"swapImplied\":true}}"
#define OWN "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}"

/* what update does: beside what is there */
static void test_changed(void **state)
{
	static const char *const rows[][3] = {
		{OLD, "-m 6m",
			"{\"memory\":{\"limit\":6291456,\"swap\":12582912,\"swapImplied\":true}}"},
		{OWN, "-m 6m", "{\"memory\":{\"limit\":6291456,\"swap\":134217728}}"},
		{OLD, "-m -1", "{\"memory\":{\"limit\":-1,\"swap\":-1,\"swapImplied\":true}}"},
		{OLD, "--memory-swap 64m", "{\"memory\":{\"limit\":67108864,\"swap\":67108864}}"},
		{OWN, "--memory-reservation 6m",
			"{\"memory\":{\"limit\":67108864,\"swap\":134217728,\"reservation\":"
			"6291456}}"},
		{"{\"cpu\":{\"period\":50000,\"quota\":1000}}", "--cpu-quota 2000",
			"{\"cpu\":{\"period\":50000,\"quota\":2000}}"},
		{"{\"pids\":{\"limit\":2048,\"implied\":true}}", "--pids-limit 5",
			"{\"pids\":{\"limit\":5}}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i][0], rows[i][1], rows[i][2]);
}

static void test_refused(void **state)
{
	static const struct {
		const char *before, *line, *msg;
	} rows[] = {
		{"{}", "-m 5m", "not enough to start"},
		{"{}", "-m 64x", "not a size"},
		{"{}", "-m -5", "not a size"},
		{"{}", "--memory-swap 64m", "--memory-swap without --memory"},
		{"{}", "-m 64m --memory-swap 63m", "less than"},
		{OWN, "-m 256m", "less than"},
		{OWN, "-m 0", "--memory-swap without --memory"},
		{"{}", "-m 64m --memory-reservation 65m", "--memory-reservation"},
		{"{}", "--cpus 1 --cpu-quota 1000", "--cpus and --cpu-quota exclude each other"},
		{"{}", "--cpus 1 --cpu-period 1000", "--cpus and --cpu-period exclude each other"},
		{"{}", "--cpus 0.001", "out of range"},
		{"{}", "--cpus x", "not a number of processors"},
		{"{}", "--cpus 1.2.3", "not a number of processors"},
		{"{}", "--cpus .", "not a number of processors"},
		{"{}", "--cpus -1", "not a number of processors"},
		{"{}", "--cpu-period 999", "out of range"},
		{"{}", "--cpu-period 1000001", "out of range"},
		{"{}", "--cpu-quota 999", "out of range"},
		{"{}", "--cpu-quota 1k", "not a whole number"},
		{"{}", "--cpu-shares 1", "out of range"},
		{"{}", "--cpu-shares 262145", "out of range"},
		{"{}", "--cpuset-cpus 3-1", "not a list of numbers"},
		{"{}", "--cpuset-cpus 0-1-2", "not a list of numbers"},
		{"{}", "--cpuset-mems a", "not a list of numbers"},
		{"{}", "--cpuset-cpus ,", "not a list of numbers"},
		{"{}", "--pids-limit -2", "out of range"},
		{"{}", "--blkio-weight 9", "not a weight"},
		{"{}", "--blkio-weight 1001", "not a weight"},
		{"{}", "--device-read-bps /dev/null:1m", "not a block device"},
		{"{}", "--device-read-bps sda:1m", "not the path of a device"},
		{"{}", "--device-read-bps /no/such:1m", "No such file"},
		{"{}", "--device-read-bps /dev/null", "not DEVICE:rate"},
		{"{}", "--device-read-bps /dev/null:x", "not a rate"},
		{"{}", "--device-write-iops /dev/null:1k", "not a rate"},
		{"{}", "--blkio-weight-device /dev/null:5", "not a weight"},
		{"{}", "--blkio-weight-device :5", "not DEVICE:weight"},
		{"{}", "--cgroup-conf memory.high", "not FILE=VALUE"},
		{"{}", "--cgroup-conf memory.high=", "not FILE=VALUE"},
		{"{}", "--cgroup-conf =1", "not FILE=VALUE"},
		{"{}", "--cgroup-conf cgroup.kill=1", "not a file that limits a group"},
		{"{}", "--cgroup-conf memory.x/../../cgroup.procs=1", "not a file that limits"},
		{"{}", "--cgroup-conf memoryhigh=1", "not a file that limits"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_json_ json_t *resources = json_loads(rows[i].before, 0, NULL);
		struct err err = {0};
		int r = apply(resources, rows[i].line, &err);

		if (r >= 0 || !strstr(err.msg, rows[i].msg))
			fail_msg("%s: %d '%s' instead of '%s'", rows[i].line, r, err.msg,
				rows[i].msg);
		/* one line, and for what is spelled wrong what is right */
		assert_null(strchr(err.msg, '\n'));
		assert_true(r != -ERR_USAGE || *err.hint);
	}
}

/* what scripts write with an empty variable is not given */
static void test_empty(void **state)
{
	struct limit_opts o = {.memory = xstrdup(""), .cpus = xstrdup("")};
	_cleanup_json_ json_t *resources = json_object();

	(void)state;
	assert_false(limit_opts_given(&o));
	assert_int_equal(limit_opts_apply(&o, resources, NULL), 0);
	assert_int_equal(json_object_size(resources), 0);
	free(o.memory);
	free(o.cpus);
	limit_opts_defaults(&(struct limit_opts){0}, resources);
	assert_int_equal(json_get_int(json_object_get(resources, "pids"), "limit", 0), 2048);
}

/* any block device of this machine, and any partition */
static void test_devices(void **state)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_json_ json_t *resources = json_object();
	bool found = false;

	(void)state;
	fs_list_at(AT_FDCWD, "/dev", &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("/dev/%s", name);
		_cleanup_free_ char *line = NULL, *part = NULL, *parent = NULL;
		_cleanup_buf_ struct buf b = {0};
		_cleanup_json_ json_t *own = json_object();
		const json_t *entry;
		struct stat st;
		unsigned maj, min;

		if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
			continue;
		found = true;
		line = xasprintf("--device-read-bps %s:1m --device-read-bps %s:2m", path, path);
		assert_int_equal(apply(own, line, NULL), 0);
		assert_int_equal(json_array_size((json_t *)(uintptr_t)json_path(
					 own, "blockIO", "throttleReadBpsDevice", NULL)),
			1);
		entry = json_array_get(json_path(own, "blockIO", "throttleReadBpsDevice", NULL), 0);
		assert_int_equal(json_get_int(entry, "rate", 0), 2 << 20);
		assert_string_equal(json_get_str(entry, "path", ""), path);
		part = xasprintf(
			"/sys/dev/block/%u:%u/partition", major(st.st_rdev), minor(st.st_rdev));
		parent = xasprintf("/sys/dev/block/%u:%u/%sdev", major(st.st_rdev),
			minor(st.st_rdev), access(part, F_OK) == 0 ? "../" : "");
		if (fs_read_at(AT_FDCWD, parent, &b, NULL) < 0)
			continue;
		assert_int_equal(sscanf(buf_str(&b), "%u:%u", &maj, &min), 2);
		assert_int_equal(json_get_int(entry, "major", -1), maj);
		assert_int_equal(json_get_int(entry, "minor", -1), min);
	}
	if (!found)
		unit_skip("machine: no block device in /dev");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
