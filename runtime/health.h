/*
 * health - what a container's health check is, and what its results mean
 *
 * Pure: the monitor tells what happened and when (monitor_health.c), and obeys.  A container with a check is starting until a
 * check succeeds; after so many failures in a row that count it is unhealthy.  A failure does not count before the start
 * period is over, as long as none has succeeded.  With a start-up check, that one runs first and alone, until it has
 * succeeded often enough.
 *
 * container.json has "health", if there is a check:
 *   {"Test": ["CMD-SHELL", text], ["CMD", arg…] or ["NONE"], "Interval": ns, 0 for never, "Timeout": ns, "StartPeriod": ns,
 *    "StartInterval": ns, "Retries": number, "Shell": the image's, "Startup": {"Test", "Interval", "Timeout", "Retries",
 *    "Successes"}, "OnFailure": "kill", "restart" or "stop", "LogDestination": absolute directory or "events_logger",
 *    "MaxLogCount", "MaxLogSize": 0 for as much as there is room}
 * with what is as usual left out.
 */
#ifndef RL_RUNTIME_HEALTH_H
#define RL_RUNTIME_HEALTH_H

#include "runtime/base/json.h"

#include <stdint.h>

/* docker's and podman's numbers, in ms */
#define HEALTH_INTERVAL	      30000
#define HEALTH_TIMEOUT	      30000
#define HEALTH_START_INTERVAL 5000
#define HEALTH_RETRIES	      3
#define HEALTH_LOG_COUNT      5
#define HEALTH_LOG_SIZE	      500

/* the first check comes after this time at the latest: what lives shorter is not checked */
#define HEALTH_FIRST 1000
/* of one check's output, whatever it is asked to keep; and of all that is kept */
#define HEALTH_OUTPUT_MAX 65536
#define HEALTH_RECORD_MAX (1 << 20)
/* of a command as text: container.json is read for each line of `rl ps` */
#define HEALTH_TEST_MAX 65536

/* the code of the answer to who asks for a check that fails */
#define HEALTH_E_FAILED EREMOTEIO
/* the container ended, or was told to, while it was under way */
#define HEALTH_E_STOPPED ESHUTDOWN

enum health_status { HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

/* what is done when a check finds the container unhealthy */
enum health_action { HEALTH_NOTHING, HEALTH_KILL, HEALTH_RESTART, HEALTH_STOP };

/**
 * struct health_timing - of one kind of check
 * @interval: between two checks, in ms; 0: only when a user asks for one
 * @timeout:  in ms
 * @retries:  failures that are too many; 0 for never
 */
struct health_timing {
	int64_t interval, timeout;
	unsigned retries;
};

/**
 * struct health_conf - a container's check
 * @on:        it has one
 * @startup:   it has a start-up check, with the timing @first, which has to succeed @successes times
 * @events:    each result is an event
 * @log_count: results that are kept; 0 for any number
 * @log_size:  bytes of output that are kept of each
 */
struct health_conf {
	bool on, startup, events;
	struct health_timing usual, first;
	unsigned successes, log_count;
	size_t log_size;
	int64_t start_period, start_interval;
	enum health_action action;
};

/** health_conf_read() - from container.json; what is not there is as usual, and so is what makes no sense */
void health_conf_read(const json_t *record, struct health_conf *ret);

/**
 * struct health - how it is; zero when it starts
 * @streak: failures in a row that count
 * @tries, @passes: failures of the start-up check, and successes in a row
 * @begun:  the start-up check has succeeded
 */
struct health {
	enum health_status status;
	unsigned streak, tries, passes;
	bool begun;
};

/** health_status_name() - "starting", "healthy", "unhealthy" */
const char *health_status_name(enum health_status s);

/** health_is_startup() - whether the start-up check is the one to run */
bool health_is_startup(const struct health *h, const struct health_conf *c);

/** health_timing() - of the check that is the one to run; borrowed from @c */
const struct health_timing *health_timing(const struct health *h, const struct health_conf *c);

/**
 * health_pause() - ms from the end of one check, or from the start, to the next one; 0 for none
 * @ran: ms since the start
 */
int64_t health_pause(const struct health *h, const struct health_conf *c, int64_t ran);

/** health_is_lenient() - whether a failure of a check that begins @ran ms after the start does not count */
bool health_is_lenient(const struct health *h, const struct health_conf *c, int64_t ran);

/**
 * health_count() - take a result
 * @lenient: a failure does not count
 * Return: what is to be done now
 */
enum health_action health_count(
	struct health *h, const struct health_conf *c, bool passed, bool lenient);

/**
 * health_command() - the arguments of a check
 * @startup: of the start-up check
 */
void health_command(const json_t *record, bool startup, struct strv *ret);

#endif
