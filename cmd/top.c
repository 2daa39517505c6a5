#include "cmd/execute.h"
#include "cmd/target.h"
#include "cmd/top_fields.h"

struct top_cmd {
	bool latest;
};

static const char *const dflt[] = {"user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"};

/* "pid,user %C" and the same as several arguments; -ENOENT if one is no descriptor, which ps may understand */
static int add_descriptors(const char *text, struct strv *columns, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};

	strv_split(&words, text, ", ");
	strv_foreach (i, word, &words) {
		const char *field = top_field(word);

		if (!*word)
			continue;
		if (!field) {
			_cleanup_free_ char *known = top_known();

			err_say(err, ENOENT, "%.32s is not a descriptor", word);
			err_hint(err, "known are %s; options of ps work where the container has it",
				known);
			return -ENOENT;
		}
		strv_add(columns, field);
	}
	return 0;
}

static int show(const struct container *c, const struct strv *columns, struct err *err)
{
	_cleanup_(procs_done) struct procs procs = {0};
	_cleanup_(top_close) struct top_source source = {0};
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_buf_ struct buf table = {0};
	struct output out = {.headings = top_headings()};
	int r = procs_list(c, NULL, true, &procs, err);

	if (r == 0)
		r = top_open(c, &procs, &source, err);
	if (r < 0)
		return r;
	strv_foreach (i, column, columns)
		buf_addf(&table, "%s{{.%s}}", i ? "\t" : "", column);
	out.table = buf_str(&table);
	for (size_t i = 0; i < procs.n; i++)
		json_array_append_new(rows, top_row(&source, &procs.v[i]));
	return output_list(&out, rows, err);
}

/* its own ps knows its processes and names best */
static int ask_ps(struct container *c, const struct strv *args, size_t from, struct err *err)
{
	struct execute x = {0};
	int r;

	strv_add(&x.e.args, "ps");
	for (size_t i = from; i < args->n; i++)
		strv_add(&x.e.args, args->v[i]);
	r = execute_in(c, &x, err);
	strv_done(&x.e.args);
	return r;
}

static int run_top(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct top_cmd *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_strv_ struct strv name = {0}, columns = {0};
	size_t from = o->latest ? 0 : 1;
	struct err unknown = {0}, why = {0};
	int r = 0;

	if (!o->latest && args->n)
		strv_add(&name, args->v[0]);
	r = target_one(ctx, o->latest, &name, &c, err);
	if (r < 0)
		return r;
	if (!container_is_running(&c)) {
		err_say(err, ESRCH, "container %s is not running", container_label(&c));
		return err_hint(err, "its status is %s", container_status_name(c.status));
	}
	for (size_t i = from; r == 0 && i < args->n; i++)
		r = add_descriptors(args->v[i], &columns, &unknown);
	for (size_t i = 0; r == 0 && args->n <= from && i < ARRAY_SIZE(dflt); i++)
		strv_add(&columns, dflt[i]);
	if (r == 0)
		return show(&c, &columns, err);
	r = ask_ps(&c, args, from, &why);
	/* without a ps it was a descriptor that was meant */
	if (r >= 0)
		return r;
	if (why.code == ERR_EXEC_NOTFOUND)
		why = unknown;
	if (err)
		*err = why;
	return -why.code;
}

#define O struct top_cmd
static const struct opt top_opts[] = {
	OPTION_BOOL('l', "latest", O, latest, "show the processes of the newest container"),
	{0},
};

const struct cmd cmd_top = {
	.name = "top",
	.args = "[CONTAINER] [DESCRIPTOR...]",
	.max = -1,
	.summary = "List the processes of a running container",
	.details =
		"Descriptors are args, capamb, capbnd, capeff, capinh, capprm, comm, etime, group, "
		"groups, hgroup, hgroups, hpid, huser, label, nice, pcpu, pgid, pid, ppid, rgroup, "
		"rss, ruser, seccomp, state, stime, time, tty, user and vsz, or the codes of ps "
		"such "
		"as %p; those that begin with h are the host's ids.  Anything else is taken as "
		"options of the container's own ps.",
	.opts = top_opts,
	.opts_size = sizeof(struct top_cmd),
	.stop_at_arg = true,
	.run = run_top,
};
