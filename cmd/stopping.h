/*
 * stopping - the options of stop and restart that say how
 */
#ifndef RL_CMD_STOPPING_H
#define RL_CMD_STOPPING_H

#include "cmd/cmd.h"
#include "runtime/container.h"

/**
 * struct stopping - as read; @seconds begins with -1
 * @how: the same, after stopping_check()
 */
struct stopping {
	int64_t seconds;
	char *signal;
	struct stop_how how;
};

/* clang-format off */
#define STOPPING_OPTIONS(type, m) \
	OPTION_STR('s', "signal", type, m.signal, "SIGNAL", "what asks it to end (default: as recorded, TERM)"), \
	OPTION_INT('t', "time", type, m.seconds, "SECONDS", "wait so long before killing it (default: as recorded, 10)"), \
	OPTION_INT(0, "timeout", type, m.seconds, "SECONDS", "the same as --time")
/* clang-format on */

/** stopping_check() - fill @how, or refuse what was given */
int stopping_check(struct stopping *s, struct err *err);

#endif
