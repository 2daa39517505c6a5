#include "network/loopback.h"

#include "tests/unit/unit.h"

static bool wanted(const char *proto, const char *ip, const char *option, bool *only)
{
	struct net_conf c = {.mode = NET_SLIRP};
	struct port p = {.host_port = 5353, .ctr_port = 53};
	bool r;

	snprintf(p.proto, sizeof(p.proto), "%s", proto);
	snprintf(p.host_ip, sizeof(p.host_ip), "%s", ip);
	if (option)
		strv_add(&c.slirp, option);
	r = loopback_wanted(&c, &p, only);
	net_conf_done(&c);
	return r;
}

static void test_wanted(void **state)
{
	bool only;

	(void)state;
	assert_true(wanted("udp", "", NULL, &only));
	assert_false(only);
	assert_true(wanted("udp", "0.0.0.0", NULL, &only));
	assert_false(only);
	assert_true(wanted("udp", "127.0.0.1", NULL, &only));
	assert_true(only);
	assert_true(wanted("udp", "127.0.0.53", "allow_host_loopback=false", &only));
	assert_true(only);
	assert_false(wanted("udp", "192.0.2.7", NULL, &only));
	assert_false(wanted("tcp", "", NULL, &only));
	/* slirp4netns answers loopback clients itself */
	assert_false(wanted("udp", "127.0.0.1", "allow_host_loopback=true", &only));
	assert_false(only);
}

static void test_nothing_to_start(void **state)
{
	struct net_conf c = {.mode = NET_SLIRP};
	struct err err = {0};

	(void)state;
	assert_int_equal(loopback_start(&c, -EBADF, &err), -ENOENT);
	assert_int_equal(loopback_stop(-EBADF), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_nothing_to_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
