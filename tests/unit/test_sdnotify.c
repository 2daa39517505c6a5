#include "runtime/sdnotify.h"

#include "tests/unit/unit.h"

/* lines about the service's state, whole ones, and nothing about processes or descriptors */
static void test_filter(void **state)
{
	static const char *const cases[][2] = {{"READY=1", "READY=1\n"},
		{"MAINPID=1\nREADY=1\nSTATUS=a b\n", "READY=1\nSTATUS=a b\n"}, {"", ""},
		{"FDSTORE=1\nFDNAME=x\nNOTIFYACCESS=all\nMAINPIDFDID=7\nBARRIER=1", ""},
		{"READY=10\nxREADY=1\n READY=1", ""}, {"WATCHDOG=trigger", ""},
		{"WATCHDOG=1\nSTOPPING=1\nRELOADING=1\nMONOTONIC_USEC=5\nERRNO=2",
			"WATCHDOG=1\nSTOPPING=1\nRELOADING=1\nMONOTONIC_USEC=5\nERRNO=2\n"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf got = {0};

		sdnotify_filter(cases[i][0], &got);
		assert_string_equal(buf_str(&got), cases[i][1]);
	}
}

static void test_modes(void **state)
{
	enum sdnotify_mode m;

	(void)state;
	assert_int_equal(sdnotify_parse("conmon", &m), 0);
	assert_int_equal(m, SDNOTIFY_CONMON);
	assert_int_equal(sdnotify_parse("container", &m), 0);
	assert_int_equal(m, SDNOTIFY_CONTAINER);
	assert_int_equal(sdnotify_parse("Conmon", &m), -EINVAL);
	assert_int_equal(sdnotify_parse("", &m), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter), cmocka_unit_test(test_modes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
