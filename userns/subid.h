/*
 * subid - the ranges of subordinate ids that the system assigned to a user
 *
 * libsubid knows them (files, SSSD, LDAP), and the worker rl-subid asks it.  Because that costs a
 * process, the answer is kept in RUNDIR/subid.json as long as /etc/subuid, /etc/subgid and
 * /etc/nsswitch.conf are the files they were.  An answer without ranges is not kept: a directory
 * service may just have been away.
 */
#ifndef RL_USERNS_SUBID_H
#define RL_USERNS_SUBID_H

#include "userns/idmap.h"

#include <sys/types.h>

/**
 * subid_maps() - the maps that R gets: id 0 is the user, 1… are the subordinate ids
 * Ranges that overlap an earlier one or the user's own id are left out.
 * @rundir: for the cache; borrowed
 * @ret:    a map with one extent means that there are no ranges; the caller owns it
 */
int subid_maps(int rundir, uid_t uid, gid_t gid, struct idmaps *ret, struct err *err);

/** subid_forget() - drop the cache, because what it says was refused */
void subid_forget(int rundir);

/** subid_from_json() - ranges as the worker prints them ([[START,COUNT],…]) behind the user's own @id */
int subid_from_json(const json_t *ranges, uint32_t id, struct idmap *ret, struct err *err);

#endif
