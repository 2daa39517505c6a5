/*
 * event_row - an event as `events` shows it: the fields of podman and those of docker
 *
 * podman: ID Image Name Network Status Type Time TimeNano ContainerExitCode HealthStatus Error PodID Attributes
 * docker: Action, Actor (ID, Attributes), From, Scope
 */
#ifndef RL_CMD_EVENT_ROW_H
#define RL_CMD_EVENT_ROW_H

#include "runtime/base/json.h"

/**
 * event_row() - the row of an event (runtime/event.h); a new reference
 * @typed: for JSON: names as podman spells them there, and what is not known is left out
 */
json_t *event_row(const json_t *event, bool typed);

/** event_row_line() - append the line for people: time, type, action, id, and what else is known; all escaped
 * @row: of event_row(), not typed */
void event_row_line(const json_t *row, bool full_id, struct buf *out);

#endif
