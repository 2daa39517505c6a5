/*
 * process.apparmorProfile, process.selinuxLabel and linux.mountLabel.
 *
 * AppArmor: the profile that a container's processes are under.
 *
 * Nobody but root can load one, so what is used is what the administrator has loaded: by name with --security-opt, else
 * LSM_DEFAULT_PROFILE where it is there.  A container with CAP_SYS_ADMIN mounts file systems, which the default profile
 * forbids, and is therefore left out unless its user asks for it.
 *
 * SELinux: labels where it is switched on and an option asks for them; elsewhere the options are accepted and mean nothing.
 */
#include "runtime/spec_parts.h"

#include "runtime/lsm.h"
#include "storage/driver.h"

#include <linux/capability.h>

static int add_apparmor(struct spec *s, struct err *err)
{
	const char *profile = s->apparmor;
	struct lsm_label label = {.profile = profile};
	int r;

	if (!profile && !s->o->privileged && !(s->caps & UINT64_C(1) << CAP_SYS_ADMIN))
		profile = lsm_default_profile();
	if (!profile || str_eq(profile, LSM_UNCONFINED))
		return 0;
	if (s->apparmor) {
		r = lsm_check(&label, err);
		if (r == 0)
			r = lsm_profile_check(profile, err);
		if (r < 0)
			return err_wrap(err, "--security-opt apparmor");
	}
	json_set_str(s->process, "apparmorProfile", profile);
	return 0;
}

/* the record of a container has the level that was chosen for it */
static bool level_taken(void *arg, const char *level)
{
	const struct container_list *list = arg;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(json_get_str(list->v[i].record, "selinuxLevel", ""), level))
			return true;
	return false;
}

static int choose_level(struct spec *s, char **ret, struct err *err)
{
	struct container_list list = {0};
	int r = container_list(s->cs, &list, err);

	if (r == 0) {
		*ret = selinux_choose_level(level_taken, &list);
		if (!*ret)
			r = err_say(err, EAGAIN, "no pair of SELinux categories is free");
	}
	container_list_done(&list);
	return r;
}

static int add_selinux(struct spec *s, struct err *err)
{
	_cleanup_(selinux_labels_done) struct selinux_labels labels = {0};
	_cleanup_free_ char *level = NULL;
	int r = 0;

	if (!s->label.given || s->label.disable || s->o->privileged || !lsm_selinux())
		return 0;
	if (s->cs->store->driver != &driver_overlay) {
		err_say(err, EOPNOTSUPP,
			"--security-opt label: files get labels with the storage driver overlay "
			"only");
		return err_hint(err, "leave the option out, or use --security-opt label=disable");
	}
	if (!s->label.level)
		r = choose_level(s, &level, err);
	if (r == 0)
		r = selinux_labels("", &s->label, level, &labels, err);
	if (r < 0)
		return r;
	json_set_str(s->process, "selinuxLabel", labels.process);
	json_set_str(s->os, "mountLabel", labels.mount);
	json_set_str(s->record, "selinuxLevel", level);
	return 0;
}

int spec_add_lsm(struct spec *s, struct err *err)
{
	int r = add_apparmor(s, err);

	return r < 0 ? r : add_selinux(s, err);
}
