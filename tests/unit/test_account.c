#include "userns/account.h"

#include "tests/unit/unit.h"

#include <pwd.h>
#include <unistd.h>

static void test_known(void **state)
{
	const struct passwd *pw = getpwuid(getuid());
	struct account a;

	(void)state;
	assert_non_null(pw);
	account_find(getuid(), &a);
	assert_string_equal(a.name, pw->pw_name);
	assert_string_equal(a.home, pw->pw_dir);
	account_done(&a);
	assert_null(a.name);
}

static void test_unknown(void **state)
{
	struct account a;

	(void)state;
	account_find(3999999999U, &a);
	assert_null(a.name);
	assert_null(a.home);
	account_done(&a);
}

/* what the worker says, which /etc/passwd alone would not need */
static void test_worker(void **state)
{
	const struct passwd *pw = getpwuid(getuid());
	_cleanup_json_ json_t *j = NULL;

	(void)state;
	assert_int_equal(account_ask_uid(getuid(), &j, NULL), 0);
	assert_string_equal(json_get_str(j, "name", ""), pw->pw_name);
	assert_string_equal(json_get_str(j, "home", ""), pw->pw_dir);
	assert_true(json_is_array(json_object_get(j, "uid")));
	assert_true(json_is_array(json_object_get(j, "gid")));
}

static void test_home(void **state)
{
	char *home;

	(void)state;
	setenv("HOME", "/some/where", 1);
	home = account_home();
	assert_string_equal(home, "/some/where");
	free(home);
	/* a relative one is none */
	setenv("HOME", "where", 1);
	home = account_home();
	assert_string_equal(home, getpwuid(getuid())->pw_dir);
	free(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
