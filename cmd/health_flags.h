/*
 * health_flags - the options of a health check, of run, create and update
 */
#ifndef RL_CMD_HEALTH_FLAGS_H
#define RL_CMD_HEALTH_FLAGS_H

#include "cmd/cmd.h"
#include "runtime/health_opts.h"

/* clang-format off */
#define HEALTH_STR(s, m, n, a, h) OPTION_STR(0, "health-" n, s, m, a, h)

/* members of an option table of struct @s, whose member @m is a struct health_opts; --no-healthcheck comes later */
#define HEALTH_OPTIONS(s, m) \
	HEALTH_STR(s, m.cmd, "cmd", "COMMAND", "check its health with a line for the shell, a JSON list, or none"), \
	HEALTH_STR(s, m.interval, "interval", "DURATION", "pause between two checks, or disable (default: 30s)"), \
	HEALTH_STR(s, m.log_destination, "log-destination", "local|events_logger|DIR", "where results are written down"), \
	HEALTH_STR(s, m.log_count, "max-log-count", "N", "results that are kept; 0 for any number (default: 5)"), \
	HEALTH_STR(s, m.log_size, "max-log-size", "BYTES", "of the output of each; 0 for 65536 (default: 500)"), \
	HEALTH_STR(s, m.on_failure, "on-failure", "none|kill|restart|stop", "what is done when it is unhealthy"), \
	HEALTH_STR(s, m.retries, "retries", "N", "failures in a row until it is unhealthy (default: 3)"), \
	HEALTH_STR(s, m.start_interval, "start-interval", "DURATION", "pause during the start period (default: 5s)"), \
	HEALTH_STR(s, m.start_period, "start-period", "DURATION", "time in which failures do not count (default: 0s)"), \
	HEALTH_STR(s, m.startup_cmd, "startup-cmd", "COMMAND", "first check with this until it succeeds"), \
	HEALTH_STR(s, m.startup_interval, "startup-interval", "DURATION", "pause between two of these (default: 30s)"), \
	HEALTH_STR(s, m.startup_retries, "startup-retries", "N", "failures of it until the container is restarted; 0 for never (default: 0)"), \
	HEALTH_STR(s, m.startup_success, "startup-success", "N", "successes of it that are needed, in a row (default: 1)"), \
	HEALTH_STR(s, m.startup_timeout, "startup-timeout", "DURATION", "time that it may take (default: 30s)"), \
	HEALTH_STR(s, m.timeout, "timeout", "DURATION", "time that a check may take (default: 30s)")

#define HEALTH_OPTION_NONE(s, m) OPTION_BOOL(0, "no-healthcheck", s, m.none, "no health check, whatever the image says")
/* clang-format on */

#endif
