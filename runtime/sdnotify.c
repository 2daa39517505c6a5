#include "runtime/sdnotify.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DIR	    "notify"
#define NAME	    "notify.sock"
#define INSIDE	    "/run/notify"
#define MESSAGE_MAX 4096
/* messages that are taken at once: others have their turn between them */
#define BURST 16

static const char *const modes[] = {[SDNOTIFY_CONTAINER] = "container",
	[SDNOTIFY_CONMON] = "conmon",
	[SDNOTIFY_HEALTHY] = "healthy",
	[SDNOTIFY_IGNORE] = "ignore"};

int sdnotify_parse(const char *name, enum sdnotify_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_eq(name, modes[i])) {
			*ret = (enum sdnotify_mode)i;
			return 0;
		}
	return -EINVAL;
}

void sdnotify_begin(struct sdnotify *n, const json_t *record)
{
	const char *target = getenv("NOTIFY_SOCKET");

	sdnotify_parse(json_get_str(record, "sdnotify", modes[SDNOTIFY_CONTAINER]), &n->mode);
	if (n->mode != SDNOTIFY_IGNORE && target && (*target == '/' || *target == '@'))
		n->target = xstrdup(target);
}

/* Return: its length, or 0 if it is too long */
static socklen_t address_of(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	if (len >= sizeof(ret->sun_path))
		return 0;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, len);
	if (*path == '@')
		ret->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*path != '@'));
}

/* A manager that does not read is not waited for. */
static void tell(const struct sdnotify *n, const char *text)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	socklen_t len = address_of(n->target, &sa);

	if (fd >= 0 && len)
		(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&sa, len);
}

static int make_socket(int runfd, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (fd < 0 || (mkdirat(runfd, DIR, 0755) < 0 && errno != EEXIST))
		return err_set(err, errno, "make the container's notify socket");
	/* the real path may be longer than the 107 bytes that fit */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/" DIR "/" NAME, runfd);
	unlinkat(runfd, DIR "/" NAME, 0);
	/* for every user of the container; the directory above is closed to all others */
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
		fchmodat(runfd, DIR "/" NAME, 0666, 0) < 0)
		return err_set(err, errno, "make the container's notify socket");
	return take_fd(fd);
}

int sdnotify_offer(struct sdnotify *n, json_t *config, int runfd, const char *dir, struct err *err)
{
	json_t *env = json_object_get(json_object_get(config, "process"), "env"),
	       *mounts = json_object_get(config, "mounts");

	if (!n->target || n->mode != SDNOTIFY_CONTAINER)
		return 0;
	if (n->fd < 0)
		n->fd = make_socket(runfd, err);
	if (n->fd < 0)
		return n->fd;
	json_array_append_new(env, json_string("NOTIFY_SOCKET=" INSIDE "/" NAME));
	return json_array_append_new(
		mounts, json_pack("{s:s, s:s, s:o, s:[s, s, s, s, s, s]}", "destination", INSIDE,
				"type", "bind", "source", json_sprintf("%s/" DIR, dir), "options",
				"bind", "rprivate", "ro", "nosuid", "nodev", "noexec"));
}

static void tell_ready(struct sdnotify *n)
{
	if (n->target && !n->ready)
		tell(n, "READY=1");
	n->ready = true;
}

void sdnotify_started(struct sdnotify *n)
{
	char text[32];

	if (!n->target)
		return;
	snprintf(text, sizeof(text), "MAINPID=%d", (int)getpid());
	tell(n, text);
	if (n->mode == SDNOTIFY_CONMON)
		tell_ready(n);
}

void sdnotify_healthy(struct sdnotify *n)
{
	if (n->mode == SDNOTIFY_HEALTHY)
		tell_ready(n);
}

void sdnotify_filter(const char *message, struct buf *ret)
{
	static const char *const known[] = {"READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1",
		"STATUS=", "ERRNO=", "EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC="};
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, message, "\n");
	strv_foreach (i, line, &lines)
		for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
			const char *rest = str_after(line, known[k]);

			if (rest && (!*rest || str_ends(known[k], "=")))
				buf_addf(ret, "%s\n", line);
		}
}

void sdnotify_relay(const struct sdnotify *n)
{
	char message[MESSAGE_MAX + 1];

	for (int i = 0; i < BURST; i++) {
		_cleanup_buf_ struct buf text = {0};
		ssize_t len = recv(n->fd, message, MESSAGE_MAX, MSG_DONTWAIT);

		if (len < 0)
			return;
		message[len] = '\0';
		sdnotify_filter(message, &text);
		if (text.len)
			tell(n, buf_str(&text));
	}
}
