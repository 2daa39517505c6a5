#include "cmd/cmd.h"
#include "cmd/event_filter.h"
#include "cmd/event_row.h"
#include "cmd/output.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/event.h"

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

struct events_cmd {
	bool no_trunc, stream;
	char *format, *since, *until;
	struct strv filter;
};

/* events on their way out; times are nanoseconds since 1970, 0 for no limit */
struct listing {
	const struct events_cmd *o;
	struct event_reader r;
	int64_t since, until;
};

static int64_t ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* A duration is before now for --since, and after now for --until: then what happens until then is waited for. */
static int parse_limit(
	const char *option, const char *text, bool until, int64_t *ret, struct err *err)
{
	struct timespec now, t = {0};

	if (!text)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	if ((until ? parse_time_ahead : parse_time)(text, &now, &t) < 0) {
		err_say(err, ERR_USAGE, "%s: %.64s is not a time", option, text);
		return err_hint(err, "for example 2026-01-02T15:04:05Z, or a duration such as 10m");
	}
	*ret = ns_of(&t);
	/* a plain number is a unix time, "0" too */
	return 0;
}

static int print(const struct listing *l, json_t *rows, struct err *err)
{
	/* one object a line, where a list elsewhere is one array */
	struct output o = {.format = l->o->format};
	json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return 0;
	if (o.format && output_is_json(&o))
		o.format = "{{json .}}";
	if (o.format)
		return output_list(&o, rows, err);
	json_array_foreach (rows, i, row) {
		_cleanup_buf_ struct buf line = {0};

		event_row_line(row, l->o->no_trunc, &line);
		puts(buf_str(&line));
	}
	return 0;
}

/* what is there now */
static int print_available(struct listing *l, struct err *err)
{
	const struct output as = {.format = l->o->format};
	bool typed = output_is_json(&as);
	_cleanup_json_ json_t *rows = json_array();
	json_t *event;
	int r;

	while ((r = event_read(&l->r, &event, err)) > 0) {
		int64_t at = json_get_int(event, "time", 0);

		if (at >= l->since && (!l->until || at <= l->until) &&
			event_filter_match(&l->o->filter, event))
			json_array_append_new(rows, event_row(event, typed));
		json_decref(event);
	}
	if (r == 0)
		r = print(l, rows, err);
	if (r == 0 && fflush(stdout) != 0)
		return output_lost(err);
	return r;
}

/* Return: whether there may be more: time is not over, and somebody reads what is printed */
static bool wait_more(const struct listing *l, int inotify)
{
	struct pollfd p[2] = {{.fd = inotify, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	char changes[4096];
	struct timespec now;
	int64_t left = -1;

	if (l->until) {
		clock_gettime(CLOCK_REALTIME, &now);
		left = (l->until - ns_of(&now)) / 1000000 + 1;
		if (left <= 0)
			return false;
	}
	poll(p, ARRAY_SIZE(p), left > 3600000 ? 3600000 : (int)left);
	if (p[0].revents & POLLIN)
		(void)!read(inotify, changes, sizeof(changes));
	return !(p[1].revents & POLLERR);
}

static int follow(struct listing *l, int store, struct err *err)
{
	_cleanup_close_ int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[PATH_OF_FD_MAX];
	int r;

	/* before the first look: what happens between both is seen by it or waited for */
	if (inotify < 0 || inotify_add_watch(inotify, path_of_fd(store, path),
				   IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return err_set(err, errno, "watch the log of events");
	do
		r = print_available(l, err);
	while (r == 0 && wait_more(l, inotify));
	return r;
}

static int run_events(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct events_cmd *o = opts;
	struct listing l = {.o = o};
	int r = event_filter_check(&o->filter, err);

	(void)args;
	if (r == 0)
		r = parse_limit("--since", o->since, false, &l.since, err);
	if (r == 0)
		r = parse_limit("--until", o->until, true, &l.until, err);
	if (r == 0)
		r = ctx_store(ctx, err);
	if (r < 0)
		return r;
	if (ctx->store.no_events) {
		err_say(err, ENOTSUP, "events are switched off");
		return err_hint(err, "take events_logger = \"none\" out of rl.conf, or "
				     "--events-backend none out of "
				     "the command line; --events-backend file shows what is there");
	}
	r = event_reader_open(&l.r, &ctx->store, o->stream, err);
	if (r < 0)
		return r;
	/* without a word about the past, only what is to come */
	if (o->stream && !o->since && !o->until)
		rotated_skip_all(&l.r.files);
	r = o->stream ? follow(&l, ctx->store.fd, err) : print_available(&l, err);
	event_reader_done(&l.r);
	return r;
}

#define O struct events_cmd
static const struct opt events_opts[] = {
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"only those that match KEY=VALUE: container, event, image, label, type, …"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "whole ids (default)"),
	OPTION_STR(0, "since", O, since, "TIME", "begin at a time, or a duration before now (10m)"),
	OPTION_BOOL(0, "stream", O, stream, "go on with what happens next (default)"),
	OPTION_STR(0, "until", O, until, "TIME", "end at a time, or a duration after now"),
	{0},
};

static const struct events_cmd defaults = {.no_trunc = true, .stream = true};

const struct cmd cmd_events = {
	.name = "events",
	.summary = "Show what happens to containers, images and the rest",
	.details =
		"Shows what happens from now on; with --since or --until also what has happened. "
		"The last few thousand events are kept. 'events_logger = \"none\"' below [engine] "
		"in "
		"rl.conf "
		"switches them off.",
	.opts = events_opts,
	.opts_size = sizeof(struct events_cmd),
	.defaults = &defaults,
	.run = run_events,
};
