/*
 * spec_artifact - --mount type=artifact: each file of an artifact becomes a read-only bind mount; private to spec*.c
 */
#ifndef RL_RUNTIME_SPEC_ARTIFACT_H
#define RL_RUNTIME_SPEC_ARTIFACT_H

#include "runtime/base/json.h"
#include "runtime/mount_spec.h"
#include "storage/store.h"

/**
 * spec_artifact_expand() - replace mounts of artifacts by mounts of their files
 * A file is called by its title, one without by its digest; with name= by that, and of several NAME-0, NAME-1, ….
 * @list:   what was asked for; emptied
 * @record: the container's, where the artifacts are noted, so that they stay
 * @ret:    appended to, in the same order
 */
int spec_artifact_expand(const struct store *s, struct mount_specs *list, json_t *record,
	struct mount_specs *ret, struct err *err);

#endif
