#include "runtime/mount_option.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"

#include <unistd.h>

#define DIRS  (MOUNT_TYPE_BIND | MOUNT_TYPE_VOLUME | MOUNT_TYPE_GLOB)
#define FRESH (MOUNT_TYPE_TMPFS | MOUNT_TYPE_RAMFS)

static const struct {
	const char *name;
	enum mount_group group;
	unsigned types; /* where it means something */
} known[] = {
	{"ro", MOUNT_RW, DIRS | FRESH | MOUNT_TYPE_IMAGE | MOUNT_TYPE_ARTIFACT},
	{"rw", MOUNT_RW, DIRS | FRESH | MOUNT_TYPE_IMAGE},
	{"private", MOUNT_PROPAGATION, DIRS | FRESH},
	{"rprivate", MOUNT_PROPAGATION, DIRS | FRESH},
	{"shared", MOUNT_PROPAGATION, DIRS | FRESH},
	{"rshared", MOUNT_PROPAGATION, DIRS | FRESH},
	{"slave", MOUNT_PROPAGATION, DIRS | FRESH},
	{"rslave", MOUNT_PROPAGATION, DIRS | FRESH},
	{"unbindable", MOUNT_PROPAGATION, DIRS | FRESH},
	{"runbindable", MOUNT_PROPAGATION, DIRS | FRESH},
	{"bind", MOUNT_DEPTH, DIRS},
	{"rbind", MOUNT_DEPTH, DIRS},
	{"suid", MOUNT_SUID, DIRS | FRESH},
	{"nosuid", MOUNT_SUID, DIRS | FRESH},
	{"dev", MOUNT_DEV, DIRS | FRESH},
	{"nodev", MOUNT_DEV, DIRS | FRESH},
	{"exec", MOUNT_EXEC, DIRS | FRESH},
	{"noexec", MOUNT_EXEC, DIRS | FRESH},
	{"noatime", MOUNT_ATIME, DIRS | FRESH},
	{"relatime", MOUNT_ATIME, DIRS | FRESH},
	{"strictatime", MOUNT_ATIME, DIRS | FRESH},
	{"copy", MOUNT_COPY, MOUNT_TYPE_VOLUME},
	{"nocopy", MOUNT_COPY, MOUNT_TYPE_VOLUME},
	{"tmpcopyup", MOUNT_COPY, FRESH},
	{"notmpcopyup", MOUNT_COPY, FRESH},
	{"z", MOUNT_RELABEL, DIRS},
	{"Z", MOUNT_RELABEL, DIRS},
	{"U", MOUNT_OWNER, DIRS | FRESH},
	{"O", MOUNT_OVERLAY, MOUNT_TYPE_BIND | MOUNT_TYPE_VOLUME},
	{"no-dereference", MOUNT_LINK, MOUNT_TYPE_BIND | MOUNT_TYPE_GLOB},
};

static const char *const dir_defaults[MOUNT_PLAIN_GROUPS] = {[MOUNT_PROPAGATION] = "rprivate",
	[MOUNT_DEPTH] = "rbind",
	[MOUNT_SUID] = "nosuid",
	[MOUNT_DEV] = "nodev"};
static const char *const fresh_defaults[MOUNT_PLAIN_GROUPS] = {
	[MOUNT_RW] = "rw", [MOUNT_SUID] = "nosuid", [MOUNT_DEV] = "nodev", [MOUNT_EXEC] = "noexec"};
static const char *const devpts_defaults[MOUNT_PLAIN_GROUPS] = {
	[MOUNT_SUID] = "nosuid", [MOUNT_EXEC] = "noexec"};
static const char *const image_defaults[MOUNT_PLAIN_GROUPS] = {
	[MOUNT_RW] = "ro", [MOUNT_SUID] = "nosuid", [MOUNT_DEV] = "nodev"};

static int not_a(const char *what, const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE, "mount option '%.80s' is not %s", text, what);
}

static int tmpfs_size(struct mount_options *o, const char *key, const char *value, const char *text,
	struct err *err)
{
	size_t len = strlen(value);
	uint64_t n;

	if (len && value[len - 1] == '%') {
		_cleanup_free_ char *percent = xstrndup(value, len - 1);

		if (parse_u64_max(percent, 100, &n) < 0)
			return not_a("a size", text, err);
		strv_add(&o->data, text);
		return 0;
	}
	if (parse_size(value, &n) < 0)
		return not_a("a size", text, err);
	strv_addf(&o->data, "%s=%ju", key, (uintmax_t)n);
	return 0;
}

/* The kernel asks for rights over the machine: others would lock its memory by files. */
static int no_swap(struct mount_options *o, const char *text, struct err *err)
{
	if (geteuid() != 0) {
		err_set(err, ERR_USAGE,
			"mount option 'noswap': only the real root can keep a tmpfs in memory");
		return err_hint(err, "leave it out, or use type=ramfs, which is never swapped out");
	}
	if (!strv_has(&o->data, text))
		strv_add(&o->data, text);
	return 0;
}

/* of the file system; Return: -ENOENT for what is none */
static int data_add(
	struct mount_options *o, enum mount_type type, const char *text, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
	const char *value = text + strcspn(text, "=");
	bool sized = type == MOUNT_TYPE_TMPFS;
	unsigned mode;
	uint64_t n;

	value += *value == '=';
	if (sized && (str_eq(key, "size") || str_eq(key, "nr_blocks")))
		return tmpfs_size(o, key, value, text, err);
	if (sized && str_eq(text, "noswap"))
		return no_swap(o, text, err);
	if (str_eq(key, "mode") || (type == MOUNT_TYPE_DEVPTS && str_eq(key, "ptmxmode"))) {
		if (parse_octal(value, &mode) < 0)
			return not_a("an octal mode", text, err);
		strv_addf(&o->data, "%s=%o", key, mode);
		return 0;
	}
	/* each is one of its own, since Linux 4.7 */
	if (type == MOUNT_TYPE_DEVPTS && str_eq(text, "newinstance"))
		return 0;
	if (!(sized && (str_eq(key, "uid") || str_eq(key, "gid") || str_eq(key, "nr_inodes"))) &&
		!(type == MOUNT_TYPE_DEVPTS &&
			(str_eq(key, "uid") || str_eq(key, "gid") || str_eq(key, "max"))))
		return -ENOENT;
	if (parse_u64_max(value, UINT32_MAX - 1, &n) < 0)
		return not_a("a number", text, err);
	strv_add(&o->data, text);
	return 0;
}

static int path_set(char **slot, const char *text, const char *path, bool abs, struct err *err)
{
	if (*slot)
		return err_set(err, ERR_USAGE, "mount option '%.80s' is given twice", text);
	if (!*path || (abs && !path_is_abs(path)))
		return not_a(abs ? "an absolute path" : "a path", text, err);
	*slot = xstrdup(path);
	return 0;
}

static int idmap_refused(struct err *err)
{
	err_set(err, ERR_USAGE,
		"mount option 'idmap': the kernel maps the owners of a file system's files only "
		"for those who mounted it");
	return err_hint(err,
		"use U to give the files to the container's user, or --userns=keep-id to be "
		"yourself in the container");
}

static int unknown(enum mount_type type, const char *text, struct err *err)
{
	static const struct {
		enum mount_type type;
		const char *hint;
	} hints[] = {
		{MOUNT_TYPE_VOLUME,
			"known are ro, rw, [no]copy, U, O, [no]exec, [no]suid, [no]dev, subpath="},
		{MOUNT_TYPE_TMPFS,
			"known are ro, rw, size=, mode=, uid=, gid=, nr_inodes=, [no]tmpcopyup, U, "
			"[no]exec, [no]suid, [no]dev, noatime, noswap"},
		{MOUNT_TYPE_RAMFS,
			"known are ro, rw, mode=, [no]tmpcopyup, U, [no]exec, [no]suid, [no]dev"},
		{MOUNT_TYPE_DEVPTS, "known are uid=, gid=, mode=, ptmxmode=, max="},
		{MOUNT_TYPE_IMAGE, "known are ro, rw, subpath="},
		{MOUNT_TYPE_ARTIFACT, "known are ro, digest=, title=, name="},
	};

	err_set(err, ERR_USAGE, "unknown mount option '%.80s'", text);
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (hints[i].type == type)
			return err_hint(err, "%s", hints[i].hint);
	return err_hint(err, "known are ro, rw, U, O, z, Z, bind, rbind, [r]private, [r]shared, "
			     "[r]slave, [no]exec, [no]suid, [no]dev, no-dereference");
}

int mount_option_add(
	struct mount_options *o, enum mount_type type, const char *text, struct err *err)
{
	const char *upper = str_after(text, "upperdir="), *work = str_after(text, "workdir=");
	const char *subpath = str_after(text, "subpath=");
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char **slot = &o->group[known[i].group];

		if (!str_eq(known[i].name, text) || !(known[i].types & type))
			continue;
		if (*slot && !str_eq(*slot, text))
			return err_set(err, ERR_USAGE,
				"mount options '%s' and '%s' exclude each other", *slot, text);
		*slot = known[i].name;
		return 0;
	}
	/* docker's hints about caches, of use where files are shared with a virtual machine only */
	if ((type & DIRS) &&
		(str_eq(text, "cached") || str_eq(text, "delegated") || str_eq(text, "consistent")))
		return 0;
	if ((type & DIRS) && (str_eq(text, "idmap") || str_after(text, "idmap=")))
		return idmap_refused(err);
	if ((type & DIRS) && upper)
		return path_set(&o->upper, text, upper, true, err);
	if ((type & DIRS) && work)
		return path_set(&o->work, text, work, true, err);
	if ((type & (MOUNT_TYPE_VOLUME | MOUNT_TYPE_IMAGE)) && subpath)
		return path_set(&o->subpath, text, subpath, false, err);
	r = type & (FRESH | MOUNT_TYPE_DEVPTS) ? data_add(o, type, text, err) : -ENOENT;
	return r == -ENOENT ? unknown(type, text, err) : r;
}

int mount_options_parse(
	struct mount_options *o, enum mount_type type, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, text, ",");
	strv_foreach (i, part, &parts) {
		int r = *part ? mount_option_add(o, type, part, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int excluded(const char *a, const char *b, struct err *err)
{
	return err_set(err, ERR_USAGE, "mount options '%s' and '%s' exclude each other", a, b);
}

bool mount_options_equal(const struct mount_options *a, const struct mount_options *b)
{
	for (int g = 0; g < MOUNT_GROUPS; g++)
		if (!str_eq(a->group[g], b->group[g]))
			return false;
	return strv_equal(&a->data, &b->data) && str_eq(a->upper, b->upper) &&
	       str_eq(a->work, b->work) && str_eq(a->subpath, b->subpath);
}

int mount_options_check(const struct mount_options *o, struct err *err)
{
	const char *const *group = o->group;

	if ((o->upper || o->work) && (!group[MOUNT_OVERLAY] || !o->upper || !o->work)) {
		err_set(err, ERR_USAGE, "mount options upperdir= and workdir= belong to O");
		return err_hint(err, "write O,upperdir=DIR,workdir=DIR: two directories of one "
				     "file system");
	}
	if (group[MOUNT_OVERLAY] && str_eq(group[MOUNT_RW], "ro"))
		return excluded("O", "ro", err);
	if (group[MOUNT_OVERLAY] && group[MOUNT_RELABEL])
		return excluded("O", group[MOUNT_RELABEL], err);
	if (group[MOUNT_OVERLAY] && group[MOUNT_COPY])
		return excluded("O", group[MOUNT_COPY], err);
	if (group[MOUNT_OVERLAY] && group[MOUNT_LINK])
		return excluded("O", group[MOUNT_LINK], err);
	if (group[MOUNT_OWNER] && group[MOUNT_LINK])
		return excluded("U", group[MOUNT_LINK], err);
	return 0;
}

void mount_options_list(
	const struct mount_options *o, enum mount_type type, bool node, struct strv *ret)
{
	const char *const *dflt = type & FRESH		      ? fresh_defaults
				  : type == MOUNT_TYPE_DEVPTS ? devpts_defaults
				  : type == MOUNT_TYPE_IMAGE  ? image_defaults
							      : dir_defaults;

	for (int g = 0; g < MOUNT_PLAIN_GROUPS; g++) {
		const char *option = o->group[g]	      ? o->group[g]
				     : g == MOUNT_DEV && node ? NULL
							      : dflt[g];

		if (option)
			strv_add(ret, option);
	}
	strv_addv(ret, &o->data);
}

void mount_options_done(struct mount_options *o)
{
	strv_done(&o->data);
	free(take_ptr(o->upper));
	free(take_ptr(o->work));
	free(take_ptr(o->subpath));
}
