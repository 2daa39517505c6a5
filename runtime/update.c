/* Changing what a container was made with (container.h). */
#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/cgroup.h"
#include "runtime/cgroup_limits.h"
#include "runtime/event.h"
#include "runtime/health_opts.h"
#include "runtime/spec.h"

/*
 * one change under way
 * @old_*:   what was on disk; @config, @record: what is to be, NULL for the same
 * @written: how many of the two are written: config.json first
 * @undo:    of the files of its group
 */
struct update {
	struct container *c;
	const struct container_changes *ch;
	json_t *old_config, *old_record, *config, *record;
	unsigned written;
	struct cgroup_undo undo;
};

static void update_done(struct update *u)
{
	json_decref(u->old_config);
	json_decref(u->old_record);
	json_decref(u->config);
	json_decref(u->record);
	cgroup_undo_done(&u->undo);
}

static void set_restart(json_t *record, const struct restart_policy *policy)
{
	char text[RESTART_TEXT_MAX];

	if (policy->when == RESTART_NO)
		json_object_del(record, "restart");
	else
		json_set_str(record, "restart", restart_format(policy, text));
}

/* what is to be, as far as it can be known without doing anything; takes @record */
static int plan(struct update *u, json_t *record, struct err *err)
{
	const struct container_changes *ch = u->ch;
	int r = 0;

	u->old_record = record;
	if (ch->health || ch->restart)
		u->record = json_deep_copy(record);
	if (ch->health)
		r = health_opts_apply(ch->health, u->record, err);
	if (ch->restart)
		set_restart(u->record, ch->restart);
	if (r < 0 || !ch->config)
		return r;
	r = container_config(u->c, &u->old_config, err);
	if (r < 0)
		return r;
	u->config = json_deep_copy(u->old_config);
	return spec_change(u->config, ch->config, err);
}

static int limit_running(struct update *u, struct err *err)
{
	_cleanup_close_ int group = -EBADF;
	struct container *c = u->c;
	struct err e = {0};
	int r = container_refresh(c, err);

	if (r < 0 || !container_is_running(c))
		return r;
	group = cgroup_open(c, &e);
	if (group == -ESRCH)
		return 0;
	return cgroup_apply(group, group < 0 ? e.msg : json_get_str(c->state, "cgroupNone", NULL),
		u->config, &u->undo, err);
}

static int write_records(struct update *u, struct err *err)
{
	const struct {
		const char *name;
		const json_t *value;
	} files[] = {{"config.json", u->config}, {"container.json", u->record}};

	for (; u->written < ARRAY_SIZE(files); u->written++) {
		int r = !files[u->written].value
				? 0
				: json_write_at(u->c->dirfd, files[u->written].name,
					  files[u->written].value, 0, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int execute(struct update *u, struct err *err)
{
	bool limits = u->config && u->ch->config->limits, live;
	int r = limits ? limit_running(u, err) : 0;

	if (r < 0)
		return r;
	live = container_is_running(u->c);
	r = write_records(u, err);
	/* one that was started meanwhile may have read what was there before */
	if (r == 0 && limits && !live)
		r = limit_running(u, err);
	return r == 0 && u->record ? container_tell(u->c, err) : r;
}

static void roll_back(struct update *u)
{
	_cleanup_close_ int group = u->undo.files.n ? cgroup_open(u->c, NULL) : -EBADF;

	if (group >= 0)
		cgroup_restore(group, &u->undo);
	if (u->written > 0 && u->config)
		json_write_at(u->c->dirfd, "config.json", u->old_config, 0, NULL);
	if (u->written > 1 && u->record) {
		json_write_at(u->c->dirfd, "container.json", u->old_record, 0, NULL);
		container_tell(u->c, NULL);
	}
}

int container_update(struct container *c, const struct container_changes *ch, struct err *err)
{
	_cleanup_(update_done) struct update u = {.c = c, .ch = ch};
	json_t *record = NULL;
	_cleanup_close_ int lock = container_edit(c, &record, err);
	int r;

	if (lock < 0)
		return lock;
	r = plan(&u, record, err);
	if (r < 0)
		return r;
	r = execute(&u, err);
	if (r < 0) {
		roll_back(&u);
		return r;
	}
	event_container(c, "update", NULL);
	return 0;
}
