/*
 * list_work - having rl-transfer make, change and push manifest lists
 *
 * Finds out what an argument names, as the user: images and lists of the store, or images on registries with credentials.
 */
#ifndef RL_STORAGE_LIST_WORK_H
#define RL_STORAGE_LIST_WORK_H

#include "storage/access.h"
#include "storage/list.h"
#include "storage/transfer.h"

/**
 * struct list_work - what all requests have in common; borrowed
 * @files: descriptors that go along with a request
 * @progress, @note: as for transfer_run()
 */
struct list_work {
	const struct store *store;
	int rundir;
	struct access access;
	const char *driver;
	const int *files;
	size_t n_files;
	void (*progress)(void *arg, const json_t *event);
	void (*note)(void *arg, const char *text);
	void *arg;
};

/** list_work_name() - canonical form of a list's or an artifact's name: one without a registry belongs to localhost; the caller owns it */
int list_work_name(const char *text, char **ret, struct err *err);

/**
 * list_work_source() - add what @text names to the array "images" of a request
 * "containers-storage:NAME" is here, "docker://NAME" on a registry; without either, here if there is one.
 */
int list_work_source(const struct list_work *w, const char *text, json_t *request, struct err *err);

/** list_work_subject() - the same, as "subject": what a list or an artifact is about */
int list_work_subject(
	const struct list_work *w, const char *text, json_t *request, struct err *err);

/**
 * list_work_run() - have it done
 * @request: as rl-transfer list takes it
 */
int list_work_run(const struct list_work *w, json_t *request, json_t **ret, struct err *err);

/** list_work_do() - have another subcommand do something, with files, access and progress of @w */
int list_work_do(const struct list_work *w, const char *subcommand, json_t *request, json_t **ret,
	struct err *err);

/** list_work_fetch() - the manifest that a registry has for @name; @ret: {"manifest", "digest"} */
int list_work_fetch(const struct list_work *w, const char *name, json_t **ret, struct err *err);

/**
 * list_work_push() - push a list
 * @request: "all", "format", "addCompression", and what push_run_worker() takes as @how
 */
int list_work_push(const struct list_work *w, const char *id, const char *destination,
	json_t *request, json_t **ret, struct err *err);

#endif
