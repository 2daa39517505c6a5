/*
 * kin - a process with all that it has started
 *
 * Those that descend from it, and those that are in its session: a process whose parent has ended is nobody's descendant, but it
 * stays in the session unless it has left that on purpose.  Seen from outside, by the machine's numbers.
 */
#ifndef RL_RUNTIME_KIN_H
#define RL_RUNTIME_KIN_H

#include <sys/types.h>

/**
 * kin_kill() - end them all
 * They are stopped first, so that none can start another one meanwhile.
 * @pid: leader of its session; a child that was not waited for yet, and is not waited for here
 */
void kin_kill(pid_t pid);

#endif
