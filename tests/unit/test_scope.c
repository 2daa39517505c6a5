#include "runtime/scope.h"

#include "tests/unit/unit.h"

static void test_unit_of(void **state)
{
#define MANAGER "/user.slice/user-1000.slice/user@1000.service"
	static const struct {
		const char *group, *unit, *rest;
	} cases[] = {
		{MANAGER "/user.slice/rl-1.scope/container", "rl-1.scope", "/container"},
		{MANAGER "/app.slice/web.service/rl-payload-1", "web.service", "/rl-payload-1"},
		{MANAGER "/user.slice/rl-1.scope/container/system.slice/a.service/x", "rl-1.scope",
			"/container/system.slice/a.service/x"},
		{"/machine.slice/rl-1.scope/container", "rl-1.scope", "/container"},
		{"/system.slice/web.service/rl-payload-1", "web.service", "/rl-payload-1"},
		/* the unit's own group takes no process beside the one that systemd starts */
		{MANAGER "/app.slice/web.service", NULL, NULL},
		{"/user.slice/user-1000.slice/user@1000.service", NULL, NULL},
		{"/rl-1", NULL, NULL},
		{"/", NULL, NULL},
		{"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *unit = NULL;
		const char *rest = scope_unit_of(cases[i].group, &unit);

		if (!cases[i].rest) {
			assert_null(rest);
			assert_null(unit);
			continue;
		}
		assert_string_equal(rest, cases[i].rest);
		assert_string_equal(unit, cases[i].unit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_unit_of)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
