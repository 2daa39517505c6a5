/*
 * mounts - the mounts of a container: first a plan, then an executor
 *
 * The plan is made from config.json's "mounts" without touching the system, so that a bad option fails
 * before anything exists.  Sources of bind mounts are opened (mounts_open_sources) while the process still sees the
 * host as the user does; the rest is executed below the new root, through file descriptors only.
 */
#ifndef RL_RUNTIME_MOUNTS_H
#define RL_RUNTIME_MOUNTS_H

#include "runtime/base/json.h"

#include <stdbool.h>

enum mount_kind {
	MOUNT_BIND,    /* something of the host's */
	MOUNT_OVERLAY, /* directories of the host's, one over the other */
	MOUNT_FS,      /* a file system of its own: tmpfs, devpts, … */
	MOUNT_PROC,    /* procfs of the container's pid namespace */
	MOUNT_SYSFS,   /* fresh with an own network namespace, else the host's, read-only */
	MOUNT_MQUEUE,  /* follows the ipc namespace */
	MOUNT_SECRET,  /* a file in memory (mount_secret.h) */
	MOUNT_LAYERS,  /* what the storage driver made, where that is not the root */
	MOUNT_CGROUP, /* cgroup2 where the host has it at /sys/fs/cgroup, else an empty read-only tmpfs */
};

/* "type" of MOUNT_LAYERS in config.json: an extension */
#define MOUNT_LAYERS_TYPE "rl-layers"

/**
 * struct mount_op - one mount
 * @set:      MOUNT_ATTR_* to set
 * @rec_set:  MOUNT_ATTR_* to set on everything below as well ("rro", …)
 * @atime:    an access time policy was named, it is in @set
 * @propagation: MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, 0 for the default (private)
 * @recursive: the bind mount takes what is mounted below its source
 * @data:     "key=value" or "flag" for the file system
 * @fd:       the detached mount of a bind, -EBADF until opened
 * @is_dir:   what the destination must be
 * @copyup:   fill it with what the image has there: a tmpfs, or a volume that is fresh (copyup.h), whose directory is @home
 * @chown:    its files are given to the container's user
 * @label:    SELinux's label for them, the plan's; NULL for none
 * @no_follow: a link is made in the container instead of mounting what it leads to; then @link is its target
 * @subpath:  what is mounted is this below the source, or NULL
 * @lower:    of an overlay: paths, the highest first; @layer their descriptors, and @upper, @work where there is a writable part
 */
struct mount_op {
	enum mount_kind kind;
	char *source, *target, *fstype;
	uint64_t set, rec_set;
	bool atime, recursive, propagation_rec, copyup, is_dir, chown, no_follow;
	unsigned long propagation;
	struct strv data;
	int fd, home;
	const char *label;
	char *link, *subpath;
	struct strv lower;
	char *upper_path, *work_path;
	int *layer, upper, work;
};

/**
 * struct mount_plan - all mounts, in order
 * @label, @shared_label: SELinux's, that operations refer to
 */
struct mount_plan {
	struct mount_op *op;
	size_t n;
	char *label, *shared_label;
};

/** mounts_plan() - read and check config.json's "mounts" */
int mounts_plan(const json_t *config, struct mount_plan *ret, struct err *err);

/** mounts_parse_option() - apply one mount option to @op; -EINVAL for one that its kind does not have */
int mounts_parse_option(struct mount_op *op, const char *option, struct err *err);

/** mounts_open_sources() - clone the sources of all bind mounts, and open those of overlays; @bundle: path that relative ones refer to */
int mounts_open_sources(struct mount_plan *plan, const char *bundle, struct err *err);

/**
 * struct mount_env - what the executor knows about the container
 * @root:   descriptor of its root, attached
 * @proc:   procfs of its pid namespace, detached; -EBADF where that is the host's
 * @sysfs, @mqueue: of joined namespaces, detached; -EBADF where none is joined
 * @layers: of the storage driver, detached; -EBADF where it made the root, or nothing
 * @own_group: what its cgroup namespace shows is a group of its own
 * @create: CLONE_NEW* namespaces that are its own, or whose owner is
 * @maps:   its ids, for options like gid=5
 * @user:   process.user, to whom files may be given
 */
struct mount_env {
	int root, proc, sysfs, mqueue, layers;
	bool own_group;
	unsigned create;
	const struct idmaps *maps;
	const json_t *user;
};

/** mounts_execute() - mount everything, in order */
int mounts_execute(struct mount_plan *plan, const struct mount_env *env, struct err *err);

/** mounts_new_fs() - a detached mount of a new file system; Return: descriptor or a negative errno */
int mounts_new_fs(const char *fstype, const char *source, const struct strv *data, uint64_t attrs,
	struct err *err);

/** mounts_attach() - put detached mount @fd onto @target (an O_PATH descriptor) */
int mounts_attach(int fd, int target, const char *name, struct err *err);

/** mounts_bind_fd() - clone the mount at @fd (a file or directory) and put it onto @target with @set attributes */
int mounts_bind_fd(
	int fd, int target, bool recursive, uint64_t set, const char *name, struct err *err);

/** mounts_is_proc() - whether a descriptor is on a procfs */
bool mounts_is_proc(int fd);

void mount_plan_done(struct mount_plan *plan);

#endif
