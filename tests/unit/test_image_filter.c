#include "tests/unit/unit.h"

#include "cmd/image_filter.h"

#define X "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define Y "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct image_list list;
static struct family all;

static struct image make(char digit, const char *layers, const char *history, const char *name)
{
	struct image img = {.digest = xasprintf("sha256:%c%063d", digit, 0), .created = digit};

	memset(img.id, digit, 64);
	img.config = json_pack("{s:{s:{s:s,s:s}}}", "config", "Labels", "k", "v", "all", "1");
	json_object_set_new(img.config, "history", json_loads(history, 0, NULL));
	img.manifest = json_object();
	strv_split(&img.diff_ids, layers, " ");
	if (name)
		strv_add(&img.names, name);
	return img;
}

/* base <- middle <- top, and a twin of base */
static int setup(void **state)
{
	(void)state;
	list.v = xcalloc(5, sizeof(*list.v));
	list.v[list.n++] = make('1', X, "[{\"a\":1}]", "docker.io/library/base:1");
	list.v[list.n++] = make('2', X " " Y, "[{\"a\":1},{\"b\":1}]", NULL);
	list.v[list.n++] = make('3', X " " Y, "[{\"a\":1},{\"b\":1},{\"c\":1}]", "host:5000/top:3");
	list.v[list.n++] = make('4', X, "[{\"a\":1}]", NULL);
	family_init(&all, &list);
	all.containers[2] = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	family_done(&all);
	image_list_done(&list);
	return 0;
}

static int parse(struct image_filter *f, const char *one, const char *two)
{
	static const char *const allowed[] = {"label", "until", NULL};
	struct strv args = {0};
	int r;

	strv_add(&args, one);
	if (two && *two != '!')
		strv_add(&args, two);
	r = image_filter_parse(NULL, &args, str_eq(two, "!") ? allowed : NULL, f, NULL);
	strv_done(&args);
	return r;
}

/* the images that fit, as bits; those with a name under it */
static unsigned fits(const char *one, const char *two)
{
	struct image_filter f;
	unsigned bits = 0;

	assert_int_equal(parse(&f, one, two), 0);
	for (size_t i = 0; i < list.n; i++)
		bits |= (unsigned)image_filter_match(
				&f, &all, i, list.v[i].names.n ? list.v[i].names.v[0] : NULL)
			<< i;
	image_filter_done(&f);
	return bits;
}

static void test_family(void **state)
{
	(void)state;
	assert_true(all.parent[0] == SIZE_MAX);
	assert_int_equal(all.parent[2], 1);
	assert_true(all.parent[1] == 0 || all.parent[1] == 3);
	assert_true(family_is_parent(&list.v[0], &list.v[2]));
	assert_false(family_is_parent(&list.v[2], &list.v[0]));
	assert_false(family_is_parent(&list.v[0], &list.v[3]));
	assert_int_equal(family_index(&all, list.v[2].id), 2);
	assert_true(family_index(&all, "x") == SIZE_MAX);
}

static void test_keys(void **state)
{
	(void)state;
	assert_int_equal(fits("label=k", NULL), 15);
	assert_int_equal(fits("label=k=v", "label=all=2"), 0);
	assert_int_equal(fits("label!=k", NULL), 0);
	assert_int_equal(fits("label!=none", NULL), 15);
	assert_int_equal(fits("id=11", "id=sha256:33"), 5);
	assert_int_equal(fits("id!=11", "id!=33"), 10);
	assert_int_equal(fits("digest=sha256:20", NULL), 2);
	assert_int_equal(fits("digest=20", NULL), 2);
	assert_int_equal(fits("intermediate=true", NULL), 2);
	assert_int_equal(fits("intermediate=false", NULL), 13);
	assert_int_equal(fits("dangling=true", NULL) & 7, 0);
	assert_int_equal(fits("containers=true", NULL), 4);
	assert_int_equal(fits("containers!=true", NULL), 11);
	assert_int_equal(fits("manifest=true", NULL), 0);
	assert_int_equal(fits("readonly=true", NULL), 0);
	assert_int_equal(fits("readonly=0", NULL), 15);
	assert_int_equal(fits("reference=base", NULL), 1);
	assert_int_equal(fits("reference=library/base:1", "reference=top"), 5);
	assert_int_equal(fits("reference!=ba*", NULL), 14);
	assert_int_equal(fits("reference=*/top", NULL), 4);
	assert_int_equal(fits("until=50", NULL), 1);
	assert_int_equal(fits("until!=50", NULL), 14);
	assert_int_equal(fits("until=50", "id=33"), 0);
}

static void test_bad(void **state)
{
	struct image_filter f = {0};

	(void)state;
	assert_int_equal(parse(&f, "nothing=1", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "label", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "=x", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "!=x", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "label=", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "dangling=perhaps", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "until=perhaps", NULL), -ERR_USAGE);
	assert_int_equal(parse(&f, "dangling=true", "!"), -ERR_USAGE);
	assert_int_equal(parse(&f, "until=1h", "!"), 0);
	image_filter_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
