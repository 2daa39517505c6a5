/* The grammar of --mount (mount_spec.h). */
#include "runtime/mount_spec.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"

#include <glob.h>
#include <stdio.h>

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

/* Keys that stand for an option.  @no: what "=false" means, NULL for nothing */
static const struct {
	const char *key;
	unsigned types;
	const char *yes, *no;
} switches[] = {
	{"ro", ~0U, "ro", "rw"},
	{"readonly", ~0U, "ro", "rw"},
	{"rw", ~0U, "rw", "ro"},
	{"readwrite", ~0U, "rw", "ro"},
	{"bind-nonrecursive", MOUNT_TYPE_BIND, "bind", "rbind"},
	{"U", ~0U, "U", NULL},
	{"chown", ~0U, "U", NULL},
	{"no-dereference", ~0U, "no-dereference", NULL},
	{"volume-nocopy", MOUNT_TYPE_VOLUME, "nocopy", "copy"},
	{"nocopy", MOUNT_TYPE_VOLUME, "nocopy", "copy"},
	{"tmpcopyup", ~0U, "tmpcopyup", "notmpcopyup"},
	{"notmpcopyup", ~0U, "notmpcopyup", "tmpcopyup"},
	{"suid", ~0U, "suid", "nosuid"},
	{"nosuid", ~0U, "nosuid", "suid"},
	{"dev", ~0U, "dev", "nodev"},
	{"nodev", ~0U, "nodev", "dev"},
	{"exec", ~0U, "exec", "noexec"},
	{"noexec", ~0U, "noexec", "exec"},
};

/* Return: 1 if @key is a switch, 0 if not, or a negative errno */
static int switch_key(struct mount_spec *m, const char *key, const char *value, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		bool on = true;
		const char *option;
		int r;

		if (!str_eq(switches[i].key, key) || !(switches[i].types & m->type))
			continue;
		if (value && parse_bool(value, &on) < 0)
			return err_set(
				err, ERR_USAGE, "%s=%.80s is neither true nor false", key, value);
		option = on ? switches[i].yes : switches[i].no;
		r = option ? mount_option_add(&m->options, m->type, option, err) : 0;
		return r < 0 ? r : 1;
	}
	return 0;
}

static int relabel(struct mount_spec *m, const char *value, struct err *err)
{
	if (!str_eq(value, "shared") && !str_eq(value, "private"))
		return err_set(
			err, ERR_USAGE, "relabel=%.80s is neither shared nor private", value);
	return mount_option_add(&m->options, m->type, *value == 's' ? "z" : "Z", err);
}

/* docker's hint about caches, of use where files are shared with a virtual machine only */
static int consistency(const char *value, struct err *err)
{
	static const char *const known[] = {"default", "consistent", "cached", "delegated"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(value, known[i]))
			return 0;
	err_set(err, ERR_USAGE, "consistency=%.40s is not known", value);
	return err_hint(err, "known are default, consistent, cached and delegated");
}

/* Return: 1 if it was one of an artifact's, 0 if not, or a negative errno */
static int artifact_key(struct mount_spec *m, const char *key, const char *value, struct err *err)
{
	char **to = str_eq(key, "digest")  ? &m->digest
		    : str_eq(key, "title") ? &m->title
		    : str_eq(key, "name")  ? &m->name
					   : NULL;

	if (!to || m->type != MOUNT_TYPE_ARTIFACT)
		return 0;
	if (*to || str_empty(value))
		return err_set(err, ERR_USAGE, "%s= is %s", key, *to ? "given twice" : "empty");
	*to = xstrdup(value);
	return m->digest && m->title
		       ? err_set(err, ERR_USAGE, "digest= and title= exclude each other")
		       : 1;
}

/* Keys of this type alone.  Return: 1 if it was one, 0 if not, or a negative errno */
static int value_key(struct mount_spec *m, const char *key, const char *value, struct err *err)
{
	bool bind = m->type == MOUNT_TYPE_BIND || m->type == MOUNT_TYPE_GLOB;
	bool volume = m->type == MOUNT_TYPE_VOLUME;
	const char *tmpfs = m->type == MOUNT_TYPE_TMPFS ? str_after(key, "tmpfs-") : NULL;
	_cleanup_free_ char *text = NULL;
	int r = 0;

	if (bind && str_eq(key, "bind-propagation"))
		r = mount_option_add(&m->options, m->type, value, err);
	else if (str_eq(key, "consistency"))
		r = consistency(value, err);
	else if ((bind || volume) && str_eq(key, "relabel"))
		r = relabel(m, value, err);
	else if (volume && str_eq(key, "volume-driver"))
		m->driver = m->driver ? m->driver : xstrdup(value);
	else if (volume && str_eq(key, "volume-opt"))
		strv_add(&m->volume_opts, value);
	else if (volume && str_eq(key, "volume-label"))
		strv_add(&m->volume_labels, value);
	else if (tmpfs && (str_eq(tmpfs, "size") || str_eq(tmpfs, "mode")))
		text = xasprintf("%s=%s", tmpfs, value);
	else if ((volume && str_eq(key, "volume-subpath")) ||
		 (m->type == MOUNT_TYPE_IMAGE && str_eq(key, "image-subpath")))
		text = xasprintf("subpath=%s", value);
	else
		return 0;
	if (text)
		r = mount_option_add(&m->options, m->type, text, err);
	return r < 0 ? r : 1;
}

static int mount_key(struct mount_spec *m, const char *key, const char *value, struct err *err)
{
	_cleanup_free_ char *text = value ? xasprintf("%s=%s", key, value) : xstrdup(key);
	int r = switch_key(m, key, value, err);

	if (r == 0 && value)
		r = value_key(m, key, value, err);
	if (r == 0 && value)
		r = artifact_key(m, key, value, err);
	if (r != 0)
		return r < 0 ? r : 0;
	return mount_option_add(&m->options, m->type, text, err);
}

static int type_of(const struct strv *fields, enum mount_type *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum mount_type type;
	} types[] = {{"bind", MOUNT_TYPE_BIND}, {"volume", MOUNT_TYPE_VOLUME},
		{"tmpfs", MOUNT_TYPE_TMPFS}, {"ramfs", MOUNT_TYPE_RAMFS},
		{"devpts", MOUNT_TYPE_DEVPTS}, {"image", MOUNT_TYPE_IMAGE},
		{"glob", MOUNT_TYPE_GLOB}, {"artifact", MOUNT_TYPE_ARTIFACT}};
	const char *name = strv_find_key(fields, "type");

	if (!name)
		name = "volume";
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!str_eq(types[i].name, name))
			continue;
		*ret = types[i].type;
		return 0;
	}
	err_set(err, ERR_USAGE, "type '%.40s' is not known", name);
	return err_hint(
		err, "known are bind, volume, tmpfs, ramfs, devpts, image, glob and artifact");
}

static int read_fields(struct mount_spec *m, const struct strv *fields, struct strv *ret_source,
	struct strv *ret_target, struct err *err)
{
	strv_foreach (i, field, fields) {
		_cleanup_free_ char *key = xstrndup(field, strcspn(field, "="));
		const char *value = field[strlen(key)] ? field + strlen(key) + 1 : NULL;
		int r = 0;

		if (str_eq(key, "type"))
			continue;
		if (value && (str_eq(key, "source") || str_eq(key, "src")))
			strv_add(ret_source, value);
		else if (value && (str_eq(key, "target") || str_eq(key, "destination") ||
					  str_eq(key, "dst") || str_eq(key, "dest")))
			strv_add(ret_target, value);
		else
			r = mount_key(m, key, value, err);
		if (r < 0)
			return r;
	}
	if (ret_source->n > 1 || ret_target->n > 1)
		return err_set(err, ERR_USAGE, "%s= is given twice",
			ret_source->n > 1 ? "source" : "target");
	return 0;
}

static int set_source(struct mount_spec *m, const char *source, struct err *err)
{
	switch (m->type) {
	case MOUNT_TYPE_VOLUME:
		if (str_empty(source))
			return 0;
		if (!str_is_name(source)) {
			err_set(err, ERR_USAGE, "'%.80s' is not a name for a volume", source);
			return err_hint(err, "a directory of the host wants type=bind");
		}
		m->source = xstrdup(source);
		return 0;
	case MOUNT_TYPE_BIND:
	case MOUNT_TYPE_GLOB:
	case MOUNT_TYPE_IMAGE:
	case MOUNT_TYPE_ARTIFACT:
		if (str_empty(source))
			return err_set(err, ERR_USAGE, "source= is missing");
		if (m->type == MOUNT_TYPE_BIND)
			return mount_spec_source(source, &m->source, err);
		m->source = xstrdup(source);
		return 0;
	default:
		return source ? err_set(err, ERR_USAGE, "a file system of its own has no source")
			      : 0;
	}
}

/* one more bind mount with the options of @m; below @dir, or where it is on the host */
static int glob_one(struct mount_specs *ret, const struct mount_spec *m, const char *dir,
	const char *path, struct err *err)
{
	_cleanup_(mount_spec_done) struct mount_spec v = {.type = MOUNT_TYPE_BIND};
	_cleanup_free_ char *target = NULL;
	int r;

	memcpy(v.options.group, m->options.group, sizeof(v.options.group));
	target = dir ? path_join(dir, strrchr(path, '/') + 1) : xstrdup(path);
	r = mount_spec_target(target, &v.target, err);
	if (r >= 0)
		r = mount_spec_source(path, &v.source, err);
	return r < 0 ? r : mount_spec_add(ret, &v, err);
}

static int add_glob(
	struct mount_specs *ret, const struct mount_spec *m, const char *dir, struct err *err)
{
	glob_t g = {0};
	int r = 0;

	if (!path_is_abs(m->source))
		return err_set(
			err, ERR_USAGE, "the pattern '%.200s' is not an absolute path", m->source);
	if (glob(m->source, 0, NULL, &g) != 0 || g.gl_pathc == 0) {
		globfree(&g);
		err_set(err, ENOENT, "nothing fits the pattern %.200s", m->source);
		return err_hint(err, "patterns are those of a shell: * ? [a-z]");
	}
	for (size_t i = 0; r >= 0 && i < g.gl_pathc; i++)
		r = glob_one(ret, m, dir, g.gl_pathv[i], err);
	globfree(&g);
	return r;
}

static int parse(const char *text, struct mount_specs *ret, struct err *err)
{
	_cleanup_strv_ struct strv fields = {0}, source = {0}, target = {0};
	_cleanup_(mount_spec_done) struct mount_spec m = {0};
	int r = csv_split(text, &fields, err);

	if (r >= 0)
		r = type_of(&fields, &m.type, err);
	if (r >= 0)
		r = read_fields(&m, &fields, &source, &target, err);
	/* as podman: the same path on both sides */
	if (r >= 0 && m.type == MOUNT_TYPE_BIND && !source.n && target.n)
		strv_add(&source, target.v[0]);
	if (r >= 0)
		r = set_source(&m, source.n ? source.v[0] : NULL, err);
	if (r >= 0 && m.type == MOUNT_TYPE_GLOB)
		return add_glob(ret, &m, target.n ? target.v[0] : NULL, err);
	if (r >= 0 && !target.n)
		r = err_set(err, ERR_USAGE, "target= is missing");
	if (r >= 0)
		r = mount_spec_target(target.v[0], &m.target, err);
	return r < 0 ? r : mount_spec_add(ret, &m, err);
}

int mount_spec_mount(const char *text, struct mount_specs *ret, struct err *err)
{
	return parse(text, ret, err) < 0 ? err_wrap(err, "--mount") : 0;
}
