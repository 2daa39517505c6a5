/*
 * sdnotify - telling a service manager that a container runs (--sdnotify, $NOTIFY_SOCKET)
 *
 * Where the command that starts a container has NOTIFY_SOCKET in its environment, its monitor tells that socket who the main
 * process is: itself (MAINPID).  When the service is ready says
 *   container: the container, which has a socket of its own at /run/notify/notify.sock.  What comes there is hostile: of
 *              each message only lines that are about the service's state are passed on, and never an id
 *   conmon:    the monitor, when the command runs
 *   healthy:   the monitor, when the health check has succeeded for the first time
 *   ignore:    nobody, and nothing is told
 * A service manager that cannot be reached is no failure of the container.
 */
#ifndef RL_RUNTIME_SDNOTIFY_H
#define RL_RUNTIME_SDNOTIFY_H

#include "runtime/base/json.h"

enum sdnotify_mode { SDNOTIFY_CONTAINER, SDNOTIFY_CONMON, SDNOTIFY_HEALTHY, SDNOTIFY_IGNORE };

/** sdnotify_parse() - a mode by its name; -EINVAL if there is no such mode */
int sdnotify_parse(const char *name, enum sdnotify_mode *ret);

/**
 * struct sdnotify - one container's
 * @target: NOTIFY_SOCKET; NULL where nobody is to be told
 * @fd:     the container's socket, else -EBADF
 */
struct sdnotify {
	enum sdnotify_mode mode;
	char *target;
	int fd;
	bool ready;
};

#define SDNOTIFY_INIT                                                                              \
	{                                                                                          \
		.fd = -EBADF                                                                       \
	}

/** sdnotify_begin() - take the mode from container.json and the socket from the environment */
void sdnotify_begin(struct sdnotify *n, const json_t *record);

/**
 * sdnotify_offer() - mode container: make the socket, and add its mount and NOTIFY_SOCKET to @config
 * @runfd: the container's runtime directory, @dir its path
 */
int sdnotify_offer(struct sdnotify *n, json_t *config, int runfd, const char *dir, struct err *err);

/** sdnotify_started() - the command runs */
void sdnotify_started(struct sdnotify *n);

/** sdnotify_healthy() - the health check has succeeded; the first time counts, in the mode healthy only */
void sdnotify_healthy(struct sdnotify *n);

/** sdnotify_relay() - pass on what the container has sent */
void sdnotify_relay(const struct sdnotify *n);

/** sdnotify_filter() - append those lines of a container's message that may be passed on */
void sdnotify_filter(const char *message, struct buf *ret);

#endif
