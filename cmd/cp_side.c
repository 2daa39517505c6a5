#include "cmd/cp_side.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "userns/idmap.h"

#include <fcntl.h>
#include <unistd.h>

void cp_side_done(struct cp_side *s)
{
	ctrfs_done(&s->fs);
	container_done(&s->c);
	json_decref(s->config);
	outfile_done(&s->out);
	fd_close(s->fd);
	free(take_ptr(s->path));
}

static int host_side(const char *text, struct cp_side *ret, struct err *err)
{
	_cleanup_free_ char *cwd = path_is_abs(text) ? NULL : getcwd(NULL, 0);

	if (!path_is_abs(text) && !cwd)
		return err_set(err, errno, "find the working directory");
	ret->kind = CP_HOST;
	/* as it is written: "." and slashes at the end have a meaning */
	ret->path = cwd ? path_join(cwd, text) : xstrdup(text);
	return 0;
}

static int container_side(
	struct ctx *ctx, const char *text, size_t name_len, struct cp_side *ret, struct err *err)
{
	_cleanup_free_ char *name = xstrndup(text, name_len);
	const char *path = text + name_len + 1;
	int r = container_find(&ctx->containers, name, &ret->c, err);

	if (r == 0 && !*path) {
		err_say(err, ERR_USAGE, "%s names no path", text);
		r = err_hint(err, "its whole root is %s:/", name);
	}
	if (r == 0)
		r = container_config(&ret->c, &ret->config, err);
	if (r < 0)
		return r;
	ret->kind = CP_CONTAINER;
	if (path_is_abs(path))
		ret->path = xstrdup(path);
	else
		ret->path = path_join(
			json_get_str(json_object_get(ret->config, "process"), "cwd", "/"), path);
	return 0;
}

int cp_side_parse(
	struct ctx *ctx, const char *text, int stream, struct cp_side *ret, struct err *err)
{
	const char *colon = strchr(text, ':');

	if (str_eq(text, "-")) {
		ret->kind = CP_ARCHIVE;
		ret->fd = fcntl(stream, F_DUPFD_CLOEXEC, 3);
		return ret->fd < 0 ? err_set(err, errno, "use -") : 0;
	}
	if (!*text)
		return err_say(err, ERR_USAGE, "a path is empty");
	if (*text == '.' || *text == '/' || !colon)
		return host_side(text, ret, err);
	return container_side(ctx, text, (size_t)(colon - text), ret, err);
}

int cp_side_open(struct cp_side *s, const struct cp_side *other, struct err *err)
{
	if (s->kind == CP_HOST) {
		s->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		return s->fd < 0 ? err_set(err, errno, "open /") : 0;
	}
	if (s->kind != CP_CONTAINER)
		return 0;
	if (other && other->kind == CP_CONTAINER && str_eq(other->c.id, s->c.id)) {
		s->shared = &other->fs;
		return 0;
	}
	return ctrfs_open(&s->c, &s->fs, err);
}

static const struct ctrfs *fs_of(const struct cp_side *s)
{
	return s->shared ? s->shared : &s->fs;
}

int cp_side_fd(const struct cp_side *s)
{
	if (s->kind == CP_CONTAINER)
		return fs_of(s)->root;
	return s->out.fd >= 0 ? s->out.fd : s->fd;
}

static const json_t *map_of(const struct cp_side *s, const char *which)
{
	return json_path(s->c.record, "idMaps", which, NULL);
}

/* an id of the container's, as R has it; where it has no map of its own they are the same */
static uint32_t outside(const struct cp_side *s, const char *which, uint32_t id)
{
	struct idmap map = {0};
	uint32_t ret = id;

	if (json_array_size(map_of(s, which)) && idmap_from_json(map_of(s, which), &map, NULL) == 0)
		idmap_to_outside(&map, id, &ret);
	idmap_done(&map);
	return ret;
}

static json_t *ids(const struct cp_side *s, uint32_t uid, uint32_t gid)
{
	return json_pack(
		"[I,I]", (json_int_t)outside(s, "uid", uid), (json_int_t)outside(s, "gid", gid));
}

json_t *cp_side_owner(const struct cp_side *s)
{
	const uint32_t *user = fs_of(s)->user;

	return s->kind == CP_CONTAINER ? ids(s, user[0], user[1]) : json_pack("[i,i]", 0, 0);
}

json_t *cp_side_request(const struct cp_side *s)
{
	static const char *const maps[] = {"uid", "gid"};
	json_t *j = json_object();

	json_set_str(j, "path", s->path);
	json_object_set_new(j, "archive", json_boolean(s->kind == CP_ARCHIVE));
	if (s->kind != CP_CONTAINER)
		return j;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const json_t *map = map_of(s, maps[i]);

		if (json_array_size(map))
			json_object_set(j, maps[i], (json_t *)(uintptr_t)map);
	}
	json_object_set_new(j, "creator", ids(s, 0, 0));
	return j;
}
