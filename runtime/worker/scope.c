/*
 * rl-scope - ask a systemd manager for a scope, or to move a process into one
 *
 *     rl-scope start SOCKET UNIT SLICE PID SIGNAL SECONDS DESCRIPTION
 *     rl-scope attach SOCKET UNIT SUBGROUP PID
 *
 * SOCKET is the manager's own or that of a bus.  It ends with 0 when the manager has done it, else with 1 and one line on standard
 * error.  A worker, so that nothing else links libsystemd.
 */
#include "runtime/base/confine.h"
#include "runtime/base/err.h"
#include "runtime/base/parse.h"
#include "runtime/base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define NAME	   "org.freedesktop.systemd1"
#define OBJECT	   "/org/freedesktop/systemd1"
#define MANAGER	   NAME ".Manager"
#define LIMIT_USEC (4 * 1000000ULL)
/* a scope of that name that is just ending is waited for */
#define RETRIES	 200
#define RETRY_MS 10

/**
 * struct job - the manager's job, once it is known
 * @path:   of the job
 * @result: "done" if it succeeded; NULL while it goes on
 * @early:  what ended before @path was known: the answer and the signal come in any order
 */
struct job {
	char *path, *result;
	struct strv early;
};

static int fail(const char *what, int r, const sd_bus_error *e)
{
	fprintf(stderr, "%s: %s\n", what, e && e->message ? e->message : strerror(-r));
	return 1;
}

static int on_removed(sd_bus_message *m, void *arg, sd_bus_error *e)
{
	struct job *job = arg;
	const char *path = NULL, *unit = NULL, *result = NULL;
	uint32_t id;

	(void)e;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (!job->path) {
		strv_add(&job->early, path);
		strv_add(&job->early, result);
	} else if (!job->result && str_eq(path, job->path)) {
		job->result = xstrdup(result);
	}
	return 0;
}

/* a manager in another pid namespace would take the number for another process's */
static int check_peer(sd_bus *bus)
{
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);
	int fd = sd_bus_get_fd(bus);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	return cred.pid > 0 ? 0 : -EXDEV;
}

static int connect_to(const char *socket, sd_bus **ret)
{
	_cleanup_free_ char *address = NULL;
	bool direct = str_ends(socket, "/private");
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	address = xasprintf("unix:path=%s", socket);
	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	/* the manager's own socket is no bus: nobody to greet, no names */
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, !direct);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, LIMIT_USEC);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = check_peer(bus);
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int watch_jobs(sd_bus *bus, struct job *job)
{
	int r = sd_bus_match_signal(
		bus, NULL, NULL, OBJECT, MANAGER, "JobRemoved", on_removed, job);

	/* the manager tells a bus of its jobs only where somebody has subscribed */
	if (r >= 0)
		r = sd_bus_call_method(bus, NAME, OBJECT, MANAGER, "Subscribe", NULL, NULL, NULL);
	return r;
}

static int add_properties(sd_bus_message *m, char **argv)
{
	uint64_t pid, sig, seconds;
	int r;

	if (parse_u64_max(argv[2], INT32_MAX, &pid) < 0 || parse_u64_max(argv[3], 64, &sig) < 0 ||
		parse_u64_max(argv[4], INT32_MAX, &seconds) < 0)
		return -EINVAL;
	r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Description", "s", argv[5]);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
	if (r >= 0 && *argv[1])
		r = sd_bus_message_append(m, "(sv)", "Slice", "s", argv[1]);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Delegate", "b", 1);
	/* else it is the manager's DefaultTasksMax, whatever --pids-limit says */
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "TasksMax", "t", UINT64_MAX);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "CollectMode", "s", "inactive-or-failed");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "KillSignal", "i", (int32_t)sig);
	if (r >= 0)
		r = sd_bus_message_append(
			m, "(sv)", "TimeoutStopUSec", "t", (uint64_t)seconds * 1000000);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r;
}

/* @argv: UNIT SLICE PID SIGNAL SECONDS DESCRIPTION; Return: as sd_bus_call() */
static int call_start(sd_bus *bus, char **argv, sd_bus_error *e, char **ret_job)
{
	sd_bus_message *m = NULL, *reply = NULL;
	const char *path;
	int r = sd_bus_message_new_method_call(
		bus, &m, NAME, OBJECT, MANAGER, "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", argv[0], "fail");
	if (r >= 0)
		r = add_properties(m, argv);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	if (r >= 0)
		r = sd_bus_call(bus, m, 0, e, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r >= 0)
		*ret_job = xstrdup(path);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return r;
}

/* The scope of the container's last run may still be ending. */
static int call_start_again(sd_bus *bus, char **argv, sd_bus_error *e, char **ret_job)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};

	for (int i = 0;; i++) {
		int r = call_start(bus, argv, e, ret_job);

		if (r >= 0 || i >= RETRIES || !sd_bus_error_has_name(e, NAME ".UnitExists"))
			return r;
		sd_bus_error_free(e);
		nanosleep(&pause, NULL);
	}
}

static void look_at_early(struct job *job)
{
	for (size_t i = 0; i + 1 < job->early.n; i += 2)
		if (str_eq(job->early.v[i], job->path))
			job->result = xstrdup(job->early.v[i + 1]);
}

static int wait_job(sd_bus *bus, struct job *job)
{
	look_at_early(job);
	while (!job->result) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, LIMIT_USEC);
		if (r < 0)
			return r;
	}
	return 0;
}

static int start(sd_bus *bus, char **argv)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	struct job job = {0};
	int r = watch_jobs(bus, &job);

	if (r < 0)
		return fail("subscribe", r, NULL);
	r = call_start_again(bus, argv, &e, &job.path);
	if (r < 0)
		return fail(argv[0], r, &e);
	r = wait_job(bus, &job);
	if (r < 0)
		return fail("wait for the scope", r, NULL);
	if (!str_eq(job.result, "done")) {
		fprintf(stderr, "the scope could not be started: %s\n", job.result);
		return 1;
	}
	return 0;
}

/* @argv: UNIT SUBGROUP PID */
static int attach(sd_bus *bus, char **argv)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	uint64_t pid;
	int r = parse_u64_max(argv[2], INT32_MAX, &pid);

	if (r >= 0)
		r = sd_bus_call_method(bus, NAME, OBJECT, MANAGER, "AttachProcessesToUnit", &e,
			NULL, "ssau", argv[0], argv[1], 1, (uint32_t)pid);
	return r < 0 ? fail("AttachProcessesToUnit", r, &e) : 0;
}

int main(int argc, char **argv)
{
	bool starts = argc == 9 && str_eq(argv[1], "start");
	sd_bus *bus = NULL;
	int r;

	if (!starts && !(argc == 6 && str_eq(argv[1], "attach"))) {
		fputs("usage: rl-scope start SOCKET UNIT SLICE PID SIGNAL SECONDS DESCRIPTION | "
		      "attach SOCKET UNIT SUBGROUP PID\n",
			stderr);
		return 2;
	}
	/* whatever a manager or a bus does not answer to; the caller sees what became of us */
	alarm(LIMIT_USEC / 1000000 + 1);
	r = connect_to(argv[2], &bus);
	if (r < 0)
		return fail(argv[2], r, NULL);
	/* behind the bus is whoever answers there */
	confine_caps();
	confine_writes(-EBADF);
	return starts ? start(bus, argv + 3) : attach(bus, argv + 3);
}
