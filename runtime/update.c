/* Changing what a container was made with (container.h). */
#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/event.h"
#include "runtime/health_opts.h"

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
