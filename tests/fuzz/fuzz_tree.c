/* trees of a shared store: whatever they say, nothing beside the root appears or changes, and overlay is only led to objects */
#include "storage/transfer/tree.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_redirect(const char *dir, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/root/%s", dir, name);
	char value[256];
	ssize_t n = lgetxattr(path, "user.overlay.redirect", value, sizeof(value) - 1);

	if (n < 0)
		return;
	value[n] = '\0';
	if (value[0] != '/' || !shared_object_ok(value + 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/rl-fuzz-XXXXXX";
	_cleanup_strv_ struct strv names = {0}, needed = {0}, made = {0};
	int dir, root, fd = memfd_create("tree", MFD_CLOEXEC);
	struct layer_facts facts;

	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0 ||
		!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || mkdirat(dir, "root", 0755) < 0)
		abort();
	root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tree_apply(fd, root, -EBADF, true, &facts, NULL);
	/* the archive may have made it unreadable to its owner */
	if (fchmod(root, 0700) < 0 || fs_list_at(dir, ".", &names, NULL) < 0 || names.n != 1 ||
		fs_list_at(root, ".", &made, NULL) < 0)
		abort();
	strv_foreach (i, name, &made)
		check_redirect(path, name);
	if (lseek(fd, 0, SEEK_SET) == 0)
		tree_objects(fd, &needed, NULL);
	strv_foreach (i, name, &needed)
		if (!shared_object_ok(name))
			abort();
	fd_close(fd);
	fd_close(root);
	fd_close(dir);
	if (fs_remove_tree_at(AT_FDCWD, path, NULL) < 0)
		abort();
	return 0;
}
