#include "cmd/target.h"

#include "runtime/ask.h"
#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/health_record.h"

#include <stdio.h>

/* beyond the times of the check itself and of one that is under way; the monitor ends those that hang */
#define ANSWER_MS 30000

struct healthcheck_cmd {
	bool ignore_result;
};

/* a failure that does not count yet */
static const char *word_of(const struct container *c)
{
	_cleanup_json_ json_t *j = health_read(c);

	return str_eq(json_get_str(j, "Status", ""), "starting") &&
			       json_get_int(j, "FailingStreak", 0) == 0
		       ? "starting"
		       : "unhealthy";
}

/* Return: 0 if it is well, 1 with a word for it if not */
static int check(
	struct container *c, const struct health_conf *conf, const char **ret_word, struct err *err)
{
	int64_t longest = conf->first.timeout > conf->usual.timeout ? conf->first.timeout
								    : conf->usual.timeout;
	struct err why = {0};
	int r = ask(c, ATTACH_HEALTH, NULL, 0, 2 * longest + ANSWER_MS, &why);

	fd_close(r);
	if (r == -HEALTH_E_FAILED || r == -HEALTH_E_STOPPED) {
		*ret_word = r == -HEALTH_E_FAILED ? word_of(c) : "stopped";
		return 1;
	}
	if (r < 0)
		*err = why;
	return r < 0 ? r : 0;
}

static int run_healthcheck(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct healthcheck_cmd *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	const char *word = "";
	struct health_conf conf;
	int r = target_one(ctx, false, args, &c, err);

	if (r < 0)
		return r;
	health_conf_read(c.record, &conf);
	if (!conf.on) {
		err_say(err, EINVAL, "container %s has no health check", container_label(&c));
		return err_hint(err, "'rl update --health-cmd COMMAND %s' gives it one",
			container_label(&c));
	}
	if (!container_is_running(&c)) {
		err_say(err, ESRCH, "container %s is not running", container_label(&c));
		return err_hint(err, "start it with 'rl start %s'", container_label(&c));
	}
	r = check(&c, &conf, &word, err);
	if (r == 1)
		puts(word);
	return r == 1 && o->ignore_result ? 0 : r;
}

#define O struct healthcheck_cmd
static const struct opt healthcheck_opts[] = {
	OPTION_BOOL(0, "ignore-result", O, ignore_result,
		"end with 0 also when the container is not well"),
	{0},
};

const struct cmd cmd_healthcheck_run = {
	.name = "healthcheck run",
	.args = "CONTAINER",
	.min = 1,
	.max = 1,
	.summary = "Check a container's health now",
	.details = "0: it is well, 1: it is not, or it ended meanwhile, 125: that cannot be told.  "
		   "The check counts like any "
		   "other.",
	.opts = healthcheck_opts,
	.opts_size = sizeof(struct healthcheck_cmd),
	.run = run_healthcheck,
};
