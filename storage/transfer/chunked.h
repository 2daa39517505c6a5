/*
 * chunked - layers in the form zstd:chunked: zstd for everybody, with a table of contents for those who fetch files one by one
 *
 * Each file's content is a zstd frame of its own, what is between them (headers, padding) are others; behind them follow three
 * skippable frames: the table of contents (JSON, compressed), the tar's other bytes in the form of tar-split (JSON lines, compressed),
 * and a footer of 64 bytes that says where both are.  Annotations of the layer in the image's manifest say the same, with the
 * table's digest.  A decompressor that knows nothing of it gives the exact tar.
 */
#ifndef RL_STORAGE_TRANSFER_CHUNKED_H
#define RL_STORAGE_TRANSFER_CHUNKED_H

#include "runtime/base/json.h"
#include "storage/store.h"

/**
 * struct chunked - what the annotations say; plain bytes, so that it can be in shared memory
 * @toc:      digest of the table, compressed as it is in the layer; "" where a layer has none
 * @position: where it is: "OFFSET:BYTES:UNCOMPRESSED:1"
 * @split:    the same of the tar-split: "OFFSET:BYTES:UNCOMPRESSED"; may be ""
 */
struct chunked {
	char toc[72], position[88], split[68];
};

/** chunked_from() - what annotations say; empty where they say nothing of the kind */
struct chunked chunked_from(const json_t *annotations);

/** chunked_is() - whether there is a table */
static inline bool chunked_is(const struct chunked *c)
{
	return c->toc[0] && c->position[0];
}

/** chunked_annotate() - take out of @annotations what is said of another layer's table, and add what @c says */
void chunked_annotate(json_t *annotations, const struct chunked *c);

/**
 * chunked_write() - a plain tar in this form, into a file without a name
 * The same tar and level give the same bytes with the same library.
 * @tar, @size: the tar
 * @level:    -1 for the usual one
 * @progress: called with bytes of the tar so far; may be NULL
 * @ret_digest, @ret_size: of the result
 * @ret_fd:   the file; owned by the caller
 * Return: 0, -EOPNOTSUPP for a tar that cannot be described so that all readers agree, or another negative errno
 */
int chunked_write(const struct store *s, int tar, uint64_t size, int level,
	void (*progress)(void *arg, uint64_t done), void *arg, char ret_digest[72],
	uint64_t *ret_size, struct chunked *ret, int *ret_fd, struct err *err);

#endif
