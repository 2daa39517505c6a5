#include "userns/mapspec.h"

#include "tests/unit/unit.h"

/* R of a user 1000 with two ranges */
static const char users[] = "0 1000 1\n1 100000 65536\n65537 2002 1\n";

static struct idmap parse(const char *text)
{
	struct idmap m = {0};

	assert_int_equal(idmap_parse(text, &m, NULL), 0);
	return m;
}

static void assert_map(struct idmap *m, const char *text)
{
	_cleanup_free_ char *got = idmap_format(m);

	assert_string_equal(got ? got : "", text);
	idmap_done(m);
}

/* @specs: separated by blanks */
static int map(const char *specs, enum mapspec_side side, const char *r_text, bool fill,
	struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap r = parse(r_text);
	_cleanup_strv_ struct strv list = {0};

	strv_split(&list, specs, " ");
	return mapspec_parse(&list, side, &r, fill, ret, err);
}

static void test_grammar(void **state)
{
	static const struct {
		const char *specs, *r, *uid, *gid;
	} cases[] = {
		{"1000:0:1 0:1:1000", users, "0 1 1000\n1000 0 1\n", "0 1 1000\n1000 0 1\n"},
		{"0:1:10:20:30:5", users, "0 1 10\n20 30 5\n", "0 1 10\n20 30 5\n"},
		{"7:8", users, "7 8 1\n", "7 8 1\n"},
		{"0:1:0", users, "", ""},
		{"u1:3:1 g2:4:2", users, "1 3 1\n", "2 4 2\n"},
		{"0:0:1000 g2000:2000:1", users, "0 0 1000\n", "0 0 1000\n2000 2000 1\n"},
		{"ug5:6", users, "5 6 1\n", "5 6 1\n"},
		/* by ids of the host */
		{"9:@2002", users, "9 65537 1\n", "9 65537 1\n"},
		{"5:@100000:3", users, "5 1 3\n", "5 1 3\n"},
		{"5:@10:3", "0 10 1\n7 11 1\n3 12 1\n", "5 0 1\n6 7 1\n7 3 1\n",
			"5 0 1\n6 7 1\n7 3 1\n"},
		/* from what was mapped before */
		{"0:2000:100000 +1:100:1", users, "0 2000 1\n1 100 1\n2 2002 99998\n",
			"0 2000 1\n1 100 1\n2 2002 99998\n"},
		{"0:0:20 +10:1:1", users, "0 0 1\n2 2 8\n10 1 1\n11 11 9\n",
			"0 0 1\n2 2 8\n10 1 1\n11 11 9\n"},
		{"0:0:65000 +100000:1:1", users, "0 0 1\n2 2 64998\n100000 1 1\n",
			"0 0 1\n2 2 64998\n100000 1 1\n"},
		{"0:0:65000 +100000:1:1 1:65001:1", users,
			"0 0 1\n1 65001 1\n2 2 64998\n100000 1 1\n",
			"0 0 1\n1 65001 1\n2 2 64998\n100000 1 1\n"},
		{"0:20:10 15:35:10 +8:23:16", users, "0 20 3\n8 23 16\n24 44 1\n",
			"0 20 3\n8 23 16\n24 44 1\n"},
		{"0:0:20 24:24:6 +7:1000:2 +12:2000:3 +18:3000:7", users,
			"0 0 7\n7 1000 2\n9 9 3\n12 2000 3\n15 15 3\n18 3000 7\n25 25 5\n",
			"0 0 7\n7 1000 2\n9 9 3\n12 2000 3\n15 15 3\n18 3000 7\n25 25 5\n"},
		/* the rest of R goes where nothing is said */
		{"+g100000:@2002", users, "", "0 0 65537\n100000 65537 1\n"},
		{"+3:1:1", users, "0 0 1\n1 2 2\n3 1 1\n4 4 65534\n",
			"0 0 1\n1 2 2\n3 1 1\n4 4 65534\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct idmap m = {0};
		struct err err = {0};

		assert_int_equal(map(cases[i].specs, MAPSPEC_UID, cases[i].r, true, &m, &err), 0);
		assert_map(&m, cases[i].uid);
		assert_int_equal(map(cases[i].specs, MAPSPEC_GID, cases[i].r, true, &m, &err), 0);
		assert_map(&m, cases[i].gid);
	}
}

static void test_root_is_not_filled_up(void **state)
{
	struct idmap m = {0};

	(void)state;
	assert_int_equal(map("+5:6:2", MAPSPEC_UID, "0 0 4294967295\n", false, &m, NULL), 0);
	assert_map(&m, "5 6 2\n");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"0", "0:1:2:3", "a:0:1", "0:b:1", "0:1:c", "-1:0:1",
		":0:1", "+:0:1", "0::1", "0:@:1", "0:@@1:1", "@0:1:1", "x0:1:1", "0:1: 1",
		"4294967295:0:1", "0:4294967295:1", "0:0:4294967296", "99999999999:0:1",
		"4294967290:0:10", "0:0:10 5:20:1", "0:0:10 20:5:1", "0:@3000", "0:@100000:65537"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct idmap m = {0};
		struct err err = {0};

		assert_true(map(bad[i], MAPSPEC_UID, users, true, &m, &err) < 0);
		assert_true(err.msg[0]);
		assert_int_equal(m.n, 0);
	}
}

static void test_keep(void **state)
{
	static const struct {
		const char *r;
		uint32_t id, size;
		const char *map;
	} cases[] = {
		{"0 1000 1\n1 100000 65536\n", 1000, 0, "0 1 1000\n1000 0 1\n1001 1001 64536\n"},
		{"0 1000 1\n1 100000 65536\n", 11, 0, "0 1 11\n11 0 1\n12 12 65525\n"},
		{"0 0 1\n1 100000 65536\n", 0, 0, "0 0 65537\n"},
		{"0 0 1\n1 100000 65536\n", 0, 1024, "0 0 1024\n"},
		{"0 0 1\n1 100000 65536\n", 0, 1, "0 0 1\n"},
		{"0 1000 1\n", 1000, 0, "1000 0 1\n"},
		{"0 1000 1\n", 1000, 1000000, "1000 0 1\n"},
		{"0 1000 1\n1 100000 65536\n", 1000, 100, "0 1 99\n1000 0 1\n"},
		{"0 1000 1\n1 100000 10\n", 1000, 0, "0 1 10\n1000 0 1\n"},
		{"0 1000 1\n1 100000 65536\n", 1000, 1024, "0 1 1000\n1000 0 1\n1001 1001 23\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(idmap_done) struct idmap r = parse(cases[i].r);
		struct idmap m = {0};

		mapspec_keep(&r, cases[i].id, cases[i].size, &m);
		assert_map(&m, cases[i].map);
	}
}

static void test_nomap(void **state)
{
	_cleanup_(idmap_done) struct idmap r = parse(users);
	struct idmap m = {0};

	(void)state;
	mapspec_nomap(&r, &m);
	assert_map(&m, "0 1 65537\n");
}

static void test_auto(void **state)
{
	static const struct {
		const char *used, *extra;
		uint32_t size;
		const char *map; /* NULL: there are not enough */
	} cases[] = {
		{"", "", 1024, "0 1 1024\n"},
		{"0 1 1024\n", "", 1024, "0 1025 1024\n"},
		/* a gap that somebody left is used again */
		{"0 1025 1024\n", "", 1024, "0 1 1024\n"},
		{"0 11 10\n5000 31 10\n", "", 25, "0 1 10\n10 21 10\n20 41 5\n"},
		/* what is wanted by itself is not part of the rest */
		{"", "100 1 1\n", 1024, "0 2 100\n100 1 1\n101 102 923\n"},
		{"", "5000 7 1\n", 10, "0 1 6\n6 8 4\n5000 7 1\n"},
		{"", "0 0 1\n", 3, "0 0 3\n"},
		{"0 1 65537\n", "", 1, NULL},
		{"0 2 65536\n", "", 1, "0 1 1\n"},
		{"", "", 65538, NULL},
		{"", "", 65537, "0 1 65537\n"},
	};
	_cleanup_(idmap_done) struct idmap r = parse(users);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(idmap_done) struct idmap used = parse(cases[i].used),
						   extra = parse(cases[i].extra);
		struct idmap m = {0};
		struct err err = {0};
		int n = mapspec_auto(&r, &used, &extra, cases[i].size, &m, &err);

		assert_int_equal(n, cases[i].map ? 0 : -ENOSPC);
		assert_map(&m, cases[i].map ? cases[i].map : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_root_is_not_filled_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_nomap),
		cmocka_unit_test(test_auto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
