/*
 * bundle - run an OCI bundle the way a monitor does, and say how long each part took
 *
 * usage: bundle [-t] [-n COUNT] DIR: executes DIR/config.json in R; -t prints microseconds to standard error.
 *        bundle -j PID [-t] DIR COMMAND [ARG...]: executes a further process in the container with init PID
 * RL_RUNROOT is the runtime directory.
 */
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/launch.h"
#include "userns/rundir.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int fail(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	if (*err->hint)
		fprintf(stderr, "hint: %s\n", err->hint);
	return err->code == ERR_EXEC_NOTFOUND ? 127 : err->code == ERR_EXEC_FAILED ? 126 : 125;
}

static int run(const struct launch *l, bool timing)
{
	struct launched c = LAUNCHED_INIT;
	struct err err = {0};
	uint64_t t[5] = {now()};
	int code;

	if (launch_clone(l, &c, &err) < 0)
		return fail("clone", &err);
	t[1] = now();
	if (launch_wait(&c, &err) < 0) {
		launch_done(&c);
		return fail("wait", &err);
	}
	t[2] = now();
	if (launch_exec(&c, &err) < 0) {
		launch_done(&c);
		return fail("exec", &err);
	}
	t[3] = now();
	if (c.console >= 0) {
		char buf[4096];
		ssize_t n;

		while ((n = read(c.console, buf, sizeof(buf))) > 0)
			fd_write_full(1, buf, (size_t)n);
	}
	code = proc_wait(c.pid);
	t[4] = now();
	if (timing)
		fprintf(stderr, "clone %u wait %u exec %u run %u total %u\n",
			(unsigned)(t[1] - t[0]), (unsigned)(t[2] - t[1]), (unsigned)(t[3] - t[2]),
			(unsigned)(t[4] - t[3]), (unsigned)(t[4] - t[0]));
	launch_done(&c);
	return code;
}

static int join(pid_t pid, const json_t *config, char **argv, int cache, bool timing)
{
	_cleanup_json_ json_t *process = json_deep_copy(json_object_get(config, "process"));
	json_t *args = json_array();
	struct launched c = LAUNCHED_INIT;
	struct err err = {0};
	uint64_t t[3] = {now()};
	int code;

	for (; *argv; argv++)
		json_array_append_new(args, json_string(*argv));
	json_object_set_new(process, "args", args);
	{
		struct join j = {.pid = pid,
			.start_time = proc_start_time(pid),
			.config = config,
			.process = process,
			.stdio = {0, 1, 2},
			.seccomp_cache = cache,
			.bundle = AT_FDCWD};

		if (launch_join(&j, &c, &err) < 0)
			return fail("join", &err);
	}
	t[1] = now();
	code = proc_wait(c.pid);
	t[2] = now();
	if (timing)
		fprintf(stderr, "join %u run %u\n", (unsigned)(t[1] - t[0]),
			(unsigned)(t[2] - t[1]));
	launch_done(&c);
	return code;
}

int main(int argc, char **argv)
{
	_cleanup_json_ json_t *config = NULL;
	_cleanup_free_ char *path = NULL;
	struct userns u = {0};
	struct err err = {0};
	struct launch l = {.root = -EBADF, .stdio = {0, 1, 2}, .seccomp_cache = -EBADF};
	bool timing = false;
	int opt, count = 1, rundir, code = 0, pid = 0;

	while ((opt = getopt(argc, argv, "+tn:dj:")) >= 0) {
		if (opt == 't')
			timing = true;
		else if (opt == 'n')
			count = (int)strtol(optarg, NULL, 10);
		else if (opt == 'j')
			pid = (int)strtol(optarg, NULL, 10);
		else if (opt == 'd')
			log_enable(true);
		else
			return 125;
	}
	if (optind >= argc)
		return 125;
	rundir = rundir_open(getenv("RL_RUNROOT"), &path, &err);
	if (rundir < 0)
		return fail("rundir", &err);
	l.bundle = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.bundle < 0 || json_read_at(l.bundle, "config.json", &config, &err) < 0)
		return fail("config.json", &err);
	if (pid) {
		for (int i = 0; i < count; i++)
			code = join(pid, config, argv + optind + 1, rundir, timing);
		return code;
	}
	if (userns_enter(rundir, &u, &err) < 0)
		return fail("userns", &err);
	l.config = config;
	l.maps = &u.maps;
	l.rootless = u.mode != USERNS_ROOT;
	l.seccomp_cache = rundir;
	for (int i = 0; i < count; i++)
		code = run(&l, timing);
	userns_done(&u);
	return code;
}
