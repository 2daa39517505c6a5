/*
 * sync - the conversation between a launcher and the process it launches
 *
 * A SOCK_SEQPACKET pair carries messages of one type byte each, with a struct err behind SYNC_ERROR and an errno
 * behind SYNC_ERRNO.  Both ends are O_CLOEXEC: end of file after SYNC_EXEC means that the command is running,
 * end of file at any other point that the peer is dead.  What comes from the child is checked as hostile.
 */
#ifndef RL_RUNTIME_SYNC_H
#define RL_RUNTIME_SYNC_H

#include "runtime/base/err.h"

enum sync_type {
	SYNC_MAPPED = 'm', /* launcher → child: the id maps are written */
	SYNC_READY =
		'r', /* child → launcher: at the gate; carries the console's master if there is one */
	SYNC_GO = 'g',	 /* launcher → child: open the gate */
	SYNC_EXEC = 'x', /* child → launcher: the next thing is execve(2) of the command it names */
	SYNC_NOTIFY =
		's', /* child → launcher: the filter is loaded; carries where its calls are answered; waits for SYNC_GO */
	SYNC_PID = 'p',	  /* helper → launcher: the process exists; carries its pidfd */
	SYNC_ERROR = 'e', /* child → launcher: a stage failed, struct err */
	SYNC_ERRNO = 'n', /* child → launcher: execve(2) failed, int32_t errno */
};

/** sync_pair() - make the two ends; Return: 0 or a negative errno */
int sync_pair(int fds[2], struct err *err);

/** sync_send() - send a message without a body; @fd: passed along, -EBADF for none; Return: 0 or a negative errno */
int sync_send(int sock, enum sync_type type, int fd);

/** sync_send_pid() - send SYNC_PID with a process id and its pidfd */
int sync_send_pid(int sock, int pid, int pidfd);

/** sync_send_exec() - send SYNC_EXEC with the command's name */
int sync_send_exec(int sock, const char *name);

/** sync_send_error() - send SYNC_ERROR */
int sync_send_error(int sock, const struct err *err);

/**
 * struct sync_msg - a message received
 * @type:  0 at end of file
 * @value: of SYNC_ERRNO and SYNC_PID
 * @fd:    passed along, owned by the caller, or -EBADF
 * @name:  of SYNC_EXEC
 */
struct sync_msg {
	enum sync_type type;
	int value, fd;
	char name[512];
};

/**
 * sync_recv() - wait for the next message
 * Return: 0, or a negative errno with @err filled: also for SYNC_ERROR, whose error becomes the caller's
 */
int sync_recv(int sock, struct sync_msg *ret, struct err *err);

/**
 * sync_wait_exec() - wait until the peer executes its command
 * @notify: called with @arg and the descriptor of SYNC_NOTIFY, which is borrowed; NULL where that is not expected
 * Return: 1 if it does, 0 if it died before, or a negative errno with what failed
 */
int sync_wait_exec(
	int sock, int (*notify)(void *arg, int fd, struct err *err), void *arg, struct err *err);

/** sync_peer_gone() - whether the other end is closed, without waiting */
int sync_peer_gone(int sock);

#endif
