/* What the root is made of: an image's layers, a directory of the host (--rootfs), or a sandbox's own. */
#include "runtime/spec_parts.h"

#include "runtime/base/path.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

/* DIR[:O]; a colon belongs to the path where such a directory exists */
static int split(const char *text, char **ret_dir, bool *ret_copy, struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct stat st;

	*ret_copy = false;
	if (!colon || stat(text, &st) == 0) {
		*ret_dir = xstrdup(text);
		return 0;
	}
	if (str_eq(colon, ":idmap") || str_after(colon, ":idmap=")) {
		err_say(err, ERR_USAGE,
			"--rootfs %s: only an administrator can map the owners of "
			"a directory of the host",
			text);
		return err_hint(err, "leave :idmap out, or choose the ids with --userns");
	}
	if (!str_eq(colon, ":O")) {
		err_say(err, ERR_USAGE, "--rootfs %s: option '%.40s' is not known", text,
			colon + 1);
		return err_hint(err, "known is O: write to a copy");
	}
	*ret_copy = true;
	*ret_dir = xstrndup(text, (size_t)(colon - text));
	return 0;
}

static int host_dir(const char *text, char ret[PATH_MAX], bool *ret_copy, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	struct stat st;
	int r = split(text, &dir, ret_copy, err);

	if (r < 0)
		return r;
	if (!realpath(dir, ret) || stat(ret, &st) < 0) {
		err_set(err, errno, "--rootfs %s", dir);
		return err_hint(err, "with --rootfs, a directory is named in place of the image");
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "--rootfs %s", dir);
	if (str_eq(ret, "/")) {
		err_say(err, ERR_USAGE, "--rootfs /: the host's own root cannot be a container's");
		return err_hint(err, "'rl sandbox' runs commands on the host's files");
	}
	return 0;
}

int spec_add_root(struct spec *s, struct err *err)
{
	char dir[PATH_MAX];
	const char *path = "rootfs";
	bool copy = false;

	if (s->o->sandbox)
		path = "@DIR@/root";
	if (s->o->rootfs) {
		int r = host_dir(s->o->image, dir, &copy, err);

		if (r < 0)
			return r;
		if (copy && json_object_get(s->record, "idMaps"))
			return err_say(err, ERR_USAGE,
				"--rootfs DIR:O cannot have an id mapping of its own: leave "
				"--userns out");
		if (copy)
			json_set_str(s->record, "base", dir);
		path = dir;
		json_set_str(json_object_get(s->record, "hostConfig"), "Rootfs", dir);
	}
	json_object_set_new(s->config, "root",
		json_pack(
			"{s:s, s:b}", "path", path, "readonly", s->o->read_only || s->o->sandbox));
	return 0;
}
