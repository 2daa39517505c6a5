/*
 * gunzip - decompressing gzip, a member at a time, with all its checks
 *
 * Through ISA-L where it was there when rl was built, which takes a quarter of zlib's time; zlib reads the header then.  Both check header, CRC and length.
 */
#ifndef RL_STORAGE_TRANSFER_GUNZIP_H
#define RL_STORAGE_TRANSFER_GUNZIP_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct gunzip;

/**
 * struct gunzip_io - what there is, and where it goes; gunzip_step() moves all four on
 * @in, @left:  input and how much of it
 * @out, @room: where to write, and how much fits there
 */
struct gunzip_io {
	unsigned char *in, *out;
	size_t left, room;
};

/** gunzip_new() - @plain: with zlib in any case */
int gunzip_new(bool plain, struct gunzip **ret, struct err *err);

/**
 * gunzip_step() - decompress some
 * May be called without input: output that did not fit before may still be there.  A step that neither takes nor gives
 * anything wants more input.
 * Return: 1 at the end of the member, 0 before it, or a negative errno: -EBADMSG where it is corrupt
 */
int gunzip_step(struct gunzip *g, struct gunzip_io *io, struct err *err);

/** gunzip_restart() - what comes next is another member */
void gunzip_restart(struct gunzip *g);

void gunzip_free(struct gunzip *g);
static inline void gunzip_freep(struct gunzip **g)
{
	gunzip_free(*g);
}

#endif
