#include "cmd/output.h"
#include "cmd/stats_rows.h"
#include "cmd/target.h"

#include "runtime/base/clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct stats_cmd {
	bool all, latest, no_reset, no_stream, no_trunc;
	uint64_t interval;
	char *format;
};

static const char table[] =
	"{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}"
	"\t{{.PIDS}}\t{{.UpTime}}\t{{.AVGCPU}}";

static const struct heading headings[] = {{"CPUPerc", "CPU %"}, {"CPU", "CPU %"},
	{"MemUsage", "MEM USAGE / LIMIT"}, {"MemUsageBytes", "MEM USAGE / LIMIT"},
	{"MemPerc", "MEM %"}, {"NetIO", "NET IO"}, {"BlockIO", "BLOCK IO"}, {"PIDS", "PIDS"},
	{"PIDs", "PIDS"}, {"UpTime", "CPU TIME"}, {"Up", "CPU TIME"}, {"AVGCPU", "AVG CPU %"},
	{"AvgCPU", "AVG CPU %"}, {0}};

/* the readings of the round before, by id */
struct past {
	struct {
		char id[65];
		struct stats_sample sample;
	} * v;
	size_t n;
};

static void past_add(struct past *p, const char *id, const struct stats_sample *sample)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	snprintf(p->v[p->n].id, sizeof(p->v[p->n].id), "%s", id);
	p->v[p->n++].sample = *sample;
}

struct round {
	const struct stats_cmd *o;
	struct output out;
	json_t *rows;
	const struct past *before;
	struct past now;
	struct procs_table table; /* read with the first container that has no cgroup */
};

static void past_done(struct past *p)
{
	for (size_t i = 0; i < p->n; i++)
		gauge_done(&p->v[i].sample.gauge);
	free(p->v);
	*p = (struct past){0};
}

static struct stats_sample find_past(const struct past *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].id, id))
			return p->v[i].sample;
	return (struct stats_sample){0};
}

static int take_sample(const struct container *c, struct procs_table *procs,
	struct stats_sample *ret, struct err *err)
{
	struct timespec mono;
	int r;

	if (!container_is_running(c))
		return 0;
	r = gauge_read(c, procs, &ret->gauge, err);
	/* it has just ended */
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	clock_gettime(CLOCK_MONOTONIC, &mono);
	ret->at = mono.tv_sec * 1000000000 + mono.tv_nsec;
	ret->since = container_up_ms(c) * 1000000;
	if (ret->since <= 0)
		ret->since = 1;
	return 0;
}

static int stats_one(struct target *t, void *arg, struct err *err)
{
	struct round *round = arg;
	struct stats_sample now = {0}, before = find_past(round->before, t->c.id);
	int r = take_sample(&t->c, &round->table, &now, err);

	if (r < 0)
		return r;
	json_array_append_new(round->rows,
		stats_row(&t->c, &now, &before, output_is_json(&round->out), round->o->no_trunc));
	past_add(&round->now, t->c.id, &now);
	return 0;
}

static int show_round(struct ctx *ctx, const struct stats_cmd *o, const struct strv *names,
	struct past *past, struct err *err)
{
	const struct target_opts t = {.all = !names->n && !o->latest,
		.latest = o->latest,
		.suitable = o->all ? NULL : target_is_running};
	struct round round = {.o = o,
		.out = {.format = o->format, .table = table, .headings = headings},
		.rows = json_array(),
		.before = past};
	int r = target_each(ctx, &t, names, 0, stats_one, &round, err);

	if (r == 0 && !o->no_stream && !o->no_reset && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	if (r == 0)
		r = output_list(&round.out, round.rows, err);
	json_decref(round.rows);
	procs_table_done(&round.table);
	past_done(past);
	*past = round.now;
	return r;
}

static int run_stats(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct stats_cmd *o = opts;
	struct past past = {0};
	int r;

	if (o->all + o->latest + (args->n > 0) > 1)
		return err_say(err, ERR_USAGE, "names, --all and --latest exclude each other");
	if (o->interval == 0 || o->interval > 86400)
		return err_say(err, ERR_USAGE, "--interval: give 1 to 86400 seconds");
	for (;;) {
		r = show_round(ctx, o, args, &past, err);
		if (r != 0 || o->no_stream)
			break;
		if (fflush(stdout) != 0) {
			r = output_lost(err);
			break;
		}
		clock_sleep_ms((int64_t)o->interval * 1000);
	}
	past_done(&past);
	return r;
}

#define O struct stats_cmd
static const struct opt stats_opts[] = {
	OPTION_BOOL('a', "all", O, all, "all containers, not only running ones"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_UINT(
		'i', "interval", O, interval, "SECONDS", "time between two readings (default 5)"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container"),
	OPTION_BOOL(0, "no-reset", O, no_reset, "do not clear the screen between two readings"),
	OPTION_BOOL(0, "no-stream", O, no_stream, "one reading only"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "do not shorten ids"),
	{0},
};

const struct cmd cmd_stats = {
	.name = "stats",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Show what running containers use, again and again",
	.details = "The share of the processor is since the last reading, and in the first one "
		   "since the "
		   "start.  The numbers are those of the container's cgroup; without one they are "
		   "added up over its "
		   "processes, and memory that these share counts once.",
	.opts = stats_opts,
	.opts_size = sizeof(struct stats_cmd),
	.defaults = &(const struct stats_cmd){.interval = 5},
	.run = run_stats,
};
