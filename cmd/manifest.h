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

/** struct manifest_entry - what an entry of a list says about its image, as options */
struct manifest_entry {
	char *arch, *os, *os_version, *variant;
	struct strv features, os_features, annotations;
};

/* clang-format off */
#define MANIFEST_ENTRY_OPTIONS(s) \
	OPTION_STRV(0, "annotation", s, entry.annotations, "KEY=VALUE", "annotate the entry"), \
	OPTION_STR(0, "arch", s, entry.arch, "ARCH", "architecture"), \
	OPTION_LIST(0, "features", s, entry.features, "FEATURE", "features of the processor that it needs"), \
	OPTION_STR(0, "os", s, entry.os, "OS", "operating system"), \
	OPTION_STR(0, "os-version", s, entry.os_version, "VERSION", "version of the operating system"), \
	OPTION_STR(0, "variant", s, entry.variant, "VARIANT", "variant of the architecture")
/* clang-format on */

/** manifest_entry_change() - add "change" to @request: what the options say */
int manifest_entry_change(const struct manifest_entry *e, json_t *request, struct err *err);

/** manifest_change() - have the list that @list names changed as @request says; its id is printed */
int manifest_change(const struct list_work *w, const char *list, json_t *request, struct err *err);

/** manifest_remove_list() - image_remove(), and empty the trash; wants the runtime directory open */
int manifest_remove_list(struct ctx *ctx, const char *id, struct strv *report, struct err *err);

#endif
