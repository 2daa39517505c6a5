#include "tests/unit/unit.h"

#include "storage/transfer/layer.h"
#include "storage/transfer/pack.h"

#include <sys/mman.h>
#include <sys/xattr.h>

/* from/, of which a copy is packed, and to/, where it is unpacked */
struct world {
	char path[64];
	int fd, from, to, archive;
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
	assert_int_equal(mkdirat(w->fd, "from", 0755), 0);
	assert_int_equal(mkdirat(w->fd, "to", 0755), 0);
	w->from = open_dir(w->fd, "from");
	w->to = open_dir(w->fd, "to");
	w->archive = memfd_create("archive", MFD_CLOEXEC);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fd_close(w->from);
	fd_close(w->to);
	fd_close(w->archive);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static void put(int dirfd, const char *name, const char *text)
{
	assert_int_equal(fs_write_at(dirfd, name, text, strlen(text), 0644, 0, NULL), 0);
}

static void is_text(int dirfd, const char *name, const char *text)
{
	_cleanup_buf_ struct buf b = {0};

	assert_int_equal(fs_read_at(dirfd, name, &b, NULL), 0);
	assert_string_equal(buf_str(&b), text);
}

static void pack(struct world *w, const char *what, const struct pack_copy *o)
{
	struct node n = {.fd = -EBADF};
	struct pack_facts facts = {0};

	assert_int_equal(ftruncate(w->archive, 0), 0);
	lseek(w->archive, 0, SEEK_SET);
	assert_int_equal(node_open(w->from, what, &n, NULL), 0);
	assert_int_equal(pack_copy(o, &n, w->archive, &facts, NULL), 0);
	node_done(&n);
	lseek(w->archive, 0, SEEK_SET);
}

static int unpack(struct world *w, const struct into *into)
{
	struct layer_opts o = {.single_id = geteuid() != 0, .into = into};
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct layer_facts facts = {0};

	assert_int_equal(stream_new_unhashed(w->archive, NULL, &st, NULL), 0);
	assert_int_equal(tar_new(st, &t, NULL), 0);
	return layer_apply(w->to, t, &o, &facts, NULL);
}

static void test_whole(void **state)
{
	struct world *w = *state;
	struct stat a, b;

	assert_int_equal(mkdirat(w->from, "d", 0750), 0);
	put(w->from, "d/f", "text");
	put(w->from, "d/.wh.f", "no whiteout");
	assert_int_equal(linkat(w->from, "d/f", w->from, "d/hard", 0), 0);
	assert_int_equal(mkfifoat(w->from, "d/fifo", 0600), 0);
	pack(w, "d", &(struct pack_copy){.name = "e", .holes = true});
	assert_int_equal(unpack(w, &(struct into){.trusted = true}), 0);
	is_text(w->to, "e/f", "text");
	is_text(w->to, "e/.wh.f", "no whiteout");
	assert_int_equal(fstatat(w->to, "e/f", &a, 0), 0);
	assert_int_equal(fstatat(w->to, "e/hard", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(fstatat(w->from, "d/f", &b, 0), 0);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	assert_int_equal(fstatat(w->to, "e", &a, 0), 0);
	assert_int_equal(a.st_mode & 07777, 0750);
}

static void test_holes(void **state)
{
	struct world *w = *state;
	int fd = openat(w->from, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char text[8] = "";
	struct stat st;

	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_int_equal(pwrite(fd, "first", 5, 0), 5);
	assert_int_equal(pwrite(fd, "middle", 6, (off_t)1 << 39), 6);
	fd_close(fd);
	pack(w, "big", &(struct pack_copy){.name = "big", .holes = true});
	assert_int_equal(fstat(w->archive, &st), 0);
	assert_true(st.st_size < 1 << 20);
	assert_int_equal(unpack(w, &(struct into){0}), 0);
	fd = openat(w->to, "big", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size == (off_t)1 << 40);
	assert_true(st.st_blocks < 2048);
	assert_int_equal(pread(fd, text, 6, (off_t)1 << 39), 6);
	assert_string_equal(text, "middle");
	assert_int_equal(pread(fd, text, 5, 0), 5);
	assert_memory_equal(text, "first", 5);
	fd_close(fd);
	/* a file that is nothing but a hole */
	fd = openat(w->from, "hole", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	fd_close(fd);
	pack(w, "hole", &(struct pack_copy){.name = "hole", .holes = true});
	assert_int_equal(unpack(w, &(struct into){0}), 0);
	assert_int_equal(fstatat(w->to, "hole", &st, 0), 0);
	assert_int_equal(st.st_size, 1 << 20);
}

/* who has the old file open goes on reading it, and nothing but the new name is there */
static void test_replaced(void **state)
{
	struct world *w = *state;
	_cleanup_strv_ struct strv names = {0};
	char text[8] = "";
	int fd;

	put(w->from, "f", "new");
	put(w->to, "f", "old");
	fd = openat(w->to, "f", O_RDONLY | O_CLOEXEC);
	pack(w, "f", &(struct pack_copy){.name = "f"});
	assert_int_equal(unpack(w, &(struct into){0}), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "old");
	fd_close(fd);
	is_text(w->to, "f", "new");
	assert_int_equal(fs_list_at(w->to, ".", &names, NULL), 0);
	assert_int_equal(names.n, 1);
}

static void test_kinds(void **state)
{
	struct world *w = *state;
	const struct into replace = {.replace = true};
	struct stat st;

	assert_int_equal(mkdirat(w->from, "d", 0700), 0);
	put(w->from, "f", "f");
	assert_int_equal(mkdirat(w->to, "x", 0751), 0);
	assert_int_equal(mkdirat(w->to, "x/in", 0751), 0);
	pack(w, "f", &(struct pack_copy){.name = "x"});
	assert_int_equal(unpack(w, &(struct into){0}), -EISDIR);
	/* a directory that is there is added to, and keeps its mode */
	pack(w, "d", &(struct pack_copy){.name = "x"});
	assert_int_equal(unpack(w, &(struct into){0}), 0);
	assert_int_equal(fstatat(w->to, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	pack(w, "f", &(struct pack_copy){.name = "x"});
	assert_int_equal(unpack(w, &replace), 0);
	is_text(w->to, "x", "f");
	pack(w, "d", &(struct pack_copy){.name = "x"});
	assert_int_equal(unpack(w, &(struct into){0}), -ENOTDIR);
	assert_int_equal(unpack(w, &replace), 0);
	/* so is a link, which is never followed */
	assert_int_equal(symlinkat("/etc", w->to, "l"), 0);
	pack(w, "d", &(struct pack_copy){.name = "l"});
	assert_int_equal(unpack(w, &(struct into){0}), -ENOTDIR);
}

static void test_owners(void **state)
{
	struct world *w = *state;
	const uint32_t owner[2] = {7, 8};
	struct idmap_extent inside = {.inside = 0, .outside = 100, .size = 10};
	struct idmaps maps = {{&inside, 1}, {&inside, 1}};
	struct stat st;

	if (geteuid() != 0)
		skip();
	put(w->from, "f", "f");
	assert_int_equal(fchownat(w->from, "f", 103, 5, 0), 0);
	pack(w, "f", &(struct pack_copy){.name = "f"});
	assert_int_equal(unpack(w, &(struct into){.owner = owner}), 0);
	assert_int_equal(fstatat(w->to, "f", &st, 0), 0);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
	/* what the map lacks is nobody's on the way out, and an error on the way in */
	pack(w, "f", &(struct pack_copy){.name = "f", .owners = &maps});
	assert_int_equal(unpack(w, &(struct into){0}), 0);
	assert_int_equal(fstatat(w->to, "f", &st, 0), 0);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_gid, 65534);
	lseek(w->archive, 0, SEEK_SET);
	assert_int_equal(unpack(w, &(struct into){.owners = &maps}), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owners, setup, teardown),
	};

	umask(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
