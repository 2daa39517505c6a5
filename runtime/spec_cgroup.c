/*
 * --cgroups and --cgroup-parent: where the container's group is to be
 *
 * Which driver there is, is known when it starts; what is asked for is checked now as far as it goes.
 */
#include "runtime/spec_parts.h"

#include "runtime/cgroup.h"

#include <ctype.h>

#define PARENT_MAX 200

static int check_slice(const char *name, struct err *err)
{
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(":-_.\\@", *p))
			return err_say(err, ERR_USAGE,
				"--cgroup-parent '%.80s' is not the name of a slice", name);
	return *name == '.' || *name == '-'
		       ? err_say(err, ERR_USAGE,
				 "--cgroup-parent '%.80s' is not the name of a slice", name)
		       : 0;
}

static int check_path(const char *path, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};

	strv_split(&names, path, "/");
	strv_foreach (i, name, &names)
		if (str_eq(name, ".") || str_eq(name, "..") || strchr(name, ':') ||
			strchr(name, '\n') || (!*name && i > 0))
			return err_say(err, ERR_USAGE,
				"--cgroup-parent '%.80s' is not a path of control groups", path);
	return 0;
}

static int check_parent(const char *parent, const char *manager, struct err *err)
{
	bool slice = str_ends(parent, ".slice");

	if (!*parent || strlen(parent) > PARENT_MAX)
		return err_say(
			err, ERR_USAGE, "--cgroup-parent: %s", *parent ? "too long" : "empty");
	if (slice && strchr(parent, '/')) {
		err_say(err, ERR_USAGE, "--cgroup-parent '%.80s' is neither a slice nor a path",
			parent);
		return err_hint(err, "the name of a slice alone says where it is");
	}
	if (slice && str_eq(manager, "cgroupfs")) {
		err_say(err, ERR_USAGE, "--cgroup-parent '%.80s' is a slice of systemd's", parent);
		return err_hint(err, "with --cgroup-manager cgroupfs, write a path");
	}
	if (!slice && str_eq(manager, "systemd")) {
		err_say(err, ERR_USAGE, "--cgroup-parent '%.80s' is no slice of systemd's", parent);
		return err_hint(err, "write NAME.slice, or use --cgroup-manager cgroupfs");
	}
	return slice ? check_slice(parent, err) : check_path(parent, err);
}

int spec_add_cgroup(struct spec *s, struct err *err)
{
	const char *text = s->o->cgroups ? s->o->cgroups : "", *parent = s->o->cgroup_parent,
		   *manager = s->cs->cgroup_manager;
	_cleanup_free_ char *path = NULL;
	enum cgroup_mode mode;
	int r;

	if (cgroup_mode_parse(text, &mode) < 0) {
		err_say(err, ERR_USAGE, "--cgroups '%.40s' is not known", text);
		return err_hint(err, "known are enabled, disabled, no-conmon and split");
	}
	if (parent && (mode == CGROUP_DISABLED || mode == CGROUP_SPLIT))
		return err_say(err, ERR_USAGE,
			"--cgroups=%s and --cgroup-parent exclude each other", text);
	r = parent ? check_parent(parent, manager, err) : 0;
	if (r < 0)
		return r;
	if (mode != CGROUP_ENABLED)
		json_set_str(s->record, "cgroups", text);
	if (mode == CGROUP_DISABLED)
		return 0;
	json_set_str(s->record, "cgroupManager", manager);
	path = cgroup_path_format(parent, manager, s->id);
	json_set_str(s->os, "cgroupsPath", path);
	return 0;
}
