/*
 * manifest - what the commands for manifest lists have in common
 */
#ifndef RL_CMD_MANIFEST_H
#define RL_CMD_MANIFEST_H

#include "cmd/access.h"
#include "cmd/progress.h"
#include "storage/list_work.h"

/**
 * manifest_begin() - open the store and prepare to work on lists
 * @f: how to speak to registries; NULL where none is spoken to
 * @p: display that the worker's progress goes to; NULL to show nothing
 */
int manifest_begin(struct ctx *ctx, const struct access_flags *f, struct progress *p,
	struct list_work *ret, struct err *err);

/** manifest_annotations() - add "annotations" to @request from KEY=VALUE texts */
int manifest_annotations(const struct strv *texts, json_t *request, struct err *err);

/** manifest_remove_list() - image_remove(), and empty the trash; wants the runtime directory open */
int manifest_remove_list(struct ctx *ctx, const char *id, struct strv *report, struct err *err);

#endif
