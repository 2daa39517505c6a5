/*
 * lsm - the label of AppArmor or SELinux that a container's command gets
 *
 * A process asks for the label of its next exec by a line in its own attributes in procfs.  A write that went into some
 * other file would leave the command without a label and nobody the wiser (CVE-2019-16884, CVE-2025-52881), so the directory of
 * attributes is reached from a procfs that was checked, across no mount and no magic link, by the process that it is about.
 * The label comes with the exec of rl-exec, so that all that is ours runs without it and all that is the container's with it.
 */
#ifndef RL_RUNTIME_LSM_H
#define RL_RUNTIME_LSM_H

#include "runtime/base/err.h"

#include <stdbool.h>

/* the profile of containers that `make install` brings; used where the administrator has loaded it */
#define LSM_DEFAULT_PROFILE "rl-default"
/* no profile is asked for; a process that is confined already stays so */
#define LSM_UNCONFINED "unconfined"

/** lsm_apparmor() - whether the kernel has AppArmor and it is switched on */
bool lsm_apparmor(void);

/** lsm_selinux() - whether SELinux is switched on */
bool lsm_selinux(void);

/**
 * struct lsm_label - what is asked for; both are borrowed, and NULL for nothing
 * @profile: of AppArmor (process.apparmorProfile)
 * @context: of SELinux (process.selinuxLabel)
 */
struct lsm_label {
	const char *profile, *context;
};

/** lsm_wanted() - whether something has to be done for it */
bool lsm_wanted(const struct lsm_label *l);

/**
 * lsm_check() - before anything exists: whether this machine can give the label
 * Return: 0, or -ERR_USAGE for one that is malformed, -ENOTSUP where the module is not switched on
 */
int lsm_check(const struct lsm_label *l, struct err *err);

/**
 * lsm_profile_check() - whether this process may put a command under a profile, really tried, in a child
 * Return: 0, -ENOENT if it is not loaded, or another negative errno
 */
int lsm_profile_check(const char *profile, struct err *err);

/** lsm_default_profile() - LSM_DEFAULT_PROFILE where AppArmor is on and it can be used, else NULL */
const char *lsm_default_profile(void);

/** lsm_own_profile() - the profile that this process is under, with its mode; the caller owns it, NULL without AppArmor */
char *lsm_own_profile(void);

/**
 * lsm_open_attr() - the directory of this thread's own attributes
 * @proc: root of a procfs, which is checked; any whose pid namespace has this process
 * Return: an O_PATH descriptor, or a negative errno
 */
int lsm_open_attr(int proc, struct err *err);

/**
 * lsm_set_exec() - ask for the label of the next exec
 * @attr: of lsm_open_attr(), by this process
 */
int lsm_set_exec(int attr, const struct lsm_label *l, struct err *err);

#endif
