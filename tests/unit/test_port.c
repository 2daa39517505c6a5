#include "network/port.h"

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static void check(const char *text, const char *want)
{
	struct ports p = {0};
	_cleanup_free_ char *got = NULL;

	assert_int_equal(port_parse(text, &p, NULL), 0);
	got = port_format(&p);
	assert_string_equal(got, want);
	ports_done(&p);
}

static void test_parse(void **state)
{
	(void)state;
	check("80", "0.0.0.0:0->80/tcp");
	check("8080:80", "0.0.0.0:8080->80/tcp");
	check("8080:80/udp", "0.0.0.0:8080->80/udp");
	check("127.0.0.1:8080:80", "127.0.0.1:8080->80/tcp");
	check("127.0.0.1::80", "127.0.0.1:0->80/tcp");
	check(":8080:80", "0.0.0.0:8080->80/tcp");
	check(":80", "0.0.0.0:0->80/tcp");
	check("[::1]:8080:80", "[::1]:8080->80/tcp");
	check("[::1]::80", "[::1]:0->80/tcp");
	check("8000-8002:80-82", "0.0.0.0:8000-8002->80-82/tcp");
	check("65535:65535", "0.0.0.0:65535->65535/tcp");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", ":", "::", "0", "65536", "-1", "80/sctp", "80/",
		"8080:", "a:80", "1.2.3:80:80", "1.2.3.4.5:80:80", "8000:80-81", "82-80", "80-",
		"[::1:80:80", "[::1]80:80", "1:2:3:4", "::1:80:80", "host:1:1", "80 ", "+80",
		"1-65536"};
	struct ports p = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct err){0};
		if (port_parse(bad[i], &p, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(*err.msg && *err.hint);
	}
	assert_int_equal(p.n, 0);
	/* more than one helper can forward */
	assert_int_equal(port_parse("1-65535:1-65535", &p, &err), -ERR_USAGE);
	ports_done(&p);
}

static void test_format(void **state)
{
	struct ports p = {0};
	_cleanup_free_ char *got = NULL, *none = port_format(&p);

	(void)state;
	assert_string_equal(none, "");
	assert_int_equal(port_parse("8080:80", &p, NULL), 0);
	assert_int_equal(port_parse("9000-9001:90-91", &p, NULL), 0);
	assert_int_equal(port_parse("9002:92/udp", &p, NULL), 0);
	got = port_format(&p);
	assert_string_equal(
		got, "0.0.0.0:8080->80/tcp, 0.0.0.0:9000-9001->90-91/tcp, 0.0.0.0:9002->92/udp");
	ports_done(&p);
}

static void test_json(void **state)
{
	struct ports p = {0}, back = {0};
	_cleanup_json_ json_t *j = NULL, *good = NULL;
	_cleanup_free_ char *got = NULL, *two = NULL;
	static const char *const damaged[] = {
		"[{\"hostIP\":\"x\\ny\",\"hostPort\":1,\"containerPort\":1,\"protocol\":\"tcp\"}]",
		"[{\"hostPort\":-1,\"containerPort\":1,\"protocol\":\"tcp\"}]",
		"[{\"hostPort\":65536,\"containerPort\":1,\"protocol\":\"tcp\"}]",
		"[{\"hostPort\":1,\"containerPort\":0,\"protocol\":\"tcp\"}]",
		"[{\"hostPort\":1,\"containerPort\":65536,\"protocol\":\"tcp\"}]",
		"[{\"hostPort\":1,\"containerPort\":1,\"protocol\":\"sctp\"}]",
		"[{\"hostPort\":1,\"containerPort\":1}]",
		"[5]",
	};

	(void)state;
	assert_int_equal(port_parse("127.0.0.1:8080:80/udp", &p, NULL), 0);
	j = port_to_json(&p);
	assert_int_equal(port_from_json(j, &back, NULL), 0);
	got = port_format(&back);
	assert_string_equal(got, "127.0.0.1:8080->80/udp");
	ports_done(&p);
	ports_done(&back);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		_cleanup_json_ json_t *o = json_loads(damaged[i], 0, NULL);
		struct err err = {0};

		assert_non_null(o);
		if (port_from_json(o, &back, &err) != -EBADMSG)
			fail_msg("taken: %s", damaged[i]);
		assert_int_equal(back.n, 0);
	}
	good = json_loads(
		"[{\"hostIP\":\"::1\",\"hostPort\":0,\"containerPort\":65535,\"protocol\":"
		"\"udp\"},{\"hostPort\":65535,\"containerPort\":1,\"protocol\":\"tcp\"}]",
		0, NULL);
	assert_int_equal(port_from_json(good, &back, NULL), 0);
	two = port_format(&back);
	assert_string_equal(two, "[::1]:0->65535/udp, 0.0.0.0:65535->1/tcp");
	ports_done(&back);
}

static void test_assign(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *taken = NULL;
	struct ports p = {0};
	struct err err = {0};
	socklen_t len = sizeof(a);

	(void)state;
	assert_int_equal(port_parse("127.0.0.1::80", &p, NULL), 0);
	assert_int_equal(port_parse("127.0.0.1::81", &p, NULL), 0);
	assert_int_equal(port_assign(&p, &err), 0);
	assert_true(p.v[0].host_port && p.v[1].host_port && p.v[0].host_port != p.v[1].host_port);
	p.v[1].host_port = p.v[0].host_port;
	assert_int_equal(port_assign(&p, &err), -EADDRINUSE);
	assert_non_null(strstr(err.msg, "twice"));
	ports_done(&p);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	taken = xasprintf("127.0.0.1:%u:80", ntohs(a.sin_port));
	assert_int_equal(port_parse(taken, &p, NULL), 0);
	assert_int_equal(port_assign(&p, &err), -EADDRINUSE);
	assert_true(*err.hint);
	ports_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_assign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
