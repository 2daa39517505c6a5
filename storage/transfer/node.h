/*
 * node - one file of a tree that somebody else may be changing
 *
 * It is opened once without following links, as an O_PATH descriptor; whatever is read of it afterwards comes from
 * that inode, whatever its name means by then.  Only regular files are ever opened for reading.
 */
#ifndef RL_STORAGE_TRANSFER_NODE_H
#define RL_STORAGE_TRANSFER_NODE_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <stdbool.h>
#include <sys/stat.h>

struct node {
	int fd;
	struct stat st;
};

/* an extended attribute as an image holds it */
struct xattr {
	char *name, *value;
	size_t len;
};

struct xattrs {
	struct xattr *v;
	size_t n;
};

/** node_open() - Return: 0, -ENOENT if the name is not there (any more), or another negative errno */
int node_open(int dirfd, const char *name, struct node *ret, struct err *err);

/** node_of_fd() - of an O_PATH descriptor; @fd: taken, closed also on failure */
int node_of_fd(int fd, struct node *ret, struct err *err);

/** node_of_dir() - of an open directory */
int node_of_dir(int fd, struct node *ret, struct err *err);

/** node_read() - the content of a regular file; Return: a descriptor, or a negative errno */
int node_read(const struct node *n, struct err *err);

/** node_target() - where a symbolic link leads; @ret: owned by the caller */
int node_target(const struct node *n, char **ret, struct err *err);

/**
 * node_xattrs() - what an image may hold, sorted by name: user.* without the drivers' own, and file capabilities, those
 * of a user namespace as if they were of the container's root
 */
int node_xattrs(const struct node *n, struct xattrs *ret, struct err *err);

/** node_equal() - whether type, owner, mode, size, time, attributes and content are the same; Return: 1, 0 or a negative errno
 * A directory's size and time do not count. */
int node_equal(const struct node *a, const struct node *b, struct err *err);

void xattrs_done(struct xattrs *x);
void node_done(struct node *n);

#endif
