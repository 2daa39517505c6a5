/*
 * worker - what every subcommand of rl-transfer works with (the protocol is in storage/transfer.h)
 */
#ifndef RL_STORAGE_TRANSFER_WORKER_H
#define RL_STORAGE_TRANSFER_WORKER_H

#include "runtime/base/json.h"
#include "storage/platform.h"
#include "storage/store.h"

/**
 * struct worker - this process
 * @store: open, with its driver chosen
 * @reply: descriptor that lines are written to; written whole, so children may share it
 */
struct worker {
	struct store store;
	int reply;
};

/** worker_progress() - tell how far the transfer of @id is; @state as in storage/transfer.h */
void worker_progress(
	const struct worker *w, const char *id, const char *state, uint64_t done, uint64_t total);

/**
 * worker_progress_due() - whether it is time to tell progress again: more often than ten times a second nobody can see it
 * @last: when that was, monotonic ms, 0 for never; moved on
 */
bool worker_progress_due(int64_t *last);

/** worker_note() - a sentence for the user */
void worker_note(const struct worker *w, const char *fmt, ...) _printf_(2, 3);

/** worker_fork() - a child that dies with its parent; Return: as fork(2), or a negative errno */
pid_t worker_fork(struct err *err);

/** worker_platform() - the platform that "os", "arch" and "variant" of a request ask for: this machine's, where they say nothing */
struct platform worker_platform(const json_t *request);

/* The subcommands.  @ret: the result, a new reference. */
int artifact_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int check_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int commit_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int cp_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int diff_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int export_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int borrow_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int import_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int load_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int login_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int pull_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int push_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int list_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int list_push_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int save_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int share_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int search_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);

int volume_export_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);
int volume_import_run(struct worker *w, const json_t *request, json_t **ret, struct err *err);

#endif
