#include "runtime/spec.h"

#include "tests/unit/unit.h"

/* what one spec_make() gave */
struct made {
	json_t *record, *config, *image;
	struct err err;
	int r;
};

static void make(struct made *m, const struct spec_opts *o, const char *image_config)
{
	struct image img = {
		.id = "0123456789012345678901234567890123456789012345678901234567890123"};
	struct containers cs = {.rundir = -EBADF};
	struct net_conf net = {0};

	*m = (struct made){0};
	assert_int_equal(
		json_parse(image_config, strlen(image_config), "test", &m->image, &m->err), 0);
	img.config = m->image;
	m->r = spec_make(&cs, o, &img, &m->record, &m->config, &net, &m->err);
	if (m->r == 0)
		net_conf_done(&net);
}

static void made_done(struct made *m)
{
	json_decref(m->record);
	json_decref(m->config);
	json_decref(m->image);
}

#define _cleanup_made_ _cleanup_(made_done)
#define OPTS	       .stop_timeout = -1, .read_only_tmpfs = true
#define SH	       "{\"config\":{\"Cmd\":[\"sh\"]}}"

static const json_t *find(const json_t *array, const char *key, const char *value)
{
	json_t *j;
	size_t i;

	json_array_foreach (array, i, j)
		if (str_eq(json_get_str(j, key, NULL), value))
			return j;
	return NULL;
}

static const json_t *mount(const struct made *m, const char *target)
{
	return find(json_object_get(m->config, "mounts"), "destination", target);
}

static bool has_ns(const struct made *m, const char *type)
{
	return find(json_path(m->config, "linux", "namespaces", NULL), "type", type);
}

static bool env_has(const struct made *m, const char *text)
{
	_cleanup_strv_ struct strv env = {0};

	json_get_strv(json_object_get(m->config, "process"), "env", &env);
	return strv_has(&env, text);
}

static void test_plain(void **state)
{
	static const char *const namespaces[] = {
		"user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time"};
	static const char *const targets[] = {"/proc", "/dev", "/dev/pts", "/dev/shm",
		"/dev/mqueue", "/sys", "/sys/fs/cgroup", "/etc/hosts", "/etc/resolv.conf",
		"/etc/hostname", "/run/.containerenv"};
	struct spec_opts o = {OPTS};
	_cleanup_made_ struct made m;
	const json_t *process, *caps;
	const char *id;

	(void)state;
	make(&m, &o, SH);
	assert_int_equal(m.r, 0);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		assert_true(has_ns(&m, namespaces[i]));
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		assert_non_null(mount(&m, targets[i]));
	process = json_object_get(m.config, "process");
	assert_string_equal(json_get_str(process, "cwd", ""), "/");
	assert_false(json_get_bool(process, "noNewPrivileges", true));
	assert_null(json_object_get(process, "terminal"));
	caps = json_object_get(process, "capabilities");
	assert_int_equal(json_array_size(json_object_get(caps, "bounding")), 14);
	assert_int_equal(json_array_size(json_object_get(caps, "inheritable")), 0);
	assert_int_equal(json_array_size(json_object_get(caps, "ambient")), 0);
	assert_non_null(json_path(m.config, "linux", "seccomp", NULL));
	assert_true(json_array_size(json_path(m.config, "linux", "maskedPaths", NULL)) >= 10);
	id = json_get_str(m.record, "id", "");
	assert_true(str_is_hex(id, 64));
	assert_int_equal(strncmp(json_get_str(m.config, "hostname", ""), id, 12), 0);
	assert_int_equal(strlen(json_get_str(m.config, "hostname", "")), 12);
	assert_true(env_has(&m, "container=rl"));
	assert_true(
		env_has(&m, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
	assert_false(env_has(&m, "TERM=xterm"));
	assert_int_equal(json_get_int(m.record, "stopSignal", 15), 15);
	assert_int_equal(json_get_int(m.record, "stopTimeout", 10), 10);
}

static void test_hostile_image(void **state)
{
	struct spec_opts o = {OPTS};
	_cleanup_made_ struct made m;

	(void)state;
	make(&m, &o,
		"{\"config\":{\"Cmd\":[\"sh\"],\"WorkingDir\":\"../../proc/self/fd/"
		"7\",\"StopSignal\":\"9999\","
		"\"Env\":[\"A=1\\n2\",\"=x\",\"novalue\",7,\"PATH=/evil\"],"
		"\"Labels\":{\"io.rl.x\":\"1\",\"a\":\"b\",\"c\":7},"
		"\"Volumes\":{\"/../../etc\":{}},\"User\":\"\"}}");
	assert_int_equal(m.r, 0);
	assert_string_equal(
		json_get_str(json_object_get(m.config, "process"), "cwd", ""), "/proc/self/fd/7");
	assert_int_equal(json_get_int(m.record, "stopSignal", 15), 15);
	assert_int_equal(json_object_size(json_object_get(m.record, "labels")), 1);
	assert_true(env_has(&m, "A=1\n2"));
	assert_true(env_has(&m, "PATH=/evil"));
	assert_int_equal(json_array_size(json_path(m.config, "process", "env", NULL)), 4);
	/* a volume like any other, inside */
	assert_string_equal(json_get_str(mount(&m, "/etc"), "type", ""), "bind");
	assert_int_equal(json_array_size(json_object_get(m.record, "volumes")), 1);
}

static void test_image_volumes(void **state)
{
	static const char image[] =
		"{\"config\":{\"Cmd\":[\"sh\"],\"Volumes\":{\"/data\":{},\"/dev/x\":{},"
		"\"/proc\":{},\"/sys/..\":{},\"relative\":{},\"/sys\":{}}}}";
	static char tmpfs[] = "tmpfs", ignore[] = "ignore", other[] = "other";
	char *const modes[] = {NULL, tmpfs, ignore, other};
	static const char *const types[] = {"bind", "tmpfs", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct spec_opts o = {OPTS, .image_volume = modes[i]};
		_cleanup_made_ struct made m;

		make(&m, &o, image);
		assert_int_equal(m.r, i < 3 ? 0 : -ERR_USAGE);
		if (i == ARRAY_SIZE(types))
			break;
		assert_string_equal(json_get_str(mount(&m, "/data"), "type", ""), types[i]);
		assert_int_equal(json_array_size(json_object_get(m.record, "volumes")), i == 0);
		assert_null(mount(&m, "/dev/x"));
		assert_string_equal(json_get_str(mount(&m, "/proc"), "type", ""), "proc");
		assert_string_equal(json_get_str(mount(&m, "/sys"), "type", ""), "sysfs");
	}
}

static void test_wrong_types(void **state)
{
	static const char *const images[] = {
		"{}", "{\"config\":7}", "{\"config\":{\"Cmd\":{},\"Env\":\"x\"}}"};
	char command[] = "sh";
	char *argv[] = {command, NULL};
	struct spec_opts o = {OPTS, .args = {argv, 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		_cleanup_made_ struct made m;

		make(&m, &o, images[i]);
		assert_int_equal(m.r, 0);
	}
}

static void test_host_namespaces(void **state)
{
	char host[] = "host", hostname[] = "h";
	char *networks[] = {host, NULL};
	struct spec_opts o = {OPTS, .pid = host, .ipc = host, .uts = host, .cgroupns = host,
		.time = host, .userns = host, .network = {networks, 1}};

	(void)state;
	{
		_cleanup_made_ struct made m;

		make(&m, &o, SH);
		assert_int_equal(m.r, 0);
		assert_int_equal(
			json_array_size(json_path(m.config, "linux", "namespaces", NULL)), 1);
		assert_true(has_ns(&m, "mount"));
		assert_null(json_object_get(m.config, "hostname"));
		assert_string_equal(json_get_str(mount(&m, "/dev/shm"), "source", ""), "/dev/shm");
	}
	o.hostname = hostname;
	{
		_cleanup_made_ struct made m;

		make(&m, &o, SH);
		assert_int_equal(m.r, -ERR_USAGE);
	}
}

static void test_time(void **state)
{
	char forward[] = "1h", back[] = "-1.5s", host[] = "host";
	struct spec_opts o = {OPTS, .time_monotonic = forward, .time_boottime = back};

	(void)state;
	{
		_cleanup_made_ struct made m;
		const json_t *offsets;

		make(&m, &o, SH);
		assert_int_equal(m.r, 0);
		offsets = json_path(m.config, "linux", "timeOffsets", NULL);
		assert_int_equal(
			json_get_int(json_object_get(offsets, "monotonic"), "secs", 0), 3600);
		assert_int_equal(json_get_int(json_object_get(offsets, "boottime"), "secs", 0), -2);
		assert_int_equal(json_get_int(json_object_get(offsets, "boottime"), "nanosecs", 0),
			500000000);
	}
	o.time = host;
	{
		_cleanup_made_ struct made m;

		make(&m, &o, SH);
		assert_int_equal(m.r, -ERR_USAGE);
	}
}

static void test_privileged(void **state)
{
	struct spec_opts o = {OPTS, .privileged = true};
	_cleanup_made_ struct made m;

	(void)state;
	make(&m, &o, SH);
	assert_int_equal(m.r, 0);
	assert_null(json_path(m.config, "linux", "seccomp", NULL));
	assert_int_equal(json_array_size(json_path(m.config, "linux", "maskedPaths", NULL)), 0);
	assert_true(json_array_size(
			    json_path(m.config, "process", "capabilities", "bounding", NULL)) > 30);
	assert_null(mount(&m, "/dev/tty"));
}

static void test_mount_order(void **state)
{
	char below[] = "/tmp:/a/b", above[] = "/tmp:/a", hosts[] = "/tmp:/etc/hosts",
	     run[] = "/tmp:/run/x";
	char *volumes[] = {below, above, hosts, run, NULL};
	struct spec_opts o = {OPTS, .volume = {volumes, 4}, .read_only = true};
	_cleanup_made_ struct made m;
	size_t i, order[3] = {0};
	json_t *j;

	(void)state;
	make(&m, &o, SH);
	assert_int_equal(m.r, 0);
	json_array_foreach (json_object_get(m.config, "mounts"), i, j) {
		const char *target = json_get_str(j, "destination", "");

		order[0] = str_eq(target, "/a") ? i : order[0];
		order[1] = str_eq(target, "/a/b") ? i : order[1];
		order[2] = str_eq(target, "/run") ? i : order[2];
		if (str_eq(target, "/run/x"))
			assert_true(order[2] > 0);
	}
	assert_true(order[0] > 0 && order[0] < order[1]);
	assert_string_equal(json_get_str(mount(&m, "/etc/hosts"), "source", ""), "/tmp");
	assert_true(json_get_bool(json_object_get(m.config, "root"), "readonly", false));
}

static void test_refused(void **state)
{
	char bad[] = "../x", sig[] = "SIGNONE", opt[] = "nonsense=1", mode[] = "shared",
	     net[] = "nonesuch", port[] = "0:80", driver[] = "syslog", rel[] = "rel";
	char *opts[] = {opt, NULL}, *nets[] = {net, NULL}, *ports[] = {port, NULL};
	const struct spec_opts cases[] = {{OPTS, .name = bad}, {OPTS, .stop_signal = sig},
		{OPTS, .security_opt = {opts, 1}}, {OPTS, .pid = mode}, {OPTS, .userns = mode},
		{OPTS, .network = {nets, 1}}, {OPTS, .publish = {ports, 1}},
		{OPTS, .log_driver = driver}, {OPTS, .log_opt = {opts, 1}}, {OPTS, .hostname = bad},
		{OPTS, .workdir = rel}, {OPTS, .shm_size = bad},
		{OPTS, .labels = {nets, 0}, .umask = bad}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made m;

		make(&m, &cases[i], SH);
		if (m.r >= 0)
			fail_msg("case %zu was accepted", i);
		assert_true(m.err.msg[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hostile_image),
		cmocka_unit_test(test_image_volumes),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_host_namespaces),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_privileged),
		cmocka_unit_test(test_mount_order),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
