#include "tests/unit/unit.h"

#include "runtime/base/json.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/record.h"
#include "tests/unit/tarball.h"

#include <sys/mman.h>
#include <zlib.h>

struct world {
	char path[64];
	int fd;
	struct store s;
	char diff_id[72];
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	_cleanup_free_ char *path = NULL;

	w->fd = unit_scratch(w->path);
	path = xasprintf("%s/store", w->path);
	assert_int_equal(store_open(&w->s, path, NULL), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pin_release(&w->s);
	store_done(&w->s);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static int take_in(struct world *w, const struct buf *b)
{
	struct ingest_layer l = {0};
	struct err err = {0};
	int fd = tarball_fd(b), r;

	assert_true(fd >= 0);
	r = ingest_layer(&w->s, fd, &l, w->diff_id, &err);
	fd_close(fd);
	return r;
}

/* @ret: what comes out */
static int rebuild(struct world *w, struct buf *ret, struct err *err)
{
	int fd = memfd_create("out", MFD_CLOEXEC), r;

	assert_true(fd >= 0);
	r = rebuild_tar(&w->s, w->diff_id, fd, err);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(fd, ret), 0);
	fd_close(fd);
	return r;
}

/* a file of the layer's */
static int layer_open(struct world *w, const char *name, int flags)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", w->diff_id + strlen("sha256:"), name);

	return openat(w->s.fd, path, flags | O_CLOEXEC);
}

static off_t layer_size(struct world *w, const char *name)
{
	int fd = layer_open(w, name, O_RDONLY);
	struct stat st = {.st_size = -1};

	if (fd >= 0)
		fstat(fd, &st);
	fd_close(fd);
	return st.st_size;
}

/* taken in and given out again, it is the same */
static void round_trip(struct world *w, struct buf *b)
{
	struct buf out = {0};
	struct err err = {0};
	uint64_t size = 0;

	assert_int_equal(take_in(w, b), 0);
	if (rebuild(w, &out, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(out.len, b->len);
	assert_memory_equal(out.data, b->data, b->len);
	assert_int_equal(rebuild_tar_size(&w->s, w->diff_id, &size, NULL), 0);
	assert_int_equal(size, b->len);
	buf_done(&out);
	buf_done(b);
}

#define ROUND_TRIP(w, ...)                                                                         \
	do {                                                                                       \
		const struct tarball_entry entries_[] = {__VA_ARGS__};                             \
		struct buf b_ = {0};                                                               \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(entries_); i_++)                               \
			tarball_add(&b_, entries_[i_]);                                            \
		tarball_end(&b_);                                                                  \
		round_trip(w, &b_);                                                                \
	} while (0)

/* bytes that no compression makes small, and that are others for each seed */
static char *noise(size_t len, unsigned seed)
{
	char *p = xmalloc(len + 1);
	uint32_t x = seed * 2654435761U + 1;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		p[i] = (char)(x | 1);
	}
	p[len] = '\0';
	return p;
}

static void test_plain(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *big = noise(3000000, 1);

	ROUND_TRIP(w, {'5', "./"}, {'5', "d"}, {'0', "d/f", .data = "hello", .mode = 04755},
		{'0', "d/empty"}, {'2', "l", "d/f"}, {'6', "p"}, {'3', "dev"},
		{'0', "deep/without/parents", .data = "x"}, {'0', "big", .data = big},
		{'0', "d/.wh.gone"}, {'0', "d/.wh..wh.plnk", .data = "aufs"},
		{'0', "o/.wh..wh..opq"}, {'0', "\xff\xfe name", .data = "bytes"});
	/* contents are not kept twice */
	assert_true(layer_size(w, "record") < 4096);
	assert_int_equal(layer_size(w, "lost"), -1);
	assert_int_equal(layer_size(w, "blob"), -1);
}

static void test_replaced(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *a = noise(300000, 1), *b = noise(300000, 2), *c = noise(5000, 3);

	ROUND_TRIP(w, {'0', "f", .data = a}, {'0', "f", .data = b}, {'0', "f", .data = c});
	ROUND_TRIP(w, {'5', "d"}, {'5', "d/e"}, {'0', "d/e/x", .data = a}, {'0', "d/y", .data = b},
		{'0', "d", .data = "now a file"}, {'5', "d"}, {'0', "d/e/x", .data = c});
	ROUND_TRIP(w, {'0', "s", .data = a}, {'2', "s", "t"}, {'0', "t", .data = b},
		{'1', "t", "s"}, {'6', "t"});
	/* a hard link in the place of a file, and the only names of a linked file one after the other */
	ROUND_TRIP(w, {'0', "h", .data = a}, {'1', "i", "h"}, {'1', "j", "i"},
		{'0', "h", .data = b}, {'0', "i", .data = "1"}, {'0', "j", .data = "2"});
	ROUND_TRIP(w, {'0', "h", .data = a}, {'0', "i", .data = b}, {'1', "h", "i"},
		{'1', "h", "h"}, {'0', "i", .data = c});
	/* deleted in the same layer, and the whiteout replaced again */
	ROUND_TRIP(w, {'0', "n", .data = a}, {'0', ".wh.n"}, {'0', ".wh.m"}, {'0', "m", .data = b});
}

static void test_links_on_the_way(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *a = noise(5000, 1), *b = noise(5000, 2);

	/* "lib/so" is written to usr/lib; then lib becomes something else */
	ROUND_TRIP(w, {'5', "usr/lib"}, {'2', "lib", "/usr/lib"}, {'0', "lib/so", .data = a},
		{'5', "lib"}, {'0', "lib/so", .data = b});
	ROUND_TRIP(w, {'5', "a/b"}, {'2', "l", "a"}, {'2', "m", "l/b"}, {'0', "m/f", .data = a},
		{'2', "l", "nowhere"}, {'2', "m", "a"}, {'0', "m/f", .data = b}, {'5', "a/b/c"},
		{'0', "a", .data = "gone"});
}

/* a hard link that comes with its file's content, as PAX allows it */
static void test_links_with_data(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *a = noise(700000, 1);
	struct buf b = {0};

	tarball_add(&b, (struct tarball_entry){'0', "f", .data = a});
	tarball_pax(&b, "comment", "this is PAX");
	tarball_add(&b, (struct tarball_entry){'1', "g", "f", .data = a});
	tarball_add(&b, (struct tarball_entry){'0', "after", .data = "x"});
	tarball_end(&b);
	round_trip(w, &b);
	assert_true(layer_size(w, "diff/after") == 1);
}

/* cut behind the content of its last file, as some writers do it; shorter than that, it is damaged */
static void test_without_padding(void **state)
{
	static const char *const texts[] = {"six by", "", NULL};
	struct world *w = *state;
	_cleanup_free_ char *large = noise(300001, 7);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = texts[i] ? texts[i] : large;
		struct buf b = {0}, cut = {0};
		size_t end;

		tarball_add(&b, (struct tarball_entry){'0', "first", .data = "1"});
		end = b.len + 512 + strlen(text);
		tarball_add(&b, (struct tarball_entry){'0', "last", .data = text});
		for (size_t len = 1; len <= b.len;
			len += len + 2 < end && len > 1100 ? end - len - 2 : 1) {
			bool whole = len >= end || (len > 512 && len <= 1024);

			buf_add(&cut, b.data, len);
			if (whole)
				round_trip(w, &cut);
			else
				assert_int_equal(take_in(w, &cut), -EBADMSG);
			buf_done(&cut);
		}
		buf_done(&b);
	}
}

static void test_after_the_end(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *junk = noise(600000, 4), *zeros = xcalloc(1, 1000000);
	struct buf b = {0};

	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	tarball_end(&b);
	buf_add(&b, zeros, 1000000);
	buf_add(&b, junk, 600000);
	buf_add(&b, zeros, 777);
	round_trip(w, &b);
	/* no end at all */
	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	round_trip(w, &b);
	/* an empty layer */
	tarball_end(&b);
	round_trip(w, &b);
	/* one block of zeros, then more entries, which readers do not see */
	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	buf_add(&b, zeros, 512);
	tarball_add(&b, (struct tarball_entry){'0', "unseen", .data = junk});
	tarball_end(&b);
	round_trip(w, &b);
}

static void add_record(struct buf *b, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, total = len + 1;

	while (snprintf(NULL, 0, "%zu", total) + (int)len != (int)total)
		total++;
	buf_addf(b, "%zu %s=%s\n", total, key, value);
}

static void test_pax(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *long_value = noise(500000, 5), *name = NULL;
	struct buf b = {0}, dirs = {0};

	tarball_pax(&b, "SCHILY.xattr.user.fine", "yes");
	tarball_add(&b, (struct tarball_entry){'0', "marked", .data = "x"});
	tarball_pax(&b, "mtime", "1700000000.123456789");
	tarball_add(&b, (struct tarball_entry){'0', "nano", .data = "x"});
	tarball_pax(&b, "comment", long_value);
	tarball_add(&b, (struct tarball_entry){'0', "long", .data = "x"});
	for (int i = 0; i < 120; i++)
		buf_adds(&dirs, "directory/");
	name = xasprintf("%sfile", buf_str(&dirs));
	tarball_pax(&b, "path", name);
	tarball_add(&b, (struct tarball_entry){'0', "short", .data = "deep content"});
	/* GNU's way to the same */
	tarball_add(&b, (struct tarball_entry){
				'L', "././@LongLink", .data = name, .size = strlen(name) + 1});
	tarball_add(&b, (struct tarball_entry){'0', "short", .data = "replaces it"});
	tarball_end(&b);
	buf_done(&dirs);
	round_trip(w, &b);
}

/* GNU's sparse files: two pieces of data in a file with holes */
static void test_sparse(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *one = noise(1024, 1), *two = noise(512, 2), *map = xcalloc(1, 513);
	_cleanup_free_ char *content = xcalloc(1, 512 + 1024 + 512 + 1);
	_cleanup_close_ int fd = -EBADF;
	struct buf b = {0}, records = {0};
	char piece[1024];
	struct stat st = {0};

	snprintf(map, 512, "2\n4096\n1024\n200000\n512\n");
	memcpy(content, map, 512);
	memcpy(content + 512, one, 1024);
	memcpy(content + 512 + 1024, two, 512);
	add_record(&records, "GNU.sparse.major", "1");
	add_record(&records, "GNU.sparse.minor", "0");
	add_record(&records, "GNU.sparse.name", "holes");
	add_record(&records, "GNU.sparse.realsize", "300000");
	tarball_add(&b, (struct tarball_entry){'x', "PaxHeaders/x", .data = buf_str(&records)});
	tarball_add(&b, (struct tarball_entry){'0', "GNUSparseFile.0/holes", .data = content,
				.size = 512 + 1024 + 512});
	tarball_add(&b, (struct tarball_entry){'0', "after", .data = "x"});
	tarball_end(&b);
	buf_done(&records);
	round_trip(w, &b);
	fd = layer_open(w, "diff/holes", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 300000);
	assert_int_equal(pread(fd, piece, 1024, 4096), 1024);
	assert_memory_equal(piece, one, 1024);
}

static void gzip(struct buf *b, struct buf *ret)
{
	z_stream z = {0};
	char *out = xmalloc(b->len + 1000);

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)b->data;
	z.avail_in = (unsigned)b->len;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)b->len + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_add(ret, out, z.total_out);
	deflateEnd(&z);
	free(out);
}

static void write_over(struct world *w, const char *name, const char *text)
{
	_cleanup_close_ int fd = layer_open(w, name, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void drop(struct world *w, const char *name)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", w->diff_id + strlen("sha256:"), name);

	assert_int_equal(unlinkat(w->s.fd, path, 0), 0);
}

static void test_blob(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *a = noise(900000, 1);
	struct buf tar = {0}, zip = {0}, out = {0}, kept = {0};
	struct layer_blob blob = {0};
	char digest[72];
	int fd = -EBADF;

	tarball_add(&tar, (struct tarball_entry){'0', "f", .data = a});
	tarball_add(&tar, (struct tarball_entry){'0', "g", .data = "second"});
	tarball_end(&tar);
	gzip(&tar, &zip);
	assert_int_equal(take_in(w, &zip), 0);
	assert_int_equal(rebuild_blob(&w->s, w->diff_id, &blob, &fd, NULL), 0);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, &kept), 0);
	fd_close(fd);
	assert_int_equal(kept.len, zip.len);
	assert_memory_equal(kept.data, zip.data, zip.len);
	ingest_digest(zip.data, zip.len, digest);
	assert_string_equal(blob.digest, digest);
	assert_string_equal(blob.media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
	assert_int_equal(blob.size, zip.len);
	/* the tree is damaged: out of the blob */
	write_over(w, "diff/g", "SECOND");
	assert_int_equal(rebuild(w, &out, NULL), 0);
	assert_memory_equal(out.data, tar.data, tar.len);
	buf_clear(&out);
	write_over(w, "diff/g", "second");
	/* the blob breaks off: what is missing comes out of the tree */
	fd = layer_open(w, "blob", O_WRONLY);
	assert_int_equal(ftruncate(fd, (off_t)zip.len / 2), 0);
	fd_close(fd);
	assert_int_equal(rebuild(w, &out, NULL), 0);
	assert_int_equal(out.len, tar.len);
	assert_memory_equal(out.data, tar.data, tar.len);
	buf_clear(&out);
	assert_int_equal(rebuild_blob(&w->s, w->diff_id, &blob, &fd, NULL), 0);
	assert_int_equal(fd, -EBADF);
	/* and none at all */
	drop(w, "blob");
	assert_int_equal(rebuild(w, &out, NULL), 0);
	assert_memory_equal(out.data, tar.data, tar.len);
	buf_done(&out);
	buf_done(&tar);
	buf_done(&zip);
	buf_done(&kept);
}

static void test_damaged(void **state)
{
	struct world *w = *state;
	struct buf b = {0}, out = {0};
	struct err err = {0};

	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "content"});
	tarball_add(&b, (struct tarball_entry){'0', "g", .data = "second"});
	tarball_end(&b);
	assert_int_equal(take_in(w, &b), 0);
	write_over(w, "diff/f", "CONTENT");
	assert_int_equal(rebuild(w, &out, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "digest"));
	write_over(w, "diff/f", "content and more");
	buf_clear(&out);
	assert_int_equal(rebuild(w, &out, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "file f has another size"));
	assert_true(out.len <= 512);
	drop(w, "diff/f");
	assert_int_equal(rebuild(w, &out, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "file f is missing"));
	write_over(w, "record", "garbage instead");
	assert_int_equal(rebuild(w, &out, &err), -EBADMSG);
	drop(w, "record");
	assert_int_equal(rebuild(w, &out, &err), -ENODATA);
	assert_non_null(strstr(err.hint, "pull"));
	buf_done(&out);
	buf_done(&b);
}

/* headers that never end are not waited for */
static void test_bounded(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *junk = noise(20 << 20, 9);
	struct buf b = {0};

	tarball_add(&b, (struct tarball_entry){'x', "x", .data = junk, .size = 20 << 20});
	tarball_add(&b, (struct tarball_entry){'0', "f", .data = "x"});
	tarball_end(&b);
	assert_int_equal(take_in(w, &b), -EBADMSG);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links_on_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links_with_data, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_padding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_after_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pax, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sparse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blob, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	};

	umask(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
