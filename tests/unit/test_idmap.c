#include "userns/idmap.h"

#include "runtime/base/json.h"
#include "tests/unit/unit.h"

static struct idmap parse(const char *text)
{
	struct idmap m = {0};

	assert_int_equal(idmap_parse(text, &m, NULL), 0);
	return m;
}

static void assert_map(const struct idmap *m, const char *text)
{
	_cleanup_free_ char *got = idmap_format(m);

	assert_string_equal(got ? got : "", text);
}

static void test_parse(void **state)
{
	struct idmap m =
		parse("         0       1000          1\n         1     100000      65536\n");
	struct err err;

	(void)state;
	assert_int_equal(m.n, 2);
	assert_int_equal(idmap_count(&m), 65537);
	assert_map(&m, "0 1000 1\n1 100000 65536\n");
	idmap_done(&m);
	m = parse("0 0 4294967295\n");
	assert_int_equal(idmap_count(&m), 4294967295);
	idmap_done(&m);
	m = parse("");
	assert_int_equal(m.n, 0);
	assert_int_equal(idmap_parse("0 0\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 x\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 0\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 1 2\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("1 0 4294967295\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("18446744073709551615 0 1\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 10\n9 100 1\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 10\n10 9 1\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 1 4294967295\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("4294967295 0 1\n", &m, &err), -EINVAL);
	/* sums that wrap around */
	assert_int_equal(idmap_parse("0 18446744073709551615 1\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 0 18446744073709551615\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("1 1 18446744073709551615\n", &m, &err), -EINVAL);
	assert_int_equal(idmap_parse("0 4294967296 1\n", &m, &err), -EINVAL);
	assert_int_equal(m.n, 0);
}

/* as many as the kernel takes, and one more */
static void test_extents(void **state)
{
	_cleanup_buf_ struct buf text = {0};
	struct idmap parent = parse("0 0 1000000\n"), pieces = {0}, m, got = {0};
	struct err err;

	(void)state;
	for (unsigned i = 0; i < 340; i++)
		buf_addf(&text, "%u %u 1\n", i * 2, i * 2);
	m = parse(buf_str(&text));
	assert_int_equal(m.n, 340);
	assert_int_equal(idmap_split(&m, &parent, &got, &err), 0);
	assert_int_equal(got.n, 340);
	idmap_done(&got);
	idmap_done(&m);
	buf_adds(&text, "680 680 1\n");
	assert_int_equal(idmap_parse(buf_str(&text), &m, &err), -EINVAL);
	assert_null(m.e);

	/* one extent that falls into 341 pieces */
	for (unsigned i = 0; i < 341; i++)
		idmap_add(&pieces, i, 1000 + i * 2, 1);
	m = parse("0 0 341\n");
	assert_int_equal(idmap_split(&m, &pieces, &got, &err), -EINVAL);
	assert_null(got.e);
	idmap_done(&m);
	m = parse("0 0 340\n");
	assert_int_equal(idmap_split(&m, &pieces, &got, &err), 0);
	assert_int_equal(got.n, 340);
	idmap_done(&got);
	idmap_done(&m);
	idmap_done(&pieces);
	idmap_done(&parent);
}

static void test_read(void **state)
{
	struct idmap m = {0};
	char path[64];
	int dir = unit_scratch(path);
	_cleanup_free_ char *file = xasprintf("%s/map", path);

	(void)state;
	assert_int_equal(idmap_read(file, &m, NULL), -ENOENT);
	unit_file(dir, "map", "0 1000 1\n");
	assert_int_equal(idmap_read(file, &m, NULL), 0);
	assert_map(&m, "0 1000 1\n");
	idmap_done(&m);
	unit_scratch_done(dir, path);
}

static void test_translate(void **state)
{
	struct idmap m = parse("0 1000 1\n1 100000 10\n");
	uint32_t id = 7;

	(void)state;
	assert_true(idmap_to_outside(&m, 0, &id));
	assert_int_equal(id, 1000);
	assert_true(idmap_to_outside(&m, 10, &id));
	assert_int_equal(id, 100009);
	assert_false(idmap_to_outside(&m, 11, &id));
	assert_int_equal(id, 100009);
	assert_true(idmap_to_inside(&m, 100000, &id));
	assert_int_equal(id, 1);
	assert_false(idmap_to_inside(&m, 100010, &id));
	assert_false(idmap_to_inside(&m, 0, &id));
	idmap_done(&m);
}

static void test_identity(void **state)
{
	struct idmap parent = parse("0 1000 1\n1 100000 65536\n"), m = {0};

	(void)state;
	idmap_identity(&parent, &m);
	assert_map(&m, "0 0 1\n1 1 65536\n");
	idmap_done(&m);
	idmap_done(&parent);
}

static void test_split(void **state)
{
	struct idmap parent = parse("0 1000 1\n1 100000 10\n11 200000 10\n"), m = {0}, got = {0};
	struct err err;

	(void)state;
	/* across all three extents, with the inside ids shifted */
	m = parse("500 0 21\n");
	assert_int_equal(idmap_split(&m, &parent, &got, &err), 0);
	assert_map(&got, "500 0 1\n501 1 10\n511 11 10\n");
	idmap_done(&got);
	idmap_done(&m);
	/* exactly at the boundaries */
	m = parse("0 1 10\n10 11 10\n20 0 1\n");
	assert_int_equal(idmap_split(&m, &parent, &got, &err), 0);
	assert_map(&got, "0 1 10\n10 11 10\n20 0 1\n");
	idmap_done(&got);
	idmap_done(&m);
	/* less than the rest of the parent's extent */
	m = parse("0 5 3\n");
	assert_int_equal(idmap_split(&m, &parent, &got, &err), 0);
	assert_map(&got, "0 5 3\n");
	idmap_done(&got);
	idmap_done(&m);
	/* one too many */
	m = parse("0 11 11\n");
	assert_int_equal(idmap_split(&m, &parent, &got, &err), -EINVAL);
	assert_int_equal(got.n, 0);
	idmap_done(&m);
	idmap_done(&parent);
}

static void test_json(void **state)
{
	struct idmap m = parse("0 1000 1\n1 100000 65536\n"), back = {0};
	_cleanup_json_ json_t *j = idmap_to_json(&m), *bad = NULL;
	struct err err;

	(void)state;
	assert_int_equal(idmap_from_json(j, &back, &err), 0);
	assert_map(&back, "0 1000 1\n1 100000 65536\n");
	idmap_done(&back);
	idmap_done(&m);
	assert_int_equal(idmap_from_json(NULL, &back, &err), 0);
	assert_int_equal(back.n, 0);
	bad = json_pack(
		"[{s:i, s:i, s:I}]", "containerID", 0, "hostID", 0, "size", (json_int_t)UINT32_MAX);
	assert_int_equal(idmap_from_json(bad, &back, &err), 0);
	assert_map(&back, "0 0 4294967295\n");
	idmap_done(&back);
	json_decref(bad);
	bad = json_pack("[{s:i, s:i}]", "containerID", 0, "hostID", 0);
	assert_int_equal(idmap_from_json(bad, &back, &err), -EINVAL);
	json_decref(bad);
	bad = json_pack(
		"[{s:i, s:i, s:I}]", "containerID", 0, "hostID", 0, "size", (json_int_t)1 << 40);
	assert_int_equal(idmap_from_json(bad, &back, &err), -EINVAL);
	json_decref(bad);
	bad = json_pack("[{s:i, s:i, s:i}]", "containerID", 0, "hostID", 0, "size", 0);
	assert_int_equal(idmap_from_json(bad, &back, &err), -EINVAL);
	json_decref(bad);
	bad = json_pack("{}");
	assert_int_equal(idmap_from_json(bad, &back, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_extents),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
