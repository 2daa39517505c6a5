/*
 * mapspec - which ids of R a container gets: the modes of --userns, and the grammar of --uidmap
 *
 * Everything here is computed from R's own map (struct userns): its "inside" ids are what a container's ids are made of,
 * its "outside" ids are the host's.  Nothing is asked of the system.
 *
 *     [FLAGS]CONTAINER:[@]FROM[:COUNT]    COUNT is 1 if it is missing; several triples may follow one another
 *     @  FROM is an id of the host: the id of R that it has is looked up, for each of COUNT ids
 *     +  takes what it needs from the mappings before it, instead of being refused.  As the very first one
 *        it leaves the other ids of R to the container ids that are free, from 0 on
 *     u, g  for users or groups alone
 */
#ifndef RL_USERNS_MAPSPEC_H
#define RL_USERNS_MAPSPEC_H

#include "userns/idmap.h"

enum mapspec_side { MAPSPEC_UID, MAPSPEC_GID };

/**
 * mapspec_parse() - the maps that --uidmap or --gidmap name
 * @r:    R's map of the same side
 * @fill: a first "+" gives the rest away; not for the real root, whose R is the whole machine
 * @ret:  sorted by container id, neighbours joined; empty if all are for the other side
 */
int mapspec_parse(const struct strv *specs, enum mapspec_side side, const struct idmap *r,
	bool fill, struct idmap *ret, struct err *err);

/** mapspec_keep() - the user (0 of R) as @id, all others in their order around it; @size: how many ids at most, 0 for all */
void mapspec_keep(const struct idmap *r, uint32_t id, uint32_t size, struct idmap *ret);

/** mapspec_nomap() - all ids of R but the user's, from 0 on */
void mapspec_nomap(const struct idmap *r, struct idmap *ret);

/**
 * mapspec_auto() - @size container ids from 0 on, made of the lowest ids of R that nobody has
 * @r:     for the real root: what the containers may have; "inside" ids
 * @used:  "outside" ids that others have
 * @extra: mappings that are to be part of it; may be empty
 * Return: 0, or -ENOSPC
 */
int mapspec_auto(const struct idmap *r, const struct idmap *used, const struct idmap *extra,
	uint32_t size, struct idmap *ret, struct err *err);

#endif
