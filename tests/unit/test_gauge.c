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

static void test_group(void **state)
{
	struct gauge g = {0};
	char path[64];
	int fd = unit_scratch(path);

	(void)state;
	assert_int_equal(gauge_group(fd, &g), GAUGE_LACKS_ALL);
	unit_file(fd, "cpu.stat", "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\n");
	unit_file(fd, "memory.current", "1000000\n");
	unit_file(fd, "memory.max", "max\n");
	unit_file(fd, "memory.stat", "anon 5\ninactive_file 300000\nactive_file 7\n");
	unit_file(fd, "pids.current", "17\n");
	assert_int_equal(gauge_group(fd, &g), GAUGE_LACKS_IO);
	assert_int_equal(g.cpu_ns, 5000000);
	assert_int_equal(g.system_ns, 2000000);
	assert_int_equal(g.memory, 700000);
	assert_int_equal(g.limit, 0);
	assert_int_equal(g.threads, 17);
	assert_false(g.pressure[GAUGE_CPU].known);
	unit_file(fd, "memory.max", "67108864\n");
	unit_file(fd, "io.stat",
		"8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=3 dios=4\n"
		"8:16 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=3 dios=4\n");
	unit_file(fd, "memory.pressure",
		"some avg10=1.25 avg60=0.50 avg300=0.10 total=123\n"
		"full avg10=0.01 avg60=0.00 avg300=0.00 total=9\n");
	assert_int_equal(gauge_group(fd, &g), 0);
	assert_int_equal(g.limit, 67108864);
	assert_int_equal(g.read_bytes, 110);
	assert_int_equal(g.write_bytes, 220);
	assert_true(g.pressure[GAUGE_MEMORY].known);
	assert_int_equal(g.pressure[GAUGE_MEMORY].some.avg10, 125);
	assert_int_equal(g.pressure[GAUGE_MEMORY].some.avg60, 50);
	assert_int_equal(g.pressure[GAUGE_MEMORY].some.avg300, 10);
	assert_int_equal(g.pressure[GAUGE_MEMORY].some.total, 123);
	assert_int_equal(g.pressure[GAUGE_MEMORY].full.avg10, 1);
	assert_int_equal(g.pressure[GAUGE_MEMORY].full.total, 9);
	/* nothing but cached files */
	unit_file(fd, "memory.current", "1000\n");
	gauge_group(fd, &g);
	assert_int_equal(g.memory, 0);
	unit_scratch_done(fd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
