#include "runtime/unitfile.h"

#include "runtime/base/mem.h"
#include "tests/unit/unit.h"

static void parse(struct unitfile *u, const char *text)
{
	assert_int_equal(unitfile_parse(u, text, "x.container", NULL), 0);
}

static void test_parse(void **state)
{
	_cleanup_(unitfile_done) struct unitfile u = {0};
	_cleanup_strv_ struct strv all = {0};
	_cleanup_free_ char *get = NULL;

	(void)state;
	parse(&u, "# comment\n; another\n\n[Unit]\r\nDescription =  two  words \r\n\n[Container]\n"
		  "Exec=a \\\n# between\n\n  b \\  \n c\nLabel=one\nLabel=\nLabel=two\n  Label = "
		  "three\nQ=\"quoted value\"\n"
		  "Empty=\nRaw=\"a\" \"b\"\nEnd=last\\");
	assert_string_equal(unitfile_last(&u, "Unit", "Description"), "two  words");
	assert_string_equal(unitfile_last(&u, "Container", "Exec"), "a    b   c");
	unitfile_all(&u, "Container", "Label", &all);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0], "two");
	assert_string_equal(all.v[1], "three");
	get = unitfile_get(&u, "Container", "Q");
	assert_string_equal(get, "quoted value");
	assert_null(unitfile_get(&u, "Container", "Empty"));
	assert_null(unitfile_get(&u, "Container", "Missing"));
	assert_null(unitfile_last(&u, "Service", "Exec"));
	/* at the end of the file nothing continues it */
	assert_string_equal(unitfile_last(&u, "Container", "End"), "last\\");
	assert_true(unitfile_has(&u, "Unit"));
	assert_false(unitfile_has(&u, "Install"));
}

static void refused(const char *text, const char *what)
{
	_cleanup_(unitfile_done) struct unitfile u = {0};
	struct err err = {0};

	assert_true(unitfile_parse(&u, text, "f", &err) < 0);
	assert_non_null(strstr(err.msg, what));
}

static void test_refused(void **state)
{
	(void)state;
	refused("[Container\n", "f:1: '[Container'");
	refused("[Container]\n\nrubbish\n", "f:3: 'rubbish'");
	refused("[Container]\nA=b \\\nc\n=x\n", "f:4: '=x'");
	refused("Image=x\n", "before the first section");
	refused("[]\n", "not a section");
}

static void test_bool(void **state)
{
	_cleanup_(unitfile_done) struct unitfile u = {0};

	(void)state;
	parse(&u, "[C]\nA=Yes\nB=off\nC=maybe\nD=\n");
	assert_int_equal(unitfile_bool(&u, "C", "A", 0, NULL), 1);
	assert_int_equal(unitfile_bool(&u, "C", "B", 1, NULL), 0);
	assert_int_equal(unitfile_bool(&u, "C", "C", 1, NULL), -EINVAL);
	assert_int_equal(unitfile_bool(&u, "C", "D", 7, NULL), 7);
	assert_int_equal(unitfile_bool(&u, "C", "E", -1, NULL), -1);
}

static void test_change(void **state)
{
	_cleanup_(unitfile_done) struct unitfile u = {0}, more = {0};
	_cleanup_buf_ struct buf text = {0};

	(void)state;
	parse(&u, "[Unit]\nAfter=a\n[Container]\nImage=x\n[Unit]\nAfter=b\n[Install]\n");
	parse(&more, "[Container]\nImage=y\n");
	unitfile_merge(&u, &more);
	unitfile_insert(&u, "Unit", "After", "first");
	unitfile_set(&u, "Service", "Type", "notify");
	unitfile_set(&u, "Service", "Type", "oneshot");
	unitfile_rename(&u, "Container", "X-Container");
	unitfile_write(&u, &text);
	assert_string_equal(buf_str(&text),
		"[Unit]\nAfter=first\nAfter=a\nAfter=b\n\n[X-Container]\nImage="
		"x\nImage=y\n\n[Install]\n\n[Service]\nType=oneshot\n");
	unitfile_remove(&u, "Unit", "After");
	assert_null(unitfile_last(&u, "Unit", "After"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests_name("unitfile", tests, NULL, NULL);
}
