#include "tests/unit/unit.h"

#include "storage/transfer/layer.h"
#include "storage/transfer/pack.h"
#include "storage/transfer/tarwrite.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* two layers, of which the upper one is what a container wrote */
struct world {
	char path[64];
	int fd, low, up;
};

static int open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->fd = unit_scratch(w->path);
	assert_int_equal(mkdirat(w->fd, "low", 0755), 0);
	assert_int_equal(mkdirat(w->fd, "up", 0755), 0);
	w->low = open_dir(w->fd, "low");
	w->up = open_dir(w->fd, "up");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fd_close(w->low);
	fd_close(w->up);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static void make_dir(int dirfd, const char *name)
{
	assert_int_equal(mkdirat(dirfd, name, 0755), 0);
}

static void whiteout(int dirfd, const char *name)
{
	assert_int_equal(mknodat(dirfd, name, S_IFCHR, makedev(0, 0)), 0);
}

static void set_xattr(int dirfd, const char *name, const char *key, const void *value, size_t len)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fsetxattr(fd, key, value, len, 0), 0);
	fd_close(fd);
}

static void set_time(int dirfd, const char *name, time_t sec, long nsec)
{
	struct timespec t[2] = {{.tv_sec = sec, .tv_nsec = nsec}, {.tv_sec = sec, .tv_nsec = nsec}};

	assert_int_equal(utimensat(dirfd, name, t, AT_SYMLINK_NOFOLLOW), 0);
}

/* the archive's entries as lines: type, name, and a link's target or a file's size */
static char *list(int fd)
{
	struct stream *st = NULL;
	struct tar *t = NULL;
	struct archive_entry *e;
	struct buf b = {0};

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(stream_new(fd, NULL, &st, NULL), 0);
	assert_int_equal(tar_new(st, &t, NULL), 0);
	while (tar_next(t, &e, NULL) > 0) {
		const char *hard = archive_entry_hardlink(e), *soft = archive_entry_symlink(e);

		buf_addf(&b, "%s", archive_entry_pathname(e));
		if (hard)
			buf_addf(&b, " = %s", hard);
		else if (soft)
			buf_addf(&b, " > %s", soft);
		else if (archive_entry_filetype(e) == AE_IFREG)
			buf_addf(&b, " %d", (int)archive_entry_size(e));
		buf_addc(&b, '\n');
	}
	tar_free(t);
	stream_free(st);
	buf_adds(&b, "");
	return buf_take(&b);
}

static int pack(struct world *w, struct changes_opts o, enum pack_form form, int *ret)
{
	struct view new = {0}, old = {0};
	struct pack_facts facts;
	struct err err = {0};
	int fd = memfd_create("tar", MFD_CLOEXEC), r;

	view_push(&new, open_dir(w->up, "."));
	view_push(&new, open_dir(w->low, "."));
	view_push(&old, open_dir(w->low, "."));
	o.new = &new;
	o.old = &old;
	r = pack_changes(&o, form, fd, &facts, &err);
	if (r < 0)
		assert_int_equal(err.code, -r);
	view_done(&new);
	view_done(&old);
	*ret = fd;
	return r;
}

static void check_layer(struct world *w, const char *expected)
{
	char *text;
	int fd;

	assert_int_equal(pack(w, (struct changes_opts){.layer = true}, PACK_LAYER, &fd), 0);
	text = list(fd);
	assert_string_equal(text, expected);
	free(text);
	fd_close(fd);
}

static void test_whiteouts(void **state)
{
	struct world *w = *state;

	make_dir(w->low, "d");
	make_dir(w->low, "o");
	unit_file(w->low, "d/gone", "x");
	unit_file(w->low, "o/hidden", "x");
	unit_file(w->low, "o/same", "x");
	unit_file(w->low, "was", "x");
	make_dir(w->low, "wasdir");
	unit_file(w->low, "wasdir/f", "x");
	make_dir(w->up, "d");
	whiteout(w->up, "d/gone");
	/* hides nothing: no trace of it */
	whiteout(w->up, "d/never");
	whiteout(w->up, "was");
	unit_file(w->up, "wasdir", "now a file");
	make_dir(w->up, "o");
	unit_file(w->up, "o/same", "x");
	set_xattr(w->up, "o", "user.overlay.opaque", "y", 1);
	/* new and opaque: there is nothing that it hides */
	make_dir(w->up, "new");
	set_xattr(w->up, "new", "user.overlay.opaque", "y", 1);
	check_layer(w, "./\n.wh.was 0\nd/\nd/.wh.gone 0\nnew/\no/\no/.wh..wh..opq 0\no/same "
		       "1\nwasdir 10\n");
}

static void test_xattr_whiteouts(void **state)
{
	struct world *w = *state;

	make_dir(w->low, "d");
	unit_file(w->low, "d/gone", "x");
	unit_file(w->low, "d/kept", "x");
	make_dir(w->up, "d");
	unit_file(w->up, "d/gone", "");
	set_xattr(w->up, "d/gone", "user.overlay.whiteout", "", 0);
	/* an empty file like any other where the directory is not marked */
	check_layer(w, "./\nd/\nd/gone 0\n");
	set_xattr(w->up, "d", "user.overlay.opaque", "x", 1);
	check_layer(w, "./\nd/\nd/.wh.gone 0\n");
	set_xattr(w->up, "d", "user.fuseoverlayfs.opaque", "y", 1);
	check_layer(w, "./\nd/\nd/.wh..wh..opq 0\nd/gone 0\n");
}

static void test_marker_files(void **state)
{
	struct world *w = *state;
	struct view v = {.marker_files = true};
	struct view_names names = {0};
	struct view_dir d = {0};

	make_dir(w->low, "d");
	unit_file(w->low, "d/a", "x");
	unit_file(w->low, "b", "x");
	make_dir(w->up, "d");
	unit_file(w->up, "d/.wh..wh..opq", "");
	unit_file(w->up, ".wh.b", "");
	view_push(&v, open_dir(w->up, "."));
	view_push(&v, open_dir(w->low, "."));
	assert_int_equal(view_list(&v, &v.root, &names, NULL), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0].name, "d");
	assert_int_equal(view_enter(&v, &v.root, &names.v[0], &d, NULL), 0);
	assert_true(d.opaque);
	assert_int_equal(d.n, 1);
	view_names_done(&names);
	view_dir_done(&d);
	view_done(&v);
}

static void test_links(void **state)
{
	struct world *w = *state;

	unit_file(w->low, "a", "same");
	set_time(w->low, "a", 1000, 5);
	unit_file(w->up, "a", "same");
	set_time(w->up, "a", 1000, 5);
	/* copied up without a change */
	check_layer(w, "./\n");
	/* until it has another name, which must be one with it */
	assert_int_equal(linkat(w->up, "a", w->up, "z", 0), 0);
	assert_int_equal(symlinkat("z", w->up, "s"), 0);
	assert_int_equal(linkat(w->up, "s", w->up, "t", 0), 0);
	check_layer(w, "./\na 4\ns > z\nt = s\nz = a\n");
}

static void test_unchanged_time(void **state)
{
	struct world *w = *state;

	unit_file(w->low, "a", "one!");
	unit_file(w->up, "a", "two!");
	set_time(w->low, "a", 1000, 0);
	set_time(w->up, "a", 1000, 0);
	check_layer(w, "./\na 4\n");
	/* a time alone is a change as well, of directories too; but not that of the root */
	unit_file(w->up, "a", "one!");
	set_time(w->up, "a", 1000, 1);
	make_dir(w->low, "d");
	make_dir(w->up, "d");
	set_time(w->low, "d", 1000, 0);
	set_time(w->up, "d", 1000, 0);
	check_layer(w, "./\na 4\n");
	set_time(w->up, "a", 1000, 0);
	check_layer(w, "./\n");
	set_time(w->up, "d", 1001, 0);
	check_layer(w, "./\nd/\n");
}

static void test_places(void **state)
{
	struct world *w = *state;
	struct strv places = {0};
	struct changes_opts o = {.layer = true, .places = &places};
	char *text;
	int fd;

	strv_add(&places, "etc/hosts");
	strv_add(&places, "mnt/deep/host");
	strv_add(&places, "used");
	make_dir(w->low, "etc");
	set_time(w->low, "etc", 1000, 0);
	make_dir(w->up, "etc");
	unit_file(w->up, "etc/hosts", "");
	assert_int_equal(fchmodat(w->up, "etc/hosts", 0644, 0), 0);
	make_dir(w->up, "mnt");
	make_dir(w->up, "mnt/deep");
	make_dir(w->up, "mnt/deep/host");
	make_dir(w->up, "used");
	unit_file(w->up, "used/by", "user");
	make_dir(w->up, "mnt2");
	assert_int_equal(pack(w, o, PACK_LAYER, &fd), 0);
	text = list(fd);
	assert_string_equal(text, "./\nmnt2/\nused/\nused/by 4\n");
	free(text);
	fd_close(fd);
	unit_file(w->up, "etc/hosts", "filled");
	unit_file(w->up, "mnt/deep/other", "");
	assert_int_equal(pack(w, o, PACK_LAYER, &fd), 0);
	text = list(fd);
	assert_string_equal(text, "./\netc/\netc/hosts 6\nmnt/\nmnt/deep/\nmnt/deep/other "
				  "0\nmnt2/\nused/\nused/by 4\n");
	free(text);
	fd_close(fd);
	strv_done(&places);
}

/* names that need a PAX header, bytes that are no text, and everything comes back */
static void test_round_trip(void **state)
{
	struct world *w = *state;
	static const char *const nasty[] = {"-dash", " ", "n\nl", "\377\376", "t\tab", "\303\274",
		"\\", "*", "=", "a=b\n12 path=x"};
	struct layer_opts o = {.single_id = geteuid() != 0};
	struct layer_facts facts;
	struct stream *st = NULL;
	struct tar *t = NULL;
	struct strv names = {0};
	char longer[256] = "", value[8];
	struct stat a, b;
	int fd, back;

	memset(longer, 'x', 200);
	memcpy(longer + 200, "\377", 2);
	make_dir(w->up, longer);
	for (size_t i = 0; i < ARRAY_SIZE(nasty); i++) {
		char path[600];

		unit_file(w->up, nasty[i], nasty[i]);
		set_time(w->up, nasty[i], i % 2 ? -5 : 1000, i % 2 ? 0 : 250000001);
		snprintf(path, sizeof(path), "%s/%s", longer, nasty[i]);
		assert_int_equal(symlinkat(longer, w->up, path), 0);
	}
	set_xattr(w->up, "-dash", "user.x", "a\0b\n", 4);
	set_xattr(w->up, "-dash", "user.overlay.origin", "1", 1);
	assert_int_equal(fchmodat(w->up, "-dash", 04711, 0), 0);
	assert_int_equal(pack(w, (struct changes_opts){.layer = true}, PACK_LAYER, &fd), 0);
	make_dir(w->fd, "back");
	back = open_dir(w->fd, "back");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(stream_new(fd, NULL, &st, NULL), 0);
	assert_int_equal(tar_new(st, &t, NULL), 0);
	assert_int_equal(layer_apply(back, t, &o, &facts, NULL), 0);
	tar_free(t);
	stream_free(st);
	fd_close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(nasty); i++) {
		struct buf text = {0};

		assert_int_equal(fs_read_at(back, nasty[i], &text, NULL), 0);
		assert_string_equal(buf_str(&text), nasty[i]);
		buf_done(&text);
		assert_int_equal(fstatat(w->up, nasty[i], &a, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(fstatat(back, nasty[i], &b, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(a.st_mode, b.st_mode);
		assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
		assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	}
	fd = openat(back, "-dash", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, "user.x", value, sizeof(value)), 4);
	assert_memory_equal(value, "a\0b\n", 4);
	assert_int_equal(fgetxattr(fd, "user.overlay.origin", value, sizeof(value)), -1);
	fd_close(fd);
	assert_int_equal(fs_list_at(back, longer, &names, NULL), 0);
	assert_int_equal(names.n, ARRAY_SIZE(nasty));
	strv_done(&names);
	fd_close(back);
}

/* of a user namespace's root: in the image they are any root's */
static void test_capabilities(void **state)
{
	struct world *w = *state;
	struct vfs_ns_cap_data v3 = {
		.magic_etc = htole32(VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE),
		.data[0].permitted = htole32(1U << CAP_NET_RAW),
		.rootid = htole32(100000)};
	struct vfs_ns_cap_data got;
	struct xattrs x = {0};
	struct node n;
	int fd;

	unit_file(w->up, "ping", "x");
	fd = openat(w->up, "ping", O_RDONLY | O_CLOEXEC);
	if (fsetxattr(fd, "security.capability", &v3, sizeof(v3), 0) < 0) {
		fd_close(fd);
		skip();
	}
	fd_close(fd);
	assert_int_equal(node_open(w->up, "ping", &n, NULL), 0);
	assert_int_equal(node_xattrs(&n, &x, NULL), 0);
	assert_int_equal(x.n, 1);
	assert_string_equal(x.v[0].name, "security.capability");
	assert_int_equal(x.v[0].len, XATTR_CAPS_SZ_2);
	memset(&got, 0, sizeof(got));
	memcpy(&got, x.v[0].value, x.v[0].len);
	assert_int_equal(le32toh(got.magic_etc), VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE);
	assert_int_equal(le32toh(got.data[0].permitted), 1U << CAP_NET_RAW);
	xattrs_done(&x);
	node_done(&n);
}

static void test_refused_name(void **state)
{
	struct world *w = *state;
	char *text;
	int fd;

	unit_file(w->up, ".wh.x", "");
	assert_int_equal(pack(w, (struct changes_opts){.layer = true}, PACK_LAYER, &fd), -EINVAL);
	fd_close(fd);
	/* where it means nothing, it is a name like any other */
	assert_int_equal(pack(w, (struct changes_opts){.all = true}, PACK_ROOT, &fd), 0);
	text = list(fd);
	assert_string_equal(text, "./\n.wh.x 0\n");
	free(text);
	fd_close(fd);
}

/* holes are zeros, and a file that is cut while it is read keeps the size that its header says */
static void test_content(void **state)
{
	struct world *w = *state;
	struct tarwrite t;
	struct tarwrite_entry e = {.path = "f", .type = '0', .size = 3 << 20};
	int fd, tar = memfd_create("tar", MFD_CLOEXEC);
	char c[4];

	unit_file(w->up, "f", "begin");
	fd = openat(w->up, "f", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	assert_int_equal(pwrite(fd, "mid", 3, 1 << 20), 3);
	tarwrite_init(&t, tar);
	assert_int_equal(tarwrite_header(&t, &e, NULL), 0);
	assert_int_equal(tarwrite_content(&t, fd, e.size, NULL), 0);
	assert_int_equal(tarwrite_end(&t, NULL), 0);
	tarwrite_done(&t);
	assert_int_equal(lseek(tar, 0, SEEK_END), 512 + (3 << 20) + 1024);
	assert_int_equal(pread(tar, c, 3, 512 + (1 << 20)), 3);
	assert_memory_equal(c, "mid", 3);
	assert_int_equal(pread(tar, c, 1, 512 + (3 << 20) - 1), 1);
	assert_int_equal(c[0], 0);
	fd_close(fd);
	fd_close(tar);
}

static void test_equal_bytes(void **state)
{
	struct world *w = *state;
	struct stat a, b;
	char *x, *y;
	int one, two;

	make_dir(w->up, "d");
	for (int i = 20; i-- > 0;) {
		char name[16];

		snprintf(name, sizeof(name), "d/%d", i);
		unit_file(w->up, name, "x");
	}
	assert_int_equal(pack(w, (struct changes_opts){.layer = true}, PACK_LAYER, &one), 0);
	assert_int_equal(pack(w, (struct changes_opts){.layer = true}, PACK_LAYER, &two), 0);
	assert_int_equal(fstat(one, &a), 0);
	assert_int_equal(fstat(two, &b), 0);
	assert_int_equal(a.st_size, b.st_size);
	x = mmap(NULL, (size_t)a.st_size, PROT_READ, MAP_SHARED, one, 0);
	y = mmap(NULL, (size_t)b.st_size, PROT_READ, MAP_SHARED, two, 0);
	assert_memory_equal(x, y, (size_t)a.st_size);
	munmap(x, (size_t)a.st_size);
	munmap(y, (size_t)b.st_size);
	fd_close(one);
	fd_close(two);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_whiteouts),
		T(test_xattr_whiteouts),
		T(test_marker_files),
		T(test_links),
		T(test_unchanged_time),
		T(test_places),
		T(test_round_trip),
		T(test_capabilities),
		T(test_refused_name),
		T(test_content),
		T(test_equal_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
