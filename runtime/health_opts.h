/*
 * health_opts - the flags of a health check, of run, create and update
 */
#ifndef RL_RUNTIME_HEALTH_OPTS_H
#define RL_RUNTIME_HEALTH_OPTS_H

#include "runtime/base/json.h"

/**
 * struct health_opts - as they were given; NULL for not given
 * @none: --no-healthcheck
 */
struct health_opts {
	char *cmd, *interval, *timeout, *retries, *start_period, *start_interval;
	char *startup_cmd, *startup_interval, *startup_timeout, *startup_retries, *startup_success;
	char *on_failure, *log_destination, *log_count, *log_size;
	bool none;
};

/** health_opts_given() - whether there is one */
bool health_opts_given(const struct health_opts *o);

/** health_opts_image() - "health" of a record (health.h), from an image's configuration: what makes no sense is left out */
void health_opts_image(const json_t *image_config, json_t *record);

/** health_opts_apply() - change "health" of a record; -ERR_USAGE where they do not fit together */
int health_opts_apply(const struct health_opts *o, json_t *record, struct err *err);

#endif
