/*
 * selinux - which labels a container's processes and files get
 *
 * A label is USER:ROLE:TYPE:LEVEL.  The policy names those of containers in a file (lxc_contexts); options change parts of them, and the
 * level's two categories are those of one container alone, so that with one type for all they are still kept apart.
 */
#ifndef RL_RUNTIME_SELINUX_H
#define RL_RUNTIME_SELINUX_H

#include "runtime/base/err.h"

#include <stdbool.h>

/**
 * struct selinux_opts - --security-opt label=…, checked; all are owned
 * @given: any of them that changes a label
 */
struct selinux_opts {
	char *user, *role, *type, *level, *filetype;
	bool disable, nested, given;
};

/** selinux_option() - read what stands behind "label="; the last one of a kind counts; -ERR_USAGE */
int selinux_option(struct selinux_opts *o, const char *value, struct err *err);
void selinux_opts_done(struct selinux_opts *o);

/**
 * struct selinux_labels - of a container; owned
 * @process: of its processes
 * @mount:   of its files
 */
struct selinux_labels {
	char *process, *mount;
};

/**
 * selinux_labels() - what the policy has for containers, with options and a level applied
 * @root:  "" for the machine, or where a tree like its /etc is
 * @level: that it gets where no option says one
 * Return: 0, or a negative errno where the policy has nothing for containers or a label would be malformed
 */
int selinux_labels(const char *root, const struct selinux_opts *o, const char *level,
	struct selinux_labels *ret, struct err *err);
void selinux_labels_done(struct selinux_labels *l);

/** selinux_level() - the level of a label, "s0:c1,c2"; borrowed from it, NULL if it has none */
const char *selinux_level(const char *label);

/** selinux_shared() - the label of files that all containers may use: @label without categories; the caller owns it */
char *selinux_shared(const char *label);

/**
 * selinux_choose_level() - a pair of categories that nobody has
 * @taken: called with @arg and a level; whether somebody has it
 * Return: owned by the caller; NULL if none was found
 */
char *selinux_choose_level(bool (*taken)(void *arg, const char *level), void *arg);

#endif
