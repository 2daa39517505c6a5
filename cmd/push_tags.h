/*
 * push_tags - the tags that a repository has in the store
 */
#ifndef RL_CMD_PUSH_TAGS_H
#define RL_CMD_PUSH_TAGS_H

#include "storage/store.h"

/**
 * push_tags() - append the names, tag included, that images have in a repository; sorted
 * @name: of the repository, without tag or digest: short names as for push
 * Return: 0, -ERR_NO_OBJECT if there are none, or another negative errno
 */
int push_tags(const struct store *s, const char *name, struct strv *ret, struct err *err);

#endif
