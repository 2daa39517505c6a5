#include "tests/unit/unit.h"

#include "runtime/caps.h"

#include <sched.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int parse(const char *text, struct caps *c)
{
	_cleanup_json_ json_t *o = json_loads(text, 0, NULL);

	return caps_parse(o, c, NULL);
}

static void test_parse(void **state)
{
	struct caps c = {0};

	(void)state;
	assert_int_equal(
		parse("{\"bounding\":[\"CAP_CHOWN\",\"cap_sys_admin\"],\"ambient\":[\"CAP_KILL\"]}",
			&c),
		0);
	assert_true(c.bounding == (UINT64_C(1) | UINT64_C(1) << 21));
	assert_true(c.ambient == UINT64_C(1) << 5);
	assert_true(c.permitted == 0 && c.effective == 0 && c.inheritable == 0);
	/* each set is its own */
	assert_int_equal(
		parse("{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_DAC_OVERRIDE\"],"
		      "\"permitted\":[\"CAP_DAC_READ_SEARCH\"],\"inheritable\":[\"CAP_FOWNER\"],"
		      "\"ambient\":[\"CAP_FSETID\"]}",
			&c),
		0);
	assert_int_equal(c.bounding, 1);
	assert_int_equal(c.effective, 2);
	assert_int_equal(c.permitted, 4);
	assert_int_equal(c.inheritable, 8);
	assert_int_equal(c.ambient, 16);
	/* without an object there are none */
	assert_int_equal(caps_parse(NULL, &c, NULL), 0);
	assert_true(c.bounding == 0 && c.ambient == 0);
}

static void test_refused(void **state)
{
	struct caps c = {.bounding = 3};

	(void)state;
	assert_true(parse("{\"bounding\":[\"CAP_FROB\"]}", &c) < 0);
	assert_true(parse("{\"bounding\":[7]}", &c) < 0);
	assert_true(parse("{\"effective\":[\"\"]}", &c) < 0);
	assert_true(
		parse("{\"effective\":[\"CAP_"
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]}",
			&c) < 0);
	assert_true(c.bounding == 3);
	assert_true(caps_all() & 1);
}

#define SKIPPED 77

static int bit(cap_t caps, int cap, cap_flag_t flag)
{
	cap_flag_value_t v = CAP_CLEAR;

	return cap_get_flag(caps, cap, flag, &v) == 0 && v == CAP_SET;
}

/* in a child that has all capabilities, of a user namespace where the caller has none; Return: 0 if all is right */
static int give_up(void)
{
	const struct caps c = {.bounding = 1U << CAP_CHOWN | 1U << CAP_KILL | 1U << CAP_SETUID,
		.permitted = 1U << CAP_CHOWN | 1U << CAP_KILL | UINT64_C(1) << 63,
		.effective = 1U << CAP_CHOWN | 1U << CAP_FOWNER,
		.inheritable = 1U << CAP_KILL | UINT64_C(1) << 63,
		.ambient = 1U << CAP_KILL};
	cap_t got;

	if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
		return SKIPPED;
	if (caps_drop_bounding(&c, NULL) < 0 || caps_apply(&c, NULL) < 0)
		return 1;
	got = cap_get_proc();
	for (int cap = 0; cap < cap_max_bits(); cap++) {
		bool kill = cap == CAP_KILL, chown = cap == CAP_CHOWN;

		if (prctl(PR_CAPBSET_READ, cap) != (kill || chown || cap == CAP_SETUID))
			return 2;
		if (bit(got, cap, CAP_PERMITTED) != (kill || chown) ||
			bit(got, cap, CAP_EFFECTIVE) != chown ||
			bit(got, cap, CAP_INHERITABLE) != kill)
			return 3;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != kill)
			return 4;
	}
	/* given up, they do not come back */
	if (caps_apply(&(struct caps){.permitted = 1U << CAP_SYS_ADMIN}, NULL) != -EPERM)
		return 5;
	if (caps_drop_bounding(&(struct caps){0}, NULL) != -EPERM)
		return 6;
	cap_free(got);
	return 0;
}

static void test_apply(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(give_up());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
