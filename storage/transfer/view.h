/*
 * view - a stack of layers, seen as the one tree that it stands for
 *
 * Reads what the drivers make of layers without mounting anything: the highest layer that has a name decides, a
 * whiteout hides it, an opaque directory hides all that lies below.  A container may be writing to the highest layer
 * meanwhile: each directory is reached from its parent's descriptor without following links, and a name that has gone
 * when it is looked at was never there.
 *
 * Markers are a character device 0:0, an empty file with the attribute "overlay.whiteout" in a directory marked "x",
 * and the opaque attributes of the kernel and of fuse-overlayfs.  Files called .wh.* are markers only where
 * @marker_files is set: fuse-overlayfs makes them where it may not make device nodes.  A tree that is no layer has none: @plain.
 */
#ifndef RL_STORAGE_TRANSFER_VIEW_H
#define RL_STORAGE_TRANSFER_VIEW_H

#include "runtime/base/err.h"
#include "userns/idmap.h"

#include <stdbool.h>
#include <sys/stat.h>

/**
 * struct view_dir - a directory as the layers have it
 * @fd: where it exists, highest layer first; owned.  None: there is nothing
 * @opaque: the highest of them hides what other layers have
 */
struct view_dir {
	int *fd;
	size_t n;
	bool opaque;
};

/**
 * struct view - a stack of layers
 * @owners: image ids → those that the files have, where they are others; owned
 */
struct view {
	struct view_dir root;
	struct idmaps owners;
	bool marker_files, plain;
};

/* a name that shows, and which of the directories it comes from */
struct view_name {
	char *name;
	size_t at;
};

struct view_names {
	struct view_name *v;
	size_t n;
};

/** view_push() - add a layer below those that are there; @fd: taken; readable, not O_PATH */
void view_push(struct view *v, int fd);

/** view_list() - the names in a directory that show, sorted by their bytes */
int view_list(
	const struct view *v, const struct view_dir *d, struct view_names *ret, struct err *err);

/** view_find() - the entry called @name, or NULL; borrowed */
const struct view_name *view_find(const struct view_names *names, const char *name);

/**
 * view_enter() - the directory called @name
 * Return: 0, -ENOENT if it is none (any more), or another negative errno
 */
int view_enter(const struct view *v, const struct view_dir *d, const struct view_name *name,
	struct view_dir *ret, struct err *err);

/** view_owner() - turn a file's owner into what it is in an image; one that the map does not know is nobody's */
void view_owner(const struct view *v, struct stat *st);

/** view_same() - whether two directories consist of the very same ones: then nothing below them differs */
bool view_same(const struct view_dir *a, const struct view_dir *b);

void view_names_done(struct view_names *names);
void view_dir_done(struct view_dir *d);
void view_done(struct view *v);

#endif
