#include "storage/transfer/source.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/driver.h"
#include "storage/owners.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void source_done(struct source *s)
{
	view_done(&s->view);
	view_done(&s->layers);
	s->dirfd = fd_close(s->dirfd);
}

void source_allow_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

/*
 * fuse-overlayfs lets the kernel keep what the container wrote before it gets to upper/.  The descriptor is of the
 * container's root whatever the container does; should the pid be somebody else's by now, that one is synced in vain.
 */
static void write_back(int64_t pid)
{
	char path[40];
	_cleanup_close_ int root = -EBADF;

	if (pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%lld/root", (long long)pid);
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		syncfs(root);
}

/* a layer that is only in what the container looks like */
static int push(struct source *s, int dirfd, const char *name, struct err *err)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : err_set(err, errno, "open %s", name);
	view_push(&s->view, fd);
	return 0;
}

/* Return: 1 if the layers are part of the container's tree already, 0, or a negative errno */
static int open_written(struct source *s, struct err *err)
{
	const struct driver *d = s->store->driver;
	char path[96];
	int r;

	snprintf(path, sizeof(path), "containers/%s", s->id);
	s->dirfd = fs_opendir_at(s->store->fd, path, err);
	if (s->dirfd < 0)
		return s->dirfd;
	r = push(s, s->dirfd, d->whole ? "tree" : "upper", err);
	/* it was never started */
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : d->whole;
}

static int open_layers(struct source *s, const struct rootfs *root, bool whole, struct err *err)
{
	for (size_t i = root->diff_ids.n, bottom = driver_bottom(root); i-- > bottom;) {
		_cleanup_close_ int layer = driver_open_layer(root, i, err), fd = -EBADF;

		if (layer < 0)
			return layer;
		fd = fs_opendir_at(layer, ".", err);
		if (fd < 0)
			return fd;
		view_push(&s->layers, take_fd(fd));
		if (whole)
			continue;
		fd = fs_opendir_at(layer, ".", err);
		if (fd < 0)
			return fd;
		view_push(&s->view, take_fd(fd));
	}
	return 0;
}

/* The contents of the one tree that stands for all layers are elsewhere: seen through a mount, which ends with this process. */
static int mount_tree(const struct store *st, const char *tree, const char *data, struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "make a mount namespace");
	return meta_mount(st, tree, data, err);
}

/* Two sources of one image must be the same directories: then nothing below them differs. */
static int open_tree_once(
	const struct store *st, const char *tree, const char *data, struct err *err)
{
	static int mounted = -EBADF;
	static char which[META_PATH_MAX];
	int fd;

	if (!str_eq(tree, which)) {
		fd = mount_tree(st, tree, data, err);
		if (fd < 0)
			return err_wrap(err, "look at the image's files");
		fd_close(mounted);
		mounted = fd;
		snprintf(which, sizeof(which), "%s", tree);
	}
	return fs_opendir_at(mounted, ".", err);
}

static int owners_dir(
	const struct store *st, const json_t *request, const struct idmaps *maps, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	struct owners_image img = {json_get_str(request, "imageId", ""),
		json_get_str(request, "sharedStore", NULL), &ids};
	_cleanup_free_ char *data = NULL;
	struct owners o;

	json_get_strv(request, "diffIds", &ids);
	if (!owners_find(st, &img, maps, &o)) {
		err_say(err, ERR_NO_OBJECT,
			"the tree of image %.12s for the container's id mapping is missing",
			img.id);
		return err_hint(err, "start the container once, and try again");
	}
	if (!o.data[0])
		return fs_opendir_at(st->fd, o.tree, err);
	data = path_is_abs(o.data) ? xstrdup(o.data) : path_join(st->path, o.data);
	return open_tree_once(st, o.tree, data, err);
}

static int shared_dir(const struct store *st, const json_t *request, struct err *err)
{
	const char *shared = json_get_str(request, "sharedStore", ""),
		   *id = json_get_str(request, "imageId", "");
	_cleanup_free_ char *data = xasprintf("%s/objects", shared);
	char tree[META_PATH_MAX];
	enum meta_kind kind = meta_find(st, id, shared, tree);

	if (kind == META_NONE) {
		err_say(err, ERR_NO_OBJECT, "the tree of image %.12s is missing from the store",
			id);
		return err_hint(err, "use the image once, as 'rl create' does, and try again");
	}
	return kind == META_PLAIN ? fs_opendir_at(st->fd, tree, err)
				  : open_tree_once(st, tree, data, err);
}

/* one tree stands for all layers; @maps: NULL where it is a shared image's own */
static int open_one_tree(struct source *s, const json_t *request, const struct idmaps *maps,
	bool whole, struct err *err)
{
	for (int i = 0; i < (whole ? 1 : 2); i++) {
		int fd = maps ? owners_dir(s->store, request, maps, err)
			      : shared_dir(s->store, request, err);

		if (fd < 0)
			return fd;
		view_push(i ? &s->view : &s->layers, fd);
	}
	return 0;
}

int source_open(const struct store *st, const json_t *request, bool skeleton, struct source *ret,
	struct err *err)
{
	_cleanup_(source_done) struct source s = {.store = st, .dirfd = -EBADF};
	struct rootfs root = {
		.store = st, .dirfd = -EBADF, .base = json_get_str(request, "base", NULL)};
	const char *id = json_get_str(request, "container", NULL);
	const json_t *maps = json_object_get(request, "idMaps");
	int r = 0;

	source_allow_descriptors();
	s.view.marker_files = st->driver->marker_files;
	if (id) {
		if (!str_is_hex(id, 64))
			return err_say(err, EBADMSG, "bad container id %.80s", id);
		memcpy(s.id, id, sizeof(s.id));
		if (st->driver->helper)
			write_back(json_get_int(request, "pid", 0));
		r = open_written(&s, err);
	}
	if (r < 0)
		return r;
	json_get_strv(request, "diffIds", &root.diff_ids);
	if (root.base)
		strv_add(&root.diff_ids, root.base);
	if (maps) {
		bool whole = r == 1;

		r = idmaps_from_json(maps, &s.view.owners, err);
		if (r == 0)
			r = idmaps_from_json(maps, &s.layers.owners, err);
		if (r == 0)
			r = open_one_tree(&s, request, &s.view.owners, whole, err);
	} else {
		r = json_get_str(request, "sharedStore", NULL)
			    ? open_one_tree(&s, request, NULL, r == 1, err)
			    : open_layers(&s, &root, r == 1, err);
	}
	strv_done(&root.diff_ids);
	if (r == 0 && skeleton && !root.base && st->driver->skeleton) {
		r = push(&s, st->fd, "skel", err);
		r = r == -ENOENT ? 0 : r;
	}
	if (r < 0)
		return r;
	*ret = s;
	s = (struct source){.dirfd = -EBADF};
	return 0;
}

int source_check(const struct source *s, struct err *err)
{
	char path[96];

	if (s->dirfd < 0)
		return 0;
	snprintf(path, sizeof(path), "containers/%s", s->id);
	if (fd_is_named(s->dirfd, s->store->fd, path))
		return 0;
	return err_say(err, ESTALE, "the container was removed meanwhile");
}
