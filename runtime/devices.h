/*
 * devices - what a container finds in /dev
 *
 * Device nodes cannot be made in a user namespace, so the host's are bound.  Each is identified by its numbers
 * through a descriptor, never by its name.  Runs before rootfs_pivot().
 */
#ifndef RL_RUNTIME_DEVICES_H
#define RL_RUNTIME_DEVICES_H

#include "runtime/base/json.h"
#include "runtime/mounts.h"

#include <sys/types.h>

/** devices_null() - the host's /dev/null, checked to be character device 1:3; Return: O_PATH descriptor or negative errno */
int devices_null(struct err *err);

/**
 * devices_make() - the standard nodes, linux.devices, and the usual links
 * @root: the container's root; borrowed
 * @plan: its mounts, executed already: where one of them is, no node is put on top of it
 * @null: of devices_null(); borrowed
 */
int devices_make(
	int root, const json_t *config, const struct mount_plan *plan, int null, struct err *err);

/**
 * devices_console() - open a new terminal in the container's devpts and bind it on /dev/console
 * @size:       process.consoleSize, or NULL
 * @plan:       as above; NULL for a further process (exec): it has no /dev/console of its own
 * @ret_slave:  descriptor of the slave, owned by the caller
 * Return: descriptor of the master, or a negative errno
 */
int devices_console(int root, const json_t *size, const struct mount_plan *plan, int *ret_slave,
	struct err *err);

#endif
