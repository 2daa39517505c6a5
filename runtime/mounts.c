#include "runtime/mounts.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/selinux.h"

#include <fcntl.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* of what all containers may use, where the container itself has no label */
#define LABEL "system_u:object_r:container_file_t:s0"

/* what z and Z stand for until the configuration's label is known */
static const char shared_label[] = "z", private_label[] = "Z";

static const struct option {
	const char *name;
	uint64_t set, rec_set;
	bool atime;
} attr_options[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0, false},
	{"rro", MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY, false},
	{"nosuid", MOUNT_ATTR_NOSUID, 0, false},
	{"rnosuid", MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID, false},
	{"nodev", MOUNT_ATTR_NODEV, 0, false},
	{"rnodev", MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV, false},
	{"noexec", MOUNT_ATTR_NOEXEC, 0, false},
	{"rnoexec", MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC, false},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0, false},
	{"noatime", MOUNT_ATTR_NOATIME, 0, true},
	{"strictatime", MOUNT_ATTR_STRICTATIME, 0, true},
	{"relatime", MOUNT_ATTR_RELATIME, 0, true},
};

/* The opposite takes back an earlier option of the list; what a bind mount's source does not allow
   stays forbidden. */
static const struct option clear_options[] = {
	{"rw", MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY, false},
	{"suid", MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID, false},
	{"dev", MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV, false},
	{"exec", MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC, false},
	{"symfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false},
	{"diratime", MOUNT_ATTR_NODIRATIME, 0, false},
	{"atime", MOUNT_ATTR_NOATIME, 0, true},
	{"norelatime", 0, 0, true},
	{"nostrictatime", MOUNT_ATTR_STRICTATIME, 0, true},
	{"defaults", 0, 0, false},
};

static const struct {
	const char *name;
	unsigned long flag;
	bool rec;
} propagation_options[] = {
	{"private", MS_PRIVATE, false},
	{"rprivate", MS_PRIVATE, true},
	{"slave", MS_SLAVE, false},
	{"rslave", MS_SLAVE, true},
	{"shared", MS_SHARED, false},
	{"rshared", MS_SHARED, true},
	{"unbindable", MS_UNBINDABLE, false},
	{"runbindable", MS_UNBINDABLE, true},
};

static bool parse_attr(struct mount_op *op, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(attr_options); i++) {
		const struct option *o = &attr_options[i];

		if (!str_eq(o->name, option))
			continue;
		if (o->atime)
			op->set &= ~(uint64_t)MOUNT_ATTR__ATIME;
		op->atime = op->atime || o->atime;
		op->set |= o->set;
		op->rec_set |= o->rec_set;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(clear_options); i++) {
		const struct option *o = &clear_options[i];

		if (!str_eq(o->name, option))
			continue;
		op->set &= ~o->set;
		op->rec_set &= ~o->rec_set;
		if (o->atime)
			op->set &= ~(uint64_t)MOUNT_ATTR__ATIME;
		return true;
	}
	return false;
}

/* one value, given once */
static bool set_path(char **slot, const char *value)
{
	if (!value || !*value || *slot)
		return false;
	*slot = xstrdup(value);
	return true;
}

/* options that are not mount(8)'s: what is done to the source before it is mounted */
static bool parse_further(struct mount_op *op, const char *option)
{
	bool bind = op->kind == MOUNT_BIND, overlay = op->kind == MOUNT_OVERLAY;
	const char *lower = str_after(option, "lowerdir+=");

	if (str_eq(option, "U") && op->kind <= MOUNT_FS)
		return op->chown = true;
	if ((bind || overlay) && (str_eq(option, "z") || str_eq(option, "Z"))) {
		op->label = *option == 'z' ? shared_label : private_label;
		return true;
	}
	if (bind && str_eq(option, "copyup"))
		return op->copyup = true;
	if (bind && str_eq(option, "copy-symlink"))
		return op->no_follow = true;
	if (bind || overlay) {
		if (set_path(&op->subpath, str_after(option, "subpath=")))
			return true;
	}
	if (overlay && lower && *lower) {
		strv_add(&op->lower, lower);
		return true;
	}
	return overlay && (set_path(&op->upper_path, str_after(option, "upperdir=")) ||
				  set_path(&op->work_path, str_after(option, "workdir=")));
}

int mounts_parse_option(struct mount_op *op, const char *option, struct err *err)
{
	if (parse_attr(op, option))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(propagation_options); i++) {
		if (!str_eq(propagation_options[i].name, option))
			continue;
		op->propagation = propagation_options[i].flag;
		op->propagation_rec = propagation_options[i].rec;
		return 0;
	}
	if (str_eq(option, "bind") || str_eq(option, "rbind")) {
		op->kind = MOUNT_BIND;
		op->recursive = *option == 'r';
		return 0;
	}
	if (str_eq(option, "tmpcopyup") || str_eq(option, "notmpcopyup")) {
		if (!str_eq(op->fstype, "tmpfs") && !str_eq(op->fstype, "ramfs"))
			return err_set(err, EINVAL, "mount option %s is for tmpfs only", option);
		op->copyup = *option == 't';
		return 0;
	}
	if (parse_further(op, option))
		return 0;
	if (str_empty(option) || op->kind == MOUNT_BIND || op->kind == MOUNT_OVERLAY)
		return err_set(err, EINVAL, "mount of %s: unknown option '%s'", op->target, option);
	strv_add(&op->data, option);
	return 0;
}

static enum mount_kind kind_of(const char *fstype, const struct strv *options)
{
	if (strv_has(options, "bind") || strv_has(options, "rbind") || str_eq(fstype, "bind") ||
		str_eq(fstype, "none"))
		return MOUNT_BIND;
	if (str_eq(fstype, "overlay") && strv_find_key(options, "lowerdir+"))
		return MOUNT_OVERLAY;
	if (str_eq(fstype, "proc"))
		return MOUNT_PROC;
	if (str_eq(fstype, "sysfs"))
		return MOUNT_SYSFS;
	if (str_eq(fstype, MOUNT_LAYERS_TYPE))
		return MOUNT_LAYERS;
	if (str_eq(fstype, "mqueue"))
		return MOUNT_MQUEUE;
	if (str_eq(fstype, "cgroup") || str_eq(fstype, "cgroup2"))
		return MOUNT_CGROUP;
	if (str_eq(fstype, "secret"))
		return MOUNT_SECRET;
	return MOUNT_FS;
}

static int plan_one(const json_t *m, struct mount_op *op, struct err *err)
{
	_cleanup_strv_ struct strv options = {0};
	const char *target = json_get_str(m, "destination", ""),
		   *fstype = json_get_str(m, "type", "");
	int r;

	if (json_object_get(m, "uidMappings") || json_object_get(m, "gidMappings"))
		return err_set(
			err, ENOTSUP, "mount of %s: id-mapped mounts are not supported", target);
	if (!path_is_abs(target))
		return err_set(
			err, EINVAL, "mount destination '%s' is not an absolute path", target);
	json_get_strv(m, "options", &options);
	op->target = path_clean(target);
	if (str_eq(op->target, "/"))
		return err_set(err, EINVAL, "nothing can be mounted on the container's root");
	op->kind = kind_of(fstype, &options);
	op->fstype = xstrdup(fstype);
	op->source = xstrdup(json_get_str(m, "source", fstype));
	op->is_dir = op->kind != MOUNT_BIND && op->kind != MOUNT_SECRET;
	/* "bind" alone is what the OCI type says; the option, where given, decides how deep */
	op->recursive = op->kind == MOUNT_BIND;
	if (op->kind == MOUNT_BIND && str_empty(op->source))
		return err_set(err, EINVAL, "mount of %s: a bind mount needs a source", target);
	if (op->kind == MOUNT_FS && str_empty(fstype))
		return err_set(err, EINVAL, "mount of %s: no type", target);
	for (size_t i = 0; i < options.n; i++) {
		r = mounts_parse_option(op, options.v[i], err);
		if (r < 0)
			return r;
	}
	if (op->kind == MOUNT_OVERLAY && !op->upper_path != !op->work_path)
		return err_set(
			err, EINVAL, "mount of %s: upperdir and workdir belong together", target);
	return 0;
}

/* linux.mountLabel: of file systems that are made for the container, and of what z and Z relabel */
static void set_labels(const json_t *config, struct mount_plan *plan)
{
	const char *label = json_string_value(json_path(config, "linux", "mountLabel", NULL));

	plan->label = xstrdup(label ? label : LABEL);
	plan->shared_label = label ? selinux_shared(label) : xstrdup(LABEL);
	for (size_t i = 0; i < plan->n; i++) {
		struct mount_op *op = &plan->op[i];

		if (op->label)
			op->label = op->label == shared_label ? plan->shared_label : plan->label;
		/* of those that a user namespace may make, the kernel takes a label for these */
		if (label && op->kind == MOUNT_FS &&
			(str_eq(op->fstype, "tmpfs") || str_eq(op->fstype, "devpts")))
			strv_addf(&op->data, "context=%s", label);
	}
}

int mounts_plan(const json_t *config, struct mount_plan *ret, struct err *err)
{
	json_t *list = json_object_get(config, "mounts"), *m;
	size_t i;
	int r;

	json_array_foreach (list, i, m) {
		struct mount_op *op;

		ret->op = xreallocarray(ret->op, ret->n + 1, sizeof(*ret->op));
		op = &ret->op[ret->n++];
		*op = (struct mount_op){
			.fd = -EBADF, .home = -EBADF, .upper = -EBADF, .work = -EBADF};
		r = plan_one(m, op, err);
		if (r < 0)
			return r;
	}
	set_labels(config, ret);
	return 0;
}

void mount_plan_done(struct mount_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct mount_op *op = &plan->op[i];

		free(op->source);
		free(op->target);
		free(op->fstype);
		strv_done(&op->data);
		fd_close(op->fd);
		fd_close(op->home);
		fd_close(op->upper);
		fd_close(op->work);
		for (size_t k = 0; op->layer && k < op->lower.n; k++)
			fd_close(op->layer[k]);
		free(op->layer);
		strv_done(&op->lower);
		free(op->link);
		free(op->subpath);
		free(op->upper_path);
		free(op->work_path);
	}
	free(take_ptr(plan->label));
	free(take_ptr(plan->shared_label));
	free(take_ptr(plan->op));
	plan->n = 0;
}
