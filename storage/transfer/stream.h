/*
 * stream - the bytes of a layer or an archive: read, hashed, decompressed by content, hashed again
 *
 * gzip has a decoder of its own (gunzip.h), which checks what libarchive's filter does not (the CRC of each member);
 * zstd, xz and bzip2 go through libarchive's filters.  Memory is bounded by the compression format's window; the worker limits its
 * data size, so that an absurd window fails instead of growing.
 */
#ifndef RL_STORAGE_TRANSFER_STREAM_H
#define RL_STORAGE_TRANSFER_STREAM_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

#define STREAM_DIGEST_MAX 72

/**
 * struct stream_range - a part of a file that is read with pread(2), so that processes may share the descriptor
 * Without one a stream reads on from where the descriptor stands.
 */
struct stream_range {
	uint64_t offset, length;
};

struct stream;

/** stream_new() - @fd: borrowed; @range: copied, or NULL.  Reads the beginning to recognise the format. */
int stream_new(int fd, const struct stream_range *range, struct stream **ret, struct err *err);

/** stream_new_unhashed() - the same for one whose digests nobody asks for */
int stream_new_unhashed(
	int fd, const struct stream_range *range, struct stream **ret, struct err *err);

/**
 * stream_skip() - pass over input without reading it, where nothing needs it (plain, unhashed, a range)
 * Return: how many bytes were passed over; 0 where it cannot be done
 */
uint64_t stream_skip(struct stream *st, uint64_t len);

/**
 * stream_read() - the next uncompressed bytes
 * @ret: points into the stream's buffer, valid until the next call
 * Return: how many, 0 at the end (the whole input has been read), or a negative errno: -EBADMSG where it is corrupt
 */
ssize_t stream_read(struct stream *st, const void **ret, struct err *err);

/** stream_drain() - read to the end, for the digests' sake */
int stream_drain(struct stream *st, struct err *err);

bool stream_is_compressed(const struct stream *st);

/** stream_kind() - the compression: "gzip", "zstd", "xz" or "bzip2"; NULL for none */
const char *stream_kind(const struct stream *st);

/** stream_keep() - write the input to @fd (borrowed) as it comes; before the first stream_read() */
int stream_keep(struct stream *st, int fd, struct err *err);

/** stream_taken() - bytes of input so far; stream_given() - uncompressed bytes so far */
uint64_t stream_taken(const struct stream *st);
uint64_t stream_given(const struct stream *st);

/** stream_digests() - "sha256:…" of the input and of the uncompressed bytes; once, after the end */
void stream_digests(
	struct stream *st, char ret_in[STREAM_DIGEST_MAX], char ret_out[STREAM_DIGEST_MAX]);

void stream_free(struct stream *st);
static inline void stream_freep(struct stream **st)
{
	stream_free(*st);
}

#endif
