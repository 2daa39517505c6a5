/*
 * rotated - lines of a file that is continued in another one of the same name
 *
 * NAME grows, then becomes OLD (replacing an older one), and a new NAME is begun.  A reader takes both as one, the
 * older one first.  When it follows, it goes on across later rotations, unless it comes more than two files behind:
 * those lines are gone.  A file that is cut to nothing where names cannot be changed is read again from its start.
 */
#ifndef RL_RUNTIME_ROTATED_H
#define RL_RUNTIME_ROTATED_H

#include "runtime/base/str.h"

#include <sys/types.h>

/**
 * struct rotated - both files, being read
 * @dirfd, @name, @old: where they are; borrowed; @name is NULL for a pipe as @fd, which nothing follows
 * @follow: what is added later is read too
 * @fd:   the file that is being read; -EBADF while there is none
 * @next: NAME, while OLD is being read; else -EBADF
 * @end:  size of NAME in the beginning: without @follow nothing behind it is read
 */
struct rotated {
	int dirfd;
	const char *name, *old;
	bool follow;
	int fd, next;
	off_t end;
	struct buf b; /* what was read and is not consumed: from @pos on */
	size_t pos;
};

#define ROTATED_INIT                                                                               \
	{                                                                                          \
		.dirfd = -EBADF, .fd = -EBADF, .next = -EBADF                                      \
	}

/** rotated_open() - begin, with the first four members set; missing files are empty ones; Return: 0 or a negative errno */
int rotated_open(struct rotated *r);

/** rotated_skip_old() - go on with NAME at once, if there is one */
void rotated_skip_old(struct rotated *r);

/** rotated_skip_all() - go on with what is added from now on */
void rotated_skip_all(struct rotated *r);

/**
 * rotated_line() - the next whole line
 * @ret: it, without its newline; may be changed; valid until the next call
 * Return: 1, 0 if there is none (yet), or a negative errno
 */
int rotated_line(struct rotated *r, char **ret, size_t *ret_len);

void rotated_done(struct rotated *r);

#endif
