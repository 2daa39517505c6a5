/*
 * image_filter - choosing images with --filter
 *
 * A filter is KEY=VALUE, or KEY!=VALUE for those that do not fit.  Values of one key are alternatives, but each label
 * has to fit; different keys all have to hold, and so do all those with "!=".
 */
#ifndef RL_CMD_IMAGE_FILTER_H
#define RL_CMD_IMAGE_FILTER_H

#include "storage/family.h"

/**
 * struct image_test - one filter
 * @kind:   index of its key in a table of image_filter.c
 * @value:  behind the '='
 * @time:   unix time that the value stands for, with before, since and until
 * @flag:   that the value stands for, with those that are true or false
 */
struct image_test {
	size_t kind;
	bool negated, flag;
	char *value;
	int64_t time;
};

struct image_filter {
	struct image_test *v;
	size_t n;
};

/**
 * image_filter_parse() - parse --filter arguments
 * @allowed: keys that the command knows, ended by NULL; NULL for all
 * Return: 0, -ERR_USAGE, or why an image that a filter names cannot be found
 */
int image_filter_parse(const struct store *s, const struct strv *args, const char *const *allowed,
	struct image_filter *ret, struct err *err);

/** image_filter_reference() - add reference=@pattern */
void image_filter_reference(struct image_filter *f, const char *pattern);

/** image_filter_has() - whether a filter with this key is given */
bool image_filter_has(const struct image_filter *f, const char *key);

/**
 * image_filter_match() - whether image @i of the family is chosen under its name @name (NULL: it has none)
 * Filters that look at containers want family_count_containers() first.
 */
bool image_filter_match(
	const struct image_filter *f, const struct family *all, size_t i, const char *name);

void image_filter_done(struct image_filter *f);

#endif
