/*
 * idmap - maps between ids inside and outside a user namespace (user_namespaces(7))
 *
 * A map is a list of extents that overlap neither inside nor outside.  The kernel wants each
 * extent of a child's map to lie within one extent of its parent's: idmap_split() cuts it so.
 */
#ifndef RL_USERNS_IDMAP_H
#define RL_USERNS_IDMAP_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct idmap_extent {
	uint32_t inside, outside, size;
};

struct idmap {
	struct idmap_extent *e;
	size_t n;
};

/* the two maps of a user namespace */
struct idmaps {
	struct idmap uid, gid;
};

void idmap_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t size);
/** idmap_add_checked() - the same of an extent that somebody else wrote; -EINVAL if it is out of range or overlaps another */
int idmap_add_checked(
	struct idmap *m, uint64_t inside, uint64_t outside, uint64_t size, struct err *err);
void idmap_done(struct idmap *m);
void idmaps_done(struct idmaps *m);

/** idmap_parse() - read the text of /proc/PID/uid_map */
int idmap_parse(const char *text, struct idmap *ret, struct err *err);
/** idmap_read() - the map in a file such as /proc/PID/uid_map */
int idmap_read(const char *path, struct idmap *ret, struct err *err);
/** idmap_format() - the text for /proc/PID/uid_map; the caller owns it */
char *idmap_format(const struct idmap *m);
/** idmap_to_outside() - translate an id; Return: false if it is not mapped */
bool idmap_to_outside(const struct idmap *m, uint32_t inside, uint32_t *ret);
bool idmap_to_inside(const struct idmap *m, uint32_t outside, uint32_t *ret);
/** idmap_count() - how many ids are mapped */
uint64_t idmap_count(const struct idmap *m);
/** idmap_identity() - the map that gives a child of @parent all of @parent's ids unchanged, split at its extents */
void idmap_identity(const struct idmap *parent, struct idmap *ret);
/** idmap_split() - cut @m's extents at the boundaries of @parent; -EINVAL if an outside id is not in @parent */
int idmap_split(
	const struct idmap *m, const struct idmap *parent, struct idmap *ret, struct err *err);
/** idmap_from_json() - OCI linux.uidMappings ({containerID, hostID, size}) */
int idmap_from_json(const json_t *array, struct idmap *ret, struct err *err);
json_t *idmap_to_json(const struct idmap *m);

/** idmaps_from_json() - {"uid": […], "gid": […]}; idmaps_to_json() - the same, a new reference */
int idmaps_from_json(const json_t *object, struct idmaps *ret, struct err *err);
json_t *idmaps_to_json(const struct idmaps *m);
/** idmaps_identical() - whether every id that is mapped is the same on both sides */
bool idmaps_identical(const struct idmaps *m);

#endif
