/*
 * cp_side - one of the two places of `rl cp`: a path of the host's, a path in a container, or an archive
 */
#ifndef RL_CMD_CP_SIDE_H
#define RL_CMD_CP_SIDE_H

#include "cmd/cmd.h"
#include "cmd/outfile.h"
#include "runtime/ctrfs.h"

enum cp_kind {
	CP_HOST,
	CP_CONTAINER,
	CP_ARCHIVE,
};

/**
 * struct cp_side - a place
 * @path: absolute
 * @fd:   of the root that @path is below
 * @out:  standard output, checked, where it is an archive to be written
 * @shared: the same container is open as the other side already
 */
struct cp_side {
	enum cp_kind kind;
	char *path;
	int fd;
	struct outfile out;
	struct container c;
	json_t *config;
	struct ctrfs fs;
	const struct ctrfs *shared;
};

#define CP_SIDE_INIT                                                                               \
	{                                                                                          \
		.fd = -EBADF, .out = {.fd = -EBADF}, .c = {.dirfd = -EBADF, .runfd = -EBADF},      \
		.fs = CTRFS_INIT                                                                   \
	}

/** cp_side_parse() - @stream: descriptor that "-" stands for */
int cp_side_parse(
	struct ctx *ctx, const char *text, int stream, struct cp_side *ret, struct err *err);

/** cp_side_open() - @other: the side that is open already, or NULL */
int cp_side_open(struct cp_side *s, const struct cp_side *other, struct err *err);

/** cp_side_request() - for the worker (storage/transfer/cp.c); a new reference */
json_t *cp_side_request(const struct cp_side *s);

/** cp_side_owner() - who files there belong to unless they keep their owner; a new reference */
json_t *cp_side_owner(const struct cp_side *s);

/** cp_side_fd() - the root, or the archive; borrowed */
int cp_side_fd(const struct cp_side *s);

void cp_side_done(struct cp_side *s);

#endif
