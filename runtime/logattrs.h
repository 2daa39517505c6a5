/*
 * logattrs - what `logs --details` shows of a container with each line: the labels and variables that --log-opt chose
 *
 * They are the same for every line, so they are not in the log: --log-opt labels=KEY,… and env=NAME,… are in container.json as
 * "logOpts", and what they stand for is read when somebody asks.
 */
#ifndef RL_RUNTIME_LOGATTRS_H
#define RL_RUNTIME_LOGATTRS_H

#include "runtime/base/json.h"

/**
 * log_attrs() - "KEY=VALUE,…" in the order of the keys, escaped as in a query of a URL; "" for none
 * @record, @config: container.json and config.json
 * Return: the caller owns it
 */
char *log_attrs(const json_t *record, const json_t *config);

#endif
