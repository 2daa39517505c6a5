/*
 * process.apparmorProfile: the profile that a container's processes are under.
 *
 * Nobody but root can load one, so what is used is what the administrator has loaded: by name with --security-opt, else
 * LSM_DEFAULT_PROFILE where it is there.  A container with CAP_SYS_ADMIN mounts file systems, which the default profile
 * forbids, and is therefore left out unless its user asks for it.
 */
#include "runtime/spec_parts.h"

#include "runtime/lsm.h"

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

int spec_add_lsm(struct spec *s, struct err *err)
{
	return add_apparmor(s, err);
}
