/* Changing what a container was made with (container.h). */
#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/event.h"

int container_set_restart(struct container *c, const struct restart_policy *policy, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	_cleanup_close_ int lock = container_edit(c, &record, err);
	char text[RESTART_TEXT_MAX];
	int r;

	if (lock < 0)
		return lock;
	if (policy->when == RESTART_NO)
		json_object_del(record, "restart");
	else
		json_set_str(record, "restart", restart_format(policy, text));
	r = json_write_at(c->dirfd, "container.json", record, 0, err);
	if (r < 0)
		return r;
	event_container(c, "update", NULL);
	return container_tell(c, err);
}
