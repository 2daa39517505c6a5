/*
 * volume - directories with names, which containers share and which outlive them
 *
 * volumes/NAME/ in the store:
 *     volume.json  {"version":1, "name", "driver": "local"|"image", "created": RFC 3339, "labels": {}, "options": {},
 *                  "anonymous": true of one that was made for a container without a name, "uid", "gid": where they were
 *                  asked for}
 *     _data/       what containers see
 *     fresh        until a container has first used it: then it is filled with what the image has there (runtime/copyup.h)
 *     new/, ready/ while that is being done
 * The directory can be written by everybody who gets to it: that is the set-up of containers, whose root may have any id of
 * R's.  Nobody else does, for the store cannot be entered, and containers are shown _data alone.
 *
 * A volume appears complete, by one rename, and vanishes by one.  Who uses it is not stored in it: containers name their
 * volumes in container.json ("volumes"), and whoever takes a volume away looks for them with the store's lock held
 * exclusively, while making a container holds it shared from before its volumes are there until its record is.
 */
#ifndef RL_STORAGE_VOLUME_H
#define RL_STORAGE_VOLUME_H

#include "runtime/base/json.h"
#include "storage/store.h"

#define VOLUME_DATA  "_data"
#define VOLUME_FRESH "fresh"
#define VOLUME_NEW   "new"
#define VOLUME_READY "ready"

/** volume_name_check() - -ERR_USAGE for what cannot be the name of a volume */
int volume_name_check(const char *name, struct err *err);

/** volume_path() - its directory _data, absolute; the caller owns it */
char *volume_path(const struct store *s, const char *name);

/** volume_type() - what its options make of it: "" for a plain directory, "bind" or "tmpfs", "image" of that driver */
const char *volume_type(const json_t *record);

/** volume_record() - a record to begin with: name and driver; a new reference */
json_t *volume_record(const char *name, const char *driver);

/** volume_write() - complete a record with the time and write it into the directory @dir, a volume's */
int volume_write(int dir, json_t *record, struct err *err);

/**
 * volume_create() - make a volume
 * @rundir: runtime directory, to find R where the record asks for an owner; -EBADF where it does not
 * @record: completed with version and time
 * Return: 0, -EEXIST, or another negative errno
 */
int volume_create(const struct store *s, int rundir, json_t *record, struct err *err);

/**
 * volume_ensure() - make those of a container's volumes that are missing
 * The caller holds the store's lock until the container's record can be seen.
 * @made: their names are appended
 */
int volume_ensure(const struct store *s, int rundir, const json_t *container, struct strv *made,
	struct err *err);

/**
 * volume_give() - let somebody own the directory of a volume that is fresh, unless it was made with an owner; in R
 * A used one stays what it is; one that is not there is fine.
 */
int volume_give(const struct store *s, const char *name, uid_t uid, gid_t gid, struct err *err);

/** volume_undo() - the container was not made after all: remove the volumes that were made for it alone */
void volume_undo(const struct store *s, const json_t *container);

/**
 * volume_find() - the record of a volume, by its name or a unique beginning of it
 * @ret: a new reference
 * Return: 0, -ERR_NO_OBJECT, or -EEXIST naming the candidates
 */
int volume_find(const struct store *s, const char *name, json_t **ret, struct err *err);

/** volume_read() - the record of the volume called so; -ERR_NO_OBJECT */
int volume_read(const struct store *s, const char *name, json_t **ret, struct err *err);

/**
 * volume_list() - array of all records, by name; a new reference
 * @damaged: names of those that cannot be read; may be NULL
 */
int volume_list(const struct store *s, json_t **ret, struct strv *damaged, struct err *err);

/** volume_users() - {"NAME": [id of each container that has it]}; a new reference */
json_t *volume_users(const struct store *s);

/** volume_remove() - let it vanish; -EBUSY while a container has it.  Its files wait in trash/ */
int volume_remove(const struct store *s, const char *name, struct err *err);

/**
 * volume_release() - the container is gone: let its anonymous volumes vanish that no other one has
 * @gone:  their names are appended
 * @trash: where they are now is appended, relative to the store; may be NULL
 */
void volume_release(
	const struct store *s, const json_t *container, struct strv *gone, struct strv *trash);

#endif
