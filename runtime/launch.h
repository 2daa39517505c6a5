/*
 * launch - from an OCI config.json to a process that waits to execute its command
 *
 * The monitor (in R) calls launch_clone(), which makes the container's init with clone3(2) in all the new
 * namespaces, writes its id maps and joins those it shares.  From there the child works on its own through a
 * fixed list of stages (child.c) while the monitor prepares the network; it reports each failure as a struct err.
 * launch_wait() waits until it has reached the gate before exec, launch_exec() opens the gate and returns when
 * the command is running, or with the error of the exec.
 */
#ifndef RL_RUNTIME_LAUNCH_H
#define RL_RUNTIME_LAUNCH_H

#include "runtime/base/json.h"
#include "runtime/notify.h"
#include "runtime/preserve.h"
#include "storage/driver.h"
#include "userns/idmap.h"

#include <sys/types.h>

/**
 * struct launch - what to launch
 * @config:  OCI runtime-spec configuration, checked as hostile; borrowed
 * @driver, @rootfs: what the root is made of; NULL to use config.root.path (a bundle)
 * @root:    the root as a detached mount, already made of @driver and @rootfs; -EBADF to let init mount it.  Then it is R
 *           that mounts: the container's own namespace may have no rights over what its image's files are made of
 * @bundle:  directory that relative paths of the configuration refer to
 * @maps:    maps of R (struct userns); the container's own, where the configuration has no mappings, is their identity
 * @rootless: R is not the initial namespace
 * @stdio:   descriptors for 0, 1, 2; ignored when process.terminal is set
 * @lent:    @stdio is the caller's own: its owner stays as it is
 * @preserve: further descriptors that the process gets, by number; NULL for none
 * @seccomp_cache: directory descriptor for compiled filters, -EBADF for none
 * @cgroup:  directory of the control group that the container is born in, -EBADF for the caller's
 * @place:   called with @place_arg and the process when it exists and does nothing yet, to put it into a group; may be NULL
 *
 * Namespaces come from linux.namespaces; one with "path" is joined; one that is not listed is shared with
 * the monitor (host).  Joining a user namespace (container:NAME) is done before all else.
 */
struct launch {
	const json_t *config;
	const struct driver *driver;
	const struct rootfs *rootfs;
	int root, bundle;
	const struct idmaps *maps;
	bool rootless, lent;
	int stdio[3];
	const struct preserve *preserve;
	int seccomp_cache, cgroup;
	int (*place)(void *arg, pid_t pid, struct err *err);
	void *place_arg;
};

/**
 * struct launched - a container's init
 * @pid, @pidfd: of init, seen from the caller; reaped by the caller
 * @console: master of the container's terminal, or -EBADF
 * @netns: its network namespace if it has one of its own, else -EBADF.  Opened while the child still waits for its
 *         maps, for later on it cannot be looked at
 * @userns: inode of its user namespace if it has one of its own, else 0
 * @sync: socket to the child; private
 * @notify: who answers its system calls, if its filter wants that; private
 */
struct launched {
	pid_t pid;
	int pidfd, console, netns, sync;
	ino_t userns;
	struct notify notify;
};

#define LAUNCHED_INIT                                                                              \
	{                                                                                          \
		.pidfd = -EBADF, .console = -EBADF, .netns = -EBADF, .sync = -EBADF                \
	}

int launch_clone(const struct launch *l, struct launched *ret, struct err *err);
int launch_wait(struct launched *l, struct err *err);
int launch_exec(struct launched *l, struct err *err);
/** launch_done() - close descriptors; a child that has not executed yet is killed and reaped */
void launch_done(struct launched *l);

/**
 * struct join - a further process in a running container (exec)
 * @pid, @start_time: init of the container
 * @config:  the container's config.json
 * @process: OCI process object of the new process (args, env, cwd, user, capabilities, terminal, …)
 * @stdio:   descriptors for 0, 1, 2 without a terminal
 * @preserve: as in struct launch
 * @seccomp_cache: of seccomp_cache_open(); borrowed
 * @bundle:  directory of the container; borrowed
 * @privileged: all capabilities
 * @group:   path of the container's control group, NULL if it has none: the process is put where init is in it
 */
struct join {
	pid_t pid;
	uint64_t start_time;
	const json_t *config, *process;
	const char *group;
	int stdio[3];
	const struct preserve *preserve;
	int seccomp_cache, bundle;
	bool privileged;
};

/**
 * launch_join() - execute a process in a running container
 * The caller is outside, in the namespace that R was made from.  A helper child enters the namespaces and
 * clones; the new process passes the same stages of identity, capabilities, seccomp as init (process.c).
 * @ret->pid: the process itself, as seen by the caller, whose child it is: proc_wait() gives its exit code,
 * 128 + n after signal n; @ret->pidfd: of it (send signals there).  It survives the caller.
 * Returns when the command is running, or with the error of the exec (ERR_EXEC_*).
 */
int launch_join(const struct join *j, struct launched *ret, struct err *err);

#endif
