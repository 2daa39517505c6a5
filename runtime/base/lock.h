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

/* how long to wait for the holder, beside a number of milliseconds */
enum { LOCK_NOW = 0, LOCK_FOREVER = -1 };

/**
 * lock_open() - open (and create, mode 0600) a lock file and lock it
 * @timeout_ms: LOCK_NOW, LOCK_FOREVER or milliseconds
 * Return: the descriptor that holds the lock, or a negative errno, -EWOULDBLOCK if it stays held
 */
int lock_open(int dirfd, const char *name, enum lock_mode mode, int timeout_ms, struct err *err);

/** lock_set() - lock an open descriptor (writable for LOCK_EXCLUSIVE); Return: as lock_open(), 0 on success */
int lock_set(int fd, enum lock_mode mode, int timeout_ms);

/** lock_drop() - unlock for every process that shares the open file, and close; Return: -EBADF */
int lock_drop(int fd);

/** lock_is_held() - whether somebody else holds the lock exclusively; false if the file is missing */
bool lock_is_held(int dirfd, const char *name);
/** lock_fd_is_held() - the same for an open file */
bool lock_fd_is_held(int fd);

#endif
