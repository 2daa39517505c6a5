/*
 * seccomp - system call filters: from linux.seccomp to a loaded program
 *
 * Compiling takes libseccomp a millisecond or more, so it is done by a worker (rl-seccomp) and its result cached.
 * A cache file is named by a hash of the filter's JSON text and holds that text in full: another text with
 * the same hash is a miss.
 */
#ifndef RL_RUNTIME_SECCOMP_H
#define RL_RUNTIME_SECCOMP_H

#include "runtime/base/json.h"

#include <linux/filter.h>
#include <stdbool.h>

/**
 * struct seccomp - a compiled filter
 * @len:  0 for none
 * @keys: without a filter, or where it may let keyctl(2) through
 * @notifies: it hands calls to a listener (notify.h): @listener, if it names one, is told @metadata; both owned
 */
struct seccomp {
	struct sock_filter *prog;
	unsigned short len;
	unsigned flags;
	bool keys, notifies;
	char *listener, *metadata;
};

/**
 * seccomp_prepare() - find or compile the program for linux.seccomp
 * @object: linux.seccomp, NULL for no filter
 * @cache:  directory of compiled filters; -EBADF for none
 */
int seccomp_prepare(const json_t *object, int cache, struct seccomp *ret, struct err *err);

/** seccomp_load() - put this process under the filter; needs no_new_privs, or CAP_SYS_ADMIN */
int seccomp_load(const struct seccomp *s, struct err *err);

/** seccomp_load_notify() - load one that @notifies; Return: the descriptor where calls are answered, or a negative errno */
int seccomp_load_notify(const struct seccomp *s, struct err *err);

void seccomp_done(struct seccomp *s);

#endif
