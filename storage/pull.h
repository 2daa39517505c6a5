/*
 * pull - getting an image from a registry, as the user's configuration says
 *
 * Reads registries.conf, credentials and certificate directories as the user, and has the transfer worker do the rest.
 */
#ifndef RL_STORAGE_PULL_H
#define RL_STORAGE_PULL_H

#include "storage/access.h"
#include "storage/platform.h"
#include "storage/transfer.h"

/**
 * struct pull_request - what to pull and how; everything is borrowed, NULL or 0 for the usual
 * @access:   certificates, credentials, patience
 * @platform: NULL for this machine's; members that are NULL are this machine's too
 * @have:     digest of the manifest that is there: nothing is done if the registry has the same
 * @list_tags: only list the repository's tags
 * @driver:   wanted storage driver
 * @choose:   asks the user which of several places a short name means; NULL if there is nobody to ask.
 *            Return: 0 with *@ret the index of one of @names, or a negative errno
 */
struct pull_request {
	struct access access;
	const char *have, *driver;
	const struct platform *platform;
	bool list_tags;
	void (*progress)(void *arg, const json_t *event);
	void (*note)(void *arg, const char *text);
	void *arg;
	int (*choose)(const char *name, const struct strv *names, size_t *ret, struct err *err);
};

/**
 * pull_run_worker() - pull @name
 * @rundir: runtime directory; borrowed
 * @ret:    {"id", "name", "digest", "changed"} or with @list_tags {"name", "tags"}; a new reference
 */
int pull_run_worker(const struct store *s, int rundir, const char *name,
	const struct pull_request *req, json_t **ret, struct err *err);

/** pull_names() - append the canonical references that @name may mean, in the order in which they are tried */
int pull_names(const char *name, struct strv *ret, struct err *err);

/** pull_candidates() - add "candidates" to a request: where @name may be, with credentials */
int pull_candidates(const struct access *a, const char *name, json_t *request, struct err *err);

#endif
