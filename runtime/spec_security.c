#include "runtime/spec_parts.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/seccomp_default.h"
#include "runtime/seccomp_profile.h"

#include <unistd.h>

/* what /proc and /sys show that belongs to the whole machine */
static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
	"/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"};
/* where SELinux is switched on, unless label=nested */
#define SELINUXFS "/sys/fs/selinux"
static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

static int opt_paths(struct strv *list, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, value, ":");
	strv_foreach (i, part, &parts) {
		if (!path_is_abs(part))
			return err_set(err, ERR_USAGE,
				"--security-opt: '%s' is not an absolute path", part);
		strv_take(list, path_clean(part));
	}
	return 0;
}

/* of its /proc, in the kernel's words, proc(5); what would take away its protection is none of them */
static int opt_proc(struct spec *s, const char *value, struct err *err)
{
	static const char *const known[] = {"ro", "subset=pid", "hidepid=off", "hidepid=0",
		"hidepid=noaccess", "hidepid=1", "hidepid=invisible", "hidepid=2",
		"hidepid=ptraceable", "hidepid=4"};
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, value, ",");
	strv_foreach (i, part, &parts) {
		const char *gid = str_after(part, "gid=");
		uint64_t id;
		size_t k = 0;

		while (k < ARRAY_SIZE(known) && strcmp(part, known[k]) != 0)
			k++;
		if (k == ARRAY_SIZE(known) &&
			(!gid || parse_u64_max(gid, UINT32_MAX - 1, &id) < 0)) {
			err_set(err, ERR_USAGE, "--security-opt proc-opts: '%.40s' is not known",
				part);
			return err_hint(
				err, "known are hidepid=0|1|2|4, gid=NUMBER, subset=pid and ro");
		}
		strv_add(&s->proc_opts, part);
	}
	return 0;
}

static int opt_one(struct spec *s, const char *text, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, "=:"));
	const char *value = text + strlen(key);
	bool on = true;

	value = *value ? value + 1 : NULL;
	if (str_eq(key, "no-new-privileges") || str_eq(key, "writable-cgroups")) {
		if (value && parse_bool(value, &on) < 0)
			return err_set(
				err, ERR_USAGE, "--security-opt %s: neither true nor false", text);
		*(*key == 'n' ? &s->no_new_privs : &s->writable_cgroups) = on;
		return 0;
	}
	if (!str_empty(value)) {
		if (str_eq(key, "seccomp")) {
			free(s->seccomp);
			s->seccomp = xstrdup(value);
			return 0;
		}
		if (str_eq(key, "mask"))
			return opt_paths(&s->mask, value, err);
		if (str_eq(key, "proc-opts"))
			return opt_proc(s, value, err);
		if (str_eq(key, "unmask") && strcmp(value, "ALL") != 0)
			return opt_paths(&s->unmask, value, err);
		if (str_eq(text, "unmask=ALL") || str_eq(text, "systempaths=unconfined")) {
			s->unmask_all = true;
			return 0;
		}
		if (str_eq(key, "apparmor")) {
			free(s->apparmor);
			s->apparmor = xstrdup(value);
			return 0;
		}
		if (str_eq(key, "label"))
			return selinux_option(&s->label, value, err);
	}
	err_set(err, ERR_USAGE, "--security-opt '%.80s' is not known", text);
	return err_hint(err,
		"known are apparmor=PROFILE, label=…, seccomp=FILE, seccomp=unconfined, "
		"no-new-privileges, mask=PATH, unmask=PATH|ALL, proc-opts=…, writable-cgroups");
}

/* --seccomp-policy image: the profile that a label of the image has, if it has one.  It is the user who trusts it. */
static int profile_of_image(const struct spec *s, json_t **ret, struct err *err)
{
	const char *text = json_get_str(
		json_object_get(s->image_config, "Labels"), "io.containers.seccomp.profile", NULL);
	_cleanup_json_ json_t *profile = NULL;
	int r;

	if (!str_eq(s->o->seccomp_policy, "image") || !text)
		return 0;
	r = json_parse(text, strlen(text), "seccomp profile", &profile, err);
	/* the image may say what its programs need; it may not choose who of the host's is spoken to */
	if (r >= 0 && json_object_get(profile, "listenerPath"))
		r = err_set(err, ERR_USAGE, "it names a listener");
	if (r >= 0)
		r = seccomp_profile_convert(profile, s->caps, ret, err);
	return r < 0 ? err_wrap(err, "the image's label io.containers.seccomp.profile") : 0;
}

static int check_policy(const char *policy, struct err *err)
{
	if (!policy || str_eq(policy, "default") || str_eq(policy, "image"))
		return 0;
	err_set(err, ERR_USAGE, "--seccomp-policy '%.40s' is not known", policy);
	return err_hint(err, "known are default and image");
}

static int security_seccomp(struct spec *s, struct err *err)
{
	json_t *profile = NULL;
	int r = check_policy(s->o->seccomp_policy, err);

	if (r < 0)
		return r;
	if (str_eq(s->seccomp, "unconfined") || (s->o->privileged && !s->seccomp))
		return 0;
	if (s->seccomp && strcmp(s->seccomp, "builtin") != 0)
		r = seccomp_profile_read(s->seccomp, s->caps, &profile, err);
	else if (!s->seccomp)
		r = profile_of_image(s, &profile, err);
	if (r < 0)
		return r;
	if (!profile)
		profile = seccomp_default(s->caps);
	json_object_set_new(s->os, "seccomp", profile);
	return 0;
}

bool spec_unmasked(const struct spec *s, const char *path)
{
	strv_foreach (i, prefix, &s->unmask) {
		const char *rest = str_after(path, prefix);

		if (rest && (*rest == 0 || *rest == '/' || str_eq(prefix, "/")))
			return true;
	}
	return false;
}

static json_t *paths_json(const struct spec *s, const char *const *paths, size_t n)
{
	json_t *array = json_array();

	if (s->o->privileged || s->unmask_all)
		return array;
	for (size_t i = 0; i < n; i++)
		if (!spec_unmasked(s, paths[i]))
			json_array_append_new(array, json_string(paths[i]));
	return array;
}

int spec_add_security(struct spec *s, struct err *err)
{
	json_t *list;
	int r;

	strv_foreach (i, text, &s->o->security_opt) {
		r = opt_one(s, text, err);
		if (r < 0)
			return r;
	}
	json_object_set_new(s->process, "noNewPrivileges", json_boolean(s->no_new_privs));
	list = paths_json(s, masked, ARRAY_SIZE(masked));
	if (!s->o->privileged && !s->unmask_all && !s->label.nested && !spec_unmasked(s, SELINUXFS))
		json_array_append_new(list, json_string(SELINUXFS));
	strv_foreach (i, path, &s->mask)
		json_array_append_new(list, json_str(path));
	json_object_set_new(s->os, "maskedPaths", list);
	json_object_set_new(s->os, "readonlyPaths", paths_json(s, readonly, ARRAY_SIZE(readonly)));
	r = spec_add_lsm(s, err);
	return r < 0 ? r : security_seccomp(s, err);
}
