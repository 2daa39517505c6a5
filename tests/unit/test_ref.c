#include "tests/unit/unit.h"

#include "storage/ref.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_good(void **state)
{
	static const struct {
		const char *in, *out;
		bool is_short;
	} cases[] = {
		{"alpine", "docker.io/library/alpine:latest", true},
		{"alpine:3.20", "docker.io/library/alpine:3.20", true},
		{"user/app", "docker.io/user/app:latest", true},
		{"docker.io/alpine", "docker.io/library/alpine:latest", false},
		{"index.docker.io/library/alpine", "docker.io/library/alpine:latest", false},
		{"localhost/x", "localhost/x:latest", false},
		{"localhost:5000/x:1", "localhost:5000/x:1", false},
		{"[::1]:5000/x", "[::1]:5000/x:latest", false},
		{"[fe80::1]/x", "[fe80::1]/x:latest", false},
		{"quay.io/a/b/c:T_a.g-1", "quay.io/a/b/c:T_a.g-1", false},
		{"HOST/x", "HOST/x:latest", false},
		{"zz/0az9-zb", "docker.io/zz/0az9-zb:latest", true},
		{"Host/x", "Host/x:latest", false},
		{"localhosu/x", "docker.io/localhosu/x:latest", true},
		{"localhos/x", "docker.io/localhos/x:latest", true},
		{"h.io:65535/x", "h.io:65535/x:latest", false},
		{"a__b/c---d.e_f", "docker.io/a__b/c---d.e_f:latest", true},
		{"x@sha256:" HEX, "docker.io/library/x@sha256:" HEX, true},
		{"x:1@sha256:" HEX, "docker.io/library/x:1@sha256:" HEX, true},
		{"h.io:1/x@sha256:" HEX, "h.io:1/x@sha256:" HEX, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ref_done) struct ref r = {0};
		_cleanup_free_ char *text = NULL;
		struct err err;

		assert_int_equal(ref_parse(cases[i].in, &r, &err), 0);
		text = ref_format(&r);
		assert_string_equal(text, cases[i].out);
		assert_int_equal(r.short_name, cases[i].is_short);
		{
			/* the canonical text means itself */
			_cleanup_(ref_done) struct ref again = {0};
			_cleanup_free_ char *same = NULL;

			assert_int_equal(ref_parse(text, &again, &err), 0);
			same = ref_format(&again);
			assert_string_equal(text, same);
		}
	}
}

static void test_bad(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"/",
		"a/",
		"/a",
		"a//b",
		"Upper",
		"a/Upper",
		"a:",
		"a:-x",
		"a:.x",
		"a@",
		"a@sha256:",
		("a@md5:" HEX),
		("a@sha256:" HEX "0"),
		"a@sha256:../../x",
		"a_",
		"_a",
		"a..b",
		"a___b",
		"a.-b",
		"-a",
		"a b",
		"a\n",
		"a:b c",
		"../a",
		"a/../b",
		".",
		"..",
		"h.io:99999/a",
		"h.io:65536/a",
		"h.io:/a",
		"h.io:000080/a",
		"h-.io/a",
		"h_i.io/a",
		"h$.io/a",
		".x/y",
		"a/b$",
		"h.io-/a",
		"h.io./a",
		"h.io:x/a",
		"-h.io/a",
		"h..io/a",
		"[::g]/a",
		"[::1/a",
		"[::1]x/a",
		HEX,
		"a:ä",
		"ä",
		"http://h/a",
		("a@sha256:" HEX "@sha256:" HEX),
		("a:"
		 "ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		 "t"
		 "ttttttttttttttttttttt"
		 "tttttttttttttttttttttttttttttttttt"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ref r = {0};
		struct err err = {0};

		if (ref_parse(cases[i], &r, &err) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i]);
		assert_true(err.msg[0]);
		assert_null(r.host);
	}
}

/* what is wrong is said */
static void test_reasons(void **state)
{
	static const char *const cases[][2] = {
		{"", "empty"},
		{"Upper", "must be lower-case"},
		{"a$", "joined by"},
		{"a:-", "a tag is"},
		{"h$.io/a", "HOST[:PORT]"},
		{"a@x", "sha256:"},
		{HEX, "an id, not a name"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ref r = {0};
		struct err err = {0};

		assert_int_equal(ref_parse(cases[i][0], &r, &err), -EINVAL);
		if (!strstr(err.msg, cases[i][1]))
			fail_msg("'%s' does not say '%s'", err.msg, cases[i][1]);
		assert_true(*err.hint);
	}
}

/* the longest name and tag, and one byte more */
static void test_lengths(void **state)
{
	(void)state;
	for (int over = 0; over <= 1; over++) {
		_cleanup_(ref_done) struct ref named = {0}, tagged = {0};
		_cleanup_buf_ struct buf name = {0}, tag = {0};

		buf_adds(&name, "h.io/");
		while (name.len < 255U + (unsigned)over)
			buf_addc(&name, 'n');
		buf_adds(&tag, "a:");
		while (tag.len < 130U + (unsigned)over)
			buf_addc(&tag, 't');
		assert_int_equal(ref_parse(buf_str(&name), &named, NULL), over ? -EINVAL : 0);
		assert_int_equal(ref_parse(buf_str(&tag), &tagged, NULL), over ? -EINVAL : 0);
	}
}

static void test_digest(void **state)
{
	(void)state;
	assert_true(ref_digest_ok("sha256:" HEX));
	assert_false(ref_digest_ok(NULL));
	assert_false(ref_digest_ok("sha512:" HEX));
	assert_false(ref_digest_ok(HEX));
	assert_false(ref_digest_ok(
		"sha256:ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
