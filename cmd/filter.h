/*
 * filter - which containers --filter KEY=VALUE chooses
 *
 * Values of one key are alternatives, different keys all have to match; each label=… has to match.
 */
#ifndef RL_CMD_FILTER_H
#define RL_CMD_FILTER_H

#include "runtime/container.h"

/**
 * filter_check() - whether all filters are known and well-formed
 * Return: 0, or -ERR_USAGE
 */
int filter_check(const struct strv *filters, struct err *err);

/** filter_resolve() - whether the containers that before= and since= name are in @all; -ERR_NO_OBJECT */
int filter_resolve(const struct strv *filters, const struct container_list *all, struct err *err);

/**
 * filter_match() - whether a container is chosen by checked filters
 * @all: the list it is from, for before= and since=
 */
bool filter_match(
	const struct strv *filters, const struct container *c, const struct container_list *all);

/** filter_label() - whether an object of labels has the one that label=@v asks for, KEY or KEY=VALUE */
bool filter_label(const json_t *labels, const char *v);

#endif
