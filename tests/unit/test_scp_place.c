#include "tests/unit/unit.h"

#include "cmd/scp_place.h"

static void place(const char *text, bool source, enum scp_kind kind, const char *user,
	const char *host, const char *port, const char *image)
{
	struct scp_place p = {0};
	struct err err = {0};

	if (scp_place_parse(text, source, &p, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	assert_int_equal(p.kind, kind);
	assert_true(str_eq(p.user, user));
	assert_true(str_eq(p.host, host));
	assert_true(str_eq(p.port, port));
	assert_true(str_eq(p.image, image));
	scp_place_done(&p);
}

static void test_good(void **state)
{
	(void)state;
	place("alpine", true, SCP_HERE, NULL, NULL, NULL, "alpine");
	place("localhost:5000/x:1", true, SCP_HERE, NULL, NULL, NULL, "localhost:5000/x:1");
	place("abcdef012345", true, SCP_HERE, NULL, NULL, NULL, "abcdef012345");
	place("localhost::x", true, SCP_HERE, NULL, "localhost", NULL, "x");
	place("bob@localhost::x", true, SCP_USER, "bob", "localhost", NULL, "x");
	place("bob@localhost::", false, SCP_USER, "bob", "localhost", NULL, NULL);
	place("bob@localhost:2222::", false, SCP_SSH, "bob", "localhost", "2222", NULL);
	place("ssh://bob@localhost::", false, SCP_SSH, "bob", "localhost", NULL, NULL);
	place("host.example::", false, SCP_SSH, NULL, "host.example", NULL, NULL);
	place("a@host:22::reg.example/x@sha256:"
	      "1111111111111111111111111111111111111111111111111111111111111111",
		true, SCP_SSH, "a", "host", "22",
		"reg.example/x@sha256:"
		"1111111111111111111111111111111111111111111111111111111111111111");
	place("a@[2001:db8:0:1:1:1:1:1]:22::", false, SCP_SSH, "a", "[2001:db8:0:1:1:1:1:1]", "22",
		NULL);
}

static void test_refused(void **state)
{
	static const char *const places[] = {"x", "",
		"::", "-x::", "-oProxyCommand=id::", "a b::", "$(id)::", "a;b::", "a'b::", "-u@h::",
		"u u@h::", "@h::", "h:0::", "h:65536::", "h:22x::", "h:-1::", "h::name",
		"`id`@h::", "a\n::"};
	static const char *const images[] = {"", "h::", "h::-v", "h::$(id)", "h::a b", "h::a;b",
		"h::'x'", "h::../x", "-h::x", "h::a\nb", "-v"};
	struct scp_place p = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (scp_place_parse(places[i], false, &p, &err) == 0)
			fail_msg("accepted as a place: %s", places[i]);
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		if (scp_place_parse(images[i], true, &p, &err) == 0)
			fail_msg("accepted as an image: %s", images[i]);
}

static void test_argv(void **state)
{
	struct ctx ctx = {.root = (char *)(uintptr_t) "/r"};
	struct scp_place p = {0};
	_cleanup_strv_ struct strv args = {0}, far = {0}, here = {0};
	_cleanup_free_ char *line = NULL;

	(void)state;
	strv_add(&args, "load");
	assert_int_equal(scp_place_parse("bob@h:2222::", false, &p, NULL), 0);
	assert_int_equal(scp_place_argv(&ctx, &p, &args, &far, NULL), 0);
	line = strv_join(&far, " ");
	assert_string_equal(line, "ssh -p2222 -- bob@h rl load");
	scp_place_done(&p);
	assert_int_equal(scp_place_parse("localhost::", false, &p, NULL), 0);
	assert_int_equal(scp_place_argv(&ctx, &p, &args, &here, NULL), 0);
	assert_int_equal(here.n, 3);
	assert_string_equal(here.v[1], "--root=/r");
	assert_string_equal(here.v[2], "load");
	scp_place_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_argv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
