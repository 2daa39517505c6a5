#include "tests/unit/unit.h"

#include "storage/config.h"

#include <stdlib.h>
#include <string.h>

static int add(struct config *c, const char *text, struct err *err)
{
	*err = (struct err){0};
	return config_add(c, text, "f.conf", err);
}

static void test_stores(void **state)
{
	struct config c = {0};
	struct err err;

	(void)state;
	assert_int_equal(add(&c, "", &err), 0);
	assert_int_equal(c.shared.n, 0);
	assert_int_equal(
		add(&c, "[storage]\nadditionalimagestores = [\"/a\", \"/b c\"]\n", &err), 0);
	assert_int_equal(c.shared.n, 2);
	assert_string_equal(c.shared.v[1], "/b c");
	/* a later file's list takes the place of an earlier one's, an empty one too; without the key nothing changes */
	assert_int_equal(add(&c, "[storage]\n", &err), 0);
	assert_int_equal(c.shared.n, 2);
	assert_int_equal(add(&c, "storage.additionalimagestores = [\"/c\"]", &err), 0);
	assert_int_equal(c.shared.n, 1);
	assert_int_equal(add(&c, "[storage]\nadditionalimagestores = []", &err), 0);
	assert_int_equal(c.shared.n, 0);
	config_done(&c);
}

static void test_events(void **state)
{
	struct config c = {0};
	struct err err;

	(void)state;
	assert_int_equal(add(&c, "[engine]\nevents_logger = \"none\"\n", &err), 0);
	assert_true(c.no_events);
	/* not named in a later file: as it is; named: what that says */
	assert_int_equal(add(&c, "[engine]\n", &err), 0);
	assert_true(c.no_events);
	assert_int_equal(add(&c, "engine.events_logger = \"file\"", &err), 0);
	assert_false(c.no_events);
	config_done(&c);
}

static void test_containers(void **state)
{
	_cleanup_strv_ struct strv env = {0};
	struct config c = {0};
	struct err err;

	(void)state;
	assert_int_equal(
		add(&c, "[containers]\ntz = \"local\"\nenv = [\"A=1\", \"B=2\"]\n", &err), 0);
	assert_int_equal(add(&c, "containers.tz = \"Etc/UTC\"", &err), 0);
	assert_string_equal(json_get_str(c.containers, "tz", ""), "Etc/UTC");
	json_get_strv(c.containers, "env", &env);
	assert_int_equal(env.n, 2);
	config_done(&c);
	assert_null(c.containers);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"\n\nfoo = 1", "f.conf line 3: unknown key \"foo\""},
		{"[storage]\nadditionalimagestore = []",
			"line 2: unknown key \"storage.additionalimage"},
		{"[network]", "f.conf line 1: unknown key \"network\""},
		{"[storage]\n[other]\nadditionalimagestores = []", "line 2: unknown key \"other\""},
		{"storage = {additionalimagestores = []}", "line 1: inline tables"},
		{"storage = 1", "not a table"},
		{"[storage]\nadditionalimagestores = \"/a\"", "list of absolute paths"},
		{"[storage]\nadditionalimagestores = [\"a\"]", "list of absolute paths"},
		{"[storage]\nadditionalimagestores = [1]", "list of absolute paths"},
		{"[storage", "line 1"},
		{"containers = 1", "containers is not a table"},
		{"[containers]\nfrob = 1", "line 2: unknown key \"containers.frob\""},
		{"[containers]\ntz = 1", "containers.tz is not a string"},
		{"[containers]\npids_limit = -2", "containers.pids_limit is not a number"},
		{"[containers]\ncgroup_conf = \"a=1\"", "containers.cgroup_conf is not a list"},
		{"[containers]\nenv = \"A=1\"", "containers.env is not a list of strings"},
		{"[containers]\ndefault_ulimits = [1]", "not a list of strings"},
		{"engine = 1", "engine is not a table"},
		{"[engine]\nevents_logger = \"journald\"", "events_logger is not \"file\" or"},
		{"[engine]\nevents_logger = true", "events_logger is not \"file\" or"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct config c = {0};
		struct err err;

		assert_true(add(&c, bad[i].text, &err) < 0);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("%s", err.msg);
		config_done(&c);
	}
}

static void test_files(void **state)
{
	char path[64];
	int fd = unit_scratch(path);
	struct config c = {0};
	struct err err;

	(void)state;
	assert_int_equal(mkdirat(fd, "rl", 0755), 0);
	unit_file(fd, "rl/rl.conf", "[storage]\nadditionalimagestores = [\"/x\"]\n");
	setenv("XDG_CONFIG_HOME", path, 1);
	unsetenv("RL_ADDITIONAL_STORES");
	assert_int_equal(config_load(&c, &err), 0);
	assert_int_equal(c.shared.n, 1);
	assert_string_equal(c.shared.v[0], "/x");
	config_done(&c);
	setenv("RL_ADDITIONAL_STORES", "/y:/z", 1);
	assert_int_equal(config_load(&c, &err), 0);
	assert_int_equal(c.shared.n, 2);
	config_done(&c);
	setenv("RL_ADDITIONAL_STORES", "", 1);
	assert_int_equal(config_load(&c, &err), 0);
	assert_int_equal(c.shared.n, 0);
	setenv("RL_ADDITIONAL_STORES", "y", 1);
	assert_int_equal(config_load(&c, &err), -EINVAL);
	unsetenv("RL_ADDITIONAL_STORES");
	unsetenv("XDG_CONFIG_HOME");
	unit_scratch_done(fd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
