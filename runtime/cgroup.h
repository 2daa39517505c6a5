/*
 * cgroup - a container's own group in the unified (v2) hierarchy
 *
 * Where there is a systemd manager of the user's (for root: the system's), each container is a transient scope, SLICE/rl-ID.scope,
 * with two groups in it: "supervisor" with the monitor and its helpers, and "container" with everything of the container.  Where
 * there is none but a subtree that belongs to the user, the group is SUBTREE/rl-ID and the monitor stays where it is.
 * With neither there is no group, and the reason is remembered for who asks for a limit.
 *
 * The monitor calls cgroup_begin() as soon as it is a process of its own, so that systemd works while it prepares the rest,
 * cgroup_join() before it makes its first child that stays, cgroup_make() before each clone, and cgroup_end() after each run.
 * The group of a run is a new one, so what it counts is what happened in that run.  state.json says where it is ("cgroup"), or
 * why there is none ("cgroupNone"): other commands find it with cgroup_open().
 */
#ifndef RL_RUNTIME_CGROUP_H
#define RL_RUNTIME_CGROUP_H

#include "runtime/container.h"
#include "runtime/scope.h"

#include <sys/types.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

enum cgroup_driver { CGROUP_NONE, CGROUP_SYSTEMD, CGROUP_FS };

/* --cgroups */
enum cgroup_mode { CGROUP_ENABLED, CGROUP_DISABLED, CGROUP_NO_CONMON, CGROUP_SPLIT };

/** cgroup_mode_parse() - of its name; "" is CGROUP_ENABLED; Return: 0 or -EINVAL */
int cgroup_mode_parse(const char *text, enum cgroup_mode *ret);

/**
 * struct cgroup_want - what the records of a container ask for
 * @manager: "systemd", "cgroupfs", or NULL where either will do
 * @slice:   unit that the scope is to be in; @parent: path that the group is to be below: what of the two there is, is a wish
 */
struct cgroup_want {
	enum cgroup_mode mode;
	const char *manager;
	char *slice, *parent;
};

/** cgroup_default() - the driver that a container gets here which asks for none: "systemd", "cgroupfs" or "none" */
const char *cgroup_default(void);

/** cgroup_default_group() - of that driver: whose controllers its containers can have, below CGROUP_ROOT; NULL if there is none;
 * owned by the caller */
char *cgroup_default_group(void);

/** cgroup_want() - read them: container.json and linux.cgroupsPath of config.json */
void cgroup_want(const json_t *record, const json_t *config, struct cgroup_want *ret);
void cgroup_want_done(struct cgroup_want *w);

/** cgroup_path_format() - linux.cgroupsPath for a parent ("NAME.slice", a path, or NULL); owned by the caller */
char *cgroup_path_format(const char *parent, const char *manager, const char *id);

/**
 * struct cgroup - of the monitor; CGROUP_INIT
 * @driver: CGROUP_NONE: @why has the reason
 * @asked:  the user chose where it is to be: there must be one
 * @id:     of the container; borrowed
 * @slice:  that of scopes without a wish
 * @fd:     directory of the container's group, -EBADF if there is none
 * @path:   of that group below CGROUP_ROOT; NULL if there is none
 * @base:   of the group that it is in
 * @below:  names between the two
 * @why:    why there is no group, or what it lacks; "" for nothing
 * @address: of systemd's manager; @call: the worker at work
 * @events: memory.events, which tells by POLLPRI when it changes, until it is read; -EBADF if there is none
 * @oom, @pids_max: of the last run: how often the kernel killed for want of memory, and refused a process
 */
struct cgroup {
	enum cgroup_driver driver;
	struct cgroup_want want;
	bool begun, asked;
	const char *id, *slice;
	int fd, events, stop_seconds;
	char *path, *base, *below, *address;
	char why[256];
	struct scope_call call;
	uint64_t oom, pids_max;
};

#define CGROUP_INIT                                                                                \
	{                                                                                          \
		.fd = -EBADF, .events = -EBADF, .call = SCOPE_CALL_INIT                            \
	}

/**
 * cgroup_begin() - choose how, and let systemd make the scope meanwhile; the second time it does nothing
 * @id: borrowed
 */
void cgroup_begin(struct cgroup *g, const json_t *record, const json_t *config, const char *id);

/** cgroup_join() - wait for it; the caller is in it then.  Fails only if the user chose where the group is to be */
int cgroup_join(struct cgroup *g, struct err *err);

/** cgroup_make() - make the group of a run; as cgroup_join(); nothing where cgroup_place() is to do it */
int cgroup_make(struct cgroup *g, struct err *err);

/** cgroup_is_late() - whether cgroup_place() has to be called when there is a process: the monitor is not in the scope */
bool cgroup_is_late(const struct cgroup *g);
/** cgroup_place() - make the scope around a process that has done nothing yet, and put it into the container's group */
int cgroup_place(struct cgroup *g, pid_t pid, struct err *err);

/** cgroup_owner() - who the container's root is, as R has it */
void cgroup_owner(const json_t *config, uint32_t *ret_uid, uint32_t *ret_gid);

/** cgroup_note() - write into state.json where it is, or why it is not */
void cgroup_note(const struct cgroup *g, json_t *state);

/** cgroup_kill() - kill all of the container, at once; nothing where it has no group */
void cgroup_kill(const struct cgroup *g);

/** cgroup_look() - read @events: @oom is known; Return: 0 or a negative errno, after which it is of no use */
int cgroup_look(struct cgroup *g);

/** cgroup_end() - a run has ended: read what it counted, kill what is left, remove the group */
void cgroup_end(struct cgroup *g);
void cgroup_done(struct cgroup *g);

/**
 * cgroup_open() - the group of a container that runs
 * Return: directory descriptor (read memory.current, write memory.max, …; its subtree_control is the container's), or
 * -EOPNOTSUPP with the reason why there is none, -ESRCH if it does not run
 */
int cgroup_open(const struct container *c, struct err *err);

/** cgroup_forget() - kill and remove the group that a monitor left which was killed; @state: state.json, of this boot */
void cgroup_forget(const json_t *state, const char *id);

#endif
