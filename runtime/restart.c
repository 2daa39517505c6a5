#include "runtime/restart.h"

#include "runtime/base/parse.h"
#include "runtime/base/str.h"

#include <stdio.h>

static const char *const names[] = {
	[RESTART_NO] = "no",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	[RESTART_UNLESS_STOPPED] = "unless-stopped",
};

const char *restart_name(enum restart_when when)
{
	return names[when];
}

static int bad_count(const char *count, struct err *err)
{
	err_say(err, ERR_USAGE, "on-failure:%.32s: this is not a number of restarts", count);
	return err_hint(err, "write on-failure:3, or on-failure for any number");
}

int restart_parse(const char *text, struct restart_policy *ret, struct err *err)
{
	const char *count = str_after(text, "on-failure:");
	struct restart_policy p = {0};
	uint64_t n;

	if (count) {
		if (parse_u64_max(count, INT32_MAX, &n) < 0)
			return bad_count(count, err);
		p = (struct restart_policy){RESTART_ON_FAILURE, (unsigned)n};
	} else if (*text && !str_eq(text, "never")) {
		size_t i = 0;

		while (i < ARRAY_SIZE(names) && !str_eq(text, names[i]))
			i++;
		if (i == ARRAY_SIZE(names)) {
			err_say(err, ERR_USAGE, "'%.40s' is not a restart policy", text);
			return err_hint(
				err, "known are no, on-failure[:N], always and unless-stopped");
		}
		p.when = (enum restart_when)i;
	}
	*ret = p;
	return 0;
}

char *restart_format(const struct restart_policy *p, char buf[RESTART_TEXT_MAX])
{
	if (p->when == RESTART_ON_FAILURE && p->max)
		snprintf(buf, RESTART_TEXT_MAX, "%s:%u", names[p->when], p->max);
	else
		snprintf(buf, RESTART_TEXT_MAX, "%s", names[p->when]);
	return buf;
}

static bool wanted(const struct restart *r, const struct restart_policy *p, int exit_code)
{
	switch (p->when) {
	case RESTART_ON_FAILURE:
		return exit_code != 0 && (p->max == 0 || r->count < p->max);
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	case RESTART_NO:
	default:
		return false;
	}
}

int64_t restart_after(
	struct restart *r, const struct restart_policy *p, int exit_code, int64_t ran_ms)
{
	if (!wanted(r, p, exit_code))
		return -1;
	if (ran_ms >= RESTART_GOOD_MS || r->delay == 0)
		r->delay = RESTART_DELAY_MIN;
	else if (r->delay < RESTART_DELAY_MAX / 2)
		r->delay *= 2;
	else
		r->delay = RESTART_DELAY_MAX;
	r->count++;
	return r->delay;
}

bool restart_at_boot(const struct restart_policy *p, bool stopped)
{
	return p->when == RESTART_ALWAYS || (p->when == RESTART_UNLESS_STOPPED && !stopped);
}
