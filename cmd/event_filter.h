/*
 * event_filter - which events --filter KEY=VALUE chooses
 *
 * Values of one key are alternatives, different keys all have to match; each label=… has to match.
 */
#ifndef RL_CMD_EVENT_FILTER_H
#define RL_CMD_EVENT_FILTER_H

#include "runtime/base/json.h"

/** event_filter_check() - whether all filters are known and well-formed; Return: 0 or -ERR_USAGE */
int event_filter_check(const struct strv *filters, struct err *err);

/** event_filter_match() - whether an event (runtime/event.h) is chosen by checked filters */
bool event_filter_match(const struct strv *filters, const json_t *event);

#endif
