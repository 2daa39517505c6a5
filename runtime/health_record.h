/*
 * health_record - health.json: what is known of a container's health
 *
 *   {"version":1, "Status", "FailingStreak", "Log": [{"Start", "End", "ExitCode", "Output"}]}
 * It is in the runtime directory while the container runs; its monitor writes it in the beginning, then each check does
 * (health_check.h), of which there is never more than one.  When the container has ended it is kept in the store.  --health-log-destination DIR has a copy
 * of it in DIR/ID-healthcheck.log.
 */
#ifndef RL_RUNTIME_HEALTH_RECORD_H
#define RL_RUNTIME_HEALTH_RECORD_H

#include "runtime/container.h"
#include "runtime/health.h"

#define HEALTH_FILE "health.json"

/** health_read() - of a container that has a check, running or not; a new reference, or NULL if there is none */
json_t *health_read(const struct container *c);

/** health_read_last() - of this run or, where that has none yet, of the one before; a new reference, or NULL */
json_t *health_read_last(const struct container *c);

/**
 * health_shown() - its status while it runs, "" without a check
 * @buf: filled with it; Return: @buf
 */
#define HEALTH_NAME_MAX 16
const char *health_shown(const struct container *c, char buf[HEALTH_NAME_MAX]);

/**
 * health_write() - write it
 * @runfd: the container's runtime directory
 * @old:   what it said before, whose log is kept; NULL for nothing
 * @entry: a result to be added; NULL for none
 */
int health_write(const struct container *c, int runfd, const json_t *old, const struct health *h,
	const struct health_conf *conf, json_t *entry, struct err *err);

#endif
