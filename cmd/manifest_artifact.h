/*
 * manifest_artifact - `manifest add --artifact`: files become an artifact that the list names
 */
#ifndef RL_CMD_MANIFEST_ARTIFACT_H
#define RL_CMD_MANIFEST_ARTIFACT_H

#include "cmd/manifest.h"

/** struct artifact_flags - its options; @wanted: --artifact */
struct artifact_flags {
	bool wanted, exclude_titles;
	char *config, *config_type, *layer_type, *subject, *type;
};

/* clang-format off */
#define ARTIFACT_OPTIONS(s) \
	OPTION_BOOL(0, "artifact", s, artifact.wanted, "the arguments are files: add an artifact made of them"), \
	OPTION_STR(0, "artifact-config", s, artifact.config, "FILE", "configuration of the artifact (default: an empty one)"), \
	OPTION_STR(0, "artifact-config-type", s, artifact.config_type, "TYPE", "media type of the configuration"), \
	OPTION_BOOL(0, "artifact-exclude-titles", s, artifact.exclude_titles, "do not record the names of the files"), \
	OPTION_STR(0, "artifact-layer-type", s, artifact.layer_type, "TYPE", "media type of the files (default: by name and contents)"), \
	OPTION_STR(0, "artifact-subject", s, artifact.subject, "IMAGE", "image that the artifact is about"), \
	OPTION_STR(0, "artifact-type", s, artifact.type, "TYPE", "type of the artifact")
/* clang-format on */

/** manifest_artifact_check() - options for artifacts go with --artifact, and --all does not */
int manifest_artifact_check(const struct artifact_flags *f, bool all, struct err *err);

/**
 * manifest_artifact_add() - have the files @args (all but the first, which is the list) added
 * @request: with "change"; the rest is added
 */
int manifest_artifact_add(struct list_work *w, const struct artifact_flags *f,
	const struct strv *args, json_t *request, struct err *err);

#endif
