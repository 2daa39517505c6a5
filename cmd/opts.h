/*
 * opts - reading a command line by an option table
 *
 * Understood: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -n=VALUE, bundled letters (-it), -- as the end of options,
 * --flag=false for booleans, --name alone for an option with an implied value.  An option that takes
 * one value and is given again: the last one counts; lists grow.  A list's default is replaced by the first
 * value that is given.  Options that share an offset are aliases.
 */
#ifndef RL_CMD_OPTS_H
#define RL_CMD_OPTS_H

#include "cmd/cmd.h"

/**
 * opts_init() - fill a zeroed struct with its defaults, strings copied, so that opts_done() may free them all
 * @defaults: an instance of the struct, or NULL
 */
void opts_init(const struct opt *table, void *target, size_t size, const void *defaults);

/** opts_done() - free every string and list that the table names */
void opts_done(const struct opt *table, void *target);

/**
 * opts_parse() - parse
 * @table:  options; NULL for none
 * @target: the struct they fill, after opts_init()
 * @argv:   what follows the command's name, NULL-terminated
 * @stop_at_arg: options end at the first argument
 * @who:    "rl run", for messages
 * @args:   arguments are appended
 * Return: 0, 1 if --help was asked for (the rest is not looked at), or -ERR_USAGE
 */
int opts_parse(const struct opt *table, void *target, char *const *argv, bool stop_at_arg,
	const char *who, struct strv *args, struct err *err);

/** opts_nearest() - suggestion for a misspelt word: whether @candidate is near, and nearer than *@best so far */
bool opts_nearest(const char *word, const char *candidate, unsigned *best);

#endif
