/*
 * seccomp_cache - where compiled seccomp filters are kept: the directory seccomp/ of the store
 */
#ifndef RL_RUNTIME_SECCOMP_CACHE_H
#define RL_RUNTIME_SECCOMP_CACHE_H

#include "storage/store.h"

/** seccomp_cache_open() - open it, making it if missing; Return: descriptor, or -EBADF: then nothing is cached */
int seccomp_cache_open(const struct store *s);

#endif
