/*
 * image_names - the names of an image, those it has and those it had
 *
 * A name is a reference in refs/ (refstore.h).  The file "names" of an image is only history: an image that cannot note a
 * name down is named all the same.
 */
#ifndef RL_STORAGE_IMAGE_NAMES_H
#define RL_STORAGE_IMAGE_NAMES_H

#include "storage/image.h"
#include "storage/refstore.h"

/** image_names_set() - let @names (any form) name image @id; the caller holds the store's lock */
int image_names_set(
	const struct store *s, const struct strv *names, const char *id, struct err *err);

/** image_names_add() - give @img those of @refs that name it */
void image_names_add(struct image *img, const struct refstore_list *refs);

/** image_names_history() - append the references that it ever had, the last one first */
void image_names_history(const struct store *s, const char *id, struct strv *ret);

/** image_names_keep() - the history in directory @from goes on in @to, which takes its place; best effort */
void image_names_keep(const struct store *s, const char *from, const char *to);

/** image_tag() - let @ref (any form) name image @id */
int image_tag(const struct store *s, const char *id, const char *ref, struct err *err);

/** image_untag() - remove one name; the image stays */
int image_untag(const struct store *s, const char *ref, struct err *err);

/** image_typed_name() - the name of @img that the user typed, or NULL if it was an id; borrowed from @img */
const char *image_typed_name(const struct image *img, const char *text);

/** image_digest_refs() - append "REPOSITORY@DIGEST" for each of its names, with the digest of its manifest and of each index */
void image_digest_refs(const struct image *img, struct strv *ret);

#endif
