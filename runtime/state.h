/*
 * state - the changing side of a container: its lock, state.json, exit.json, and what removes them
 *
 * RUNDIR/containers/ID/lock is taken by whoever is about to start or remove the container, and
 * handed on to the monitor, which holds it for life.  The whole runtime directory of a container is
 * removed when it ends, so a lock only counts while its file is still the one under that name:
 * state_lock() checks that.
 */
#ifndef RL_RUNTIME_STATE_H
#define RL_RUNTIME_STATE_H

#include "runtime/container.h"

/**
 * state_lock() - take a container's lock, making its runtime directory
 * @timeout_ms: how long to wait for the holder; 0 for not at all, -1 for ever
 * @ret_runfd:  the container's runtime directory, owned by the caller
 * Return: the descriptor that holds the lock, or a negative errno (-EWOULDBLOCK if it stays held)
 */
int state_lock(const struct containers *cs, const char *id, int timeout_ms, int *ret_runfd,
	struct err *err);

/** state_wait() - until nobody holds the container's lock; Return: 0, -ETIMEDOUT, or a negative errno */
int state_wait(const struct containers *cs, const char *id, int timeout_ms, struct err *err);

/** state_held() - whether a live process holds the container's lock */
bool state_held(const struct containers *cs, const char *id);

/** state_clear() - remove the container's runtime directory; the caller holds the lock */
void state_clear(const struct containers *cs, const char *id);

/**
 * state_kill_orphan() - end an init that outlived its monitor; the caller holds the lock
 * Goes by state.json as the monitor left it, unless that is from before a reboot; none is fine.
 */
void state_kill_orphan(const struct container *c);

#define STATE_BOOT_MAX 40
/** state_boot() - what tells this run of the machine from any other; "" where the kernel does not say */
const char *state_boot(char buf[STATE_BOOT_MAX]);

/** state_connect() - connect to a monitor's control socket; Return: descriptor or a negative errno */
int state_connect(int runfd, struct err *err);

/** state_name_is() - whether names/@name leads to container @id */
bool state_name_is(const struct store *s, const char *name, const char *id);

/**
 * state_retire() - let a container vanish: its directory goes into trash/, then its name; the caller holds the lock
 * @ret_trash: where it went, see store_discard_as()
 */
int state_retire(const struct containers *cs, const char *id, const char *name, char ret_trash[64],
	struct err *err);

#endif
