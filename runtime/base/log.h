/*
 * log - debug messages on standard error
 *
 * Silent unless log_enable() was called (global option --debug).  Errors are
 * not logged: they are returned in a struct err and printed by cmd/main.c.
 */
#ifndef RL_BASE_LOG_H
#define RL_BASE_LOG_H

#include "runtime/base/mem.h"

#include <stdbool.h>

/** log_enable() - switch debug messages on or off */
void log_enable(bool on);
/** log_debug() - one line on standard error with a monotonic time stamp, in one write */
void log_debug(const char *fmt, ...) _printf_(1, 2);

#endif
