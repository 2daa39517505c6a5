/*
 * artifact_files - the files that become an artifact, opened by the user who may read them
 */
#ifndef RL_CMD_ARTIFACT_FILES_H
#define RL_CMD_ARTIFACT_FILES_H

#include "runtime/base/err.h"
#include "runtime/base/json.h"
#include "storage/artifact.h"

/** struct artifact_files - descriptors, in the order in which the worker wants them */
struct artifact_files {
	int v[1 + ARTIFACT_FILES_MAX];
	size_t n;
};

/**
 * artifact_files_open() - open them
 * @config: NULL for none
 * @args:   the files are all but the first
 * @what:   gets "files": their names
 * @ret:    artifact_files_done() closes them, also after a failure
 */
int artifact_files_open(const char *config, const struct strv *args, json_t *what,
	struct artifact_files *ret, struct err *err);
void artifact_files_done(struct artifact_files *f);

#endif
