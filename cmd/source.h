/*
 * source - trees that the transfer worker reads: requests for commit, diff and export (storage/transfer/source.h)
 */
#ifndef RL_CMD_SOURCE_H
#define RL_CMD_SOURCE_H

#include "cmd/cmd.h"
#include "storage/image.h"

/** source_of_container() - its root file system; refused where that is not made of layers; a new reference */
int source_of_container(const struct container *c, json_t **ret, struct err *err);

/** source_of_base() - the layers that a container is made of, as a request of the worker has them; a new reference */
json_t *source_of_base(const struct container *c);

/** source_of_layers() - the @n lowest layers of an image; a new reference */
json_t *source_of_layers(const struct image *img, size_t n);

/** source_below() - the directory of the container that its tree is, borrowed; NULL where that is its root */
const char *source_below(const struct container *c);

/**
 * source_skeleton() - append the places for mounts that the tree standing for a source has of itself (storage/meta.h)
 * Nothing for a source made of layers, which has none.
 */
void source_skeleton(const json_t *source, struct strv *ret);

/** source_places() - append where something is mounted in the container, as paths below the root of its tree */
int source_places(const struct container *c, struct strv *ret, struct err *err);

/** source_run() - have the worker do it; @fd: passed to it, or -EBADF; @ret: the result, a new reference */
int source_run(struct ctx *ctx, const char *subcommand, const json_t *request, int fd, bool quiet,
	json_t **ret, struct err *err);

#endif
