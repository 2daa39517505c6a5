#include "runtime/notify.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/ns.h"
#include "runtime/sync.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* how long a listener may take to accept: the start waits for it */
#define SEND_TIMEOUT_S 10
/* between two looks at the memory that is shared */
#define LOOK_NS 200000

void notify_done(struct notify *n)
{
	free(take_ptr(n->path));
	json_decref(n->state);
	n->state = NULL;
}

/* @config: for its version and annotations */
static json_t *make_state(
	const struct seccomp *filter, const json_t *config, const char *bundle, const char *status)
{
	const char *version = json_get_str(config, "ociVersion", "1.0.2"),
		   *id = strrchr(bundle, '/');
	json_t *annotations = json_object_get(config, "annotations"), *state, *top;

	state = json_pack("{s:s, s:s, s:s}", "ociVersion", version, "status", status, "id", "");
	json_set_str(state, "id", id ? id + 1 : bundle);
	json_set_str(state, "bundle", bundle);
	if (json_object_size(annotations))
		json_object_set(state, "annotations", annotations);
	top = json_pack(
		"{s:s, s:[s], s:o}", "ociVersion", version, "fds", "seccompFd", "state", state);
	json_set_str(top, "metadata", filter->metadata);
	return top;
}

int notify_prepare(const struct seccomp *filter, const json_t *config, const char *bundle,
	pid_t init, struct notify *ret, struct err *err)
{
	const char *path = filter->listener;

	if (!filter->notifies)
		return 0;
	if (str_empty(path))
		path = json_get_str(json_object_get(config, "annotations"), NOTIFY_RECEIVER, NULL);
	if (str_empty(path)) {
		err_say(err, ERR_USAGE,
			"the seccomp filter hands system calls to a listener, but none is named");
		return err_hint(err, "name its socket: \"listenerPath\" in the profile, or "
				     "--annotation " NOTIFY_RECEIVER "=PATH");
	}
	if (!path_is_abs(path) || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_say(err, ERR_USAGE,
			"seccomp listener '%.120s': not an absolute path of at most 107 bytes",
			path);
	*ret = (struct notify){.path = xstrdup(path),
		.state = make_state(filter, config, bundle, init ? "running" : "creating"),
		.init = init};
	return 0;
}

int notify_send(const struct notify *n, pid_t pid, int fd, struct err *err)
{
	_cleanup_close_ int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	_cleanup_free_ char *text = NULL;
	int r;

	if (sock < 0)
		return err_set(err, errno, "make a socket");
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	memcpy(to.sun_path, n->path, strlen(n->path));
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0) {
		err_set(err, errno, "reach the seccomp listener at %s", n->path);
		return err_hint(err, "start the program that answers the system calls first");
	}
	json_object_set_new(n->state, "pid", json_integer(pid));
	json_object_set_new(
		json_object_get(n->state, "state"), "pid", json_integer(n->init ? n->init : pid));
	text = json_text(n->state);
	r = fd_send(sock, text, strlen(text), &fd, 1);
	return r < 0 ? err_set(err, -r, "tell the seccomp listener at %s", n->path) : 0;
}

/* In the second process: wait until the descriptor has a number, send it, wait until it has been taken. */
static int pass_on(const _Atomic int *number, int sync)
{
	struct sync_msg msg = {.fd = -EBADF};
	int fd;

	while ((fd = atomic_load(number)) < 0)
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	if (sync_send(sync, SYNC_NOTIFY, fd) < 0 || sync_recv(sync, &msg, NULL) < 0)
		return 1;
	return msg.type == SYNC_GO ? 0 : 1;
}

int notify_load(const struct seccomp *filter, int sync, struct err *err)
{
	_Atomic int *number = mmap(
		NULL, sizeof(*number), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t us = getpid(), pid;
	int pidfd = -EBADF, fd;

	if (number == MAP_FAILED)
		return err_set(err, errno, "share memory");
	atomic_store(number, -1);
	pid = ns_clone3(CLONE_FILES, -EBADF, &pidfd);
	if (pid < 0)
		return err_set(err, -pid, "fork for the seccomp listener");
	if (pid == 0) {
		proc_die_with(us, SIGKILL);
		_exit(pass_on(number, sync));
	}
	fd = seccomp_load_notify(filter, err);
	if (fd < 0) {
		kill(pid, SIGKILL);
		proc_wait(pid);
		return fd;
	}
	/* from here on each call may be one that the listener answers, which it can as soon as the other process has done its work */
	atomic_store(number, fd);
	if (proc_wait(pid) != 0)
		return err_say(err, ECONNREFUSED, "the seccomp listener was not reached");
	return 0;
}
