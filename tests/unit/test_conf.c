#include "network/net.h"

#include "network/slirp.h"
#include "tests/unit/unit.h"

static void test_modes(void **state)
{
	static const struct {
		const char *text;
		enum net_mode mode;
	} modes[] = {
		{"none", NET_NONE},
		{"host", NET_HOST},
		{"slirp4netns", NET_SLIRP},
		{"private", NET_SLIRP},
		{"default", NET_SLIRP},
		{"slirp4netns:allow_host_loopback=true,enable_ipv6=false", NET_SLIRP},
		{"slirp4netns:outbound_addr=eth0,outbound_addr6=::1", NET_SLIRP},
		{"slirp4netns:outbound_addr=192.0.2.1,port_handler=slirp4netns", NET_SLIRP},
		{"slirp4netns:mtu=576", NET_SLIRP},
		{"slirp4netns:mtu=65521", NET_SLIRP},
		{"slirp4netns:cidr=10.9.0.0/25", NET_SLIRP},
		{"slirp4netns:cidr=128.0.0.0/1", NET_SLIRP},
		{"container:web", NET_CONTAINER},
		{"slirp4netns:mtu=1500,cidr=10.9.0.0/16", NET_SLIRP},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct net_conf c = {.mode = NET_HOST};

		assert_int_equal(net_parse(modes[i].text, &c, NULL), 0);
		assert_int_equal(c.mode, modes[i].mode);
		net_conf_done(&c);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "nat", "container:", "container:../x", "container:-a",
		"slirp4netns:", "slirp4netns:mtu", "slirp4netns:mtu=70000", "slirp4netns:mtu=x",
		"slirp4netns:cidr=10.0.2.1/24", "slirp4netns:cidr=10.0.2.0",
		"slirp4netns:cidr=10.0.2.0/26", "slirp4netns:cidr=10.0.2.0/0",
		"slirp4netns:mtu=575", "slirp4netns:mtu=65522", "slirp4netns:allow_host_loopback=2",
		"slirp4netns:outbound_addr=::1", "slirp4netns:outbound_addr6=1.2.3.4.5 ",
		"slirp4netns:outbound_addr=interface-of-16b", "slirp4netns:cidr=10.0.2.128/24",
		"slirp4netns:color=red", "slirp4netns:enable_ipv6=maybe",
		"slirp4netns:outbound_addr=a b", "slirp4netns:port_handler=rootlesskit"};
	struct net_conf c = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = {0};

		if (net_parse(bad[i], &c, &err) != -ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(*err.msg);
		net_conf_done(&c);
	}
}

static void test_addr(void **state)
{
	struct net_conf c = {0};
	char buf[NET_ADDR_MAX];

	(void)state;
	assert_string_equal(net_slirp_addr(&c, 3, buf), "10.0.2.3");
	assert_int_equal(net_parse("slirp4netns:cidr=172.16.255.0/24", &c, NULL), 0);
	assert_string_equal(net_slirp_addr(&c, 100, buf), "172.16.255.100");
	net_conf_done(&c);
}

static void test_json(void **state)
{
	struct net_conf c = {.no_hosts = true}, back = {0};
	_cleanup_json_ json_t *j = NULL, *again = NULL, *whole = NULL;

	(void)state;
	assert_int_equal(net_parse("slirp4netns:mtu=1500", &c, NULL), 0);
	assert_int_equal(port_parse("8080:80", &c.ports, NULL), 0);
	strv_add(&c.dns, "9.9.9.9");
	strv_add(&c.add_host, "a:1.2.3.4");
	j = net_to_json(&c);
	assert_int_equal(net_from_json(j, &back, NULL), 0);
	again = net_to_json(&back);
	assert_true(json_equal(j, again));
	net_conf_done(&c);
	net_conf_done(&back);
	/* every member comes back, and so does another container's name */
	assert_string_equal(json_get_str(j, "mode", ""), "slirp4netns");
	strv_add(&c.dns_search, "example");
	strv_add(&c.dns_option, "ndots:1");
	assert_int_equal(net_parse("container:web", &c, NULL), 0);
	whole = net_to_json(&c);
	net_conf_done(&c);
	assert_int_equal(net_from_json(whole, &back, NULL), 0);
	assert_int_equal(back.mode, NET_CONTAINER);
	assert_string_equal(back.container, "web");
	assert_string_equal(back.dns_search.v[0], "example");
	assert_string_equal(back.dns_option.v[0], "ndots:1");
	net_conf_done(&back);
	assert_int_equal(back.mode, 0);
	assert_null(back.container);
	json_object_set_new(j, "ports", json_pack("[{s:i}]", "hostPort", 1));
	assert_int_equal(net_from_json(j, &back, NULL), -EBADMSG);
	json_object_set_new(j, "mode", json_string("x"));
	assert_int_equal(net_from_json(j, &back, NULL), -EBADMSG);
	json_object_set_new(j, "mode", json_string("container"));
	assert_int_equal(net_from_json(j, &back, NULL), -EBADMSG);
	assert_int_equal(net_from_json(NULL, &back, NULL), -EBADMSG);
}

static void test_request(void **state)
{
	struct net_conf c = {0};
	_cleanup_free_ char *got = NULL;

	(void)state;
	assert_int_equal(port_parse("127.0.0.1:8080:80/udp", &c.ports, NULL), 0);
	got = slirp_request(&c, &c.ports.v[0]);
	assert_string_equal(got,
		"{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"udp\",\"host_addr\":\"127."
		"0.0.1\","
		"\"host_port\":8080,\"guest_addr\":\"10.0.2.100\",\"guest_port\":80}}");
	net_conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
