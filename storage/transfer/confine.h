/*
 * confine - give up what a transfer worker does not need
 *
 * The worker reads what strangers wrote.  It can gain no privileges, leaves no core dump with passwords in it, and
 * where the kernel has Landlock (≥ 5.19) it can write nowhere but below the store.  A seccomp filter refuses what it never does:
 * programs, namespaces and mounts, other processes, sockets but those of the network.  On kernels without them
 * these parts are left out; nothing depends on them.
 */
#ifndef RL_STORAGE_TRANSFER_CONFINE_H
#define RL_STORAGE_TRANSFER_CONFINE_H

#include <stdbool.h>

/**
 * confine_writes() - from now on, this process and its children write files below @dirfd only, and run no programs
 * @dirfd: directory; borrowed; -EBADF: nowhere (descriptors that are open stay usable)
 * Return: whether the kernel enforces where they write
 */
bool confine_writes(int dirfd);

/** confine_writes_in() - the same with a second directory; -EBADF for none */
bool confine_writes_in(int dirfd, int second);

/** confine_caps() - drop all capabilities, for good */
void confine_caps(void);

#endif
