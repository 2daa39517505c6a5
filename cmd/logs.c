#include "cmd/output.h"
#include "cmd/target.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/ctrlog.h"
#include "runtime/frame.h"
#include "runtime/logattrs.h"

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

struct logs_cmd {
	bool color, details, follow, latest, names, timestamps;
	char *since, *until, *tail;
};

/* one container's log on its way out */
struct source {
	struct container c;
	struct ctrlog_reader r;
	struct ctrlog_entry e;
	char *attrs; /* what --details shows */
	bool have;   /* e is the next one to print */
	bool inside; /* the last piece had no newline */
	int sock;    /* ends when the monitor does; -EBADF when nothing more is to come */
};

struct sources {
	struct source *v;
	size_t n;
	const struct logs_cmd *o;
	FILE *last; /* what the last line went to */
};

static void sources_done(struct sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		ctrlog_reader_done(&s->v[i].r);
		fd_close(s->v[i].sock);
		free(s->v[i].attrs);
		container_done(&s->v[i].c);
	}
	free(s->v);
}

static int parse_query(const struct logs_cmd *o, struct ctrlog_query *ret, struct err *err)
{
	struct timespec now;

	*ret = (struct ctrlog_query){.tail = -1, .follow = o->follow};
	clock_gettime(CLOCK_REALTIME, &now);
	if (o->since && parse_time(o->since, &now, &ret->since) < 0)
		return err_say(err, ERR_USAGE, "--since: %.64s is not a time", o->since);
	/* "3s" with --follow is a time to come, as podman has it: lines of the past alone need not be followed */
	if (o->until &&
		(o->follow ? parse_time_ahead : parse_time)(o->until, &now, &ret->until) < 0)
		return err_say(err, ERR_USAGE, "--until: %.64s is not a time", o->until);
	if (o->tail && !str_eq(o->tail, "all") && !str_eq(o->tail, "-1") &&
		(parse_i64(o->tail, &ret->tail) < 0 || ret->tail < 0))
		return err_say(err, ERR_USAGE, "--tail: %.32s is not a number of lines", o->tail);
	return 0;
}

static int open_source(struct source *s, const struct ctrlog_query *q, bool follow, struct err *err)
{
	unsigned char flags = 0;
	int r;

	/* first, so that the end is not missed between a last look at the log and this */
	if (follow && target_is_running(&s->c)) {
		s->sock = container_connect(&s->c, NULL);
		if (s->sock >= 0)
			frame_send(s->sock, ATTACH_HELLO, &flags, 1);
	}
	r = ctrlog_reader_open_of(&s->r, s->c.dirfd, s->c.record, q, err);
	if (r == 0 && s->sock < 0)
		ctrlog_reader_end(&s->r);
	return r;
}

static void print_prefix(const struct sources *all, const struct source *s)
{
	static const int colors[] = {36, 33, 32, 35, 34, 31};
	char stamp[CLOCK_TEXT_MAX], *name = NULL;
	FILE *out = s->e.stream == 2 ? stderr : stdout;
	_cleanup_free_ char *owned = NULL;

	if (all->o->names)
		name = owned = xstrdup(s->c.name ? s->c.name : s->c.id);
	else if (all->n > 1)
		name = owned = xstrndup(s->c.id, 12);
	if (name && all->o->color)
		fprintf(out, "\033[%dm%s\033[0m ",
			colors[(size_t)(s - all->v) % ARRAY_SIZE(colors)], name);
	else if (name)
		fprintf(out, "%s ", name);
	if (all->o->timestamps) {
		clock_text(&s->e.time, stamp);
		stamp[strlen(stamp) - 1] = '\0';
		fprintf(out, "%s+00:00 ", stamp);
	}
	if (!str_empty(s->attrs))
		fprintf(out, "%s ", s->attrs);
}

static void print_entry(struct sources *all, struct source *s)
{
	FILE *out = s->e.stream == 2 ? stderr : stdout;

	/* where both go to one place (2>&1), the lines stay in their order */
	if (out != all->last && all->last)
		fflush(all->last);
	all->last = out;
	if (!s->inside)
		print_prefix(all, s);
	fwrite_unlocked(s->e.text, 1, s->e.len, out);
	if (!s->e.partial)
		putc_unlocked('\n', out);
	s->inside = s->e.partial;
}

static int read_attrs(struct source *s, struct err *err)
{
	_cleanup_json_ json_t *config = NULL;
	int r = container_config(&s->c, &config, err);

	if (r == 0)
		s->attrs = log_attrs(s->c.record, config);
	return r;
}

/* Print all that is there, the oldest first. */
static int print_available(struct sources *all, struct err *err)
{
	for (;;) {
		struct source *next = NULL;

		for (size_t i = 0; i < all->n; i++) {
			struct source *s = &all->v[i];

			if (!s->have) {
				int r = ctrlog_read(&s->r, &s->e, err);

				if (r < 0)
					return r;
				s->have = r > 0;
			}
			if (s->have && (!next || clock_before(&s->e.time, &next->e.time)))
				next = s;
		}
		if (!next)
			break;
		print_entry(all, next);
		next->have = false;
		if (ferror(stdout))
			break;
	}
	if (fflush(stdout) != 0)
		return output_lost(err);
	fflush(stderr);
	return 0;
}

/* Return: whether any container may still write */
static bool wait_more(struct sources *all, int inotify)
{
	_cleanup_free_ struct pollfd *p = xcalloc(2 * all->n + 1, sizeof(*p));
	char events[4096];
	bool live = false;

	p[all->n] = (struct pollfd){.fd = inotify, .events = POLLIN};
	for (size_t i = 0; i < all->n; i++) {
		p[i] = (struct pollfd){.fd = all->v[i].sock, .events = POLLIN};
		p[all->n + 1 + i] =
			(struct pollfd){.fd = ctrlog_reader_pipe(&all->v[i].r), .events = POLLIN};
		live = live || (all->v[i].sock >= 0 && !all->v[i].r.ended);
	}
	if (!live || poll(p, 2 * all->n + 1, -1) < 0)
		return live;
	if (p[all->n].revents)
		(void)!read(inotify, events, sizeof(events));
	/* whatever the monitor says, it has said it after its last line was in the log */
	for (size_t i = 0; i < all->n; i++)
		if (p[i].revents) {
			all->v[i].sock = fd_close(all->v[i].sock);
			ctrlog_reader_end(&all->v[i].r);
		}
	return true;
}

static int follow(struct sources *all, struct err *err)
{
	_cleanup_close_ int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];
	int r;

	if (inotify < 0)
		return err_set(err, errno, "create inotify descriptor");
	for (size_t i = 0; i < all->n; i++) {
		int dir = all->v[i].r.files.dirfd;

		/* the journal has none: its worker tells what comes */
		if (dir < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
		if (inotify_add_watch(inotify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
			return err_set(
				err, errno, "watch the log of container %s", all->v[i].c.name);
	}
	do
		r = print_available(all, err);
	while (r == 0 && wait_more(all, inotify));
	return r;
}

static int run_logs(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct logs_cmd *o = opts;
	_cleanup_(sources_done) struct sources all = {.o = o};
	struct ctrlog_query q;
	int r = parse_query(o, &q, err);

	if (r < 0)
		return r;
	all.v = xcalloc(args->n + 1, sizeof(*all.v));
	do {
		struct source *s = &all.v[all.n];
		struct strv one = {.v = args->v + all.n, .n = args->n ? 1 : 0};

		*s = (struct source){.c = {.dirfd = -EBADF, .runfd = -EBADF},
			.r = CTRLOG_READER_INIT,
			.sock = -EBADF};
		r = target_one(ctx, o->latest, &one, &s->c, err);
		if (r < 0)
			return r;
		all.n++;
		r = o->details ? read_attrs(s, err) : 0;
		if (r == 0)
			r = open_source(s, &q, o->follow, err);
		if (r < 0)
			return r;
	} while (all.n < args->n);
	return o->follow ? follow(&all, err) : print_available(&all, err);
}

#define O struct logs_cmd
static const struct opt logs_opts[] = {
	OPTION_BOOL(0, "color", O, color, "show names in colours"),
	OPTION_BOOL(0, "details", O, details,
		"show the labels and variables that --log-opt labels= and env= name"),
	OPTION_BOOL('f', "follow", O, follow, "go on until the container ends"),
	OPTION_BOOL('l', "latest", O, latest, "of the newest container"),
	OPTION_BOOL('n', "names", O, names, "put the container's name before each line"),
	OPTION_STR(0, "since", O, since, "TIME",
		"only lines since a time, or a duration before now (10m)"),
	OPTION_STR(0, "tail", O, tail, "LINES", "only the last lines (default: all)"),
	OPTION_BOOL('t', "timestamps", O, timestamps, "put the time before each line"),
	OPTION_STR(0, "until", O, until, "TIME", "only lines until a time"),
	{0},
};

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Show what containers have printed",
	.details = "A log with a limit (--log-opt max-size) is two files, and the older one is "
		   "replaced "
		   "when the newer one is full. --follow misses nothing of that, unless it comes "
		   "more than two "
		   "files behind because what reads its output is slow: those lines are gone.",
	.opts = logs_opts,
	.opts_size = sizeof(struct logs_cmd),
	.run = run_logs,
};
