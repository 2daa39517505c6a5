/*
 * mapped - the root of a container whose ids are others of R than the image's (--userns keep-id, auto, …)
 *
 * "idMaps" of container.json says which: {"uid": […], "gid": […]} as in linux.uidMappings.  It is there for each container
 * with maps of its own, and for one that joins such a container's namespace.  The image's files are used through a
 * tree with other owners (storage/owners.h), and R mounts them, since the container may have no rights over R's own ids.
 */
#ifndef RL_RUNTIME_MAPPED_H
#define RL_RUNTIME_MAPPED_H

#include "runtime/base/json.h"
#include "storage/driver.h"
#include "storage/owners.h"

/** mapped_maps() - the maps in a record; Return: 1, 0 if the container's files are as they are, or a negative errno */
int mapped_maps(const json_t *record, struct idmaps *ret, struct err *err);

/** mapped_ready() - whether the tree of the container's image is there */
bool mapped_ready(const struct store *s, const json_t *record);

/** mapped_tree() - make the tree, unless it is there; in R, with the driver chosen; nothing for a container without maps */
int mapped_tree(const struct store *s, const json_t *record, struct owners *ret, struct err *err);

/**
 * mapped_open() - what a container's root is made of, before the driver prepares it; in R
 * @rootfs: of the container; its layers are replaced by @tree, which it borrows, and its data is opened
 * @ret_hold: descriptor that keeps a shared image in its store; untouched where there is none
 * Return: 1, 0 for a container without maps, or a negative errno
 */
int mapped_open(const json_t *record, struct rootfs *rootfs, char tree[META_PATH_MAX],
	int *ret_hold, struct err *err);

/** mapped_give() - let the container's root own the files of its directory that are mounted into it; in R */
int mapped_give(const json_t *record, int dirfd, struct err *err);

/** mapped_give_volumes() - the same of its volumes that nobody has used yet: then it can fill them; in R */
int mapped_give_volumes(const struct store *s, const json_t *record, struct err *err);

/** mapped_give_fd() - the same of a pipe of its process, which could not open /dev/stdout otherwise; best effort */
void mapped_give_fd(const json_t *record, int fd);

#endif
