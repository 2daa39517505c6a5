/*
 * preserve - descriptors of the caller that a container's process inherits (--preserve-fds, --preserve-fd)
 *
 * They keep their numbers.  All of rl's own are close-on-exec from birth, and those that were open when rl was started
 * occupy their numbers, so nothing of rl's is ever among them.
 */
#ifndef RL_RUNTIME_PRESERVE_H
#define RL_RUNTIME_PRESERVE_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#define PRESERVE_MAX 128

struct preserve {
	int fd[PRESERVE_MAX];
	size_t n;
};

/**
 * preserve_parse() - check that they are there
 * @count: as many from 3 on
 * @list:  further numbers
 */
int preserve_parse(uint64_t count, const struct strv *list, struct preserve *ret, struct err *err);

/** preserve_pass() - before the exec: let them survive it; @p may be NULL */
void preserve_pass(const struct preserve *p);

/** preserve_close() - where the process has them: only it should hold a pipe open */
void preserve_close(struct preserve *p);

#endif
