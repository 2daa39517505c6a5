#include "runtime/requires.h"

#include "runtime/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* a container can only require older ones, so there are no circles: this is against records that somebody has made up */
#define DEPTH_MAX 64

int requires_resolve(
	const struct containers *cs, const struct strv *names, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *ids = json_array();

	strv_foreach (i, name, names) {
		_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
		int r = container_find(cs, name, &c, err);

		if (r < 0)
			return err_wrap(err, "--requires");
		json_array_append_new(ids, json_string(c.id));
	}
	*ret = take_ptr(ids);
	return 0;
}

void requires_add(json_t *record, const char *id)
{
	json_t *ids = json_object_get(record, "requires"), *known;
	size_t i;

	if (!ids) {
		ids = json_array();
		json_object_set_new(record, "requires", ids);
	}
	json_array_foreach (ids, i, known)
		if (str_eq(json_string_value(known), id))
			return;
	json_array_append_new(ids, json_string(id));
}

static int note(const struct container *c, struct err *err)
{
	json_t *id;
	size_t i;

	json_array_foreach (json_object_get(c->record, "requires"), i, id) {
		char path[2 * CONTAINER_PATH_MAX];

		container_path(path, json_string_value(id), "dependents");
		if (mkdirat(c->cs->store->fd, path, 0700) < 0 && errno != EEXIST)
			return err_set(
				err, errno, "require container %.12s", json_string_value(id));
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", c->id);
		if (mknodat(c->cs->store->fd, path, S_IFREG | 0600, 0) < 0)
			return err_set(
				err, errno, "require container %.12s", json_string_value(id));
	}
	return 0;
}

int requires_note(struct container *c, struct err *err)
{
	int r = note(c, err);

	if (r < 0) {
		container_remove(c, true, 0, NULL);
		container_done(c);
	}
	return r;
}

static int start_all(const struct container *c, unsigned depth, struct err *err)
{
	json_t *id;
	size_t i;

	if (depth > DEPTH_MAX)
		return err_say(err, ELOOP, "container %s requires itself", container_label(c));
	json_array_foreach (json_object_get(c->record, "requires"), i, id) {
		_cleanup_(container_done) struct container dep = {.dirfd = -EBADF, .runfd = -EBADF};
		int r = container_find(c->cs, json_string_value(id), &dep, err);

		if (r == 0 && !container_is_live(&dep)) {
			r = start_all(&dep, depth + 1, err);
			if (r == 0)
				r = container_start(&dep, &(struct start_opts){0}, NULL, err);
			/* somebody else was quicker */
			if (r == -EBUSY && container_refresh(&dep, NULL) == 0 &&
				container_is_live(&dep))
				r = 0;
		}
		if (r < 0)
			return err_wrap(err, "container %s requires container %.12s",
				container_label(c), json_string_value(id));
	}
	return 0;
}

int requires_start(const struct container *c, struct err *err)
{
	return start_all(c, 0, err);
}

int requires_dependents(const struct container *c, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	char path[CONTAINER_PATH_MAX];
	int r = fs_list_at(c->cs->store->fd, container_path(path, c->id, "dependents"), &ids, NULL);

	if (r < 0)
		return r == -ENOENT ? 0
				    : err_set(err, -r, "see what requires container %s",
					      container_label(c));
	strv_foreach (i, id, &ids)
		if (str_is_hex(id, 64) &&
			faccessat(c->cs->store->fd, container_path(path, id, "container.json"),
				F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			strv_add(ret, id);
	return 0;
}
