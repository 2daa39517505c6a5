#include "tests/unit/unit.h"

#include "storage/transfer/entry.h"
#include "storage/transfer/layer.h"
#include "tests/unit/tarball.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* the directory that hostile archives aim at, and the layer's root beside it */
struct world {
	char path[64];
	int fd, root;
	struct stat canary, secret;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->fd = unit_scratch(w->path);
	assert_int_equal(mkdirat(w->fd, "canary", 0755), 0);
	unit_file(w->fd, "canary/secret", "untouched");
	assert_int_equal(mkdirat(w->fd, "root", 0755), 0);
	w->root = openat(w->fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fstatat(w->fd, "canary", &w->canary, 0), 0);
	assert_int_equal(fstatat(w->fd, "canary/secret", &w->secret, 0), 0);
	*state = w;
	return 0;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mode == b->st_mode && a->st_nlink == b->st_nlink &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_uid == b->st_uid;
}

static void check_canary(const struct world *w)
{
	struct strv names = {0};
	struct stat st;

	assert_int_equal(fstatat(w->fd, "canary", &st, 0), 0);
	assert_true(same(&st, &w->canary));
	assert_int_equal(fstatat(w->fd, "canary/secret", &st, 0), 0);
	assert_true(same(&st, &w->secret));
	assert_int_equal(fs_list_at(w->fd, "canary", &names, NULL), 0);
	assert_int_equal(names.n, 1);
	strv_done(&names);
	assert_int_equal(fs_list_at(w->fd, ".", &names, NULL), 0);
	assert_int_equal(names.n, 2);
	strv_done(&names);
}

static int teardown(void **state)
{
	struct world *w = *state;

	check_canary(w);
	fd_close(w->root);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static size_t count_fds(void)
{
	_cleanup_strv_ struct strv fds = {0};

	assert_int_equal(fs_list_at(AT_FDCWD, "/proc/self/fd", &fds, NULL), 0);
	return fds.n;
}

static int apply_as(struct world *w, struct buf *b, struct layer_facts *facts,
	void (*progress)(void *), void *arg)
{
	struct layer_opts o = {.single_id = geteuid() != 0, .progress = progress, .arg = arg};
	struct layer_facts dummy;
	struct stream *st = NULL;
	struct tar *t = NULL;
	struct err err = {0};
	size_t fds = count_fds();
	int fd, r;

	tarball_end(b);
	fd = tarball_fd(b);
	assert_true(fd >= 0);
	r = stream_new(fd, NULL, &st, &err);
	if (r == 0)
		r = tar_new(st, &t, &err);
	if (r == 0)
		r = layer_apply(w->root, t, &o, facts ? facts : &dummy, &err);
	if (r < 0)
		assert_int_equal(err.code, -r);
	tar_free(t);
	stream_free(st);
	fd_close(fd);
	buf_done(b);
	assert_int_equal(count_fds(), fds);
	return r;
}

static int apply(struct world *w, struct buf *b, struct layer_facts *facts)
{
	return apply_as(w, b, facts, NULL, NULL);
}

#define APPLY(w, ...)                                                                              \
	({                                                                                         \
		const struct tarball_entry entries_[] = {__VA_ARGS__};                             \
		struct buf b_ = {0};                                                               \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(entries_); i_++)                               \
			tarball_add(&b_, entries_[i_]);                                            \
		apply(w, &b_, NULL);                                                               \
	})

static char *content(struct world *w, const char *name)
{
	struct buf b = {0};

	assert_int_equal(fs_read_at(w->root, name, &b, NULL), 0);
	return buf_take(&b);
}

static mode_t mode_of(struct world *w, const char *name)
{
	struct stat st;

	return fstatat(w->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct stat a, b;
	char *text;

	assert_int_equal(
		APPLY(w, {'5', "./"}, {'5', "d"}, {'0', "d/f", .data = "hello", .mode = 04755},
			{'1', "d/g", "d/f"}, {'2', "l", "d/f"}, {'6', "p"},
			{'0', "deep/without/parents", .data = "x"}),
		0);
	text = content(w, "d/f");
	assert_string_equal(text, "hello");
	free(text);
	assert_int_equal(mode_of(w, "d/f"), S_IFREG | 04755);
	assert_int_equal(fstatat(w->root, "d/f", &a, 0), 0);
	assert_int_equal(fstatat(w->root, "d/g", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_mtim.tv_sec, 1700000000);
	assert_int_equal(fstatat(w->root, "d", &a, 0), 0);
	assert_int_equal(a.st_mtim.tv_sec, 1700000000);
	/* what is made in it last changes its time no more */
	assert_int_equal(fstatat(w->root, ".", &a, 0), 0);
	assert_int_equal(a.st_mtim.tv_sec, 1700000000);
	assert_int_equal(fstatat(w->root, "l", &a, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(a.st_mtim.tv_sec, 1700000000);
	assert_true(S_ISLNK(mode_of(w, "l")));
	assert_true(S_ISFIFO(mode_of(w, "p")));
	assert_int_equal(mode_of(w, "deep/without"), S_IFDIR | 0755);
}

static void count(void *arg)
{
	++*(int *)arg;
}

/* content in many blocks, with zeros that take no room */
static void test_content(void **state)
{
	struct world *w = *state;
	struct layer_facts facts = {0};
	const size_t size = (1 << 20) + 100;
	_cleanup_free_ char *data = xcalloc(size, 1);
	_cleanup_buf_ struct buf got = {.cap = 2 << 20};
	struct buf b = {.cap = 4 << 20};
	int reports = 0;
	struct stat st;

	memset(data, 'a', 5000);
	data[300000] = 'b';
	data[size - 1] = 'c';
	tarball_add(&b, (struct tarball_entry){'0', "big", .data = data, .size = size});
	tarball_add(&b, (struct tarball_entry){'0', "small", .data = "12345"});
	tarball_add(&b, (struct tarball_entry){'0', "empty"});
	tarball_add(&b, (struct tarball_entry){'3', "dev/null"});
	tarball_add(&b, (struct tarball_entry){'4', "dev/sda"});
	assert_int_equal(apply_as(w, &b, &facts, count, &reports), 0);
	assert_int_equal(facts.size, size + 5);
	assert_int_equal(facts.entries, 5);
	assert_int_equal(facts.devices, 2);
	assert_false(facts.opaque_root);
	assert_true(reports > 0);
	assert_int_equal(fs_read_at(w->root, "big", &got, NULL), 0);
	assert_int_equal(got.len, size);
	assert_memory_equal(got.data, data, size);
	assert_int_equal(fstatat(w->root, "big", &st, 0), 0);
	assert_true(st.st_blocks * 512 < (long)size / 2);
	/* zeros at the end count, too */
	memset(data, 0, size);
	tarball_add(&b, (struct tarball_entry){'0', "zeros", .data = data, .size = size});
	assert_int_equal(apply(w, &b, NULL), 0);
	assert_int_equal(fstatat(w->root, "zeros", &st, 0), 0);
	assert_int_equal(st.st_size, size);
}

/* records of one PAX header */
static void pax(struct buf *b, const char *const *records, size_t n)
{
	struct buf all = {0};

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(records[i]) + 2 + 2; /* all have two digits */

		assert_in_range(len, 10, 99);
		buf_addf(&all, "%zu %s\n", len, records[i]);
	}
	tarball_add(b, (struct tarball_entry){'x', "PaxHeaders/x", .data = buf_str(&all)});
	buf_done(&all);
}

static void test_attributes(void **state)
{
	/* in whatever order the reader gives them, something allowed is behind something that is not */
	static const char *const attributes[] = {"SCHILY.xattr.user.also=yes",
		"SCHILY.xattr.trusted.x=forged", "SCHILY.xattr.user.overlay.redirect=/x",
		"SCHILY.xattr.user.rl.x=forged", "SCHILY.xattr.user.fine=yes"};
	struct world *w = *state;
	struct buf b = {0};
	struct stat st;
	char value[8];

	pax(&b, attributes, ARRAY_SIZE(attributes));
	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	pax(&b, (const char *const[]){"mtime=1600000000.123456789"}, 1);
	tarball_add(&b, (struct tarball_entry){'0', "late", .data = "x"});
	pax(&b, (const char *const[]){"mtime=1600000000.5"}, 1);
	tarball_add(&b, (struct tarball_entry){'5', "dir"});
	assert_int_equal(apply(w, &b, NULL), 0);
	assert_int_equal(fstatat(w->root, "late", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1600000000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_int_equal(fstatat(w->root, "dir", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_nsec, 500000000);
	{
		_cleanup_close_ int f = openat(w->root, "f", O_RDONLY | O_CLOEXEC);

		assert_true(fgetxattr(f, "user.overlay.redirect", value, sizeof(value)) < 0);
		assert_true(fgetxattr(f, "user.rl.x", value, sizeof(value)) < 0);
		/* what is refused does not take the rest with it; tmpfs of old kernels has none of them */
		if (fgetxattr(f, "user.fine", value, sizeof(value)) < 0 ||
			fgetxattr(f, "user.also", value, sizeof(value)) < 0)
			assert_int_equal(errno, ENOTSUP);
	}
	/* an owner that is none, and in single-id mode nobody's matter */
	pax(&b, (const char *const[]){"uid=4294967295"}, 1);
	tarball_add(&b, (struct tarball_entry){'0', "none", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), geteuid() ? 0 : -EBADMSG);
	pax(&b, (const char *const[]){"gid=4294967295"}, 1);
	tarball_add(&b, (struct tarball_entry){'0', "none", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), geteuid() ? 0 : -EBADMSG);
	/* set-uid survives the change of the owner, which clears it */
	tarball_add(
		&b, (struct tarball_entry){'0', "suid", .data = "x", .mode = 06711, .uid = 1234});
	assert_int_equal(apply(w, &b, NULL), 0);
	assert_int_equal(mode_of(w, "suid"), S_IFREG | 06711);
	assert_int_equal(fstatat(w->root, "suid", &st, 0), 0);
	assert_int_equal(st.st_uid, geteuid() ? geteuid() : 1234);
	assert_int_equal(st.st_gid, geteuid() ? getegid() : 1234);
}

/* what is made in a set-group-id directory has its group, until the entry's own is set */
static void test_group_of_directory(void **state)
{
	static const char *const names[] = {"d/f", "d/empty", "d/sub", "d/link", "d/fifo"};
	struct world *w = *state;
	struct stat st;

	if (geteuid())
		skip();
	assert_int_equal(APPLY(w, {'5', "d", .mode = 02775, .uid = 1234},
				 {'0', "d/f", .data = "x", .mode = 0664}, {'0', "d/empty"},
				 {'5', "d/sub", .mode = 0750}, {'2', "d/link", "f"},
				 {'6', "d/fifo", .mode = 0600}),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(fstatat(w->root, names[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(st.st_uid, 0);
		assert_int_equal(st.st_gid, 0);
	}
	assert_int_equal(mode_of(w, "d"), S_IFDIR | 02775);
	assert_int_equal(mode_of(w, "d/f"), S_IFREG | 0664);
	assert_int_equal(mode_of(w, "d/sub"), S_IFDIR | 0750);
	assert_int_equal(mode_of(w, "d/fifo"), S_IFIFO | 0600);
}

static void test_outward_names(void **state)
{
	struct world *w = *state;

	assert_int_equal(APPLY(w, {'0', "../canary/secret", .data = "x"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'0', "a/../../canary/new", .data = "x"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'5', ".."}), -EBADMSG);
	assert_int_equal(APPLY(w, {'0', "/inside", .data = "x"}), 0);
	assert_int_equal(mode_of(w, "inside"), S_IFREG | 0644);
	assert_int_equal(APPLY(w, {'0', "x/.wh...", .data = ""}), -EBADMSG);
	assert_int_equal(APPLY(w, {'0', ".wh.", .data = ""}), -EBADMSG);
}

static void test_write_through_link(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *target = xasprintf("%s/canary", w->path);

	/* outside, the absolute target does not exist below the root: what the link lies on is no directory */
	assert_int_equal(
		APPLY(w, {'2', "out", target}, {'0', "out/secret", .data = "x"}), -EBADMSG);
	assert_int_equal(
		APPLY(w, {'2', "up", "../canary"}, {'0', "up/secret", .data = "x"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'2', "h1", ".."}, {'2', "h2", "h1/canary"},
				 {'0', "h2/secret", .data = "x"}),
		-EBADMSG);
	assert_int_equal(APPLY(w, {'2', "s", "../canary/secret"}, {'0', "s", .data = "x"}), 0);
	assert_int_equal(mode_of(w, "s"), S_IFREG | 0644);
	assert_int_equal(APPLY(w, {'2', "s2", "../canary"}, {'5', "s2", .mode = 0700}), 0);
	assert_int_equal(mode_of(w, "s2"), S_IFDIR | 0700);
	/* inside it is allowed */
	assert_int_equal(
		APPLY(w, {'5', "usr/lib"}, {'2', "lib", "/usr/lib"}, {'0', "lib/so", .data = "x"}),
		0);
	assert_int_equal(mode_of(w, "usr/lib/so"), S_IFREG | 0644);
}

static void test_root_swapped_for_link(void **state)
{
	struct world *w = *state;

	/* the parent that is kept open must not outlive its name */
	assert_int_equal(APPLY(w, {'5', "d"}, {'0', "d/a", .data = "x"}, {'2', "d", "../canary"},
				 {'0', "d/secret", .data = "x"}),
		-EBADMSG);
	assert_int_equal(APPLY(w, {'2', ".", "../canary"}), -EBADMSG);
	/* also where the entry that replaces it is reached through it */
	assert_int_equal(APPLY(w, {'2', "s", "."}, {'0', "s/a", .data = "x"}, {'5', "s/s"},
				 {'0', "s/f", .data = "x"}),
		0);
	assert_int_equal(mode_of(w, "s"), S_IFDIR | 0755);
	assert_int_equal(mode_of(w, "s/f"), S_IFREG | 0644);
	assert_int_equal(mode_of(w, "f"), 0);
	assert_int_equal(APPLY(w, {'2', "t", "."}, {'0', "t/a", .data = "x"},
				 {'2', "t/t", "../canary"}, {'0', "t/secret", .data = "x"}),
		-EBADMSG);
	assert_int_equal(mode_of(w, "secret"), 0);
}

/* times go to the directories of this layer that are still there, and to nothing else */
static void test_replaced_directory(void **state)
{
	struct world *w = *state;
	struct buf b = {0};
	struct stat st;

	tarball_add(&b, (struct tarball_entry){'5', "x"});
	tarball_pax(&b, "mtime", "1600000000");
	tarball_add(&b, (struct tarball_entry){'5', "d"});
	tarball_add(&b, (struct tarball_entry){'2', "d", "x"});
	tarball_add(&b, (struct tarball_entry){'5', "later"});
	tarball_add(&b, (struct tarball_entry){'0', "later/f", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), 0);
	assert_int_equal(fstatat(w->root, "x", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(fstatat(w->root, "later", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
}

static void test_hard_links(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *target = xasprintf("%s/canary/secret", w->path);

	assert_int_equal(APPLY(w, {'1', "a", "../canary/secret"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'1', "a", target}), -EBADMSG);
	assert_int_equal(APPLY(w, {'2', "l", "../canary"}, {'1', "a", "l/secret"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'5', "d"}, {'1', "a", "d"}), -EBADMSG);
	assert_int_equal(APPLY(w, {'1', "a", "."}), -EBADMSG);
	/* a hard link to a symbolic link is one to the link itself */
	assert_int_equal(APPLY(w, {'2', "sl", "../canary/secret"}, {'1', "hl", "sl"},
				 {'0', "hl", .data = "x"}),
		0);
	assert_true(S_ISLNK(mode_of(w, "sl")));
	/* and one to itself leaves the file alone */
	assert_int_equal(APPLY(w, {'0', "self", .data = "x"}, {'1', "self", "self"}), 0);
	assert_int_equal(mode_of(w, "self"), S_IFREG | 0644);
}

static void test_pax(void **state)
{
	struct world *w = *state;
	struct buf b = {0};
	char value[8];

	tarball_pax(&b, "path", "../canary/secret");
	tarball_add(&b, (struct tarball_entry){'0', "harmless", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), -EBADMSG);

	tarball_pax(&b, "linkpath", "../canary/secret");
	tarball_add(&b, (struct tarball_entry){'1', "harmless", "harmless2"});
	assert_int_equal(apply(w, &b, NULL), -EBADMSG);

	/* names are bytes: decomposed, and not UTF-8 at all */
	tarball_pax(&b, "path", "e\xcc\x81");
	tarball_add(&b, (struct tarball_entry){'0', "x", .data = "x"});
	tarball_add(&b, (struct tarball_entry){'0', "\xff\xfe", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), 0);
	assert_int_equal(mode_of(w, "e\xcc\x81"), S_IFREG | 0644);
	assert_int_equal(mode_of(w, "\xff\xfe"), S_IFREG | 0644);

	tarball_pax(&b, "SCHILY.xattr.user.overlay.opaque", "y");
	tarball_add(&b, (struct tarball_entry){'5', "forged"});
	tarball_pax(&b, "SCHILY.xattr.user.fine", "yes");
	tarball_add(&b, (struct tarball_entry){'0', "marked", .data = "x"});
	assert_int_equal(apply(w, &b, NULL), 0);
	{
		_cleanup_close_ int d = openat(w->root, "forged", O_RDONLY | O_CLOEXEC);
		_cleanup_close_ int f = openat(w->root, "marked", O_RDONLY | O_CLOEXEC);

		assert_true(fgetxattr(d, "user.overlay.opaque", value, sizeof(value)) < 0);
		/* tmpfs of old kernels has no such attributes */
		if (fgetxattr(f, "user.fine", value, sizeof(value)) < 0)
			assert_int_equal(errno, ENOTSUP);
	}
}

static bool is_whiteout(struct world *w, const char *name)
{
	struct stat st;

	return fstatat(w->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(0, 0);
}

static bool is_opaque(struct world *w, const char *name)
{
	_cleanup_close_ int fd = openat(w->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char value[4];

	return fd >= 0 && fgetxattr(fd, "user.overlay.opaque", value, sizeof(value)) == 1 &&
	       *value == 'y';
}

static void test_whiteouts(void **state)
{
	struct world *w = *state;
	struct layer_facts facts = {0};
	struct buf b = {0};

	assert_int_equal(APPLY(w, {'5', "d"}, {'0', "d/.wh.gone", .data = ""},
				 {'0', "d/.wh..wh.plnk", .data = ""}),
		0);
	assert_true(is_whiteout(w, "d/gone"));
	assert_int_equal(mode_of(w, "d/.wh..wh.plnk"), 0);
	assert_int_equal(mode_of(w, "d/.wh.gone"), 0);
	assert_int_equal(
		APPLY(w, {'0', "o/.wh..wh..opq", .data = ""}, {'0', "o/f", .data = "x"}), 0);
	assert_true(is_opaque(w, "o"));
	/* deleted and made anew: nothing of the old directory may show */
	assert_int_equal(APPLY(w, {'0', ".wh.r", .data = ""}, {'5', "r", .mode = 0711},
				 {'0', "r/f", .data = "x"}),
		0);
	assert_true(is_opaque(w, "r"));
	assert_int_equal(mode_of(w, "r"), S_IFDIR | 0711);
	/* a link that the layer has already, too: what it points at keeps what lies below */
	assert_int_equal(
		APPLY(w, {'5', "kept"}, {'2', "to", "kept"}, {'0', ".wh.to", .data = ""}), 0);
	assert_true(S_ISLNK(mode_of(w, "to")));
	assert_false(is_opaque(w, "kept"));
	/* and a file is no directory */
	assert_int_equal(APPLY(w, {'0', "plain", .data = "x"}, {'0', ".wh.plain", .data = ""}), 0);
	assert_int_equal(mode_of(w, "plain"), S_IFREG | 0644);
	/* deleted and made anew as something else */
	assert_int_equal(APPLY(w, {'0', ".wh.n1", .data = ""}, {'0', "n1", .data = "x"}), 0);
	assert_int_equal(mode_of(w, "n1"), S_IFREG | 0644);
	assert_int_equal(APPLY(w, {'0', ".wh.n2", .data = ""}, {'2', "n2", "x"}), 0);
	assert_true(S_ISLNK(mode_of(w, "n2")));
	assert_int_equal(APPLY(w, {'0', "n3", .data = "x"}, {'6', "n3"}), 0);
	assert_true(S_ISFIFO(mode_of(w, "n3")));
	assert_int_equal(
		APPLY(w, {'0', "n4", .data = "1"}, {'0', "n5", .data = "2"}, {'1', "n4", "n5"}), 0);
	{
		_cleanup_free_ char *linked = content(w, "n4");

		assert_string_equal(linked, "2");
	}
	assert_int_equal(APPLY(w, {'0', ".wh.i", .data = ""}, {'0', "i/j/f", .data = "x"}), 0);
	assert_true(is_opaque(w, "i"));
	assert_false(is_opaque(w, "i/j"));
	/* the other order */
	assert_int_equal(
		APPLY(w, {'5', "n"}, {'0', "n/f", .data = "x"}, {'0', ".wh.n", .data = ""}), 0);
	assert_true(is_opaque(w, "n"));
	assert_int_equal(mode_of(w, "n/f"), S_IFREG | 0644);
	/* a whiteout cannot be forged as a device, nor linked to */
	assert_int_equal(APPLY(w, {'3', "dev"}), 0);
	assert_int_equal(mode_of(w, "dev"), 0);
	assert_int_equal(APPLY(w, {'0', ".wh.t", .data = ""}, {'1', "u", "t"}), -EBADMSG);
	tarball_add(&b, (struct tarball_entry){'0', ".wh..wh..opq", .data = ""});
	assert_int_equal(apply(w, &b, &facts), 0);
	assert_true(facts.opaque_root);
	assert_false(is_opaque(w, "."));
}

static void test_replaced(void **state)
{
	struct world *w = *state;
	char *text;

	assert_int_equal(
		APPLY(w, {'5', "a"}, {'0', "a/b", .data = "x"}, {'0', "a", .data = "file"}), 0);
	text = content(w, "a");
	assert_string_equal(text, "file");
	free(text);
	assert_int_equal(
		APPLY(w, {'0', "c", .data = "1"}, {'5', "c"}, {'0', "c/d", .data = "2"}), 0);
	assert_int_equal(mode_of(w, "c/d"), S_IFREG | 0644);
	assert_int_equal(APPLY(w, {'0', "e", .data = "long text"}, {'0', "e", .data = "short"}), 0);
	text = content(w, "e");
	assert_string_equal(text, "short");
	free(text);
	/* what a file lies in cannot be a file */
	assert_int_equal(APPLY(w, {'0', "f", .data = "1"}, {'0', "f/g", .data = "2"}), -EBADMSG);
}

static void test_bounds(void **state)
{
	struct world *w = *state;
	struct buf deep = {0}, name = {0};

	for (int i = 0; i < 300; i++)
		buf_adds(&name, "d/");
	tarball_pax(&deep, "path", buf_str(&name));
	tarball_add(&deep, (struct tarball_entry){'5', "d"});
	assert_int_equal(apply(w, &deep, NULL), -EBADMSG);
	buf_clear(&name);
	for (int i = 0; i < 300; i++)
		buf_adds(&name, "n");
	tarball_pax(&deep, "path", buf_str(&name));
	tarball_add(&deep, (struct tarball_entry){'0', "d", .data = "x"});
	assert_int_equal(apply(w, &deep, NULL), -EBADMSG);
	/* some of the way is there already */
	assert_int_equal(APPLY(w, {'5', "p"}, {'0', "p/q/r/f", .data = "x"}), 0);
	assert_int_equal(mode_of(w, "p/q/r/f"), S_IFREG | 0644);
	/* exactly as deep and as long as is allowed, and one more */
	for (int over = 0; over <= 1; over++) {
		buf_clear(&name);
		while (name.len < 4094)
			buf_adds(&name, "./");
		buf_adds(&name, over ? "ab" : "a");
		tarball_pax(&deep, "path", buf_str(&name));
		tarball_add(&deep, (struct tarball_entry){'0', "d", .data = "x"});
		assert_int_equal(apply(w, &deep, NULL), over ? -EBADMSG : 0);
		buf_clear(&name);
		for (int i = 0; i < ENTRY_DEPTH_MAX + over; i++)
			buf_adds(&name, i ? "/d" : "d");
		tarball_pax(&deep, "path", buf_str(&name));
		tarball_add(&deep, (struct tarball_entry){'5', "d"});
		assert_int_equal(apply(w, &deep, NULL), over ? -EBADMSG : 0);
		buf_clear(&name);
		for (int i = 0; i < 255 + over; i++)
			buf_adds(&name, "n");
		tarball_pax(&deep, "path", buf_str(&name));
		tarball_add(&deep, (struct tarball_entry){'0', "d", .data = "x"});
		assert_int_equal(apply(w, &deep, NULL), over ? -EBADMSG : 0);
		buf_clear(&name);
		while (name.len < 4095U + (unsigned)over)
			buf_addc(&name, 'l');
		tarball_pax(&deep, "linkpath", buf_str(&name));
		tarball_add(&deep, (struct tarball_entry){'2', "link", "x"});
		assert_int_equal(apply(w, &deep, NULL), over ? -EBADMSG : 0);
	}
	buf_done(&name);
}

static void test_malformed(void **state)
{
	struct world *w = *state;
	struct buf b = {0};

	buf_adds(&b, "this is no archive at all, but long enough to be looked at");
	for (int i = 0; i < 600; i++)
		buf_addc(&b, 'x');
	assert_int_equal(apply(w, &b, NULL), -EBADMSG);
	/* an empty one is an empty layer */
	assert_int_equal(apply(w, &b, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_content, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group_of_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outward_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_through_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root_swapped_for_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hard_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pax, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whiteouts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
	};

	umask(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
