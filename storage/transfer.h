/*
 * transfer - running the worker that takes images in and gives them out
 *
 * rl-transfer SUBCOMMAND holds what the start path must not load (libarchive, libcurl, libcrypto) and runs
 * in R, so that it can make files of subordinate ids.  It reads one JSON object from descriptor 3 up to its end:
 * the request, with "root", "storageDriver" and "sharedStores" added by transfer_run().  To descriptor 4 it writes lines, each
 * one JSON object with exactly one of
 *   {"progress": {"id": "sha256:… or a name", "state": "waiting"|"downloading"|"unpacking"|"compressing"|"uploading"|
 *                "exists"|"mounted"|"done", "done": bytes, "total": bytes or 0}}
 *   {"note": "a sentence for the user"}
 *   {"result": …}                                 the last line, on success
 *   {"error": {"code", "msg", "hint"}}            the last line, on failure
 * Further descriptors are passed as numbers from 5 on; 0 to 2 are the caller's.
 */
#ifndef RL_STORAGE_TRANSFER_H
#define RL_STORAGE_TRANSFER_H

#include "runtime/base/json.h"
#include "runtime/base/proc.h"
#include "storage/store.h"

#define TRANSFER_FD_REQUEST 3
#define TRANSFER_FD_REPLY   4
#define TRANSFER_FD_INPUT   5
#define TRANSFER_FD_OUTPUT  5 /* a subcommand has one of the two */
#define TRANSFER_FD_FILES   6
#define TRANSFER_FILES_MAX  65

/**
 * struct transfer_opts - what to run
 * @subcommand: "import", "load", "pull", …
 * @request:    members of the subcommand's own; borrowed
 * @driver:     wanted storage driver, or NULL
 * @input:      descriptor to pass as TRANSFER_FD_INPUT or TRANSFER_FD_OUTPUT, or -EBADF
 * @files:      further descriptors to pass, as TRANSFER_FD_FILES and on; TRANSFER_FILES_MAX at most
 * @progress:   called with each "progress" object; may be NULL
 * @note:       called with each "note"; may be NULL
 */
struct transfer_opts {
	const char *subcommand, *driver;
	const json_t *request;
	int input;
	const int *files;
	size_t n_files;
	void (*progress)(void *arg, const json_t *event);
	void (*note)(void *arg, const char *text);
	void *arg;
};

/**
 * transfer_run() - run the worker to its end
 * SIGINT and SIGTERM end the worker, what it left is swept, and the result is -ERR_CANCELLED.
 * @rundir: runtime directory, to find R; borrowed
 * @ret:    the "result", a new reference
 */
int transfer_run(const struct store *s, int rundir, const struct transfer_opts *o, json_t **ret,
	struct err *err);

#endif
