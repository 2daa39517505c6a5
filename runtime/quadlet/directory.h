/*
 * directory - SetWorkingDirectory=, of [Kube] and [Build]
 */
#ifndef RL_QUADLET_DIRECTORY_H
#define RL_QUADLET_DIRECTORY_H

#include "runtime/quadlet/quadlet.h"

/**
 * quadlet_directory() - set WorkingDirectory= of the service, unless the file does
 * @word, @file: the word that means the directory of @file; "unit" means that of the unit's file
 * @ret_context: another value, owned by the caller, or NULL: it is an error then
 */
int quadlet_directory(
	struct quadlet *q, const char *word, const char *file, char **ret_context, struct err *err);

/** quadlet_is_url() - whether it begins with a scheme, or is git's own form of an address */
bool quadlet_is_url(const char *s);

#endif
