/*
 * outfile - a file or directory that a command writes, and that is there only when it is complete
 *
 * It has no name, or one that begins with a dot, until outfile_commit(); a file that is there already stays
 * what it is until then.  What is left under such a name by one that was killed is removed by the next that writes
 * the same file or directory.  What is no regular file (a pipe, a device) is written directly.
 */
#ifndef RL_CMD_OUTFILE_H
#define RL_CMD_OUTFILE_H

#include "runtime/base/err.h"

#include <stdbool.h>

/**
 * struct outfile - initialise with OUTFILE_INIT
 * @fd: to write to
 * @replace: a directory takes the place of another one
 */
struct outfile {
	int fd;
	char *path, *tmp;
	bool dir, unnamed, replace;
};

#define OUTFILE_INIT ((struct outfile){.fd = -EBADF})

/** outfile_open() - @path: NULL for standard output, which must not be a terminal: then @hint says what to do */
int outfile_open(struct outfile *o, const char *path, const char *hint, struct err *err);

/**
 * outfile_open_dir() - a directory
 * @path:   missing, or an empty directory
 * @marker: a directory that has a file of this name may be there, too: it is replaced as a whole; NULL for none
 */
int outfile_open_dir(struct outfile *o, const char *path, const char *marker, struct err *err);

/** outfile_commit() - give it its name */
int outfile_commit(struct outfile *o, struct err *err);

/** outfile_done() - close it; without outfile_commit() nothing is left of it */
void outfile_done(struct outfile *o);

#endif
