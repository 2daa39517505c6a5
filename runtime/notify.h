/*
 * notify - system calls that a filter hands to somebody else (SCMP_ACT_NOTIFY), seccomp_unotify(2)
 *
 * The descriptor on which they are answered comes into being when the command's process loads the filter, from when on any
 * call of that process may have to wait for an answer.  So a second process that shares its descriptors, and not the filter,
 * sends it to the launcher, who hands it to the listener in the form that the runtime specification has (config-linux.md,
 * "Container Process State").  The command is executed when the listener has taken it: without a listener there is no start.
 */
#ifndef RL_RUNTIME_NOTIFY_H
#define RL_RUNTIME_NOTIFY_H

#include "runtime/base/json.h"
#include "runtime/seccomp.h"

#include <sys/types.h>

/* annotation: path of the listener's socket, where the filter itself names none */
#define NOTIFY_RECEIVER "run.oci.seccomp.receiver"

/**
 * struct notify - what a listener is told; zeroed for no listener
 * @path:  of its socket; owned
 * @state: the container process state, but for process ids; a reference
 * @init:  the container's first process; 0 for the process that loads the filter
 */
struct notify {
	char *path;
	json_t *state;
	pid_t init;
};

/**
 * notify_prepare() - before anything exists: find out who listens, if @filter hands out calls
 * @config: the container's config.json
 * @bundle: path of the directory it is in, whose last part is the container's id
 * Return: 0, or -ERR_USAGE when nobody is named
 */
int notify_prepare(const struct seccomp *filter, const json_t *config, const char *bundle,
	pid_t init, struct notify *ret, struct err *err);

/** notify_send() - hand descriptor @fd of process @pid to the listener; both stay the caller's */
int notify_send(const struct notify *n, pid_t pid, int fd, struct err *err);

/**
 * notify_load() - seccomp_load() for a filter that hands out calls
 * @sync: socket to the launcher, who answers SYNC_NOTIFY with SYNC_GO
 */
int notify_load(const struct seccomp *filter, int sync, struct err *err);

void notify_done(struct notify *n);

#endif
