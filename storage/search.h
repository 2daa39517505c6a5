/*
 * search - looking for images on registries
 */
#ifndef RL_STORAGE_SEARCH_H
#define RL_STORAGE_SEARCH_H

#include "storage/access.h"
#include "storage/transfer.h"

/**
 * search_places() - where a term is looked for
 * @term: "[HOST/]TEXT"
 * @ret_hosts: HOST, or the search registries of registries.conf, or docker.io; appended
 * @ret_text:  the rest; owned by the caller
 */
int search_places(const char *term, struct strv *ret_hosts, char **ret_text, struct err *err);

/**
 * search_run_worker() - look on one registry
 * @rundir: runtime directory; borrowed
 * @ret: array of {"name": with HOST, "description", "stars", "official", "automated"}; a new reference
 */
int search_run_worker(const struct store *s, int rundir, const struct access *a, const char *host,
	const char *text, int64_t limit, json_t **ret, struct err *err);

#endif
