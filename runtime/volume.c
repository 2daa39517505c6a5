#include "runtime/volume.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"

#include <sys/stat.h>
#include <unistd.h>

/*
 * Options that exclude each other are in one group: the last one given wins over a default, and two
 * different ones from the user are a contradiction.
 */
enum group { G_RW, G_PROPAGATION, G_BIND, G_SUID, G_DEV, G_EXEC, G_ATIME, G_COUNT };

static const struct {
	const char *name;
	enum group group;
	bool bind, tmpfs; /* where it means something */
} known[] = {{"ro", G_RW, true, true}, {"rw", G_RW, true, true},
	{"private", G_PROPAGATION, true, false}, {"rprivate", G_PROPAGATION, true, false},
	{"shared", G_PROPAGATION, true, false}, {"rshared", G_PROPAGATION, true, false},
	{"slave", G_PROPAGATION, true, false}, {"rslave", G_PROPAGATION, true, false},
	{"unbindable", G_PROPAGATION, true, false}, {"runbindable", G_PROPAGATION, true, false},
	{"bind", G_BIND, true, false}, {"rbind", G_BIND, true, false}, {"suid", G_SUID, true, true},
	{"nosuid", G_SUID, true, true}, {"dev", G_DEV, true, true}, {"nodev", G_DEV, true, true},
	{"exec", G_EXEC, true, true}, {"noexec", G_EXEC, true, true},
	{"noatime", G_ATIME, true, true}, {"relatime", G_ATIME, true, true},
	{"strictatime", G_ATIME, true, true}};

static const char *const bind_defaults[G_COUNT] = {
	[G_PROPAGATION] = "rprivate", [G_BIND] = "rbind", [G_SUID] = "nosuid", [G_DEV] = "nodev"};
static const char *const tmpfs_defaults[G_COUNT] = {
	[G_RW] = "rw", [G_SUID] = "nosuid", [G_DEV] = "nodev", [G_EXEC] = "noexec"};

struct option_set {
	const char *group[G_COUNT];
	struct strv data; /* tmpfs: size=, mode=, … */
	bool no_copyup;	  /* tmpfs: do not fill it with what the image has there */
};

static void option_set_done(struct option_set *o)
{
	strv_done(&o->data);
}

static void volume_done(struct volume *v)
{
	free(v->type);
	free(v->source);
	free(v->target);
	free(v->given);
	strv_done(&v->options);
}

void volumes_done(struct volumes *v)
{
	for (size_t i = 0; i < v->n; i++)
		volume_done(&v->v[i]);
	free(v->v);
	*v = (struct volumes){0};
}

/* whether relabelling for SELinux would have to be done; where there is none, :z and :Z are
 * satisfied already */
static bool selinux_enabled(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static int tmpfs_data(struct option_set *o, const char *text, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
	const char *value = text + strcspn(text, "=");
	uint64_t n;
	unsigned mode;

	value += *value == '=';
	if (str_eq(key, "size") || str_eq(key, "nr_blocks")) {
		if (*value && value[strlen(value) - 1] == '%') {
			_cleanup_free_ char *percent = xstrndup(value, strlen(value) - 1);

			if (parse_u64_max(percent, 100, &n) < 0)
				return err_set(
					err, ERR_USAGE, "tmpfs: '%.80s' is not a size", text);
			strv_add(&o->data, text);
			return 0;
		}
		if (parse_size(value, &n) < 0)
			return err_set(err, ERR_USAGE, "tmpfs: '%.80s' is not a size", text);
		strv_addf(&o->data, "%s=%ju", key, (uintmax_t)n);
	} else if (str_eq(key, "mode")) {
		if (parse_octal(value, &mode) < 0)
			return err_set(err, ERR_USAGE, "tmpfs: '%.80s' is not an octal mode", text);
		strv_addf(&o->data, "mode=%o", mode);
	} else if (str_eq(key, "uid") || str_eq(key, "gid") || str_eq(key, "nr_inodes")) {
		if (parse_u64_max(value, UINT32_MAX - 1, &n) < 0)
			return err_set(err, ERR_USAGE, "tmpfs: '%.80s' is not a number", text);
		strv_add(&o->data, text);
	} else if (str_eq(text, "tmpcopyup") || str_eq(text, "notmpcopyup")) {
		o->no_copyup = *text == 'n';
	} else {
		return -ENOENT;
	}
	return 0;
}

static int option_add(struct option_set *o, bool bind, const char *text, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char **slot = &o->group[known[i].group];

		if (!str_eq(known[i].name, text) || !(bind ? known[i].bind : known[i].tmpfs))
			continue;
		if (*slot && !str_eq(*slot, text))
			return err_set(err, ERR_USAGE,
				"mount options '%s' and '%s' exclude each other", *slot, text);
		*slot = known[i].name;
		return 0;
	}
	/* docker's hints about caches, of use where files are shared with a virtual machine only */
	if (bind &&
		(str_eq(text, "cached") || str_eq(text, "delegated") || str_eq(text, "consistent")))
		return 0;
	if (bind && (str_eq(text, "z") || str_eq(text, "Z"))) {
		if (!selinux_enabled())
			return 0;
		err_set(err, ERR_USAGE,
			"mount option '%s': relabelling for SELinux is not available", text);
		return err_hint(err, "label the directory with chcon -t container_file_t, and "
				     "leave the option out");
	}
	if (!bind) {
		int r = tmpfs_data(o, text, err);

		if (r != -ENOENT)
			return r;
	}
	err_set(err, ERR_USAGE, "unknown mount option '%.80s'", text);
	return err_hint(err, bind ? "known are ro, rw, bind, rbind, [r]private, [r]shared, "
				    "[r]slave, [no]exec, [no]suid, [no]dev"
				  : "known are ro, rw, size=, mode=, uid=, gid=, nr_inodes=, "
				    "[no]tmpcopyup, [no]exec, [no]suid, [no]dev");
}

static int options_parse(struct option_set *o, bool bind, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, text, ",");
	strv_foreach (i, part, &parts) {
		int r = *part ? option_add(o, bind, part, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int target_check(const char *path, char **ret, struct err *err)
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

/* relative to our own directory when it begins with a dot, or where only a path can be meant; anything else without a
 * slash names a volume */
static int source_check(const char *path, bool only_path, char **ret, struct err *err)
{
	_cleanup_free_ char *abs = NULL;
	struct stat st;

	if (*path == '.' || (only_path && *path && *path != '/')) {
		_cleanup_free_ char *cwd = getcwd(NULL, 0), *joined = NULL;

		if (!cwd)
			return err_set(err, errno, "the current directory");
		joined = path_join(cwd, path);
		abs = path_clean(joined);
	} else if (path_is_abs(path)) {
		abs = path_clean(path);
	} else {
		err_set(err, ERR_USAGE, "'%.200s': named volumes are not available", path);
		return err_hint(err, "give a directory of the host: an absolute path, or one that "
				     "begins with ./");
	}
	if (stat(abs, &st) < 0) {
		int r = err_set(err, errno, "mount source %s", abs);

		if (r == -ENOENT)
			err_hint(err, "create it first: mkdir -p '%s'", abs);
		return r;
	}
	*ret = take_ptr(abs);
	return 0;
}

/* a single node that is named is meant to be used: only what comes along in a directory is not */
static bool is_node(const struct volume *v)
{
	struct stat st;

	return str_eq(v->type, "bind") && stat(v->source, &st) == 0 &&
	       (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

static int volume_add(
	struct volumes *list, struct volume *v, const struct option_set *o, struct err *err)
{
	const char *const *dflt = str_eq(v->type, "bind") ? bind_defaults : tmpfs_defaults;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].target, v->target))
			return err_set(err, ERR_USAGE, "two mounts have the target %s", v->target);
	for (int g = 0; g < G_COUNT; g++) {
		const char *opt = o->group[g]		     ? o->group[g]
				  : g == G_DEV && is_node(v) ? NULL
							     : dflt[g];

		if (opt)
			strv_add(&v->options, opt);
	}
	strv_addv(&v->options, &o->data);
	if (!str_eq(v->type, "bind"))
		strv_add(&v->options, o->no_copyup ? "notmpcopyup" : "tmpcopyup");
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = *v;
	*v = (struct volume){0};
	return 0;
}

int volume_parse(const char *text, struct volumes *ret, struct err *err)
{
	_cleanup_(option_set_done) struct option_set o = {0};
	_cleanup_(volume_done) struct volume v = {.type = xstrdup("bind"), .given = xstrdup(text)};
	_cleanup_strv_ struct strv parts = {0};
	int r;

	strv_split(&parts, text, ":");
	if (parts.n == 1 && path_is_abs(text)) {
		err_set(err, ERR_USAGE, "--volume %s: anonymous volumes are not available", text);
		return err_hint(err, "write HOST-DIR:CONTAINER-DIR; the container keeps its own "
				     "data without a volume");
	}
	if (parts.n < 2 || parts.n > 3 || !*parts.v[0] || !*parts.v[1]) {
		err_set(err, ERR_USAGE, "--volume '%.200s' is not HOST-DIR:CONTAINER-DIR[:OPTIONS]",
			text);
		return err_hint(
			err, "a path with a colon in it needs --mount type=bind,source=…,target=…");
	}
	r = target_check(parts.v[1], &v.target, err);
	if (r >= 0 && parts.n == 3)
		r = options_parse(&o, true, parts.v[2], err);
	if (r >= 0)
		r = source_check(parts.v[0], false, &v.source, err);
	if (r >= 0)
		r = volume_add(ret, &v, &o, err);
	return r < 0 ? err_wrap(err, "--volume") : 0;
}

int volume_parse_tmpfs(const char *text, struct volumes *ret, struct err *err)
{
	_cleanup_(option_set_done) struct option_set o = {0};
	_cleanup_(volume_done) struct volume v = {
		.type = xstrdup("tmpfs"), .source = xstrdup("tmpfs"), .given = xstrdup(text)};
	_cleanup_free_ char *path = xstrndup(text, strcspn(text, ":"));
	int r = target_check(path, &v.target, err);

	if (r >= 0 && text[strlen(path)])
		r = options_parse(&o, false, text + strlen(path) + 1, err);
	if (r >= 0)
		r = volume_add(ret, &v, &o, err);
	return r < 0 ? err_wrap(err, "--tmpfs") : 0;
}

/* fields between commas, as in CSV: a quoted field may hold commas, "" in it is a quote */
static int csv_split(const char *text, struct strv *ret, struct err *err)
{
	for (;; text++) {
		_cleanup_buf_ struct buf field = {0};
		bool quoted = *text == '"';

		text += quoted;
		while (*text && (quoted || *text != ',')) {
			if (quoted && *text == '"') {
				if (text[1] != '"')
					break;
				text++;
			}
			buf_addc(&field, *text++);
		}
		if (quoted && *text++ != '"')
			return err_set(err, ERR_USAGE, "a quote is not closed");
		strv_take(ret, xstrdup(buf_str(&field)));
		if (!*text)
			return 0;
		if (*text != ',')
			return err_set(err, ERR_USAGE, "a comma is missing behind a quoted field");
	}
}

/**
 * struct mount_flag - a --mount argument being read
 * @type: NULL until given
 */
struct mount_flag {
	const char *type, *source, *target;
	struct option_set o;
};

static int mount_bool(struct mount_flag *m, const char *key, const char *value, const char *yes,
	const char *no, struct err *err)
{
	bool on = true;

	if (value && parse_bool(value, &on) < 0)
		return err_set(err, ERR_USAGE, "%s=%s is neither true nor false", key, value);
	return option_add(&m->o, str_eq(m->type, "bind"), on ? yes : no, err);
}

static int mount_key(struct mount_flag *m, const char *key, const char *value, struct err *err)
{
	bool bind = str_eq(m->type, "bind");

	if (str_eq(key, "ro") || str_eq(key, "readonly"))
		return mount_bool(m, key, value, "ro", "rw", err);
	if (str_eq(key, "rw"))
		return mount_bool(m, key, value, "rw", "ro", err);
	if (bind && str_eq(key, "bind-nonrecursive"))
		return mount_bool(m, key, value, "bind", "rbind", err);
	if (bind && value && str_eq(key, "bind-propagation"))
		return option_add(&m->o, true, value, err);
	if (bind && value && str_eq(key, "relabel") &&
		(str_eq(value, "shared") || str_eq(value, "private")))
		return option_add(&m->o, true, "z", err);
	if (bind && value && str_eq(key, "consistency"))
		return str_eq(value, "default") ? 0 : option_add(&m->o, true, value, err);
	if (!bind && value && (str_eq(key, "tmpfs-size") || str_eq(key, "tmpfs-mode"))) {
		_cleanup_free_ char *text = xasprintf("%s=%s", key + strlen("tmpfs-"), value);

		return option_add(&m->o, false, text, err);
	}
	if (value) {
		_cleanup_free_ char *text = xasprintf("%s=%s", key, value);

		return option_add(&m->o, bind, text, err);
	}
	return option_add(&m->o, bind, key, err);
}

static int mount_type(struct mount_flag *m, const struct strv *fields, struct err *err)
{
	m->type = strv_find_key(fields, "type");
	if (str_eq(m->type, "bind") || str_eq(m->type, "tmpfs"))
		return 0;
	if (m->type && !str_eq(m->type, "volume"))
		err_set(err, ERR_USAGE, "type '%.40s' is not known", m->type);
	else
		err_set(err, ERR_USAGE, "named volumes are not available");
	return err_hint(err, "known are type=bind,source=…,target=… and type=tmpfs,target=…");
}

int volume_parse_mount(const char *text, struct volumes *ret, struct err *err)
{
	_cleanup_strv_ struct strv fields = {0};
	struct mount_flag m = {0};
	_cleanup_(option_set_done) struct option_set o = {0};
	_cleanup_(volume_done) struct volume v = {.given = xstrdup(text)};
	int r = csv_split(text, &fields, err);

	if (r >= 0)
		r = mount_type(&m, &fields, err);
	for (size_t i = 0; r >= 0 && i < fields.n; i++) {
		_cleanup_free_ char *key = xstrndup(fields.v[i], strcspn(fields.v[i], "="));
		const char *value = strchr(fields.v[i], '=');

		value = value ? value + 1 : NULL;
		if (str_eq(key, "type"))
			continue;
		if (value && (str_eq(key, "source") || str_eq(key, "src")))
			m.source = value;
		else if (value && (str_eq(key, "target") || str_eq(key, "destination") ||
					  str_eq(key, "dst")))
			m.target = value;
		else
			r = mount_key(&m, key, value, err);
	}
	o = m.o; /* owned from here */
	if (r >= 0 && !m.target)
		r = err_set(err, ERR_USAGE, "target= is missing");
	if (r >= 0 && str_eq(m.type, "bind") && !m.source)
		r = err_set(err, ERR_USAGE, "source= is missing");
	if (r >= 0 && str_eq(m.type, "tmpfs") && m.source)
		r = err_set(err, ERR_USAGE, "a tmpfs has no source");
	if (r >= 0)
		r = target_check(m.target, &v.target, err);
	if (r >= 0 && m.source)
		r = source_check(m.source, true, &v.source, err);
	if (r >= 0) {
		v.type = xstrdup(m.type);
		if (!v.source)
			v.source = xstrdup("tmpfs");
		r = volume_add(ret, &v, &o, err);
	}
	return r < 0 ? err_wrap(err, "--mount") : 0;
}

json_t *volume_json(const struct volume *v)
{
	json_t *j = json_object();

	json_set_str(j, "destination", v->target);
	json_set_str(j, "type", v->type);
	json_set_str(j, "source", v->source);
	json_object_set_new(j, "options", json_from_strv(&v->options));
	return j;
}
