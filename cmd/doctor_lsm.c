#include "cmd/doctor.h"

#include "runtime/lsm.h"
#include "userns/limits.h"

void doctor_apparmor(struct doctor *d, struct finding *f)
{
	_cleanup_free_ char *own = lsm_own_profile();
	bool bound = limits_sysctl("kernel/apparmor_restrict_unprivileged_userns", 0) == 1;
	/* whoever is under no profile of its own is meant */
	bool hit = bound && (str_empty(own) || str_eq(own, LSM_UNCONFINED));
	const char *restricted = hit ? "; user namespaces are restricted, and no profile frees rl "
				       "from that"
				 : bound ? "; user namespaces are restricted, but not for that one"
					 : "";
	struct err err = {0};

	(void)d;
	if (!lsm_apparmor()) {
		finding_set(f, FINDING_OK, "not switched on: containers have no profile");
		return;
	}
	if (lsm_profile_check(LSM_DEFAULT_PROFILE, &err) == 0) {
		finding_set(f, hit ? FINDING_WARN : FINDING_OK,
			"containers are under profile %s, rl is under %s%s", LSM_DEFAULT_PROFILE,
			own ? own : "?", restricted);
	} else {
		finding_set(f, FINDING_WARN, "containers have no profile (%s), rl is under %s%s",
			err.msg, own ? own : "?", restricted);
		finding_mend(f,
			"as root: apparmor_parser -r /etc/apparmor.d/%s   ('make install' "
			"puts it there)",
			LSM_DEFAULT_PROFILE);
	}
	if (hit)
		finding_mend(f, "as root: apparmor_parser -r /etc/apparmor.d/rl   (it names the "
				"path of rl)");
}
