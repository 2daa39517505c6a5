/*
 * scope - transient scopes of the systemd manager, through the worker rl-scope
 *
 * The manager is the user's own, for root the system's.  It is asked through its own socket, else through the bus; the sockets are found by
 * the user's id, so that it also works where XDG_RUNTIME_DIR is not set (su, sudo -u, cron).  rl itself knows nothing of D-Bus.
 */
#ifndef RL_RUNTIME_SCOPE_H
#define RL_RUNTIME_SCOPE_H

#include "runtime/base/err.h"

#include <sys/types.h>

/* what the manager sends to everything in a scope that is to end: nothing but a monitor pays attention to it */
#define SCOPE_STOP_SIGNAL SIGURG

/** scope_address() - the manager's socket, owned by the caller; NULL if there is none */
char *scope_address(void);

/** scope_unit() - "rl-ID.scope" */
#define SCOPE_UNIT_MAX 80
const char *scope_unit(char buf[SCOPE_UNIT_MAX], const char *id);

/**
 * struct scope_start - a scope to be
 * @slice: in which it is
 * @pid:   its first process
 * @quiet: the manager ends it with SCOPE_STOP_SIGNAL, else with SIGTERM
 * @stop_seconds: how long it then waits before it kills
 */
struct scope_start {
	const char *unit, *slice, *description;
	pid_t pid;
	bool quiet;
	int stop_seconds;
};

/**
 * struct scope_call - the worker at work; zero with SCOPE_CALL_INIT
 */
struct scope_call {
	pid_t pid;
	int report;
};

#define SCOPE_CALL_INIT                                                                            \
	{                                                                                          \
		.report = -EBADF                                                                   \
	}

/** scope_start() - begin to make one; @address: from scope_address(); scope_wait() ends it */
int scope_start(
	const char *address, const struct scope_start *s, struct scope_call *ret, struct err *err);

/**
 * scope_unit_of() - the manager's unit that a group is of: a scope, or a service whose container is in a group below its own
 * @group:    "/user.slice/…/rl-ID.scope/container": below the user's manager, if it is of one
 * @ret_unit: its name, owned by the caller
 * Return: the rest of @group, "/container", borrowed; NULL if there is none, or no unit in it
 */
const char *scope_unit_of(const char *group, char **ret_unit);

/** scope_attach() - begin to move a process into a group of a unit: "/container" */
int scope_attach(const char *address, const char *unit, const char *subgroup, pid_t pid,
	struct scope_call *ret, struct err *err);

/** scope_wait() - until the manager has done it, for some seconds at most; Return: 0 or a negative errno */
int scope_wait(struct scope_call *c, struct err *err);

/** scope_drop() - end a worker that is not waited for any more; none is fine */
void scope_drop(struct scope_call *c);

#endif
