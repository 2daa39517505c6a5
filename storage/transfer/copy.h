/*
 * copy - from one repository to another: a manifest and what it names, without taking it into the store
 *
 * What the other repository has is not sent, what the same registry has elsewhere is mounted; the rest goes through a
 * file without a name in the store, so that its digest is checked before a byte of it is sent.
 */
#ifndef RL_STORAGE_TRANSFER_COPY_H
#define RL_STORAGE_TRANSFER_COPY_H

#include "storage/transfer/push.h"

/**
 * copy_manifest() - copy what has the digest @digest
 * @docker: 1 for Docker's format, 0 for OCI's, -1 for the one it has; an artifact keeps its own
 * @wish: how its layers must be compressed, as nothing is compressed here: -EINVAL if they are not
 * @ret: what the other has now
 */
int copy_manifest(struct worker *w, struct registry *from, struct registry *to, const char *digest,
	int docker, const struct push_wish *wish, struct pushed *ret, struct err *err);

#endif
