/*
 * fetch - the layers of an image, from a registry into the store, several at a time
 *
 * Each layer has two processes: one speaks HTTP and writes nothing but a pipe, the other reads the pipe, hashes,
 * decompresses and unpacks.  Neither touches the disk with the compressed bytes.  A lock in the store for
 * each layer makes sure that of many pulls only one fetches it; the others wait, and find it there.  Locks belong
 * to live processes, so a pull that is killed lets the next one go on.
 */
#ifndef RL_STORAGE_TRANSFER_FETCH_H
#define RL_STORAGE_TRANSFER_FETCH_H

#include "storage/transfer/manifest.h"
#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/* more than can compute at once, as some wait for the network or the disk */
#define FETCH_PARALLEL 6

/**
 * fetch_lock() - be the only process that fetches the object @key (64 hexadecimal digits)
 * @waiting: called once if another process has it; may be NULL
 * Return: the descriptor that holds the lock, or a negative errno
 */
int fetch_lock(const struct store *s, const char *key, void (*waiting)(void *arg), void *arg,
	struct err *err);

/** fetch_unlock() - remove the lock's directory and close @fd */
void fetch_unlock(const struct store *s, const char *key, int fd);

/**
 * fetch_layers() - bring all layers of a manifest into the store
 * @diff_ids: their DiffIDs, in the manifest's order
 * When one fails the others are ended; what they left is for store_sweep().
 */
int fetch_layers(struct worker *w, struct registry *r, const struct manifest *m,
	const struct strv *diff_ids, struct err *err);

#endif
