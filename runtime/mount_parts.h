/*
 * mount_parts - the executors of the kinds of mounts; private to mount*.c
 */
#ifndef RL_RUNTIME_MOUNT_PARTS_H
#define RL_RUNTIME_MOUNT_PARTS_H

#include "runtime/mounts.h"
#include "runtime/user.h"

/** mount_set_attributes() - options and propagation of the detached mount @fd */
int mount_set_attributes(int fd, const struct mount_op *op, uint64_t set, struct err *err);

/** mount_user() - who the container's process is going to be */
int mount_user(const struct mount_env *env, uid_t *ret_uid, gid_t *ret_gid, struct err *err);

/** mount_give() - what @op asks to be done to the files of the detached mount @fd: owner, label */
int mount_give(const struct mount_op *op, int fd, const struct mount_env *env, struct err *err);

/** mount_open_bind() - open the source of a bind mount, as the user sees the host */
int mount_open_bind(struct mount_op *op, const char *bundle, struct err *err);
/** mount_bind() - mount it */
int mount_bind(struct mount_op *op, const struct mount_env *env, struct err *err);

/** mount_open_overlay() - open the directories of an overlay; those that take what is written are made if they are missing */
int mount_open_overlay(struct mount_op *op, struct err *err);
/** mount_overlay() - mount it; -EOPNOTSUPP, with a hint, where the kernel does not do that for users */
int mount_overlay(struct mount_op *op, const struct mount_env *env, struct err *err);

#endif
