/*
 * archive - commands that read an archive from a file or standard input: import, load
 */
#ifndef RL_CMD_ARCHIVE_H
#define RL_CMD_ARCHIVE_H

#include "cmd/cmd.h"

/**
 * archive_open() - open the archive
 * @command: for messages
 * @path: "-" or NULL for standard input, which must not be a terminal: then @hint says what to do
 * @ret: owned by the caller
 */
int archive_open(
	const char *command, const char *path, const char *hint, int *ret, struct err *err);

/**
 * archive_run() - have the transfer worker read it, with progress on standard error
 * @kind: what it should be, for the hint when it is something else
 * @ret: the worker's result; a new reference
 */
int archive_run(struct ctx *ctx, const char *subcommand, const json_t *request, int input,
	bool quiet, const char *kind, json_t **ret, struct err *err);

#endif
