/*
 * mount_spec - what --volume, --mount and --tmpfs ask for
 *
 * Each becomes a struct mount_spec; spec_volumes.c makes entries of the configuration's "mounts" of them.  The source of a
 * bind mount is checked when it is parsed, the target only lexically.
 */
#ifndef RL_RUNTIME_MOUNT_SPEC_H
#define RL_RUNTIME_MOUNT_SPEC_H

#include "runtime/mount_option.h"

/**
 * struct mount_spec - one mount; all members are owned
 * @source: absolute path on the host of a bind mount; the name of a volume, NULL for an anonymous one; an image; a pattern
 * @target: absolute, clean path in the container; never "/"
 * @driver, @volume_opts, @volume_labels: of a volume that is made
 * @digest, @title: which file of an artifact; NULL for all; @name: what it is called, or NULL
 */
struct mount_spec {
	enum mount_type type;
	char *source, *target, *driver;
	char *digest, *title, *name;
	struct mount_options options;
	struct strv volume_opts, volume_labels;
};

struct mount_specs {
	struct mount_spec *v;
	size_t n;
};

/** mount_spec_volume() - append one --volume [SOURCE:]CONTAINER-DIR[:OPTIONS] */
int mount_spec_volume(const char *text, struct mount_specs *ret, struct err *err);
/** mount_spec_mount() - append what one --mount type=…,… asks for: of type=glob there may be several */
int mount_spec_mount(const char *text, struct mount_specs *ret, struct err *err);
/** mount_spec_tmpfs() - append one --tmpfs CONTAINER-DIR[:OPTIONS] */
int mount_spec_tmpfs(const char *text, struct mount_specs *ret, struct err *err);

/** mount_spec_target() - check a path in the container and clean it; the caller owns it */
int mount_spec_target(const char *path, char **ret, struct err *err);
/** mount_spec_source() - the absolute path of something of the host's that exists; the caller owns it */
int mount_spec_source(const char *path, char **ret, struct err *err);
/**
 * mount_spec_add() - append @v, which is emptied, unless the same is there already
 * Return: 0; -ERR_USAGE if its options contradict, or its target is another one's
 */
int mount_spec_add(struct mount_specs *list, struct mount_spec *v, struct err *err);

/** mount_spec_is_node() - whether it is a bind mount of a single device */
bool mount_spec_is_node(const struct mount_spec *v);

void mount_spec_done(struct mount_spec *v);
void mount_specs_done(struct mount_specs *list);

#endif
