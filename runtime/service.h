/*
 * service - a unit of systemd for a container that is there, systemd.service(5)
 *
 * Either the service starts and stops that very container, or it makes a new one at each start, with the command line that this one was
 * made with.
 */
#ifndef RL_RUNTIME_SERVICE_H
#define RL_RUNTIME_SERVICE_H

#include "runtime/container.h"
#include "runtime/unitfile.h"

/**
 * struct service_opts - what the unit says
 * @rl:      path of rl
 * @prefix, @separator: of the unit's name; "container" and "-"
 * @restart: a value of Restart=; NULL for on-failure
 * @by_name: call the container by its name instead of its id
 * @fresh:   a new container at each start
 * @template: a template, whose instances are containers of their own; needs @fresh
 * @after, @requires, @wants: other units
 * @env:     KEY=VALUE for rl
 * @restart_s, @start_timeout_s, @stop_timeout_s: seconds; -1: systemd's own, and for the last the container's
 */
struct service_opts {
	const char *rl, *prefix, *separator, *restart;
	bool by_name, fresh, template;
	const struct strv *after, *requires, *wants, *env;
	int64_t restart_s, start_timeout_s, stop_timeout_s;
};

/**
 * service_make() - make the unit
 * @c:   the container; its record is read, nothing is changed
 * @ret: filled, the name included; the caller owns it
 * Return: 0, or -EINVAL where the container cannot be made like that again
 */
int service_make(const struct container *c, const struct service_opts *o, struct unitfile *ret,
	struct err *err);

#endif
