#include "runtime/mount_spec.h"

#include "runtime/base/path.h"

#include <sys/stat.h>
#include <unistd.h>

void mount_spec_done(struct mount_spec *v)
{
	free(take_ptr(v->source));
	free(take_ptr(v->target));
	free(take_ptr(v->driver));
	free(take_ptr(v->digest));
	free(take_ptr(v->title));
	free(take_ptr(v->name));
	mount_options_done(&v->options);
	strv_done(&v->volume_opts);
	strv_done(&v->volume_labels);
}

void mount_specs_done(struct mount_specs *list)
{
	for (size_t i = 0; i < list->n; i++)
		mount_spec_done(&list->v[i]);
	free(list->v);
	*list = (struct mount_specs){0};
}

int mount_spec_target(const char *path, char **ret, struct err *err)
{
	_cleanup_free_ char *clean = NULL;

	if (!path_is_abs(path)) {
		err_set(err, ERR_USAGE, "the mount's target '%.200s' is not an absolute path",
			path);
		return err_hint(err, "write a path inside the container that begins with /");
	}
	clean = path_clean(path);
	if (str_eq(clean, "/"))
		return err_set(
			err, ERR_USAGE, "the root of the container cannot be a mount's target");
	/* what is mounted over /proc would deceive everything that trusts it, from the inside and
	 * from us */
	if (str_eq(clean, "/proc") || str_after(clean, "/proc/")) {
		err_set(err, ERR_USAGE, "'%s' cannot be a mount's target", clean);
		return err_hint(err, "choose a path outside /proc");
	}
	*ret = take_ptr(clean);
	return 0;
}

int mount_spec_source(const char *path, char **ret, struct err *err)
{
	_cleanup_free_ char *cwd = NULL, *joined = NULL, *abs = NULL;
	struct stat st;

	if (!path_is_abs(path)) {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return err_set(err, errno, "the current directory");
		joined = path_join(cwd, path);
	}
	abs = path_clean(joined ? joined : path);
	/* of a link the target, or the link itself where that is asked for */
	if (stat(abs, &st) < 0 && lstat(abs, &st) < 0) {
		int r = err_set(err, errno, "mount source %s", abs);

		if (r == -ENOENT)
			err_hint(err, "create it first: mkdir -p '%s'", abs);
		return r;
	}
	*ret = take_ptr(abs);
	return 0;
}

bool mount_spec_is_node(const struct mount_spec *v)
{
	struct stat st;

	return v->type == MOUNT_TYPE_BIND && stat(v->source, &st) == 0 &&
	       (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

static int check_source(const struct mount_spec *v, struct err *err)
{
	struct stat st;

	if (v->type != MOUNT_TYPE_BIND || v->options.group[MOUNT_LINK])
		return 0;
	if (stat(v->source, &st) < 0)
		return err_set(err, errno, "mount source %s", v->source);
	if (!v->options.group[MOUNT_OVERLAY] || S_ISDIR(st.st_mode))
		return 0;
	err_set(err, ERR_USAGE, "%s: only a directory can have an overlay", v->source);
	return err_hint(err, "leave O out, or name the directory that the file is in");
}

static bool is_same(const struct mount_spec *a, const struct mount_spec *b)
{
	return a->type == b->type && str_eq(a->source, b->source) && str_eq(a->driver, b->driver) &&
	       str_eq(a->digest, b->digest) && str_eq(a->title, b->title) &&
	       str_eq(a->name, b->name) && mount_options_equal(&a->options, &b->options) &&
	       strv_equal(&a->volume_opts, &b->volume_opts) &&
	       strv_equal(&a->volume_labels, &b->volume_labels);
}

int mount_spec_add(struct mount_specs *list, struct mount_spec *v, struct err *err)
{
	int r = mount_options_check(&v->options, err);

	if (r == 0)
		r = check_source(v, err);
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		if (!str_eq(list->v[i].target, v->target))
			continue;
		/* scripts that put a command line together repeat themselves */
		if (is_same(&list->v[i], v)) {
			mount_spec_done(v);
			*v = (struct mount_spec){0};
			return 0;
		}
		r = err_set(err, ERR_USAGE, "two mounts have the target %s", v->target);
	}
	if (r < 0)
		return r;
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = *v;
	*v = (struct mount_spec){0};
	return 0;
}

/* a path when it begins with a slash or a dot; anything else names a volume */
static int volume_source(struct mount_spec *v, const char *source, struct err *err)
{
	if (*source == '.' || *source == '/') {
		v->type = MOUNT_TYPE_BIND;
		return 0;
	}
	if (!str_is_name(source)) {
		err_set(err, ERR_USAGE, "'%.80s' is neither a path nor a name for a volume",
			source);
		return err_hint(err, "a directory of the host is an absolute path, or one that "
				     "begins with ./");
	}
	v->source = xstrdup(source);
	return 0;
}

int mount_spec_volume(const char *text, struct mount_specs *ret, struct err *err)
{
	_cleanup_(mount_spec_done) struct mount_spec v = {.type = MOUNT_TYPE_VOLUME};
	_cleanup_strv_ struct strv parts = {0};
	const char *options = NULL, *target;
	int r = 0;

	strv_split(&parts, text, ":");
	target = parts.n == 1 ? parts.v[0] : parts.v[1];
	if (parts.n > 3 || !*parts.v[0] || !*target) {
		err_set(err, ERR_USAGE,
			"--volume '%.200s' is not [HOST-DIR:|NAME:]CONTAINER-DIR[:OPTIONS]", text);
		return err_hint(
			err, "a path with a colon in it needs --mount type=bind,source=…,target=…");
	}
	if (parts.n == 3)
		options = parts.v[2];
	if (parts.n > 1)
		r = volume_source(&v, parts.v[0], err);
	if (r >= 0)
		r = mount_spec_target(target, &v.target, err);
	if (r >= 0 && options)
		r = mount_options_parse(&v.options, v.type, options, err);
	if (r >= 0 && v.type == MOUNT_TYPE_BIND)
		r = mount_spec_source(parts.v[0], &v.source, err);
	if (r >= 0)
		r = mount_spec_add(ret, &v, err);
	return r < 0 ? err_wrap(err, "--volume") : 0;
}

int mount_spec_tmpfs(const char *text, struct mount_specs *ret, struct err *err)
{
	_cleanup_(mount_spec_done) struct mount_spec v = {.type = MOUNT_TYPE_TMPFS};
	_cleanup_free_ char *path = xstrndup(text, strcspn(text, ":"));
	int r = mount_spec_target(path, &v.target, err);

	if (r >= 0 && text[strlen(path)])
		r = mount_options_parse(&v.options, v.type, text + strlen(path) + 1, err);
	if (r >= 0)
		r = mount_spec_add(ret, &v, err);
	return r < 0 ? err_wrap(err, "--tmpfs") : 0;
}
