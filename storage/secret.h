/*
 * secret - values that containers are given without being part of an image, a record or a command line
 *
 * secrets/NAME in the store (0600): one line of JSON that says what it is, a newline, and the value:
 *     {"version":1, "id": 25 hex digits, "name", "created", "updated": RFC 3339, "driver":"file", "labels":{}}
 * One file, put in place by one rename, so that nobody sees half of a secret, nor an old value under a new description.
 * A container gets a copy of the value when it is created (runtime/secrets.h): removing or replacing a secret does not
 * reach those that have it.
 */
#ifndef RL_STORAGE_SECRET_H
#define RL_STORAGE_SECRET_H

#include "runtime/base/json.h"
#include "storage/store.h"

#define SECRET_MAX	 512000 /* bytes of a value; podman's and docker's limit */
#define SECRET_ID_DIGITS 25

/** struct secret - what a secret is, without its value; @record: as in its file */
struct secret {
	const char *id, *name; /* borrowed from @record */
	json_t *record;
};

/**
 * secret_create() - keep a value
 * @labels:  object of strings; borrowed
 * @replace: take the place of a secret of this name, whose id and time of creation stay
 * Return: 0, -EEXIST if there is one of this name, -ERR_USAGE for a name or a value that cannot be
 */
int secret_create(const struct store *s, const char *name, const struct buf *value, json_t *labels,
	bool replace, struct secret *ret, struct err *err);

/** secret_find() - by name, id or unique beginning of an id; -ERR_NO_OBJECT */
int secret_find(const struct store *s, const char *name, struct secret *ret, struct err *err);

/** secret_read() - append the value to @ret */
int secret_read(
	const struct store *s, const struct secret *secret, struct buf *ret, struct err *err);

/** secret_remove() - for good; one that is gone meanwhile is fine */
int secret_remove(const struct store *s, const struct secret *secret, struct err *err);

struct secret_list {
	struct secret *v;
	size_t n;
};

/** secret_list() - all, by name; a damaged one is left out */
int secret_list(const struct store *s, struct secret_list *ret, struct err *err);

void secret_done(struct secret *secret);
void secret_list_done(struct secret_list *l);

#endif
