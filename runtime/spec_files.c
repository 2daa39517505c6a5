/* Files of the container's own directory that flags ask for, behind all other mounts. */
#include "runtime/spec_parts.h"

#include "runtime/base/path.h"
#include "runtime/zone.h"

#define LOCALTIME "/etc/localtime"

bool spec_has_mount(const struct spec *s, const char *target, bool below)
{
	json_t *list = json_object_get(s->config, "mounts"), *m;
	size_t i;

	json_array_foreach (list, i, m) {
		const char *rest = str_after(json_get_str(m, "destination", ""), target);

		if (rest && (!*rest || (below && *rest == '/')))
			return true;
	}
	return false;
}

static int add_zone(struct spec *s, struct err *err)
{
	if (!s->o->tz)
		return 0;
	if (spec_has_mount(s, LOCALTIME, false))
		return err_say(err, ERR_USAGE, "--tz: something else is mounted on " LOCALTIME);
	json_array_append_new(json_object_get(s->config, "mounts"),
		json_pack("{s:s, s:s, s:s, s:[s,s,s,s,s,s]}", "destination", LOCALTIME, "type",
			"bind", "source", "@DIR@/" ZONE_FILE, "options", "bind", "rprivate", "ro",
			"nosuid", "nodev", "noexec"));
	return 0;
}

/* whether it is one of the files that every container gets */
static bool is_managed(const char *target)
{
	static const char *const files[] = {
		"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", LOCALTIME};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (str_eq(files[i], target))
			return true;
	return false;
}

static int add_chroot(struct spec *s, const char *dir, size_t n, struct err *err)
{
	json_t *list = json_object_get(s->config, "mounts");
	_cleanup_free_ char *clean = path_clean(dir);

	if (!path_is_abs(clean) || str_eq(clean, "/")) {
		err_say(err, ERR_USAGE, "--chrootdirs '%.80s' is not a directory below /", dir);
		return err_hint(err, "write absolute paths in the container, with commas between");
	}
	for (size_t i = 0; i < n; i++) {
		json_t *m = json_array_get(list, i), *copy;
		const char *target = json_get_str(m, "destination", "");
		_cleanup_free_ char *there = path_join(clean, target);

		if (!is_managed(target) || !str_eq(json_get_str(m, "type", ""), "bind") ||
			spec_has_mount(s, there, false))
			continue;
		copy = json_copy(m);
		json_set_str(copy, "destination", there);
		json_array_append_new(list, copy);
	}
	return 0;
}

int spec_add_files(struct spec *s, struct err *err)
{
	size_t n;
	int r = add_zone(s, err);

	n = json_array_size(json_object_get(s->config, "mounts"));
	for (size_t i = 0; r == 0 && i < s->o->chrootdirs.n; i++)
		r = add_chroot(s, s->o->chrootdirs.v[i], n, err);
	return r;
}
