/*
 * arena - small pieces of memory that are released together
 */
#ifndef RL_CMD_ARENA_H
#define RL_CMD_ARENA_H

#include "runtime/base/mem.h"

struct arena_chunk;

/* starts zeroed; @total: bytes handed out */
struct arena {
	struct arena_chunk *head;
	size_t total;
};

/** arena_alloc() - @n zeroed bytes, aligned for anything; released by arena_done() */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/** arena_strndup() - copy of @n bytes with a NUL behind them */
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
void arena_done(struct arena *a);

#endif
