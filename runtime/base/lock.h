/*
 * lock - advisory locks that live as long as an open file description
 *
 * Open-file-description locks (fcntl(2), F_OFD_SETLK): released by the kernel when the
 * last copy of the descriptor is closed, so a held lock proves that its owner lives.
 * Unlike flock(2), whether one is held can be asked without taking it.
 */
#ifndef RL_BASE_LOCK_H
#define RL_BASE_LOCK_H

#include "runtime/base/err.h"

#include <stdbool.h>

enum lock_mode { LOCK_SHARED, LOCK_EXCLUSIVE };

/**
 * lock_open() - open (and create, mode 0600) a lock file and lock it
 * @wait: block until it is free; otherwise -EWOULDBLOCK
 * Return: the descriptor that holds the lock, or a negative errno
 */
int lock_open(int dirfd, const char *name, enum lock_mode mode, bool wait, struct err *err);

/** lock_set() - lock an open descriptor (writable for LOCK_EXCLUSIVE); Return: 0 or a negative errno */
int lock_set(int fd, enum lock_mode mode, bool wait);

/** lock_drop() - unlock for every process that shares the open file, and close; Return: -EBADF */
int lock_drop(int fd);

/** lock_is_held() - whether somebody else holds the lock exclusively; false if the file is missing */
bool lock_is_held(int dirfd, const char *name);

#endif
