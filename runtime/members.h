/*
 * members - which processes of the machine are a container's
 *
 * A process is the container's if its user namespace and its PID namespace are, or are below them; where it has only
 * one of them for itself, that one tells.
 */
#ifndef RL_RUNTIME_MEMBERS_H
#define RL_RUNTIME_MEMBERS_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct members - what tells them
 * @init:   first process of the container
 * @userns, @pidns: inodes of the namespaces that are the container's own, else 0
 * @nsfd:   the PID namespace; -EBADF for none
 */
struct members {
	pid_t init;
	ino_t userns, pidns;
	int nsfd;
};

#define MEMBERS_INIT                                                                               \
	{                                                                                          \
		.nsfd = -EBADF                                                                     \
	}

/**
 * members_open() - remember a container's namespaces
 * @own_userns, @own_pidns: whether the container has these namespaces for itself
 * Return: 0, or -ENOTSUP where its processes cannot be told from others
 */
int members_open(struct members *m, pid_t init, bool own_userns, bool own_pidns, struct err *err);

/* namespaces cannot be deeper */
#define MEMBERS_DEPTH 33

/* a namespace and those above it, as inodes; @n: how many, or a negative errno if that cannot be seen */
struct members_chain {
	int n;
	ino_t ino[MEMBERS_DEPTH];
};

/** struct members_place - where a process is, for members_in() */
struct members_place {
	struct members_chain user, pid;
};

/** members_look() - where process @pid is, as written in the directory @proc: looked at once, for any number of containers */
void members_look(int proc, const char *pid, struct members_place *ret);

/** members_in() - whether process @pid is one of them; @at: of members_look() */
bool members_in(const struct members *m, const struct members_place *at, const char *pid);

/** members_has() - whether process @pid, as written in the directory @proc, is one of them */
bool members_has(const struct members *m, int proc, const char *pid);

void members_done(struct members *m);

#endif
