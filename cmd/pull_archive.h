/*
 * pull_archive - images out of files and directories, for commands that take an image's name
 */
#ifndef RL_CMD_PULL_ARCHIVE_H
#define RL_CMD_PULL_ARCHIVE_H

#include "cmd/cmd.h"
#include "storage/platform.h"
#include "storage/transport.h"

/**
 * pull_archive() - take in what a transport names: all images there, or the one that it chooses
 * @one:     there may be only one
 * @want:    platform to choose from an index; NULL for this machine's
 * @ret_ids: of the images, each once
 */
int pull_archive(struct ctx *ctx, const struct transport *t, bool one, const struct platform *want,
	bool quiet, struct strv *ret_ids, struct err *err);

#endif
