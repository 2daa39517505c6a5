/*
 * search_filter - which of the images that a registry found are shown
 */
#ifndef RL_CMD_SEARCH_FILTER_H
#define RL_CMD_SEARCH_FILTER_H

#include "runtime/base/json.h"

/**
 * struct search_filter - what --filter says; -1 where it says nothing
 * @stars:     so many at least
 * @official, @automated: what is wanted of these
 */
struct search_filter {
	int64_t stars;
	int official, automated;
};

/** search_filter_parse() - @given: stars=N, is-official[=BOOL], is-automated[=BOOL] */
int search_filter_parse(const struct strv *given, struct search_filter *ret, struct err *err);

/** search_filter_match() - whether @image (storage/search.h) fits */
bool search_filter_match(const struct search_filter *f, const json_t *image);

#endif
