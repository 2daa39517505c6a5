/*
 * prune - removing what is not used, for `image prune`, `container prune` and `system prune`
 */
#ifndef RL_CMD_PRUNE_H
#define RL_CMD_PRUNE_H

#include "cmd/cmd.h"

/**
 * prune_confirm() - ask on the terminal whether to go on
 * @warning: what will be removed
 * Return: 1 for yes, 0 for no, -ERR_USAGE where there is no terminal to ask on
 */
int prune_confirm(const char *command, const char *warning, struct err *err);

/** prune_check() - whether filters are some that prune knows: label, label! and until */
int prune_check(const struct strv *filters, struct err *err);

/**
 * prune_images() - remove the images that no container uses and that have no name and are no parent
 * @all: those with a name, too
 * @ret: ids of what is gone are appended
 * What somebody begins to use meanwhile stays, without an error.
 */
int prune_images(
	struct ctx *ctx, bool all, const struct strv *filters, struct strv *ret, struct err *err);

/** prune_containers() - let the containers vanish that do not run; their files are left for container_purge() */
int prune_containers(
	struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err);

#endif
