/*
 * refstore - the names of images on disk, refs/, and those of artifacts, artifact-names/
 *
 * One file for each canonical reference: {"version":1,"ref":"docker.io/library/alpine:latest","image":"ID"}.  Its
 * name is the reference with '/' written as "%2F"; one longer than a file name may be is cut into directories
 * "CHUNK%d", a suffix that no encoded reference ends with.  An artifact's "image" is the digest of its manifest, without "sha256:".
 * The functions without "_in" are about images.
 */
#ifndef RL_STORAGE_REFSTORE_H
#define RL_STORAGE_REFSTORE_H

#include "storage/store.h"

#define REFSTORE_IMAGES	   "refs"
#define REFSTORE_ARTIFACTS "artifact-names" /* made with the first name */

/** refstore_get_in() - the id that @canonical names; -ENOENT if there is none */
int refstore_get_in(const struct store *s, const char *dir, const char *canonical, char ret_id[65],
	struct err *err);

/** refstore_set_in() - let @canonical name @id, durably */
int refstore_set_in(const struct store *s, const char *dir, const char *canonical, const char *id,
	struct err *err);

/** refstore_del_in() - remove a name; -ENOENT if there is none */
int refstore_del_in(const struct store *s, const char *dir, const char *canonical, struct err *err);

struct refstore_entry {
	char *ref;
	char id[65];
};

struct refstore_list {
	struct refstore_entry *v;
	size_t n;
};

/** refstore_list_in() - all names, sorted; a damaged file is left out */
int refstore_list_in(
	const struct store *s, const char *dir, struct refstore_list *ret, struct err *err);

/** refstore_damaged_in() - append the paths, relative to the store, of files that cannot be read as a name */
void refstore_damaged_in(const struct store *s, const char *dir, struct strv *ret);

void refstore_list_done(struct refstore_list *l);

static inline int refstore_get(
	const struct store *s, const char *canonical, char ret_id[65], struct err *err)
{
	return refstore_get_in(s, REFSTORE_IMAGES, canonical, ret_id, err);
}

static inline int refstore_set(
	const struct store *s, const char *canonical, const char *id, struct err *err)
{
	return refstore_set_in(s, REFSTORE_IMAGES, canonical, id, err);
}

static inline int refstore_del(const struct store *s, const char *canonical, struct err *err)
{
	return refstore_del_in(s, REFSTORE_IMAGES, canonical, err);
}

static inline int refstore_list(const struct store *s, struct refstore_list *ret, struct err *err)
{
	return refstore_list_in(s, REFSTORE_IMAGES, ret, err);
}

static inline void refstore_damaged(const struct store *s, struct strv *ret)
{
	refstore_damaged_in(s, REFSTORE_IMAGES, ret);
}

#endif
