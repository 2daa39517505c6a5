/*
 * report - an error as the user sees it
 *
 * main() reports the error that ends the program.  A command that works on several objects and goes on after a
 * failing one reports that one itself, and tells main() only the exit code.
 */
#ifndef RL_CMD_REPORT_H
#define RL_CMD_REPORT_H

#include "runtime/base/err.h"

/** report() - "Error: …" and "Hint: …" on standard error, in one write, control characters made visible */
void report(const struct err *err);

#endif
