/* zstd:chunked: a tar is refused, or what comes out of the layer is the tar byte for byte */
#include "storage/transfer/chunked.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer/stream.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store store;

static void remove_store(void)
{
	if (fs_remove_tree_at(AT_FDCWD, store.path, NULL) < 0)
		abort();
}

static void open_store(void)
{
	static char path[] = "/tmp/rl-fuzz-XXXXXX";

	if (!mkdtemp(path) || store_open(&store, path, NULL) < 0)
		abort();
	atexit(remove_store);
}

static void compare(int fd, const uint8_t *data, size_t size)
{
	struct stream *st = NULL;
	const void *part;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) != 0 || stream_new_unhashed(fd, NULL, &st, NULL) < 0)
		abort();
	while ((n = stream_read(st, &part, NULL)) > 0) {
		if ((size_t)n > size || memcmp(part, data, (size_t)n) != 0)
			abort();
		data += n;
		size -= (size_t)n;
	}
	if (n < 0 || size)
		abort();
	stream_free(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int tar = memfd_create("tar", MFD_CLOEXEC), fd;
	struct chunked made;
	char digest[72];
	uint64_t bytes;

	if (!store.path)
		open_store();
	if (tar < 0 || fd_write_full(tar, data, size) < 0)
		abort();
	if (chunked_write(&store, tar, size, 1, NULL, NULL, digest, &bytes, &made, &fd, NULL) ==
		0) {
		/* nothing at all is no tar, and is compressed to nothing */
		if (!chunked_is(&made))
			abort();
		if (size)
			compare(fd, data, size);
		fd_close(fd);
	}
	fd_close(tar);
	return 0;
}
