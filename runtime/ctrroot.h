/*
 * ctrroot - the root file system of a container that does not run, mounted for somebody else's use
 *
 * Who calls it is in R with a mount namespace of its own, and holds the container's lock: the same writable part must not
 * be mounted twice.
 */
#ifndef RL_RUNTIME_CTRROOT_H
#define RL_RUNTIME_CTRROOT_H

#include "runtime/container.h"
#include "storage/driver.h"

/**
 * struct ctrroot - what was mounted
 * @fd: the root: a detached mount
 * The rest is private.
 */
struct ctrroot {
	int fd, image;
	const struct driver *driver;
	struct rootfs rootfs;
	char tree[META_PATH_MAX];
	pid_t helper;
};

#define CTRROOT_INIT                                                                               \
	{                                                                                          \
		.fd = -EBADF, .image = -EBADF, .rootfs = {.data = -EBADF }                         \
	}

/** ctrroot_mount() - @config: config.json; @c: borrowed until ctrroot_done() */
int ctrroot_mount(struct ctrroot *ret, struct container *c, const json_t *config, struct err *err);

/** ctrroot_done() - a helper of the driver ends; what was attached elsewhere stays without one */
void ctrroot_done(struct ctrroot *root);

#endif
