#include "runtime/volume.h"

#include "tests/unit/unit.h"

typedef int (*parser)(const char *, struct volumes *, struct err *);

/* "type source target options" of one flag */
static char *shown(parser parse, const char *text)
{
	struct volumes list = {0};
	struct err err = {0};
	_cleanup_free_ char *options = NULL;
	char *s;

	if (parse(text, &list, &err) < 0) {
		volumes_done(&list);
		return xasprintf("%s", err.msg);
	}
	assert_int_equal(list.n, 1);
	options = strv_join(&list.v[0].options, ",");
	s = xasprintf("%s %s %s %s", list.v[0].type, list.v[0].source, list.v[0].target, options);
	volumes_done(&list);
	return s;
}

static void check(parser parse, const char *text, const char *want)
{
	_cleanup_free_ char *got = shown(parse, text);

	assert_string_equal(got, want);
}

static void refused(parser parse, const char *text, const char *part)
{
	struct volumes list = {0};
	struct err err = {0};

	assert_true(parse(text, &list, &err) < 0);
	assert_int_equal(list.n, 0);
	if (!strstr(err.msg, part))
		fail_msg("'%s': '%s' lacks '%s'", text, err.msg, part);
	volumes_done(&list);
}

static void test_volume(void **state)
{
	(void)state;
	check(volume_parse, "/tmp:/a", "bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(volume_parse, "/tmp/.//../tmp:/a//b/../c/:ro",
		"bind /tmp /a/c ro,rprivate,rbind,nosuid,nodev");
	check(volume_parse, "/tmp:/a:rw,rslave,noexec",
		"bind /tmp /a rw,rslave,rbind,nosuid,nodev,noexec");
	check(volume_parse, "/tmp:/a:bind,suid,dev,z", "bind /tmp /a rprivate,bind,suid,dev");
	check(volume_parse, "/tmp:/a:", "bind /tmp /a rprivate,rbind,nosuid,nodev");
}

static void test_volume_refused(void **state)
{
	(void)state;
	refused(volume_parse, "/tmp", "anonymous volumes");
	refused(volume_parse, "data:/data", "named volumes");
	refused(volume_parse, "", "is not HOST-DIR");
	refused(volume_parse, ":/a", "is not HOST-DIR");
	refused(volume_parse, "/tmp:", "is not HOST-DIR");
	refused(volume_parse, "/tmp:/a:ro:x", "is not HOST-DIR");
	refused(volume_parse, "/tmp:a", "not an absolute path");
	refused(volume_parse, "/tmp:/", "root of the container");
	refused(volume_parse, "/tmp:/a/..", "root of the container");
	refused(volume_parse, "/tmp:/proc", "'/proc' cannot be");
	refused(volume_parse, "/tmp:/x/../proc/self", "'/proc/self' cannot be");
	refused(volume_parse, "/tmp:/a:ro,rw", "exclude each other");
	refused(volume_parse, "/tmp:/a:U", "unknown mount option");
	refused(volume_parse, "/tmp:/a:size=1m", "unknown mount option");
	refused(volume_parse, "/nonexistent/x:/a", "mount source /nonexistent/x");
}

static void test_tmpfs(void **state)
{
	(void)state;
	check(volume_parse_tmpfs, "/t", "tmpfs tmpfs /t rw,nosuid,nodev,noexec,tmpcopyup");
	check(volume_parse_tmpfs, "/t:size=2k,mode=0700,exec,uid=5",
		"tmpfs tmpfs /t rw,nosuid,nodev,exec,size=2048,mode=700,uid=5,tmpcopyup");
	check(volume_parse_tmpfs, "/t:size=50%,ro",
		"tmpfs tmpfs /t ro,nosuid,nodev,noexec,size=50%,tmpcopyup");
	check(volume_parse_tmpfs, "/t:notmpcopyup",
		"tmpfs tmpfs /t rw,nosuid,nodev,noexec,notmpcopyup");
	refused(volume_parse_tmpfs, "t", "not an absolute path");
	refused(volume_parse_tmpfs, "/proc/self", "cannot be");
	refused(volume_parse_tmpfs, "/t:mode=999", "octal mode");
	refused(volume_parse_tmpfs, "/t:size=x", "not a size");
	refused(volume_parse_tmpfs, "/t:size=101%", "not a size");
	refused(volume_parse_tmpfs, "/t:rbind", "unknown mount option");
}

static void test_mount(void **state)
{
	(void)state;
	check(volume_parse_mount, "type=bind,src=/tmp,dst=/a",
		"bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(volume_parse_mount,
		"type=bind,source=/tmp,target=/"
		"a,readonly,bind-propagation=rshared,bind-nonrecursive",
		"bind /tmp /a ro,rshared,bind,nosuid,nodev");
	check(volume_parse_mount, "\"type=bind\",source=/tmp,\"destination=/a,b:c\",ro=false",
		"bind /tmp /a,b:c rw,rprivate,rbind,nosuid,nodev");
	check(volume_parse_mount, "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777,noexec",
		"tmpfs tmpfs /t rw,nosuid,nodev,noexec,size=1048576,mode=1777,tmpcopyup");
	check(volume_parse_mount, "type=bind,src=/tmp,dst=/a,relabel=shared",
		"bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(volume_parse_mount, "type=bind,src=/tmp,dst=/a,relabel=private",
		"bind /tmp /a rprivate,rbind,nosuid,nodev");
	refused(volume_parse_mount, "type=bind,src=/tmp,dst=/a,relabel=other",
		"unknown mount option");
	refused(volume_parse_mount, "type=bind,src=/tmp,dst=/a,colour=shared",
		"unknown mount option");
	refused(volume_parse_mount, "type=bind,src=/tmp,dst=/a,bind-propagation=size=1m",
		"unknown mount option");
	refused(volume_parse_mount, "type=bind,src=/tmp,dst=/a,tmpfs-size=1m",
		"unknown mount option");
	refused(volume_parse_mount, "type=tmpfs,dst=/a,bind-propagation=rshared",
		"unknown mount option");
	refused(volume_parse_mount, "type=bind,source=/tmp", "target= is missing");
	refused(volume_parse_mount, "type=bind,target=/a", "source= is missing");
	refused(volume_parse_mount, "type=tmpfs,source=/tmp,target=/a", "no source");
	refused(volume_parse_mount, "source=v,target=/a", "named volumes");
	refused(volume_parse_mount, "type=glob,source=/tmp,target=/a", "type 'glob'");
	refused(volume_parse_mount, "type=bind,source=/tmp,target=/a,ro=maybe",
		"neither true nor false");
	refused(volume_parse_mount, "type=bind,source=/tmp,target=/a,colour=red",
		"unknown mount option");
	refused(volume_parse_mount, "\"type=bind,source=/tmp", "quote is not closed");
	refused(volume_parse_mount, "\"type=bind\"x,source=/tmp", "comma is missing");
	refused(volume_parse_mount, "", "named volumes");
}

static void test_twice(void **state)
{
	struct volumes list = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(volume_parse("/tmp:/a", &list, &err), 0);
	assert_int_equal(volume_parse_tmpfs("/a/", &list, &err), -ERR_USAGE);
	assert_int_equal(volume_parse_tmpfs("/b", &list, &err), 0);
	assert_int_equal(list.n, 2);
	volumes_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volume),
		cmocka_unit_test(test_volume_refused),
		cmocka_unit_test(test_tmpfs),
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
