/*
 * shared_ns - namespaces that a container has in common with others
 *
 * config.json names another container's namespace as "container:ID"; which process that is, is known
 * only when both run.  And where processes share a PID namespace, the end of init is not the end of the rest.
 */
#ifndef RL_RUNTIME_SHARED_NS_H
#define RL_RUNTIME_SHARED_NS_H

#include "runtime/container.h"

/**
 * shared_ns_resolve() - replace "container:ID" in linux.namespaces by paths below /proc
 * @ret_pid: init of one of the joined containers; untouched if there is none
 * Return: 0, or a negative errno if a joined container does not run
 */
int shared_ns_resolve(const struct containers *cs, json_t *config, pid_t *ret_pid, struct err *err);

/** shared_ns_own_userns() - inode of a process's user namespace, if it is not our own; else 0 */
ino_t shared_ns_own_userns(pid_t pid);

/**
 * shared_ns_kill() - kill every process in that user namespace; 0 is ignored
 * @id: only those that have mounted something of this container's directory: the number of a namespace that is gone
 *      is given to the next one; NULL while the namespace is known to be the container's
 */
void shared_ns_kill(ino_t userns, const char *id);

#endif
