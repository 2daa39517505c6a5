/*
 * search_tags - the tags that a repository has, for `search --list-tags`
 */
#ifndef RL_CMD_SEARCH_TAGS_H
#define RL_CMD_SEARCH_TAGS_H

#include "cmd/cmd.h"
#include "storage/access.h"

/**
 * search_tags() - print them
 * @name:   [HOST/]PATH
 * @limit:  so many at most
 * @format: Go template or "json"; NULL for a table
 */
int search_tags(struct ctx *ctx, const struct access *a, const char *name, int64_t limit,
	const char *format, struct err *err);

#endif
