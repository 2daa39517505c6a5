/*
 * image_filter - choosing images with --filter
 */
#ifndef RL_CMD_IMAGE_FILTER_H
#define RL_CMD_IMAGE_FILTER_H

#include "storage/image.h"

struct image_filter {
	struct strv references, labels, ids;
	int64_t before, since, until; /* unix times; 0 for none */
	int dangling, readonly;	      /* -1: either */
};

/**
 * image_filter_parse() - parse "KEY=VALUE" arguments: reference, before, since (after), dangling, label, id, until, readonly
 * Filters of one key are alternatives, but for label; different keys must all hold.
 */
int image_filter_parse(
	const struct store *s, const struct strv *args, struct image_filter *ret, struct err *err);

/**
 * image_filter_match() - whether @img is chosen under its name @name (NULL: it has none)
 */
bool image_filter_match(const struct image_filter *f, const struct image *img, const char *name);

void image_filter_done(struct image_filter *f);

#endif
