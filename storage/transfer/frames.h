/*
 * frames - zstd frames, one after the other, into a file or into memory
 */
#ifndef RL_STORAGE_TRANSFER_FRAMES_H
#define RL_STORAGE_TRANSFER_FRAMES_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <openssl/evp.h>
#include <zstd.h>

#define FRAMES_MEMORY_MAX ((size_t)32 << 20)

/**
 * struct frames - @fd: where to, borrowed; -EBADF for @memory, which has at most FRAMES_MEMORY_MAX bytes
 * @size:  bytes that were written; @given: bytes before they were compressed
 * @open:  within a frame
 */
struct frames {
	ZSTD_CCtx *zstd;
	EVP_MD_CTX *hash;
	int fd;
	struct buf memory;
	char *space;
	uint64_t size, given;
	bool open;
};

/** frames_init() - @level: -1 for the usual one */
void frames_init(struct frames *f, int fd, int level);
void frames_done(struct frames *f);

/** frames_expect() - the frame that begins next will have exactly so many bytes */
int frames_expect(struct frames *f, uint64_t size, struct err *err);

/** frames_add() - compress; begins a frame where none is open */
int frames_add(struct frames *f, const void *data, size_t len, struct err *err);

/** frames_end() - end the frame; does nothing where none is open */
int frames_end(struct frames *f, struct err *err);

/** frames_skippable() - a frame that decompressors pass over; @len is below 4 GiB */
int frames_skippable(struct frames *f, const void *data, size_t len, struct err *err);

/** frames_digest() - "sha256:…" of all that was written; once, at the end */
void frames_digest(struct frames *f, char ret[72]);

#endif
