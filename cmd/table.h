/*
 * table - lines of cells separated by tabs, aligned in columns
 *
 * The widths follow Go's tabwriter as podman uses it: cells are at least 12 wide with a padding of 2,
 * blanks fill them, and the last cell of a line is not padded.  Width counts what a terminal shows: characters, not
 * bytes; wide ones count two.
 */
#ifndef RL_CMD_TABLE_H
#define RL_CMD_TABLE_H

#include "runtime/base/str.h"

/** table_align() - append @text to @out with each tab replaced by the blanks that align the cells */
void table_align(const char *text, struct buf *out);

/** table_width() - columns that @len bytes take on a terminal */
size_t table_width(const char *s, size_t len);

#endif
