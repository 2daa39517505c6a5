#include "runtime/mount_spec.h"

#include "tests/unit/unit.h"

#include <unistd.h>

typedef int (*parser)(const char *, struct mount_specs *, struct err *);

static const char *type_name(enum mount_type type)
{
	static const char *const names[] = {
		"bind", "volume", "tmpfs", "ramfs", "devpts", "image", "glob"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (type == 1U << i)
			return names[i];
	return "?";
}

/* "type source target options further" of one flag */
static char *shown(parser parse, const char *text)
{
	_cleanup_(mount_specs_done) struct mount_specs list = {0};
	_cleanup_strv_ struct strv options = {0};
	struct err err = {0};
	_cleanup_free_ char *joined = NULL;
	const struct mount_spec *v;

	if (parse(text, &list, &err) < 0)
		return xasprintf("%s", err.msg);
	assert_int_equal(list.n, 1);
	v = &list.v[0];
	mount_options_list(&v->options, v->type, mount_spec_is_node(v), &options);
	for (int g = MOUNT_PLAIN_GROUPS; g < MOUNT_GROUPS; g++)
		if (v->options.group[g])
			strv_add(&options, v->options.group[g]);
	if (v->options.upper)
		strv_addf(&options, "upper=%s,work=%s", v->options.upper, v->options.work);
	if (v->options.subpath)
		strv_addf(&options, "subpath=%s", v->options.subpath);
	strv_addv(&options, &v->volume_opts);
	joined = strv_join(&options, ",");
	return xasprintf(
		"%s %s %s %s", type_name(v->type), v->source ? v->source : "-", v->target, joined);
}

static void check(parser parse, const char *text, const char *want)
{
	_cleanup_free_ char *got = shown(parse, text);

	assert_string_equal(got, want);
}

static void refused(parser parse, const char *text, const char *part)
{
	_cleanup_(mount_specs_done) struct mount_specs list = {0};
	struct err err = {0};

	assert_true(parse(text, &list, &err) < 0);
	assert_int_equal(list.n, 0);
	if (!strstr(err.msg, part))
		fail_msg("'%s': '%s' lacks '%s'", text, err.msg, part);
}

static void test_volume(void **state)
{
	(void)state;
	check(mount_spec_volume, "/tmp:/a", "bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(mount_spec_volume, "/tmp/.//../tmp:/a//b/../c/:ro",
		"bind /tmp /a/c ro,rprivate,rbind,nosuid,nodev");
	check(mount_spec_volume, "/tmp:/a:rw,rslave,noexec",
		"bind /tmp /a rw,rslave,rbind,nosuid,nodev,noexec");
	check(mount_spec_volume, "/tmp:/a:bind,suid,dev,z",
		"bind /tmp /a rprivate,bind,suid,dev,z");
	check(mount_spec_volume, "/tmp:/a:", "bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(mount_spec_volume, "/a", "volume - /a rprivate,rbind,nosuid,nodev");
	check(mount_spec_volume, "data:/a:nocopy,U,ro",
		"volume data /a ro,rprivate,rbind,nosuid,nodev,nocopy,U");
	check(mount_spec_volume, "/tmp:/a:O,upperdir=/u,workdir=/w",
		"bind /tmp /a rprivate,rbind,nosuid,nodev,O,upper=/u,work=/w");
	check(mount_spec_volume, "/dev/null:/a", "bind /dev/null /a rprivate,rbind,nosuid");
}

static void test_volume_refused(void **state)
{
	(void)state;
	refused(mount_spec_volume, "", "is not [HOST-DIR");
	refused(mount_spec_volume, ":/a", "is not [HOST-DIR");
	refused(mount_spec_volume, "/tmp:", "is not [HOST-DIR");
	refused(mount_spec_volume, "/tmp:/a:ro:x", "is not [HOST-DIR");
	refused(mount_spec_volume, "../x:/a", "mount source");
	refused(mount_spec_volume, "-x:/a", "neither a path nor a name");
	refused(mount_spec_volume, "a/b:/a", "neither a path nor a name");
	refused(mount_spec_volume, "v:/a:copy,nocopy", "exclude each other");
	refused(mount_spec_volume, "v:/a:O,copy", "exclude each other");
	refused(mount_spec_volume, "v:/a:O,ro", "exclude each other");
	refused(mount_spec_volume, "/tmp:/a:z,Z", "exclude each other");
	refused(mount_spec_volume, "/tmp:/a:O,z", "exclude each other");
	refused(mount_spec_volume, "/tmp:/a:O,upperdir=/u", "belong to O");
	refused(mount_spec_volume, "/tmp:/a:upperdir=/u,workdir=/w", "belong to O");
	refused(mount_spec_volume, "/tmp:/a:O,upperdir=u,workdir=/w", "not an absolute path");
	refused(mount_spec_volume, "/dev/null:/a:O", "only a directory");
	refused(mount_spec_volume, "/tmp:/a:idmap", "the kernel maps the owners");
	refused(mount_spec_volume, "/tmp:/a:copy", "unknown mount option");
	refused(mount_spec_volume, "/tmp:a", "not an absolute path");
	refused(mount_spec_volume, "/tmp:/", "root of the container");
	refused(mount_spec_volume, "/tmp:/a/..", "root of the container");
	refused(mount_spec_volume, "/tmp:/proc", "'/proc' cannot be");
	refused(mount_spec_volume, "/tmp:/x/../proc/self", "'/proc/self' cannot be");
	refused(mount_spec_volume, "/tmp:/a:ro,rw", "exclude each other");
	refused(mount_spec_volume, "/tmp:/a:size=1m", "unknown mount option");
	refused(mount_spec_volume, "/nonexistent/x:/a", "mount source /nonexistent/x");
}

static void test_tmpfs(void **state)
{
	(void)state;
	check(mount_spec_tmpfs, "/t", "tmpfs - /t rw,nosuid,nodev,noexec");
	check(mount_spec_tmpfs, "/t:size=2k,mode=0700,exec,uid=5",
		"tmpfs - /t rw,nosuid,nodev,exec,size=2048,mode=700,uid=5");
	check(mount_spec_tmpfs, "/t:size=50%,ro", "tmpfs - /t ro,nosuid,nodev,noexec,size=50%");
	check(mount_spec_tmpfs, "/t:notmpcopyup", "tmpfs - /t rw,nosuid,nodev,noexec,notmpcopyup");
	check(mount_spec_tmpfs, "/t:rshared,noatime",
		"tmpfs - /t rw,rshared,nosuid,nodev,noexec,noatime");
	if (geteuid() == 0)
		check(mount_spec_tmpfs, "/t:noswap,noswap",
			"tmpfs - /t rw,nosuid,nodev,noexec,noswap");
	else
		refused(mount_spec_tmpfs, "/t:noswap", "only the real root");
	refused(mount_spec_tmpfs, "/t:noswap=1", "unknown mount option");
	refused(mount_spec_tmpfs, "t", "not an absolute path");
	refused(mount_spec_tmpfs, "/proc/self", "cannot be");
	refused(mount_spec_tmpfs, "/t:mode=999", "octal mode");
	refused(mount_spec_tmpfs, "/t:size=x", "not a size");
	refused(mount_spec_tmpfs, "/t:size=101%", "not a size");
	refused(mount_spec_tmpfs, "/t:rbind", "unknown mount option");
}

static void test_mount(void **state)
{
	(void)state;
	check(mount_spec_mount, "type=bind,src=/tmp,dst=/a",
		"bind /tmp /a rprivate,rbind,nosuid,nodev");
	check(mount_spec_mount,
		"type=bind,source=/tmp,target=/"
		"a,readonly,bind-propagation=rshared,bind-nonrecursive",
		"bind /tmp /a ro,rshared,bind,nosuid,nodev");
	check(mount_spec_mount, "\"type=bind\",source=/tmp,\"destination=/a,b:c\",ro=false",
		"bind /tmp /a,b:c rw,rprivate,rbind,nosuid,nodev");
	check(mount_spec_mount, "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777,noexec",
		"tmpfs - /t rw,nosuid,nodev,noexec,size=1048576,mode=1777");
	check(mount_spec_mount, "type=bind,src=/tmp,dst=/a,relabel=shared",
		"bind /tmp /a rprivate,rbind,nosuid,nodev,z");
	check(mount_spec_mount, "type=bind,src=/tmp,dst=/a,relabel=private",
		"bind /tmp /a rprivate,rbind,nosuid,nodev,Z");
	refused(mount_spec_mount, "type=bind,src=/tmp,dst=/a,relabel=other",
		"neither shared nor private");
	refused(mount_spec_mount, "type=bind,src=/tmp,dst=/a,colour=shared",
		"unknown mount option");
	refused(mount_spec_mount, "type=bind,src=/tmp,dst=/a,bind-propagation=size=1m",
		"unknown mount option");
	refused(mount_spec_mount, "type=bind,src=/tmp,dst=/a,tmpfs-size=1m",
		"unknown mount option");
	refused(mount_spec_mount, "type=tmpfs,dst=/a,bind-propagation=rshared",
		"unknown mount option");
	refused(mount_spec_mount, "type=bind,source=/tmp", "target= is missing");
	check(mount_spec_mount, "type=bind,dest=/tmp",
		"bind /tmp /tmp rprivate,rbind,nosuid,nodev");
	check(mount_spec_mount, "type=tmpfs,dst=/t,consistency=cached",
		"tmpfs - /t rw,nosuid,nodev,noexec");
	refused(mount_spec_mount, "type=tmpfs,dst=/t,consistency=best", "is not known");
	refused(mount_spec_mount, "type=bind,dst=/t,noswap", "unknown mount option");
	refused(mount_spec_mount, "type=bind,source=,target=/a", "source= is missing");
	refused(mount_spec_mount, "type=tmpfs,source=/tmp,target=/a", "no source");
	refused(mount_spec_mount, "type=thing,source=/tmp,target=/a", "type 'thing'");
	refused(mount_spec_mount, "type=artifact,target=/a", "source= is missing");
	refused(mount_spec_mount, "type=artifact,source=x,target=/a,rw", "unknown mount option");
	refused(mount_spec_mount, "type=artifact,source=x,target=/a,digest=", "is empty");
	refused(mount_spec_mount, "type=artifact,source=x,target=/a,digest=1,title=2", "exclude");
	refused(mount_spec_mount, "type=artifact,source=x,target=/a,title=1,title=2", "twice");
	refused(mount_spec_mount, "type=image,source=x,target=/a,title=1", "unknown mount option");
	refused(mount_spec_mount, "type=glob,source=/nonexistent*,target=/a", "nothing fits");
	refused(mount_spec_mount, "type=glob,source=tmp*,target=/a", "not an absolute path");
	refused(mount_spec_mount, "type=volume,source=/tmp,target=/a", "not a name");
	refused(mount_spec_mount, "type=image,target=/a", "source= is missing");
	refused(mount_spec_mount, "type=image,source=x,target=/a,exec", "unknown mount option");
	refused(mount_spec_mount, "type=devpts,target=/a,size=1", "unknown mount option");
	check(mount_spec_mount, "type=devpts,target=/a,newinstance,ptmxmode=0666",
		"devpts - /a nosuid,noexec,ptmxmode=666");
	refused(mount_spec_mount, "type=devpts,target=/a,max=x", "not a number");
	refused(mount_spec_mount, "type=bind,source=/,source=/,target=/a", "given twice");
	refused(mount_spec_mount, "type=volume,target=/a,subpath=a,volume-subpath=b",
		"given twice");
	check(mount_spec_mount, "source=v,target=/a,volume-nocopy,volume-subpath=d/e",
		"volume v /a rprivate,rbind,nosuid,nodev,nocopy,subpath=d/e");
	check(mount_spec_mount, "target=/a,volume-opt=type=tmpfs",
		"volume - /a rprivate,rbind,nosuid,nodev,type=tmpfs");
	check(mount_spec_mount, "type=image,source=alpine,target=/a,readwrite=true",
		"image alpine /a rw,nosuid,nodev");
	check(mount_spec_mount, "type=devpts,target=/a,max=5,uid=1",
		"devpts - /a nosuid,noexec,max=5,uid=1");
	check(mount_spec_mount, "type=glob,source=/etc/passw[d],target=/a,ro",
		"bind /etc/passwd /a/passwd ro,rprivate,rbind,nosuid,nodev");
	check(mount_spec_mount, "type=glob,source=/etc/passw[d]",
		"bind /etc/passwd /etc/passwd rprivate,rbind,nosuid,nodev");
	check(mount_spec_mount, "type=bind,source=/tmp,target=/a,U=false,chown=true,exec=false",
		"bind /tmp /a rprivate,rbind,nosuid,nodev,noexec,U");
	refused(mount_spec_mount, "type=bind,source=/tmp,target=/a,ro=maybe",
		"neither true nor false");
	refused(mount_spec_mount, "type=bind,source=/tmp,target=/a,colour=red",
		"unknown mount option");
	refused(mount_spec_mount, "\"type=bind,source=/tmp", "quote is not closed");
	refused(mount_spec_mount, "\"type=bind\"x,source=/tmp", "comma is missing");
	refused(mount_spec_mount, "", "unknown mount option");
}

static void test_twice(void **state)
{
	_cleanup_(mount_specs_done) struct mount_specs list = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(mount_spec_volume("/tmp:/a", &list, &err), 0);
	assert_int_equal(mount_spec_tmpfs("/a/", &list, &err), -ERR_USAGE);
	assert_int_equal(mount_spec_tmpfs("/b", &list, &err), 0);
	assert_int_equal(list.n, 2);
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
