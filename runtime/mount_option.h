/*
 * mount_option - the options of a mount as people write them: behind the second colon of --volume, between the commas of --mount
 *
 * Options that exclude each other are in one group: one that is given wins over the default, and two different ones are a
 * contradiction.
 */
#ifndef RL_RUNTIME_MOUNT_OPTION_H
#define RL_RUNTIME_MOUNT_OPTION_H

#include "runtime/base/str.h"

/* what is mounted; bits, for the table of options */
enum mount_type {
	MOUNT_TYPE_NONE = 0,
	MOUNT_TYPE_BIND = 1 << 0,
	MOUNT_TYPE_VOLUME = 1 << 1,
	MOUNT_TYPE_TMPFS = 1 << 2,
	MOUNT_TYPE_RAMFS = 1 << 3,
	MOUNT_TYPE_DEVPTS = 1 << 4,
	MOUNT_TYPE_IMAGE = 1 << 5,
	MOUNT_TYPE_GLOB = 1 << 6,     /* a bind mount of each file that fits */
	MOUNT_TYPE_ARTIFACT = 1 << 7, /* one of each file of an artifact */
};

enum mount_group {
	MOUNT_RW,
	MOUNT_PROPAGATION,
	MOUNT_DEPTH,
	MOUNT_SUID,
	MOUNT_DEV,
	MOUNT_EXEC,
	MOUNT_ATIME,
	MOUNT_PLAIN_GROUPS, /* those up to here are options of mount(8) */
	MOUNT_COPY = MOUNT_PLAIN_GROUPS,
	MOUNT_RELABEL,
	MOUNT_OWNER,
	MOUNT_OVERLAY,
	MOUNT_LINK,
	MOUNT_GROUPS,
};

/**
 * struct mount_options - what was given
 * @group: the option of each group, static; NULL where none is
 * @data:  of the file system itself: size=, mode=, …
 * @upper, @work: upperdir= and workdir= of an overlay
 */
struct mount_options {
	const char *group[MOUNT_GROUPS];
	struct strv data;
	char *upper, *work, *subpath;
};

/** mount_option_add() - one option; -ERR_USAGE for what does not exist, means nothing for this type, or contradicts another */
int mount_option_add(
	struct mount_options *o, enum mount_type type, const char *text, struct err *err);

/** mount_options_parse() - a list with commas between */
int mount_options_parse(
	struct mount_options *o, enum mount_type type, const char *text, struct err *err);

/** mount_options_equal() - whether both mean the same, written in the same order */
bool mount_options_equal(const struct mount_options *a, const struct mount_options *b);

/** mount_options_check() - what only all of them together tell */
int mount_options_check(const struct mount_options *o, struct err *err);

/**
 * mount_options_list() - those of mount(8) as config.json has them, defaults included
 * @node: the source is a single device, which is meant to be used
 */
void mount_options_list(
	const struct mount_options *o, enum mount_type type, bool node, struct strv *ret);

void mount_options_done(struct mount_options *o);

#endif
