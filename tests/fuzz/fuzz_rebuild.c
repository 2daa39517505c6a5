/* rebuild: what was taken in comes out again, byte for byte, or it was refused; nothing outside the store changes */
#include "storage/transfer/rebuild.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/pin.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* the bytes that the layer must be: uncompressed */
struct expected {
	struct stream *st;
	const char *p;
	size_t n;
};

static int compare(void *arg, const void *data, size_t len, struct err *err)
{
	struct expected *e = arg;
	const char *got = data;

	(void)err;
	while (len) {
		const void *more;
		ssize_t n = (ssize_t)e->n;

		if (n == 0) {
			n = stream_read(e->st, &more, NULL);
			if (n <= 0)
				abort();
			e->p = more;
			e->n = (size_t)n;
		}
		if ((size_t)n > len)
			n = (ssize_t)len;
		if (memcmp(e->p, got, (size_t)n) != 0)
			abort();
		e->p += n;
		e->n -= (size_t)n;
		got += n;
		len -= (size_t)n;
	}
	return 0;
}

static void check(const struct store *s, int fd)
{
	struct ingest_layer l = {0};
	struct expected e = {0};
	struct err err = {0};
	char diff_id[72], blob[96];
	const void *more;

	if (ingest_layer(s, fd, &l, diff_id, NULL) < 0)
		return;
	/* out of the record, not out of the compressed copy */
	snprintf(blob, sizeof(blob), "layers/%.64s/blob", diff_id + strlen("sha256:"));
	unlinkat(s->fd, blob, 0);
	if (lseek(fd, 0, SEEK_SET) != 0 || stream_new_unhashed(fd, NULL, &e.st, NULL) < 0)
		abort();
	/* a file that its owner may not read is readable in R, but not here */
	if (rebuild_to(s, diff_id, compare, &e, &err) < 0 && err.code != EACCES)
		abort();
	if (!err.code && (e.n || stream_read(e.st, &more, NULL) != 0))
		abort();
	stream_free(e.st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/rl-fuzz-XXXXXX";
	_cleanup_strv_ struct strv names = {0}, inside = {0};
	int dir, fd = memfd_create("layer", MFD_CLOEXEC);
	_cleanup_free_ char *where = NULL;
	struct stat before, after;
	struct store s = {0};

	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0 ||
		!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	where = xasprintf("%s/store", path);
	if (dir < 0 || mkdirat(dir, "canary", 0755) < 0 || store_open(&s, where, NULL) < 0 ||
		fstatat(dir, "canary", &before, 0) < 0)
		abort();
	check(&s, fd);
	pin_release(&s);
	store_done(&s);
	if (fs_list_at(dir, ".", &names, NULL) < 0 ||
		fs_list_at(dir, "canary", &inside, NULL) < 0 || names.n != 2 || inside.n ||
		fstatat(dir, "canary", &after, 0) < 0 || before.st_mode != after.st_mode ||
		before.st_mtim.tv_nsec != after.st_mtim.tv_nsec || before.st_uid != after.st_uid)
		abort();
	fd_close(fd);
	fd_close(dir);
	if (fs_remove_tree_at(AT_FDCWD, path, NULL) < 0)
		abort();
	return 0;
}
