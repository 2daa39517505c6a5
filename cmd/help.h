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

/** cmd_entry_end() - whether it is the line that ends them */
static inline bool cmd_entry_end(const struct cmd_entry *e)
{
	return !e->group && !e->cmd;
}

/** commands - all of them, ended by a line without @group and @cmd */
extern const struct cmd_entry commands[];
/** help_global_opts - the options before the command, as a table without targets of its own */
extern const struct opt help_global_opts[];

/** the struct that help_global_opts fills */
struct global_opts {
	char *root, *runroot, *storage_driver, *cgroup_manager, *log_level, *out, *events_backend,
		*tmpdir;
	bool debug, noout, version;
};

/**
 * help_find() - the command that begins a command line
 * @argv: words, NULL-terminated
 * @ret_words: how many words its name has
 * Return: the command, or NULL with @err naming the nearest one
 */
const struct cmd *help_find(char *const *argv, int *ret_words, struct err *err);

/** struct help_style - how text is laid out: with bold headings, at most @width columns */
struct help_style {
	bool bold;
	int width;
};

/** help_style() - for @fd: bold on a terminal, unless TERM is "dumb" or NO_COLOR is set; its width, at most 100 */
struct help_style help_style(int fd);
/** help_opt_arg() - the name of an option's value, NULL if it has none */
const char *help_opt_arg(const struct opt *o);
/** help_overview() - `rl help` */
void help_overview(struct buf *out, struct help_style style);
/** help_command() - `rl CMD --help` */
void help_command(const struct cmd *cmd, struct buf *out, struct help_style style);

#endif
