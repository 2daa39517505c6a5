/*
 * push - giving an image to a registry, as the user's configuration says
 *
 * Reads registries.conf, credentials and certificate directories as the user, and has the transfer worker do the rest.
 */
#ifndef RL_STORAGE_PUSH_H
#define RL_STORAGE_PUSH_H

#include "storage/access.h"
#include "storage/transfer.h"

/**
 * struct push_request - what to push and how; everything is borrowed, NULL for the usual
 * @access: certificates, credentials, patience
 * @id:     the image
 * @format: "oci" or "v2s2"; NULL for what the image has
 * @how:    "compression", "level", "force", "sign": {"key", "file", "passphrase"} and "removeSignatures" of the worker's
 *          request; NULL for the usual
 * @driver: wanted storage driver
 */
struct push_request {
	struct access access;
	const char *id, *format, *driver;
	const json_t *how;
	void (*progress)(void *arg, const json_t *event);
	void (*note)(void *arg, const char *text);
	void *arg;
};

/**
 * push_run_worker() - push an image to @destination, "[docker://]HOST/PATH[:TAG]"
 * @rundir: runtime directory; borrowed
 * @ret:    {"digest", "size"}; a new reference
 */
int push_run_worker(const struct store *s, int rundir, const char *destination,
	const struct push_request *req, json_t **ret, struct err *err);

/** push_endpoint() - add "endpoint", "tag" and "name" to a request: what @destination means, with credentials */
int push_endpoint(
	const struct access *a, const char *destination, json_t *request, struct err *err);

#endif
