/* archives of images: what their index says of a file lies within them, and can be read */
#include "storage/transfer/bundle.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer/pin.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(struct bundle *b, const char *name)
{
	_cleanup_buf_ struct buf text = {.cap = (size_t)64 << 10};
	struct stream_range range;
	struct err err = {0};
	bool own = false;
	struct stat st;
	int fd, r = bundle_find(b, name, &fd, &own, &range, &err);

	if (r < 0) {
		if (bundle_has(b, name) || !err.code)
			abort();
		return;
	}
	if (own || fstat(fd, &st) < 0 || range.offset > (uint64_t)st.st_size ||
		range.length > (uint64_t)st.st_size - range.offset)
		abort();
	r = bundle_read(b, name, &text, &err);
	if (r == 0 ? text.len != range.length : range.length <= text.cap)
		abort();
}

static void check(const struct store *s, int fd)
{
	/* those of the two kinds of archives, and what the corpus has */
	static const char *const names[] = {
		"manifest.json", "index.json", "oci-layout", "blobs/sha256/a", "a", "../a", "/b/c"};
	_cleanup_(bundle_freep) struct bundle *b = NULL;

	if (bundle_open(s, fd, &b, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_file(b, names[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/rl-fuzz-XXXXXX";
	int fd = memfd_create("archive", MFD_CLOEXEC);
	_cleanup_free_ char *where = NULL;
	struct store s = {0};

	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0 ||
		!mkdtemp(path))
		abort();
	where = xasprintf("%s/store", path);
	if (store_open(&s, where, NULL) < 0)
		abort();
	check(&s, fd);
	pin_release(&s);
	store_done(&s);
	fd_close(fd);
	if (fs_remove_tree_at(AT_FDCWD, path, NULL) < 0)
		abort();
	return 0;
}
