/*
 * prune - removing what is not used, for `image prune`, `container prune` and `system prune`
 */
#ifndef RL_CMD_PRUNE_H
#define RL_CMD_PRUNE_H

#include "cmd/cmd.h"

/**
 * prune_confirm() - ask whether to go on; the answer is a line of standard input
 * @warning: what will be removed
 * Return: 1 for yes, 0 for no, -ERR_USAGE where the input ended without an answer
 */
int prune_confirm(const char *command, const char *warning, struct err *err);

/** struct prune_opts - options that these commands have in common; @filter: label, label! and until */
struct prune_opts {
	bool force;
	struct strv filter;
};

/* @s: the command's own struct, which has a member "prune"; @what the filters choose from */
#define PRUNE_OPTIONS(s, what)                                                                     \
	OPTION_STRV(0, "filter", s, prune.filter, "KEY=VALUE",                                     \
		"only " what " that fit: label, label!, until"),                                   \
		OPTION_BOOL('f', "force", s, prune.force, "do not ask")

/**
 * prune_begin() - check the options, ask whether to go on, and open the store
 * Return: 1 to go on, 0 if the answer is no, or a negative errno
 */
int prune_begin(struct ctx *ctx, const struct prune_opts *o, const char *command,
	const char *warning, struct err *err);

/** prune_print() - print the ids of what is gone */
void prune_print(const struct strv *ids);

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

/** prune_list_volumes() - append the names of the volumes that prune_volumes() would remove */
int prune_list_volumes(
	struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err);

/**
 * prune_volumes() - let the volumes vanish that no container has
 * @filters: checked ones (volume_filter.h)
 * @ret: names of what is gone are appended; the files wait in trash/
 */
int prune_volumes(struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err);

#endif
