/*
 * refstore - the names of images on disk, refs/
 *
 * One file for each canonical reference: {"version":1,"ref":"docker.io/library/alpine:latest","image":"ID"}.  Its
 * name is the reference with '/' written as "%2F"; one longer than a file name may be is cut into directories
 * "CHUNK%d", a suffix that no encoded reference ends with.  Used by image.c and gc.c only.
 */
#ifndef RL_STORAGE_REFSTORE_H
#define RL_STORAGE_REFSTORE_H

#include "storage/store.h"

/** refstore_get() - the id that @canonical names; -ENOENT if there is none */
int refstore_get(const struct store *s, const char *canonical, char ret_id[65], struct err *err);

/** refstore_set() - let @canonical name @id, durably */
int refstore_set(const struct store *s, const char *canonical, const char *id, struct err *err);

/** refstore_del() - remove a name; -ENOENT if there is none */
int refstore_del(const struct store *s, const char *canonical, struct err *err);

struct refstore_entry {
	char *ref;
	char id[65];
};

struct refstore_list {
	struct refstore_entry *v;
	size_t n;
};

/** refstore_list() - all names, sorted; a damaged file is left out */
int refstore_list(const struct store *s, struct refstore_list *ret, struct err *err);

/** refstore_damaged() - append the paths, relative to the store, of files that cannot be read as a name */
void refstore_damaged(const struct store *s, struct strv *ret);

void refstore_list_done(struct refstore_list *l);

#endif
