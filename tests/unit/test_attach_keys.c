#include "tests/unit/unit.h"

#include "runtime/attach.h"

#include <string.h>

static void parse(struct attach_keys *k, const char *text)
{
	*k = (struct attach_keys){0};
	assert_int_equal(attach_keys_parse(text, k->keys, &k->n, NULL), 0);
}

/* feed all of @in; Return: whether the sequence came; what is sent on is appended to @out */
static bool feed(struct attach_keys *k, const char *in, char *out)
{
	size_t len = strlen(out);

	for (; *in; in++) {
		ssize_t n = attach_keys_feed(k, (unsigned char)*in, (unsigned char *)out + len);

		if (n < 0)
			return true;
		len += (size_t)n;
		out[len] = '\0';
	}
	return false;
}

static void test_parse(void **state)
{
	struct attach_keys k;
	unsigned char keys[16];
	size_t n = 7;

	(void)state;
	parse(&k, "ctrl-p,ctrl-q");
	assert_int_equal(k.n, 2);
	assert_int_equal(k.keys[0], 0x10);
	assert_int_equal(k.keys[1], 0x11);
	parse(&k, "");
	assert_int_equal(k.n, 0);
	parse(&k, "a,ctrl-@,ctrl-_");
	assert_int_equal(k.keys[1], 0);
	assert_int_equal(k.keys[2], 0x1f);
	assert_true(attach_keys_parse("ctrl-1", keys, &n, NULL) < 0);
	assert_true(attach_keys_parse("ab", keys, &n, NULL) < 0);
	assert_true(attach_keys_parse("a,,b", keys, &n, NULL) < 0);
	assert_true(attach_keys_parse("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", keys, &n, NULL) < 0);
	assert_int_equal(n, 7);
}

static void test_feed(void **state)
{
	struct attach_keys k;
	char out[64] = "";

	(void)state;
	parse(&k, "ctrl-p,ctrl-q");
	assert_false(feed(&k, "x\020", out));
	assert_string_equal(out, "x"); /* held back */
	assert_false(feed(&k, "y", out));
	assert_string_equal(out, "x\020y"); /* sent on after all */
	assert_false(feed(&k, "\020\020", out));
	assert_true(feed(&k, "\021", out));
	assert_string_equal(out, "x\020y\020");
}

/* the beginning of the keys may begin again inside what was held back */
static void test_overlap(void **state)
{
	struct attach_keys k;
	char out[64] = "";

	(void)state;
	parse(&k, "a,a,b");
	assert_true(feed(&k, "aaab", out));
	assert_string_equal(out, "a");
	parse(&k, "a,b,a,c");
	*out = '\0';
	assert_true(feed(&k, "ababac", out));
	assert_string_equal(out, "ab");
}

static void test_none(void **state)
{
	struct attach_keys k;
	char out[64] = "";

	(void)state;
	parse(&k, "");
	assert_false(feed(&k, "\020\021", out));
	assert_string_equal(out, "\020\021");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse),
		cmocka_unit_test(test_feed), cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_none)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
