/*
 * volume_filter - which volumes --filter KEY=VALUE chooses, and what of them is shown
 *
 * Values of one key are alternatives, different keys all have to match; each label=… has to match.
 */
#ifndef RL_CMD_VOLUME_FILTER_H
#define RL_CMD_VOLUME_FILTER_H

#include "cmd/cmd.h"
#include "storage/volume.h"

#define VOLUME_FILTERS                                                                             \
	"anonymous, dangling, driver, label, label!, name, opt, scope, since (after), until"

/** volume_filter_check() - whether all are known and well-formed, and the volumes exist that since= names; or -ERR_USAGE */
int volume_filter_check(const struct store *s, const struct strv *filters, struct err *err);

/** volume_filter_match() - @users: of volume_users() */
bool volume_filter_match(const struct store *s, const struct strv *filters, const json_t *record,
	const json_t *users);

/** volume_shown() - what inspect shows of a volume; a new reference */
json_t *volume_shown(const struct store *s, const json_t *record, const json_t *users);

/* exit codes where a volume is missing, and where one is in use */
#define VOLUME_EXIT_MISSING 1
#define VOLUME_EXIT_IN_USE  2

#endif
