#include "cmd/human.h"
#include "cmd/output.h"
#include "cmd/target.h"

#include "runtime/why.h"

struct why_opts {
	char *format;
	bool latest;
};

/* "NAME" in a hint is the container's */
static char *fill_in(const char *hint, const char *name)
{
	_cleanup_buf_ struct buf b = {0};
	const char *at;

	while (hint && (at = strstr(hint, "NAME"))) {
		buf_add(&b, hint, (size_t)(at - hint));
		buf_adds(&b, name);
		hint = at + strlen("NAME");
	}
	if (hint)
		buf_adds(&b, hint);
	return buf_take(&b);
}

static json_t *as_json(const struct container *c, const struct why *w, const struct why_answer *a,
	const char *hint)
{
	json_t *j = json_object();

	json_set_str(j, "Name", container_label(c));
	json_set_str(j, "Id", c->id);
	json_set_str(j, "Status", container_status_name(c->status));
	json_object_set_new(j, "ExitCode", json_integer(w->code));
	json_set_str(j, "Cause", a->cause);
	json_set_str(j, "What", a->what);
	json_set_str(j, "Hint", hint);
	json_set_str(j, "Since", w->since);
	json_set_str(j, "Error", w->error);
	json_set_str(j, "LastOutput", w->last ? w->last : "");
	json_set_str(j, "Health", w->health ? w->health : "");
	json_set_str(j, "Ports", w->ports);
	json_object_set_new(j, "RestartCount", json_integer(w->restarts));
	return j;
}

/* What happened and when; then what to do, or what it said last, or where it listens. */
static void print(const struct container *c, const struct why *w, const struct why_answer *a,
	const char *hint)
{
	char ago[HUMAN_MAX] = "";
	_cleanup_buf_ struct buf extra = {0};
	bool running = c->held && !w->restarting;

	human_since(w->since, ago);
	/* what is still going on goes on for that time */
	if (running && str_ends(ago, " ago"))
		ago[strlen(ago) - strlen(" ago")] = '\0';
	if (c->status == CONTAINER_EXITED || w->restarting)
		buf_addf(&extra, " with code %d", w->code);
	if (w->restarts)
		buf_addf(&extra, ", after %lld restarts", (long long)w->restarts);
	output_printf("%s %s%s%s%s: %s\n", container_label(c), a->verb,
		!*ago	  ? ""
		: running ? " for "
			  : " ",
		ago, buf_str(&extra), a->what);
	if (*hint)
		output_printf("%s\n", hint);
	else if (running)
		output_printf("published ports: %s\n", *w->ports ? w->ports : "none");
	else if (w->last)
		output_printf("its last output: %s\n", w->last);
	else
		output_printf("it has printed nothing\n");
}

static int run_why(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct why_opts *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_(why_done) struct why w = {0};
	_cleanup_free_ char *hint = NULL;
	_cleanup_json_ json_t *j = NULL;
	struct why_answer a;
	int r = target_one(ctx, o->latest, args, &c, err);

	if (r < 0)
		return r;
	why_gather(&c, &w);
	why_answer(&w, &a);
	hint = fill_in(a.hint, container_label(&c));
	if (!o->format) {
		print(&c, &w, &a, hint);
		return 0;
	}
	j = as_json(&c, &w, &a, hint);
	return output_object(o->format, j, err);
}

#define O struct why_opts
static const struct opt why_opts[] = {
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print by a Go template, or json"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container"),
	{0},
};

const struct cmd cmd_why = {
	.name = "why",
	.args = "[CONTAINER]",
	.max = 1,
	.summary = "Say why a container ended or does not start",
	.details = "Two lines: what happened, and what to do about it or what the container said "
		   "last.",
	.opts = why_opts,
	.opts_size = sizeof(struct why_opts),
	.run = run_why,
};
