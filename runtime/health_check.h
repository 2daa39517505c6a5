/*
 * health_check - one check: execute its command in the container, and write down what came of it
 *
 * A child of the monitor does it, so nothing that a check prints or needs ever is in the monitor's memory.  It goes into the
 * container as `exec` does, with the container's own user, environment, capabilities and filter; its input is
 * empty, and it has no terminal.
 */
#ifndef RL_RUNTIME_HEALTH_CHECK_H
#define RL_RUNTIME_HEALTH_CHECK_H

#include "runtime/container.h"
#include "runtime/health.h"

/* exit codes of the child */
enum {
	HEALTH_CHECK_PASSED,
	HEALTH_CHECK_FAILED,
	HEALTH_CHECK_VOID, /* it was told to stop, or the container has ended: there is no result, and no record of one */
};

/**
 * struct health_job - what is to be checked; all is borrowed
 * @conf, @health: the check, and how things were before it
 * @lenient: a failure does not count
 * @runfd:   the container's runtime directory
 * @sigfd:   signalfd: SIGTERM ends the check and all that it has started
 * @init:    pidfd of the container's init
 */
struct health_job {
	struct container *c;
	const struct health_conf *conf;
	const struct health *health;
	bool lenient;
	int runfd, sigfd, init;
};

/** health_check() - do it; Return: an exit code */
int health_check(const struct health_job *job);

#endif
