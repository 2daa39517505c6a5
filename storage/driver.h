/*
 * driver - how a stack of layers becomes a container's root file system
 *
 * One vtable for overlay, fuse_overlayfs and vfs.  A layer is always a plain tree at
 * layers/HEX/diff with overlay's own markers: whiteouts are character devices 0:0, opaque
 * directories have the xattr user.overlay.opaque=y; HEX is the 64 digits of its DiffID.
 *
 * Order of calls for a container: prepare() and, if there is one, helper() by the monitor in R;
 * mount() by the container's init in its own user and mount namespaces; then at the end stop().
 */
#ifndef RL_STORAGE_DRIVER_H
#define RL_STORAGE_DRIVER_H

#include "storage/meta.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct rootfs - what a container's root is made of
 * @store:    borrowed
 * @dirfd:    the container's directory containers/ID; borrowed.  Drivers use upper/, work/, merged/ or tree/ in it
 * @diff_ids: layers, lowest first, "sha256:…"
 * @fleeting: what is written is thrown away when the container ends; it need not survive a crash of the machine
 * @tree:     the one tree that stands for all layers (storage/meta.h), relative to the store; NULL for none.  With it,
 *            @diff_ids has one member, whatever it is
 * @data:     data-only layer with the contents of @tree's files; -EBADF where they are in it; nothing without @tree
 * @base:     absolute path of a directory of the host, which stands for all layers; NULL for none.  @diff_ids is as with @tree
 * @label:    SELinux's label of all its files (overlay alone); borrowed, NULL for their own
 * @bare:     no places for mounts are added: it will not be a root
 */
struct rootfs {
	const struct store *store;
	int dirfd;
	struct strv diff_ids;
	bool fleeting;
	const char *tree;
	int data;
	const char *base, *label;
	bool bare;
};

struct driver {
	const char *name;

	/* every root has the usual places for mounts, and /run/.containerenv, without the container's doing */
	bool skeleton;

	/* the container's own part is tree/, the whole root, instead of upper/, what was written */
	bool whole;

	/* whiteouts in upper/ may be files ".wh.NAME" */
	bool marker_files;

	/** probe() - try it for real in the store's tmp/; in R.  0, or a negative errno with the reason */
	int (*probe)(const struct store *s, struct err *err);

	/** probe_data() - try whether layers may have their contents in a data-only layer; NULL where they may not; in R */
	int (*probe_data)(const struct store *s, struct err *err);

	/** prepare() - make the writable part; idempotent; in R */
	int (*prepare)(const struct rootfs *r, struct err *err);

	/**
	 * helper() - start the process that serves the file system, mounted on merged/; NULL where none is
	 * needed.  The caller is in R with a private mount namespace.  Returns when it serves.
	 * @ret_pid: the process, a child of the caller
	 */
	int (*helper)(const struct rootfs *r, pid_t *ret_pid, struct err *err);

	/**
	 * mount() - a detached mount of the root (fsmount(2) or open_tree(2) descriptor), owned by the caller
	 * Called in the container's mount namespace, before pivot_root, with its user namespace's rights.
	 */
	int (*mount)(const struct rootfs *r, struct err *err);

	/** show() - mount the layers alone at @path, read-only; the caller is root of its mount namespace */
	int (*show)(const struct rootfs *r, const char *path, struct err *err);

	/** stop() - undo helper() once the container is gone; NULL where there is nothing to do */
	void (*stop)(const struct rootfs *r, pid_t helper);
};

/** driver_open_layer() - the tree of layer @i (0: the lowest); Return: an O_PATH descriptor or a negative errno */
int driver_open_layer(const struct rootfs *r, size_t i, struct err *err);

/** driver_layer_path() - where it is, relative to the store */
void driver_layer_path(const struct rootfs *r, size_t i, char ret[META_PATH_MAX]);

/** driver_skeleton() - make the places that something is mounted on in the tree @root, those that it lacks */
int driver_skeleton(int root, struct err *err);

/** driver_bottom() - the lowest layer that shows: a layer with the mark "opaque" hides all layers below it */
size_t driver_bottom(const struct rootfs *r);

/**
 * driver_make_dirs() - upper/, work/ and merged/ for the drivers that stack layers; upper/ gets the attributes of
 * the highest layer's root, which become those of the container's "/".  lower/ stands in where there is no layer.
 */
int driver_make_dirs(const struct rootfs *r, struct err *err);
/** driver_make_upper() - upper/ and work/ alone: each further inode is felt at the start of a container */
int driver_make_upper(const struct rootfs *r, struct err *err);

/** driver_clone_tree() - a detached copy of the mount at, or of the directory, @name of the container's directory */
int driver_clone_tree(const struct rootfs *r, const char *name, struct err *err);

/** driver_show_tree() - mount the directory @fd at @path, read-only */
int driver_show_tree(int fd, const char *path, struct err *err);

/**
 * driver_probe_in_child() - run @fn in a child process with a fresh directory of tmp/, removed afterwards
 * What @fn does to namespaces ends with the child.
 */
int driver_probe_in_child(const struct store *s,
	int (*fn)(const struct store *s, int dirfd, struct err *err), struct err *err);

extern const struct driver driver_overlay, driver_fuse_overlayfs, driver_vfs;

#endif
