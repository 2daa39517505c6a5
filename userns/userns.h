/*
 * userns - the user's root namespace R
 *
 * R maps id 0 to the user and 1..N to the user's subordinate ids.  Everything that touches
 * files owned by subordinate ids, and every monitor, runs inside R; containers are user
 * namespaces of their own below it.  R has no process of its own: it exists while a monitor lives.
 * Each monitor holds a lock on RUNDIR/userns/PID-RANDOM, which contains the inode of its user
 * namespace; later invocations find R there and join it without any set-uid helper.  Making R is
 * serialised by RUNDIR/userns/lock, so that sixteen parallel starts make one.
 *
 * The real root needs no R: it stays where it is.  Without subordinate ids R maps only id 0 (single-id
 * mode).
 */
#ifndef RL_USERNS_USERNS_H
#define RL_USERNS_USERNS_H

#include "userns/idmap.h"

enum userns_mode {
	USERNS_RANGES, /* R with subordinate ids */
	USERNS_SINGLE, /* R with id 0 only: newuidmap or the ranges are missing */
	USERNS_ROOT, /* real root, or root of an outer namespace that maps more than one id: no R is
			made */
};

/**
 * struct userns - R as seen from a process
 * @mode: what it is
 * @maps: ids in R → ids outside; for USERNS_ROOT the current namespace's own identity
 * @why:  for USERNS_SINGLE: one sentence that says why and what mends it
 */
struct userns {
	enum userns_mode mode;
	struct idmaps maps;
	char why[256];
};

/**
 * userns_query() - what R is or would be, without entering it
 * Reads the cached ranges, or asks libsubid through the worker rl-subid.
 */
int userns_query(int rundir, struct userns *ret, struct err *err);

/**
 * userns_notice() - what the user should be told once: that there is only one id, why, and what mends it
 * @ret: appended to
 * Return: 0 the first time after R was made with one id in this runtime directory, else a negative errno
 */
int userns_notice(int rundir, struct buf *ret);

/**
 * userns_enter() - move the calling process into R, joining it if it lives, else making it
 * The caller must be single-threaded.  Afterwards it is uid and gid 0 in R with all capabilities
 * there, and has no supplementary groups but the user's own (they stay, unmapped).  Making R takes
 * two helper processes (newuidmap, newgidmap, run at once by a child that stays outside).
 * @rundir: runtime directory; borrowed
 * @ret:    filled; the caller owns it (userns_done)
 */
int userns_enter(int rundir, struct userns *ret, struct err *err);

/**
 * userns_begin() - begin to make R, so that its helpers work while the caller does something else
 * The next userns_enter() of this process or of one that it forks uses it.  That should follow within milliseconds, since
 * others who need R wait meanwhile.  Does nothing where R lives already, needs no helpers, or is being made by somebody
 * else.
 */
void userns_begin(int rundir);

/** userns_begun_done() - in the process that began, when R was entered or is not needed any more: release it */
void userns_begun_done(void);

/** userns_begun_fds() - the descriptors that must stay open until R is entered; Return: how many */
#define USERNS_BEGUN_FDS 4
size_t userns_begun_fds(int fds[USERNS_BEGUN_FDS]);

/**
 * userns_enter_of() - like userns_enter(), but into the R that the container with init @pid lives below
 * For joining another container's namespaces: only a process in that container's R may.
 */
int userns_enter_of(pid_t pid, struct userns *ret, struct err *err);

/**
 * userns_hold() - announce that this process keeps R alive; called by a monitor that is in R
 * Return: the descriptor that holds the lock, to be kept open for life, or a negative errno.
 * A file that a dead process left is removed by the next look-up.
 */
int userns_hold(int rundir, struct err *err);

/**
 * userns_fork() - fork a child that is in R
 * Return: 0 in the child, its pid in the parent, or a negative errno (also when the child could not enter)
 */
pid_t userns_fork(int rundir, struct err *err);

/**
 * userns_call() - proc_call() of a function in R
 */
int userns_call(int rundir, int (*fn)(void *arg, struct err *err), void *arg, struct err *err);

void userns_done(struct userns *u);

#endif
