#include "network/hosts.h"

#include "tests/unit/unit.h"

#define LOCALHOST                                                                                  \
	"127.0.0.1\tlocalhost localhost.localdomain localhost4 localhost4.localdomain4\n"          \
	"::1\tlocalhost localhost.localdomain localhost6 localhost6.localdomain6\n"

static void check(
	const struct net_conf *c, const char *hostname, const char *name, const char *want)
{
	_cleanup_buf_ struct buf got = {0};

	assert_int_equal(hosts_make(c, hostname, name, &got, NULL), 0);
	assert_string_equal(buf_str(&got), want);
}

static void test_names(void **state)
{
	struct net_conf c = {.mode = NET_NONE};

	(void)state;
	check(&c, "h", "web", LOCALHOST "127.0.0.1\th web\n");
	check(&c, "web", "web", LOCALHOST "127.0.0.1\tweb\n");
	check(&c, NULL, "web", LOCALHOST "127.0.0.1\tweb\n");
	check(&c, "a\nb", "web", LOCALHOST "127.0.0.1\tweb\n");
	check(&c, NULL, NULL, LOCALHOST);
}

static void test_slirp(void **state)
{
	struct net_conf c = {.mode = NET_SLIRP};

	(void)state;
	/* the host's own loopback is the only address that does not depend on the machine */
	strv_add(&c.slirp, "allow_host_loopback=true");
	strv_add(&c.add_host, "db:192.0.2.7");
	strv_add(&c.add_host, "a;b:2001:db8::1");
	strv_add(&c.add_host, "gw:host-gateway");
	check(&c, "h", "web",
		LOCALHOST
		"192.0.2.7\tdb\n2001:db8::1\ta b\n10.0.2.2\tgw\n"
		"10.0.2.2\thost.containers.internal host.docker.internal\n10.0.2.100\th web\n");
	net_conf_done(&c);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "a", "a:", ":1.2.3.4", "a:1.2.3", "a b:1.2.3.4",
		"a:1.2.3.4\nx", "a\n:1.2.3.4", "a:host-gateway", "a;:1.2.3.4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct net_conf c = {.mode = NET_NONE};
		_cleanup_buf_ struct buf got = {0};

		strv_add(&c.add_host, bad[i]);
		if (hosts_make(&c, "h", "n", &got, NULL) == 0)
			fail_msg("'%s' was taken", bad[i]);
		net_conf_done(&c);
	}
	/* the longest name there can be, and one letter more */
	for (int over = 0; over <= 1; over++) {
		struct net_conf c = {.mode = NET_NONE};
		_cleanup_buf_ struct buf got = {0}, entry = {0};

		while (entry.len < 253U + (unsigned)over)
			buf_addc(&entry, 'n');
		buf_adds(&entry, ":1.2.3.4");
		strv_add(&c.add_host, buf_str(&entry));
		assert_int_equal(hosts_make(&c, "h", "n", &got, NULL), over ? -ERR_USAGE : 0);
		net_conf_done(&c);
	}
}

static void test_files(void **state)
{
	struct net_conf c = {.mode = NET_NONE};
	_cleanup_buf_ struct buf text = {0};
	char dir[64];
	int fd = unit_scratch(dir);
	mode_t old = umask(077);
	struct stat st;

	(void)state;
	assert_int_equal(net_write_files(&c, fd, "h", "web", NULL), 0);
	umask(old);
	assert_int_equal(fstatat(fd, "hosts", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(faccessat(fd, "resolv.conf", F_OK, 0), 0);
	assert_int_equal(fs_read_at(fd, "hostname", &text, NULL), 0);
	assert_string_equal(buf_str(&text), "h\n");
	/* what cannot be written is an error, and a flag's nameserver is there */
	strv_add(&c.dns, "192.0.2.9");
	strv_add(&c.dns_search, ".");
	assert_int_equal(net_write_files(&c, fd, "h", "web", NULL), 0);
	buf_clear(&text);
	assert_int_equal(fs_read_at(fd, "resolv.conf", &text, NULL), 0);
	assert_non_null(strstr(buf_str(&text), "nameserver 192.0.2.9\n"));
	assert_null(strstr(buf_str(&text), "search"));
	assert_int_equal(unlinkat(fd, "hosts", 0), 0);
	assert_int_equal(mkdirat(fd, "hosts", 0700), 0);
	assert_true(net_write_files(&c, fd, "h", "web", NULL) < 0);
	/* not asked for, it is not touched */
	c.no_hosts = true;
	assert_int_equal(net_write_files(&c, fd, "h", "web", NULL), 0);
	/* the other container's files are used */
	assert_int_equal(unlinkat(fd, "resolv.conf", 0), 0);
	c.mode = NET_CONTAINER;
	assert_int_equal(net_write_files(&c, fd, "h2", "web", NULL), 0);
	assert_int_equal(faccessat(fd, "resolv.conf", F_OK, 0), -1);
	c.mode = NET_NONE;
	strv_add(&c.dns, "nonsense");
	assert_int_equal(net_write_files(&c, fd, "h", "web", NULL), -ERR_USAGE);
	net_conf_done(&c);
	unit_scratch_done(fd, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_slirp),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
