/*
 * place - where the entries of a layer go: the parent of each, and room under its name
 *
 * A parent is opened with openat2(RESOLVE_IN_ROOT) (missing ones are made), and everything else is done on that
 * descriptor and the last component, without following links.  Consecutive entries mostly share their parent,
 * so the last one is kept open; whatever removes something forgets it.
 */
#ifndef RL_STORAGE_TRANSFER_PLACE_H
#define RL_STORAGE_TRANSFER_PLACE_H

#include "storage/transfer/entry.h"
#include "storage/transfer/record.h"

/**
 * struct place - the parent of the last entry
 * @root:   of the layer; borrowed
 * @record: told what is replaced; borrowed, may be NULL
 * @dir:    path of @dirfd, NULL for none
 * @real:   path of @dirfd below the root without links; NULL: not asked yet
 * @root_path: of @root in procfs; NULL: not asked yet
 * @stale:  something was removed: a link on the way to @dir may have changed
 */
struct place {
	int root, dirfd;
	struct record *record;
	char *dir, *real, *root_path;
	bool stale;
};

/** place_enter() - point @en->parent and @en->base at where it goes */
int place_enter(struct place *p, struct entry *en, struct err *err);

/** place_clear() - make room under the entry's name; Return: 1 if there was a whiteout, 0, or a negative errno */
int place_clear(struct place *p, const struct entry *en, struct err *err);

/**
 * place_real() - where the parent really is, below the root: links on the way there may be replaced later on
 * Return: borrowed; "." for the root, "" if it cannot be told
 */
const char *place_real(struct place *p);

void place_done(struct place *p);

#endif
