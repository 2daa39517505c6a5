/*
 * man - the manual pages, made from the option tables
 */
#ifndef RL_CMD_MAN_H
#define RL_CMD_MAN_H

#include "cmd/help.h"

/** man_command() - rl-CMD(1) as roff */
void man_command(const struct cmd *cmd, struct buf *out);
/** man_overview() - rl(1) as roff */
void man_overview(struct buf *out);
/** man_names() - the pages that exist, one a line: "rl", "rl-run", … */
void man_names(struct buf *out);

#endif
