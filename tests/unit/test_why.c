#include "runtime/why.h"

#include "tests/unit/unit.h"

static const char *cause(struct why w)
{
	struct why_answer a;

	if (!w.error)
		w.error = (char *)"";
	why_answer(&w, &a);
	assert_non_null(a.what);
	assert_true(*a.what);
	return a.cause;
}

/* an end that the monitor recorded */
static struct why ended(int code)
{
	return (struct why){.status = CONTAINER_EXITED, .recorded = true, .code = code, .ran = 60};
}

static void test_codes(void **state)
{
	static const struct {
		int code;
		const char *cause;
	} cases[] = {{0, "done"}, {1, "failed"}, {2, "failed"}, {124, "failed"}, {125, "failed"},
		{126, "command-not-executable"}, {127, "command-not-found"}, {128, "failed"},
		{129, "hangup"}, {130, "interrupt"}, {131, "quit"}, {132, "illegal"}, {133, "trap"},
		{134, "abort"}, {135, "bus"}, {136, "arithmetic"}, {137, "killed"}, {138, "failed"},
		{139, "segfault"}, {141, "pipe"}, {142, "alarm"}, {143, "terminated"},
		{152, "cpu-time"}, {153, "file-size"}, {159, "seccomp"}, {255, "failed"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(cause(ended(cases[i].code)), cases[i].cause);
}

/* what is known for certain comes before what the code suggests */
static void test_certain(void **state)
{
	struct why w = ended(137);

	(void)state;
	w.asked = true;
	assert_string_equal(cause(w), "stopped");
	w.forced = true;
	assert_string_equal(cause(w), "stop-timeout");
	w.pids = true;
	assert_string_equal(cause(w), "pids");
	w.oom = true;
	assert_string_equal(cause(w), "memory");
	w.restarting = true;
	assert_string_equal(cause(w), "restarting");
}

static void test_groupless(void **state)
{
	struct why w = ended(255);

	(void)state;
	w.groupless = true;
	assert_string_equal(cause(w), "no-cgroup");
	/* it began, and failed by itself */
	w.code = 1;
	assert_string_equal(cause(w), "failed");
}

/* a limit that was met is the cause of a failure, not of a success */
static void test_limits(void **state)
{
	struct why ok = ended(0), failed = ended(1), now = {.status = CONTAINER_RUNNING, .ran = -1};

	(void)state;
	ok.oom = ok.pids = true;
	ok.ran = 100;
	assert_string_equal(cause(ok), "done");
	failed.pids = true;
	assert_string_equal(cause(failed), "pids");
	failed.oom = true;
	assert_string_equal(cause(failed), "memory");
	now.pids = true;
	assert_string_equal(cause(now), "pids");
	now.oom = true;
	assert_string_equal(cause(now), "memory");
}

static void test_lost(void **state)
{
	struct why w = {.status = CONTAINER_EXITED, .code = 137, .has_state = true, .ran = -1};

	(void)state;
	assert_string_equal(cause(w), "monitor");
	w.has_state = false;
	assert_string_equal(cause(w), "reboot");
}

static void test_start(void **state)
{
	static const struct {
		int code;
		const char *error, *cause;
	} cases[] = {
		{127, "command x not found", "not-found"},
		{126, "/x cannot be executed: not a program for this machine", "format"},
		{126, "/x cannot be executed: Permission denied", "denied"},
		{126, "/x cannot be executed: Is a directory", "not-executable"},
		{125, "publish port 80/tcp: Address already in use", "port"},
		{125, "bind mount /x: No such file or directory", "start"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct why w = {.status = CONTAINER_CREATED,
			.recorded = true,
			.code = cases[i].code,
			.error = (char *)(uintptr_t)cases[i].error};
		struct why_answer a;

		assert_string_equal(cause(w), cases[i].cause);
		why_answer(&w, &a);
		assert_string_equal(a.what, cases[i].error);
		assert_non_null(a.hint);
	}
}

static void test_short(void **state)
{
	struct why w = ended(0);

	(void)state;
	w.ran = 0;
	assert_string_equal(cause(w), "short");
	w.last = (char *)"output";
	assert_string_equal(cause(w), "done");
}

static void test_alive(void **state)
{
	struct why w = {.status = CONTAINER_RUNNING, .has_state = true, .ran = -1};

	(void)state;
	assert_string_equal(cause(w), "running");
	w.health = (char *)"starting";
	assert_string_equal(cause(w), "checking");
	w.health = (char *)"healthy";
	assert_string_equal(cause(w), "healthy");
	w.network_lost = true;
	assert_string_equal(cause(w), "network");
	w.health = (char *)"unhealthy";
	assert_string_equal(cause(w), "unhealthy");
	w.status = CONTAINER_STOPPING;
	assert_string_equal(cause(w), "stopping");
	w.status = CONTAINER_PAUSED;
	assert_string_equal(cause(w), "paused");
	w.status = CONTAINER_INITIALIZED;
	assert_string_equal(cause(w), "starting");
	w.status = CONTAINER_CREATED;
	assert_string_equal(cause(w), "created");
	w.status = CONTAINER_DAMAGED;
	assert_string_equal(cause(w), "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_certain),
		cmocka_unit_test(test_groupless),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
