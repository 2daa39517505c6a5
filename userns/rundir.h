/*
 * rundir - the runtime directory: what lives while containers run, gone at reboot
 *
 * $XDG_RUNTIME_DIR/rl, or --runroot / RL_RUNROOT; where XDG_RUNTIME_DIR is missing or not ours
 * (su, cron, CI): /run/user/UID if that is ours, else /tmp/rl-run-UID, made 0700 and refused unless
 * it is a real directory owned by us with no access for others.
 *
 * While a container lives that was started without a session, in /tmp/rl-run-UID, every invocation
 * of the user's goes there: in another directory it would look as if it had ended, and could be
 * started twice. The other way round does not happen: what a session has in /run/user/UID is found
 * by every process of the user's, and goes with it.
 */
#ifndef RL_USERNS_RUNDIR_H
#define RL_USERNS_RUNDIR_H

#include "runtime/base/err.h"

/**
 * rundir_open() - open, and create if missing, the runtime directory (0700) with its subdirectories
 * containers/ and userns/
 * @override: path from --runroot or RL_RUNROOT, or NULL
 * @ret_path: absolute path, owned by the caller
 * Return: an O_RDONLY directory descriptor, or a negative errno
 */
int rundir_open(const char *override, char **ret_path, struct err *err);

#endif
