/*
 * container - a container's records and life cycle
 *
 * On disk, containers/ID/ in the store: container.json (what it is), config.json (OCI runtime-spec: how it
 * is run), hosts, resolv.conf, hostname, the driver's writable part, ctr.log, and exit.json once it has ended.
 * names/NAME is a symbolic link to ID, made atomically: that makes names unique.  To rename a container, its record is given
 * the new name as "renaming", then the link is moved, then the record is written with the new name alone: as long as there is
 * "renaming", its name is that one if the link is there, else "name".  record.lock is held by who changes
 * container.json (container_edit()).
 * In the runtime directory, containers/ID/: lock (held by the monitor for its whole life: held means it lives),
 * state.json (written by the monitor when the container runs), ctl.sock.
 *
 * The state is derived, never stored:
 *   lock held, no state.json        starting ("initialized")
 *   lock held, "initialized" in it  initialized: set up, and waiting at the gate for its start, whatever exit.json says
 *   lock held, state.json           running (stopping while a stop is under way, paused while it stands still)
 *   lock held, "restarting" in it   restarting, whatever exit.json says
 *   exit.json                       exited; created if it says that the command was never executed
 *   lock free, state.json, no exit.json   exited 137: the monitor was killed or the machine went down
 *   lock free, "initialized" in state.json  as if there were no state.json: its command was never executed
 *   lock free, neither, "started"   exited 137: the same, and the runtime directory went with it
 *   lock free, nothing of these     created
 * A container that its monitor starts again stays in one runtime directory: state.json says "restarting" from before exit.json
 * is written until the next run has begun and exit.json is removed.
 *
 * A start leaves the empty file "started" in the store and removes exit.json before it writes
 * state.json, and the end writes exit.json before it removes state.json; readers look at state.json,
 * then the lock, then exit.json, and so never see a wrong end; one that sees the end of a run that was not the last looks again.
 *
 * container.json:
 *   {"version":1, "id", "name", "renaming": see above, "created": RFC 3339, "image": canonical reference or id as the user gave it resolved,
 *    "imageId": 64 hex or "", "imageDigest", "diffIds": ["sha256:…"], "sharedStore": path of the store that the image is
 *    in, if it is a shared one, "idMaps": ids of the container → of R, where they are others (mapped.h), "command": [entrypoint and arguments],
 *    "labels": {}, "tty": bool, "stdin": bool (kept open), "autoRemove": bool, "stopSignal": number,
 *    "stopTimeout": seconds, "restart": as --restart, if not "no", "timeout": seconds that it may run, "requires": [ids],
 *    "sdnotify": as --sdnotify, if not "container", "conmonPidFile": absolute,
 *    "health": health.h, if there is a check,
 *    "removeImage": bool, "logDriver", "logOpts": {"max-size": bytes, "max-file": number,
 *    "path": absolute, "tag", "label": ["FIELD=VALUE"], "labels": [keys], "env": [names] (logattrs.h)},
 *    "volumes": [{"name", "target", "anonymous": true if it was made for this container, "make": record of one that is made
 *    with options (storage/volume.h)}], "mountedImages": [{"id", "diffIds"}] of --mount type=image, "mountedArtifacts":
 *    [digests] of --mount type=artifact,
 *    "base": absolute path of a directory of the host that the container writes to a copy of, "baseBelow": true if that is
 *    mounted below the root and not the root; without it and diffIds, config.json's root.path is the root,
 *    "network": net_to_json(), "systemd": bool, "cgroups": mode of --cgroups if not "enabled", "cgroupManager": if the user chose one,
 *    "hostEnv": [names of variables that are the host's], "secrets": secrets.h,
 *    "hostConfig": {what only inspect shows}, "config": {…, "UserKept": true if keep-id chose "User"},
 *    "createCommand": [argv]}
 * state.json: {"version":1, "pid", "startTime": proc_start_time(), "monitor": pid, "monitorStart": as startTime,
 *    "boot": state_boot(), "started": RFC 3339, "startedBoot": the same as clock_boot_ms(), "initialized": true while it waits for its start,
 *    "ports": port_to_json(), "stopping": bool, "paused": bool, "networkLost": bool, "userns": inode, or 0 if pids are its own,
 *    "cgroup": path of its group, if there is one (cgroup.h), "cgroupNone": why there is none, or what it lacks,
 *    "restartCount": if not 0; between two runs also "restarting": true, "exitCode", "finished", "next": when it is started}
 * exit.json: {"version":1, "exitCode", "started": "" if it could not be started, "finished", "oomKilled",
 *    "error": message or "", "restartCount": if not 0, "stoppedByUser": if so, "pidsMax": how often a process was refused by its limit, if it was, "stopped": "asked" if it was asked to, "forced"
 *    if it was killed when its time was up}; it is in the runtime directory instead if the store's disk was full
 */
#ifndef RL_RUNTIME_CONTAINER_H
#define RL_RUNTIME_CONTAINER_H

#include "runtime/base/json.h"
#include "runtime/preserve.h"
#include "runtime/restart.h"
#include "storage/store.h"

enum container_status {
	CONTAINER_CREATED,
	CONTAINER_INITIALIZED,
	CONTAINER_RUNNING,
	CONTAINER_STOPPING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING, /* it has ended, and its monitor is going to start it again */
	CONTAINER_EXITED,
	CONTAINER_DAMAGED, /* a record cannot be read: listed, removable, nothing else */
};

/**
 * struct containers - where containers live
 * @store:  borrowed
 * @rundir: runtime directory; borrowed
 * @runpath: its path; borrowed
 * @cgroup_manager: "systemd" or "cgroupfs", if the user chose one, else NULL; borrowed
 */
struct containers {
	struct store *store;
	int rundir;
	const char *runpath, *cgroup_manager;
};

/**
 * struct container - one container, as read
 * @record: container.json; NULL when damaged
 * @state:  state.json, or NULL
 * @exit:   exit.json, or NULL
 * @config: config.json while it is known from its making, else NULL: see container_config()
 * @dirfd, @runfd: containers/ID in the store and in the runtime directory; -EBADF until opened
 */
struct container {
	const struct containers *cs;
	char id[65];
	char *name;
	int dirfd, runfd;
	json_t *record, *config, *state, *exit;
	enum container_status status;
	bool held;	     /* a monitor lives, or somebody starts or removes it */
	pid_t pid;	     /* of init, while running, else 0 */
	uint64_t start_time; /* of init */
	int exit_code;
};

#define CONTAINER_PATH_MAX 128
/** container_path() - "containers/ID/FILE", in the store or the runtime directory; @file may be ""; Return: @buf */
char *container_path(char buf[CONTAINER_PATH_MAX], const char *id, const char *file);
/** container_label() - what messages call it: its name, or its id if that is lost; borrowed */
const char *container_label(const struct container *c);
/** container_is_running() - whether its process is there: a stop may be under way, and it may be paused */
bool container_is_running(const struct container *c);

/**
 * container_up_ms() - for how long it has been running, whatever the machine's clock was set to meanwhile
 * Return: milliseconds; -1 if it does not run, or its monitor did not write down when it began
 */
int64_t container_up_ms(const struct container *c);

/** container_is_ready() - whether container_init() has set it up: a start is all that it waits for */
bool container_is_ready(const struct container *c);

/** container_is_live() - whether there is a monitor that keeps it: it runs, starts, or is going to start again */
bool container_is_live(const struct container *c);

/** container_find() - by name, id or unique id prefix; -ERR_NO_OBJECT, or -EEXIST naming the candidates */
int container_find(
	const struct containers *cs, const char *name, struct container *ret, struct err *err);
/** container_reload() - read container.json again, and its name from it */
int container_reload(struct container *c, struct err *err);
/** container_record_name() - the name in a record: where a renaming has not come to its end, the one that leads to it;
 * NULL if there is none; borrowed */
const char *container_record_name(const struct store *s, const json_t *record);
/** container_clean_name() - remove a name if it leads to no container, as a crash may leave it */
int container_clean_name(const struct store *s, const char *name, struct err *err);
/** container_refresh() - read state again */
int container_refresh(struct container *c, struct err *err);

struct container_list {
	struct container *v;
	size_t n;
};
/** container_list() - all, newest first; a damaged one is listed as CONTAINER_DAMAGED; opens no directories */
int container_list(const struct containers *cs, struct container_list *ret, struct err *err);
void container_done(struct container *c);
void container_list_done(struct container_list *l);

/** container_status_name() - "created", "running", "exited", … as `ps` and inspect show it */
const char *container_status_name(enum container_status s);

/**
 * container_create() - make a container's directory, records and name
 * @record: container.json; "id" may be missing: it is filled in; "name" may be missing: a random one is chosen
 * @config: config.json; the strings "@DIR@" at the beginning of a mount's source, and of an overlay's directories, stand for
 *          the container's directory
 * @dirfd callback: fill() is called with the new directory before it becomes visible, to write hosts, … ; may be NULL
 * Return: 0, or -EEXIST if the name is in use (hint: rm or --replace)
 */
int container_create(const struct containers *cs, json_t *record, json_t *config,
	int (*fill)(int dirfd, const json_t *record, void *arg, struct err *err), void *arg,
	struct container *ret, struct err *err);

/**
 * container_start() - fork the monitor, which starts the container
 * Returns when the command was executed, or failed (then the error is the container's: ERR_EXEC_*, …).
 * @attach: if not NULL, filled with a connected attach socket (attach.h) that sees all output from the first byte
 * @preserve: descriptors for its process; may be NULL; they stay open here
 * @rm_on_failure: remove the container if it cannot be started (run, not start)
 * @gate: set it up and let it wait before its command: container_init()
 */
struct start_opts {
	bool rm_on_failure;
	bool want_attach;
	bool gate;
	struct preserve *preserve;
};
/* One that is between two runs (CONTAINER_RESTARTING), or set up already, is started by its monitor, without waiting any
 * longer. */
int container_start(
	struct container *c, const struct start_opts *o, int *ret_attach, struct err *err);

/** container_init() - set it up with namespaces, mounts and network, and let it wait there for container_start(); until then
 * its records say nothing of it, and a stop leaves it as it was */
int container_init(struct container *c, struct err *err);

/**
 * container_edit() - read container.json in order to change it
 * @ret: a new reference, for json_write_at() into c->dirfd
 * Return: a descriptor to be closed when it is written: nobody else changes the record meanwhile
 */
int container_edit(struct container *c, json_t **ret, struct err *err);

/** container_rename() - give it another name, running or not; -EEXIST if that is in use */
int container_rename(struct container *c, const char *name, struct err *err);

/** container_cleanup() - undo what an ended container's monitor left, if it was killed; -EBUSY while it runs */
int container_cleanup(struct container *c, struct err *err);

/**
 * container_kill() - send a signal to init through a pidfd that is checked to be it; -ESRCH if it does not run
 * After one that is meant to end it, no restart policy starts it again.
 */
int container_kill(struct container *c, int sig, struct err *err);

/** container_stop() - stop signal, wait up to @timeout seconds (-1: as recorded), then SIGKILL; fine if not running */
int container_stop(struct container *c, int timeout, struct err *err);

/**
 * struct stop_how - how to stop
 * @timeout: seconds until SIGKILL; -1: as recorded
 * @signal:  the first one; 0: as recorded
 * @keep:    it is not the user's wish that it stays stopped: restart=unless-stopped brings it back at the next boot
 */
struct stop_how {
	int timeout, signal;
	bool keep;
};
int container_stop_how(struct container *c, const struct stop_how *how, struct err *err);

/** container_stop_begin() - only ask for it: container_stop() and a forced container_remove() then wait for the rest */
void container_stop_begin(struct container *c, const struct stop_how *how);

/**
 * container_restart() - stop it, if it runs, and start it
 * Its monitor does both, so nobody can come between; who is attached learns the end.
 */
int container_restart(struct container *c, const struct stop_how *how, struct err *err);

/**
 * struct container_changes - of what it was made with; borrowed, NULL for nothing
 * @config:  limits, of a running container too, and what else its next start goes by
 * @health:  another health check; @restart: another restart policy: running or not
 */
struct spec_changes;
struct health_opts;
struct container_changes {
	const struct spec_changes *config;
	const struct health_opts *health;
	const struct restart_policy *restart;
};

/** container_update() - change all of it, or, after an error, nothing: the files of its group have their old values, too */
int container_update(struct container *c, const struct container_changes *ch, struct err *err);

/** container_tell() - container.json was changed: let its monitor, if there is one, read it again */
int container_tell(struct container *c, struct err *err);

/**
 * container_pause() - bring all its processes to a stop; the monitor does it, also when the caller is killed meanwhile
 * Return: 0 when they stand still, -EALREADY if it is paused, or another negative errno: then they all run
 */
int container_pause(struct container *c, struct err *err);

/** container_unpause() - let them go on; -EINVAL if it is not paused */
int container_unpause(struct container *c, struct err *err);

/**
 * container_hold() - keep a running or paused container still as long as the returned descriptor is open
 * However the caller ends, the container goes on then, unless it is paused beside that.
 * @ret_fd: for container_release(); -EBADF where nothing runs that could change it
 */
int container_hold(struct container *c, int *ret_fd, struct err *err);

/**
 * container_release() - end a hold
 * @fd: consumed; -EBADF is fine
 * Return: 0, or a negative errno if the container did not stand still all the time: it was being stopped
 */
int container_release(struct container *c, int fd, struct err *err);

/**
 * container_joining() - announce that a process is being added to a running container
 * Return: a descriptor to be closed when the process executes its command, or -EBUSY while the container is paused
 */
int container_joining(struct container *c, struct err *err);

/** container_wait() - until it has ended; @ret_code: its exit code; @timeout_ms -1 for ever (-ETIMEDOUT) */
int container_wait(struct container *c, int timeout_ms, int *ret_code, struct err *err);

/** container_connect() - a client's socket to the monitor (attach.h); the caller sends ATTACH_HELLO */
int container_connect(struct container *c, struct err *err);

/** container_pidfd() - init of a running container, checked to be it; -ESRCH if it does not run */
int container_pidfd(const struct container *c, struct err *err);

/** container_config() - config.json, a new reference */
int container_config(const struct container *c, json_t **ret, struct err *err);

/** container_remove() - remove it; with @force a running one is killed first (after @timeout s of grace, 0 by default) */
int container_remove(struct container *c, bool force, int timeout, struct err *err);

/** container_retire() - the part of container_remove() that makes it vanish; its files wait in trash/ */
int container_retire(struct container *c, bool force, int timeout, struct err *err);
/** container_drop_volumes() - volume_release() of a container that is gone, and the events of it */
void container_drop_volumes(const struct store *s, const json_t *record, struct strv *trash);
/** container_purge() - delete the files of retired containers, in R; best effort */
void container_purge(const struct containers *cs);

#endif
