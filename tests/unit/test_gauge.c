#include "runtime/gauge.h"

#include "tests/unit/unit.h"

#define HEAD                                                                                       \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
	"drop fifo colls carrier compressed\n"

static void test_links(void **state)
{
	struct gauge g = {0};

	(void)state;
	gauge_parse_links(HEAD "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			       "  tap0:10000000000 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			       "broken: 1 2\n"
			       "  eth1: 7 2 3 4 5 6 7 8 90 10 11 12 13 14 15 16\n",
		&g);
	assert_int_equal(g.nlinks, 2);
	assert_string_equal(g.links[0].name, "tap0");
	assert_int_equal(g.links[0].rx_bytes, 10000000000);
	assert_int_equal(g.links[0].rx_packets, 2);
	assert_int_equal(g.links[0].rx_errors, 3);
	assert_int_equal(g.links[0].rx_dropped, 4);
	assert_int_equal(g.links[0].tx_bytes, 9);
	assert_int_equal(g.links[0].tx_dropped, 12);
	assert_string_equal(g.links[1].name, "eth1");
	assert_int_equal(g.links[1].tx_bytes, 90);
	gauge_done(&g);
	gauge_parse_links("", &g);
	assert_int_equal(g.nlinks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
