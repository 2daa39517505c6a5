#include "runtime/spec.h"

#include "tests/unit/unit.h"

#include <unistd.h>

struct made {
	json_t *record, *config;
	struct err err;
	int r;
};

static struct made make(const struct sandbox *box)
{
	struct store store = {.fd = -EBADF, .path = (char *)"/var/tmp/rl-test-store"};
	struct containers cs = {.store = &store, .rundir = -EBADF, .runpath = "/run/rl-test"};
	struct spec_opts o = {
		.stop_timeout = -1, .sandbox = box, .image = (char *)(uintptr_t)box->dir};
	struct net_conf net = {0};
	struct made m = {0};

	strv_add(&o.args, "true");
	strv_add(&o.network, "none");
	m.r = spec_make(&cs, &o, NULL, &m.record, &m.config, &net, &m.err);
	if (m.r == 0)
		net_conf_done(&net);
	strv_done(&o.args);
	strv_done(&o.network);
	return m;
}

static void made_done(struct made *m)
{
	json_decref(m->record);
	json_decref(m->config);
}

/* the last mount on @target, as it decides; NULL for none */
static const json_t *mount(const struct made *m, const char *target)
{
	json_t *j, *found = NULL;
	size_t i;

	json_array_foreach (json_object_get(m->config, "mounts"), i, j)
		if (str_eq(json_get_str(j, "destination", ""), target))
			found = j;
	return found;
}

static bool option(const struct made *m, const char *target, const char *name)
{
	_cleanup_strv_ struct strv options = {0};

	json_get_strv(mount(m, target), "options", &options);
	return strv_has(&options, name);
}

static void test_mounts(void **state)
{
	const struct sandbox box = {.dir = "/data/work", .home = "/data/homes/me"};
	_cleanup_(made_done) struct made m = make(&box);
	_cleanup_strv_ struct strv masked = {0};

	(void)state;
	assert_int_equal(m.r, 0);
	/* the host's, read-only, and nothing set-uid in it */
	assert_true(option(&m, "/usr", "rbind"));
	assert_true(option(&m, "/usr", "ro"));
	assert_true(option(&m, "/usr", "nosuid"));
	assert_true(option(&m, "/etc", "ro"));
	/* empty ones */
	assert_string_equal(json_get_str(mount(&m, "/tmp"), "type", ""), "tmpfs");
	assert_string_equal(json_get_str(mount(&m, "/home"), "type", ""), "tmpfs");
	assert_string_equal(json_get_str(mount(&m, "/data/homes"), "type", ""), "tmpfs");
	assert_string_equal(json_get_str(mount(&m, "/data/homes/me"), "type", ""), "tmpfs");
	assert_null(mount(&m, "/root"));
	/* the directory */
	assert_true(option(&m, "/data/work", "rw"));
	assert_true(option(&m, "/data/work", "nosuid"));
	assert_null(json_get_str(m.record, "base", NULL));
	assert_true(json_is_true(json_path(m.config, "root", "readonly", NULL)));
	json_get_strv(json_object_get(m.config, "linux"), "maskedPaths", &masked);
	assert_true(strv_has(&masked, "/var/tmp/rl-test-store"));
	assert_true(strv_has(&masked, "/run/rl-test"));
	/* no image */
	assert_null(json_object_get(m.record, "diffIds"));
	assert_string_equal(json_get_str(m.record, "image", ""), "/data/work");
}

static void test_modes(void **state)
{
	struct sandbox box = {.dir = "/data/work", .mode = SANDBOX_READ_ONLY};
	_cleanup_(made_done) struct made ro = make(&box), copied = {0};

	(void)state;
	assert_true(option(&ro, "/data/work", "ro"));
	box.mode = SANDBOX_COPIED;
	copied = make(&box);
	assert_string_equal(json_get_str(mount(&copied, "/data/work"), "type", ""), "rl-layers");
	assert_string_equal(json_get_str(copied.record, "base", ""), "/data/work");
	assert_true(json_get_bool(copied.record, "baseBelow", false));
}

/* one's own ids and no others, unless root is wanted */
static void test_ids(void **state)
{
	struct sandbox box = {.dir = "/data/work"};
	_cleanup_(made_done) struct made own = make(&box), root = {0};
	json_t *maps = json_object_get(json_object_get(own.config, "linux"), "uidMappings");

	(void)state;
	assert_int_equal(json_array_size(maps), 1);
	assert_int_equal(json_get_int(json_array_get(maps, 0), "containerID", -1), geteuid());
	assert_int_equal(json_get_int(json_array_get(maps, 0), "hostID", -1), 0);
	assert_int_equal(json_get_int(json_array_get(maps, 0), "size", -1), 1);
	box.root = true;
	root = make(&box);
	assert_null(json_object_get(json_object_get(root.config, "linux"), "uidMappings"));
}

static void test_env(void **state)
{
	const struct sandbox box = {.dir = "/data/work"};
	_cleanup_strv_ struct strv env = {0};
	_cleanup_(made_done) struct made m = {0};

	(void)state;
	setenv("SSH_AUTH_SOCK", "/x", 1);
	setenv("GITHUB_TOKEN", "secret", 1);
	setenv("LC_TIME", "C.UTF-8", 1);
	m = make(&box);
	json_get_strv(json_object_get(m.config, "process"), "env", &env);
	assert_null(strv_find_key(&env, "SSH_AUTH_SOCK"));
	assert_null(strv_find_key(&env, "GITHUB_TOKEN"));
	assert_string_equal(strv_find_key(&env, "LC_TIME"), "C.UTF-8");
	assert_string_equal(strv_find_key(&env, "container"), "rl");
}

static void test_refused(void **state)
{
	static const struct {
		const char *dir, *home;
		bool fine;
	} cases[] = {
		{"/", "/home/me", false},
		{"/home", "/home/me", false},
		{"/home/me", "/home/me", false},
		{"/home/me/work", "/home/me", true},
		{"/home/me2", "/home/me", true},
		{"/home/me", NULL, true},
		{"/proc/self", "/home/me", false},
		{"/dev", "/home/me", false},
		{"/development", "/home/me", true},
		{"/srv", "/home/me", true},
	};
	const struct sandbox store = {.dir = "/var/tmp/rl-test-store/images"};
	_cleanup_(made_done) struct made m = make(&store);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sandbox box = {.dir = cases[i].dir, .home = cases[i].home};
		struct err err = {0};

		assert_int_equal(sandbox_check(&box, &err) == 0, cases[i].fine);
		assert_int_equal(err.code != 0, !cases[i].fine);
	}
	assert_int_equal(m.r, -ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
