#include "tests/unit/unit.h"

#include "storage/registries.h"

static struct registries load(const char *text)
{
	struct registries r = {0};
	struct err err = {0};

	if (registries_add(&r, text, "t", &err) < 0)
		fail_msg("%s", err.msg);
	return r;
}

/* "NAME: HOST/PATH[!] …", candidates separated by ';'; '!' is insecure */
static void leads(const char *conf, const char *text, const char *expected)
{
	struct registries r = load(conf);
	struct candidates c = {0};
	struct buf b = {0};
	struct err err = {0};

	if (registries_resolve(&r, text, &c, &err) < 0)
		buf_addf(&b, "error: %s", err.msg);
	for (size_t i = 0; i < c.n; i++) {
		buf_addf(&b, "%s%s:", i ? "; " : "", c.v[i].name);
		for (size_t k = 0; k < c.v[i].n; k++)
			buf_addf(&b, " %s/%s%s", c.v[i].endpoints[k].host, c.v[i].endpoints[k].path,
				c.v[i].endpoints[k].insecure ? "!" : "");
	}
	assert_string_equal(buf_str(&b), expected);
	buf_done(&b);
	candidates_done(&c);
	registries_done(&r);
}

static void test_names(void **state)
{
	(void)state;
	leads("", "alpine", "docker.io/library/alpine:latest: docker.io/library/alpine");
	leads("", "h.example:5/a/b:1", "h.example:5/a/b:1: h.example:5/a/b");
	leads("", "docker://h.example/a", "h.example/a:latest: h.example/a");
	leads("unqualified-search-registries = [\"q.example\", \"docker.io\"]", "a:2",
		"q.example/a:2: q.example/a; docker.io/library/a:2: docker.io/library/a");
	leads("[aliases]\n\"a\" = \"q.example/x/a\"", "a:2", "q.example/x/a:2: q.example/x/a");
	leads("[aliases]\n\"a\" = \"q.example/x/a\"", "h.example/a",
		"h.example/a:latest: h.example/a");
	leads("short-name-mode = \"enforcing\"\nunqualified-search-registries = [\"a.b\", \"c.d\"]",
		"x", "error: x could come from 2 registries and short-name-mode is \"enforcing\"");
	leads("short-name-mode = \"disabled\"\nunqualified-search-registries = [\"a.b\", \"c.d\"]",
		"x", "a.b/x:latest: a.b/x; c.d/x:latest: c.d/x");
}

static void test_rewriting(void **state)
{
	const char *conf =
		"[[registry]]\nprefix = \"h.example/a\"\nlocation = \"i.example:5/x\"\ninsecure = "
		"true\n"
		"[[registry.mirror]]\nlocation = \"m.example/c\"\n"
		"[[registry]]\nlocation = \"h.example\"\n"
		"[[registry]]\nprefix = \"*.wild.example\"\nlocation = \"w.example/proxy\"\n"
		"[[registry]]\nlocation = \"bad.example\"\nblocked = true\n";

	(void)state;
	leads(conf, "h.example/a/b:1", "h.example/a/b:1: m.example/c/b i.example:5/x/b!");
	leads(conf, "h.example/ab:1", "h.example/ab:1: h.example/ab");
	leads(conf, "x.wild.example/a", "x.wild.example/a:latest: w.example/proxy/a");
	leads(conf, "wild.example/a", "wild.example/a:latest: wild.example/a");
	leads(conf, "bad.example/a",
		"error: bad.example/a:latest: bad.example is blocked in registries.conf");
	leads(conf, "bad.example.org/a", "bad.example.org/a:latest: bad.example.org/a");
	/* a later file's table replaces an earlier one's */
	leads("[[registry]]\nlocation=\"h.example\"\nblocked=true\n[[registry]]\nlocation=\"h."
	      "example\"",
		"h.example/a", "h.example/a:latest: h.example/a");
	leads("[[registry]]\nprefix=\"h.example\"\nlocation=\"i.example/a?b\"", "h.example/a",
		"error: registries.conf: location i.example/a?b is malformed");
}

static void test_mirrors_by_digest(void **state)
{
	const char *conf =
		"[[registry]]\nlocation = \"h.example\"\n"
		"[[registry.mirror]]\nlocation = \"d.example\"\npull-from-mirror = "
		"\"digest-only\"\n"
		"[[registry.mirror]]\nlocation = \"t.example\"\npull-from-mirror = \"tag-only\"\n";
	char digest[128];

	(void)state;
	leads(conf, "h.example/a:1", "h.example/a:1: t.example/a h.example/a");
	snprintf(digest, sizeof(digest), "h.example/a@sha256:%064d", 1);
	{
		char want[300];

		snprintf(want, sizeof(want), "%s: d.example/a h.example/a", digest);
		leads(conf, digest, want);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"[registries.search]\nregistries=['a']",
		"[[registry]]\ninsecure = true", "[[registry]]\nprefix=\"a.*.b\"", "registry = [1]",
		"x"};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct registries r = {0};

		assert_true(registries_add(&r, bad[i], "t", &err) < 0);
		registries_done(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_rewriting),
		cmocka_unit_test(test_mirrors_by_digest),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
