/* layers: whatever the archive says, nothing beside the layer's root appears or changes */
#include "storage/transfer/layer.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(int root, int fd)
{
	struct layer_opts o = {.single_id = true};
	struct layer_facts facts;
	struct stream *st = NULL;
	struct tar *t = NULL;

	if (stream_new(fd, NULL, &st, NULL) == 0 && tar_new(st, &t, NULL) == 0)
		layer_apply(root, t, &o, &facts, NULL);
	tar_free(t);
	stream_free(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/rl-fuzz-XXXXXX";
	_cleanup_strv_ struct strv names = {0}, inside = {0};
	int dir, root, fd = memfd_create("layer", MFD_CLOEXEC);
	struct stat before, after;

	/* sizes in headers make holes, which cost nothing; real content is bounded by the input */
	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0 ||
		!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || mkdirat(dir, "canary", 0755) < 0 || mkdirat(dir, "root", 0755) < 0 ||
		fstatat(dir, "canary", &before, 0) < 0)
		abort();
	root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	apply(root, fd);
	if (fs_list_at(dir, ".", &names, NULL) < 0 ||
		fs_list_at(dir, "canary", &inside, NULL) < 0 || names.n != 2 || inside.n ||
		fstatat(dir, "canary", &after, 0) < 0 || before.st_mode != after.st_mode ||
		before.st_mtim.tv_nsec != after.st_mtim.tv_nsec || before.st_uid != after.st_uid)
		abort();
	fd_close(fd);
	fd_close(root);
	fd_close(dir);
	if (fs_remove_tree_at(AT_FDCWD, path, NULL) < 0)
		abort();
	return 0;
}
