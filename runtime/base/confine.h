/*
 * confine - give up what a worker does not need
 *
 * A worker reads what strangers wrote.  It can gain no privileges, leaves no core dump with passwords in it, and
 * where the kernel has Landlock (≥ 5.19) it can write nowhere but below the store.  A seccomp filter refuses what it never does:
 * programs, namespaces and mounts, other processes, sockets but those of the network.  Newer kernels let it listen on
 * no TCP port (6.7), drive no device (6.10) and reach no abstract socket (6.12) either.  On kernels without them
 * these parts are left out; nothing depends on them.
 */
#ifndef RL_BASE_CONFINE_H
#define RL_BASE_CONFINE_H

#include <stdbool.h>

/**
 * confine_writes() - from now on, this process and its children write files below @dirfd only, and run no programs
 * @dirfd: directory; borrowed; -EBADF: nowhere (descriptors that are open stay usable)
 * Return: whether the kernel enforces where they write
 */
bool confine_writes(int dirfd);

/** confine_writes_in() - the same with a second directory; -EBADF for none */
bool confine_writes_in(int dirfd, int second);

/**
 * confine_to_descriptors() - from now on, this process works on the descriptors that it has
 * No capabilities, no file, no socket, no other process; on kernels without Landlock files can still be opened.
 */
void confine_to_descriptors(void);

/** confine_caps() - drop all capabilities, for good */
void confine_caps(void);

#endif
