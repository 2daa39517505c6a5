/* Changing what a container was made with (container.h). */
#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/cgroup.h"
#include "runtime/cgroup_limits.h"
#include "runtime/event.h"
#include "runtime/health_opts.h"
#include "runtime/spec.h"

static int change_restart(json_t *record, const void *arg, struct err *err)
{
	const struct restart_policy *policy = arg;
	char text[RESTART_TEXT_MAX];

	(void)err;
	if (policy->when == RESTART_NO)
		json_object_del(record, "restart");
	else
		json_set_str(record, "restart", restart_format(policy, text));
	return 0;
}

static int change_health(json_t *record, const void *arg, struct err *err)
{
	return health_opts_apply(arg, record, err);
}

static int change(struct container *c, int (*fn)(json_t *record, const void *arg, struct err *err),
	const void *arg, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	_cleanup_close_ int lock = container_edit(c, &record, err);
	int r;

	if (lock < 0)
		return lock;
	r = fn(record, arg, err);
	if (r == 0)
		r = json_write_at(c->dirfd, "container.json", record, 0, err);
	if (r < 0)
		return r;
	event_container(c, "update", NULL);
	return container_tell(c, err);
}

int container_set_restart(struct container *c, const struct restart_policy *policy, struct err *err)
{
	return change(c, change_restart, policy, err);
}

int container_set_health(struct container *c, const struct health_opts *o, struct err *err)
{
	return change(c, change_health, o, err);
}

/* ---- config.json ---- */

/* Limits that were not there before are lifted again: what is written is what @config says. */
static void write_back(int group, const json_t *config)
{
	_cleanup_json_ json_t *own =
		json_pack("{s:{s:{s:{s:i, s:i, s:i}, s:{s:i, s:i}, s:{s:i}, s:{s:i}}}}", "linux",
			"resources", "memory", "limit", -1, "swap", -1, "reservation", 0, "cpu",
			"quota", -1, "shares", 0, "pids", "limit", -1, "blockIO", "weight", 0);

	json_object_update_recursive(json_object_get(json_object_get(own, "linux"), "resources"),
		(json_t *)(uintptr_t)json_path(config, "linux", "resources", NULL));
	cgroup_apply(group, NULL, own, NULL);
}

/* @old: what holds now, and again after an error */
static int limit_running(
	struct container *c, const json_t *config, const json_t *old, struct err *err)
{
	_cleanup_close_ int group = -EBADF;
	struct err e = {0};
	int r = container_refresh(c, err);

	if (r < 0 || !container_is_running(c))
		return r;
	group = cgroup_open(c, &e);
	if (group == -ESRCH)
		return 0;
	r = cgroup_apply(
		group, group < 0 ? e.msg : json_get_str(c->state, "cgroupNone", NULL), config, err);
	if (r < 0 && group >= 0)
		write_back(group, old);
	return r;
}

int container_set_config(struct container *c, const struct spec_changes *changes, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *config = NULL, *old = NULL;
	_cleanup_close_ int lock = container_edit(c, &record, err);
	bool live;
	int r;

	if (lock < 0)
		return lock;
	r = container_config(c, &old, err);
	if (r < 0)
		return r;
	config = json_deep_copy(old);
	r = spec_change(config, changes, err);
	if (r == 0 && changes->limits)
		r = limit_running(c, config, old, err);
	live = container_is_running(c);
	if (r == 0)
		r = json_write_at(c->dirfd, "config.json", config, 0, err);
	/* one that was started meanwhile may have read what was there before */
	if (r == 0 && changes->limits && !live)
		r = limit_running(c, config, old, err);
	if (r < 0)
		return r;
	event_container(c, "update", NULL);
	return 0;
}
