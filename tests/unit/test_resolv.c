#include "network/resolv.h"

#include "tests/unit/unit.h"

static const char host_text[] = "# comment\n"
				"nameserver 127.0.0.53\n"
				"nameserver\t192.0.2.1\r\n"
				"nameserver ::1\n"
				"nameserver fe80::1%eth0\n"
				"nameserver not-an-address\n"
				"domain old.example\n"
				"search a.example  b.example\n"
				"options ndots:2 edns0\n"
				"sortlist 1.2.3.4\n"
				"nameserver";

static void check(struct net_conf *c, const char *want)
{
	_cleanup_(resolv_done) struct resolv host = {0};
	_cleanup_buf_ struct buf got = {0};

	resolv_parse(host_text, &host);
	assert_int_equal(resolv_make(c, &host, &got, NULL), 0);
	assert_string_equal(buf_str(&got), want);
	net_conf_done(c);
}

static void test_modes(void **state)
{
	struct net_conf c = {.mode = NET_SLIRP};

	(void)state;
	check(&c, "search a.example b.example\nnameserver 10.0.2.3\nnameserver 192.0.2.1\n"
		  "nameserver fe80::1%eth0\noptions ndots:2 edns0\n");
	c.mode = NET_HOST;
	check(&c, "search a.example b.example\nnameserver 127.0.0.53\nnameserver "
		  "192.0.2.1\nnameserver ::1\n"
		  "nameserver fe80::1%eth0\noptions ndots:2 edns0\n");
	c.mode = NET_NONE;
	check(&c, "search a.example b.example\noptions ndots:2 edns0\n");
}

static void test_flags(void **state)
{
	struct net_conf c = {.mode = NET_SLIRP};

	(void)state;
	strv_add(&c.dns, "9.9.9.9");
	strv_add(&c.dns, "2620:fe::fe");
	strv_add(&c.dns_search, "x.example");
	strv_add(&c.dns_option, "timeout:1");
	check(&c, "search x.example\nnameserver 9.9.9.9\nnameserver 2620:fe::fe\noptions "
		  "timeout:1\n");
	strv_add(&c.dns, "9.9.9.9");
	strv_add(&c.dns_search, ".");
	check(&c, "nameserver 9.9.9.9\noptions ndots:2 edns0\n");
}

static void test_injection(void **state)
{
	struct resolv host = {0};
	struct buf got = {0};
	struct net_conf c = {0};

	(void)state;
	strv_add(&c.dns, "9.9.9.9\nnameserver 6.6.6.6");
	assert_int_equal(resolv_make(&c, &host, &got, NULL), -ERR_USAGE);
	net_conf_done(&c);
	strv_add(&c.dns_search, "a b");
	assert_int_equal(resolv_make(&c, &host, &got, NULL), -ERR_USAGE);
	net_conf_done(&c);
	strv_add(&c.dns_option, "");
	assert_int_equal(resolv_make(&c, &host, &got, NULL), -ERR_USAGE);
	net_conf_done(&c);
	assert_int_equal(got.len, 0);
}

static void test_loopback(void **state)
{
	(void)state;
	assert_true(resolv_is_loopback("127.0.0.1"));
	assert_true(resolv_is_loopback("127.255.0.1"));
	assert_true(resolv_is_loopback("::1"));
	assert_false(resolv_is_loopback("10.0.0.1"));
	assert_false(resolv_is_loopback("fe80::1%eth0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
