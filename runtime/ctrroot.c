#include "runtime/ctrroot.h"

#include "runtime/base/fd.h"
#include "runtime/mapped.h"
#include "runtime/shared_root.h"

#include <fcntl.h>
#include <sys/mount.h>

static int mount_layers(struct ctrroot *root, struct container *c, struct err *err)
{
	const char *base = json_get_str(c->record, "base", NULL);
	struct store *s = c->cs->store;
	int r = store_driver(s, true, err);

	if (r < 0)
		return r;
	root->driver = s->driver;
	root->rootfs = (struct rootfs){.store = s, .dirfd = c->dirfd, .data = -EBADF};
	json_get_strv(c->record, "diffIds", &root->rootfs.diff_ids);
	if (base) {
		root->rootfs.base = base;
		strv_add(&root->rootfs.diff_ids, base);
	}
	r = mapped_open(c->record, &root->rootfs, root->tree, &root->image, err);
	if (r == 0 && json_get_str(c->record, "sharedStore", NULL))
		r = shared_root(s, c->record, &root->rootfs, root->tree, &root->image, err);
	if (r >= 0)
		r = s->driver->prepare(&root->rootfs, err);
	if (r == 0 && s->driver->helper)
		r = s->driver->helper(&root->rootfs, &root->helper, err);
	return r < 0 ? r : s->driver->mount(&root->rootfs, err);
}

static int clone_directory(const json_t *config, struct err *err)
{
	const char *path = json_string_value(json_path(config, "root", "path", NULL));
	int fd;

	if (str_empty(path))
		return err_say(err, EINVAL, "the container has no root file system");
	fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	return fd < 0 ? err_set(err, errno, "open root file system %s", path) : fd;
}

int ctrroot_mount(struct ctrroot *ret, struct container *c, const json_t *config, struct err *err)
{
	bool layers = json_object_get(c->record, "diffIds") || json_object_get(c->record, "base");

	if (json_get_bool(c->record, "baseBelow", false)) {
		err_say(err, EOPNOTSUPP, "its layers are mounted below its root, by itself alone");
		return err_hint(err, "it works while the container runs");
	}
	ret->fd = layers ? mount_layers(ret, c, err) : clone_directory(config, err);
	return ret->fd < 0 ? ret->fd : 0;
}

void ctrroot_done(struct ctrroot *root)
{
	root->fd = fd_close(root->fd);
	if (root->driver && root->driver->stop)
		root->driver->stop(&root->rootfs, root->helper);
	strv_done(&root->rootfs.diff_ids);
	fd_close(root->rootfs.data);
	fd_close(root->image);
}
