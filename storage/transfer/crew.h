/*
 * crew - the same work on several things at once, each in a process of its own
 */
#ifndef RL_STORAGE_TRANSFER_CREW_H
#define RL_STORAGE_TRANSFER_CREW_H

#include "runtime/base/err.h"

/** crew_cores() - how many processes can compute at once */
size_t crew_cores(void);

/**
 * crew_run() - call @fn(@arg, i) for each i below @n in child processes, @size of them at a time, at most 6
 * With the first failure the others are killed.
 * Return: 0, or a negative errno with the failed child's error
 */
int crew_run(size_t n, size_t size, int (*fn)(void *arg, size_t i, struct err *err), void *arg,
	struct err *err);

#endif
