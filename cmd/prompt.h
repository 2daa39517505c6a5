/*
 * prompt - asking the user for a line on the terminal
 */
#ifndef RL_CMD_PROMPT_H
#define RL_CMD_PROMPT_H

#include "runtime/base/err.h"

#include <stdbool.h>

/** prompt_possible() - whether there is somebody to ask: standard input is a terminal */
bool prompt_possible(void);

/**
 * prompt_line() - ask, and read one line
 * The question goes to standard error.  A signal puts the terminal back as it was.
 * @secret: what is typed is not shown
 * @ret: without the newline; owned by the caller
 * Return: 0, -ERR_CANCELLED after Ctrl-C or at the end of input, or another negative errno
 */
int prompt_line(const char *question, bool secret, char **ret, struct err *err);

#endif
