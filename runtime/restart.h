/*
 * restart - whether a container that has ended is started again, and when
 *
 * A pure decision: the monitor tells what happened and obeys.  The pause before a restart begins with RESTART_DELAY_MIN,
 * doubles up to RESTART_DELAY_MAX, and begins anew after a run of RESTART_GOOD_MS: so a container that fails at once is
 * tried often in the beginning, and does not keep the machine busy for ever.
 *
 * container.json has "restart" in the form of --restart, if it is not "no".
 */
#ifndef RL_RUNTIME_RESTART_H
#define RL_RUNTIME_RESTART_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define RESTART_DELAY_MIN 100
#define RESTART_DELAY_MAX 60000
#define RESTART_GOOD_MS	  10000

enum restart_when { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

/**
 * struct restart_policy - what --restart says
 * @max: restarts that RESTART_ON_FAILURE allows; 0 for any number
 */
struct restart_policy {
	enum restart_when when;
	unsigned max;
};

/** restart_parse() - "no", "never", "always", "unless-stopped", "on-failure" or "on-failure:N"; "" is "no" */
int restart_parse(const char *text, struct restart_policy *ret, struct err *err);

#define RESTART_TEXT_MAX 32
/** restart_format() - the form that restart_parse() reads, into @buf; Return: @buf */
char *restart_format(const struct restart_policy *p, char buf[RESTART_TEXT_MAX]);

/** restart_name() - without the number: "no", "on-failure", "always", "unless-stopped" */
const char *restart_name(enum restart_when when);

/**
 * struct restart - one container's restarts; zero in the beginning and whenever a user starts it
 * @count: how often it was started again
 * @delay: the last pause, in ms
 */
struct restart {
	unsigned count;
	int64_t delay;
};

/**
 * restart_after() - decide at the end of a run that no user asked for
 * @exit_code: of the command, or 125 to 127 when it could not be started again
 * @ran_ms:    how long it ran
 * Return: ms until it is to be started again, which is then counted; or -1: it stays as it is
 */
int64_t restart_after(
	struct restart *r, const struct restart_policy *p, int exit_code, int64_t ran_ms);

/** restart_at_boot() - whether it is started when the machine is; @stopped: the last end was a user's wish */
bool restart_at_boot(const struct restart_policy *p, bool stopped);

#endif
