/*
 * help - what the option tables and the list of commands say to a reader
 *
 * The overview, a command's --help, and the man pages come from the same tables.
 */
#ifndef RL_CMD_HELP_H
#define RL_CMD_HELP_H

#include "cmd/cmd.h"

/**
 * struct cmd_entry - one line of commands.h
 * @group: heading; NULL but on a group's line, where the rest is NULL
 * @alias: another name of @cmd, or NULL
 */
struct cmd_entry {
	const char *group, *alias;
	const struct cmd *cmd;
};

/** commands - all of them, ended by a line without @group and @cmd */
extern const struct cmd_entry commands[];
/** help_global_opts - the options before the command, as a table without targets of its own */
extern const struct opt help_global_opts[];

/** the struct that help_global_opts fills */
struct global_opts {
	char *root, *runroot, *storage_driver, *log_level;
	bool debug, version;
};

/**
 * help_find() - the command that begins a command line
 * @argv: words, NULL-terminated
 * @ret_words: how many words its name has
 * Return: the command, or NULL with @err naming the nearest one
 */
const struct cmd *help_find(char *const *argv, int *ret_words, struct err *err);

/** help_overview() - `rl help` */
void help_overview(struct buf *out, bool bold);
/** help_command() - `rl CMD --help` */
void help_command(const struct cmd *cmd, struct buf *out, bool bold);
/** help_bold() - whether headings on @fd are emphasised: a terminal, TERM is not "dumb", and NO_COLOR is unset or empty */
bool help_bold(int fd);

#endif
