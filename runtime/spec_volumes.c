#include "runtime/spec_volumes.h"

#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/mount_spec.h"
#include "runtime/spec_artifact.h"
#include "runtime/volume_driver.h"
#include "storage/driver.h"
#include "storage/image_find.h"
#include "storage/volume.h"

#include <fcntl.h>
#include <unistd.h>

/* an image's configuration is somebody else's work, and each of its volumes costs a directory */
#define IMAGE_VOLUMES_MAX 256

/**
 * struct made - the mounts in the making
 * @mounts:  in the order in which they were found
 * @volumes: for the record
 */
struct made {
	struct spec *s;
	json_t *mounts, *volumes;
	unsigned overlays;
};

static bool has_target(const struct made *m, const char *target)
{
	json_t *j;
	size_t i;

	json_array_foreach (m->mounts, i, j)
		if (str_eq(json_get_str(j, "destination", ""), target))
			return true;
	return false;
}

/* @rl: taken */
static void add_entry(struct made *m, const char *target, const char *type, const char *source,
	const struct strv *options, json_t *rl)
{
	json_t *j = json_object();

	json_set_str(j, "destination", target);
	json_set_str(j, "type", type);
	json_set_str(j, "source", source);
	json_object_set_new(j, "options", json_from_strv(options));
	json_object_set_new(j, "rl", rl);
	json_array_append_new(m->mounts, j);
}

/* whether relabelling for SELinux has to be done; where there is none, :z and :Z are satisfied already */
static bool selinux_enabled(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

/* directories of the container's own that take what is written */
static void add_writable(struct made *m, const struct mount_options *o, struct strv *options)
{
	unsigned n = m->overlays++;

	if (o && o->upper) {
		strv_addf(options, "upperdir=%s", o->upper);
		strv_addf(options, "workdir=%s", o->work);
		return;
	}
	strv_addf(options, "upperdir=@DIR@/overlay/%u/upper", n);
	strv_addf(options, "workdir=@DIR@/overlay/%u/work", n);
}

/* the options that config.json knows beside those of mount(8) */
static void add_further(const struct mount_options *o, struct strv *options)
{
	if (o->group[MOUNT_OWNER])
		strv_add(options, "U");
	if (o->group[MOUNT_RELABEL] && selinux_enabled())
		strv_add(options, o->group[MOUNT_RELABEL]);
	if (o->group[MOUNT_LINK])
		strv_add(options, "copy-symlink");
}

static void add_dir(
	struct made *m, const struct mount_spec *v, const char *source, bool copyup, json_t *rl)
{
	const struct mount_options *o = &v->options;
	_cleanup_strv_ struct strv options = {0};

	mount_options_list(o, v->type, mount_spec_is_node(v), &options);
	add_further(o, &options);
	if (o->group[MOUNT_OVERLAY]) {
		_cleanup_strv_ struct strv stacked = {0};

		json_object_set_new(rl, "overlay", json_true());
		strv_addf(&stacked, "lowerdir+=%s", source);
		strv_foreach (i, option, &options)
			if (!str_ends(option, "bind"))
				strv_add(&stacked, option);
		add_writable(m, o, &stacked);
		add_entry(m, v->target, "overlay", source, &stacked, rl);
		return;
	}
	if (o->subpath)
		strv_addf(&options, "subpath=%s", o->subpath);
	if (copyup && !o->subpath && !str_eq(o->group[MOUNT_COPY], "nocopy"))
		strv_add(&options, "copyup");
	add_entry(m, v->target, "bind", source, &options, rl);
}

static void add_fs(struct made *m, const struct mount_spec *v, const char *fstype, json_t *rl)
{
	_cleanup_strv_ struct strv options = {0};
	const char *copy = v->options.group[MOUNT_COPY];

	mount_options_list(&v->options, v->type, false, &options);
	if (v->type == MOUNT_TYPE_DEVPTS) {
		strv_add(&options, "newinstance");
		strv_add(&options, "ptmxmode=0666");
	} else {
		strv_add(&options, copy && *copy == 'n' ? "notmpcopyup" : "tmpcopyup");
	}
	if (v->options.group[MOUNT_OWNER])
		strv_add(&options, "U");
	add_entry(m, v->target, fstype, fstype, &options, rl);
}

/* @image: as the user has it; its layers are what is mounted, and the record keeps them */
static int add_image(
	struct made *m, const struct mount_spec *v, const char *image, json_t *rl, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	const struct store *store = m->s->cs->store;
	_cleanup_strv_ struct strv options = {0};
	_cleanup_json_ json_t *owned = rl;
	struct rootfs rootfs = {.store = store, .data = -EBADF};
	json_t *kept;
	bool rw = str_eq(v->options.group[MOUNT_RW], "rw");
	int r = image_find(store, image, &img, err);

	if (r < 0)
		return r == -ERR_NO_OBJECT ? err_hint(err, "rl pull %.100s", image) : r;
	if (img.shared) {
		err_say(err, EOPNOTSUPP,
			"image %.100s is in a shared store, and cannot be mounted "
			"into a container",
			image);
		return err_hint(err, "pull it into your own store");
	}
	rootfs.diff_ids = img.diff_ids;
	for (size_t i = img.diff_ids.n, bottom = driver_bottom(&rootfs); i-- > bottom;) {
		char path[META_PATH_MAX];

		driver_layer_path(&rootfs, i, path);
		strv_addf(&options, "lowerdir+=%s/%s", store->path, path);
	}
	if (!options.n)
		return err_say(err, EINVAL, "image %.100s has no files", image);
	mount_options_list(&v->options, MOUNT_TYPE_IMAGE, false, &options);
	if (rw)
		add_writable(m, NULL, &options);
	if (v->options.subpath)
		strv_addf(&options, "subpath=%s", v->options.subpath);
	add_entry(m, v->target, "overlay", image, &options, take_ptr(owned));
	kept = json_object_get(m->s->record, "mountedImages");
	if (!kept) {
		kept = json_array();
		json_object_set_new(m->s->record, "mountedImages", kept);
	}
	json_array_append_new(kept,
		json_pack("{s:s, s:o}", "id", img.id, "diffIds", json_from_strv(&img.diff_ids)));
	return 0;
}

/* the record of a volume that is there, or is going to be made; @ret_make: what to make, if it is not as usual */
static int find_volume(struct made *m, const struct mount_spec *v, const char *name, json_t **ret,
	json_t **ret_make, struct err *err)
{
	const char *driver = v->driver ? v->driver : m->s->o->volume_driver;
	const struct store *store = m->s->cs->store;
	_cleanup_json_ json_t *record = NULL;
	struct err why = {0};
	int r = store ? volume_read(store, name, ret, &why) : -ERR_NO_OBJECT;

	if (r == 0)
		return 0;
	if (r != -ERR_NO_OBJECT) {
		if (err)
			*err = why;
		return r;
	}
	record = volume_record(name, "local");
	r = volume_driver_set(record, driver, &v->volume_opts, err);
	if (r == 0)
		r = volume_labels_set(record, &v->volume_labels, err);
	if (r < 0)
		return r;
	if (json_object_size(record) > 3)
		*ret_make = json_incref(record);
	*ret = take_ptr(record);
	return 0;
}

/* what the volume itself says counts where the flag says nothing */
static int merge_options(struct mount_spec *v, const json_t *record, struct err *err)
{
	_cleanup_(mount_options_done) struct mount_options own = {0};
	const char *copy = v->options.group[MOUNT_COPY];
	int r = volume_driver_options(record, &own, err);

	if (r < 0)
		return r;
	for (int g = 0; g < MOUNT_GROUPS; g++)
		if (!v->options.group[g])
			v->options.group[g] = own.group[g];
	strv_addv(&v->options.data, &own.data);
	v->type = volume_driver_type(record);
	/* a tmpfs has its own words for it */
	if (v->type == MOUNT_TYPE_TMPFS && copy)
		v->options.group[MOUNT_COPY] = *copy == 'n' ? "notmpcopyup" : "tmpcopyup";
	return 0;
}

static int add_volume(struct made *m, struct mount_spec *v, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *make = NULL;
	const struct store *store = m->s->cs->store;
	_cleanup_free_ char *path = NULL;
	const json_t *options;
	json_t *entry = json_object(), *rl;
	char random[65];
	const char *name = v->source;
	int r;

	if (!name) {
		fs_random_hex(random, 64);
		name = random;
	}
	json_set_str(entry, "name", name);
	json_set_str(entry, "target", v->target);
	if (!v->source)
		json_object_set_new(entry, "anonymous", json_true());
	json_array_append_new(m->volumes, entry);
	r = find_volume(m, v, name, &record, &make, err);
	if (r < 0)
		return r;
	if (make)
		json_object_set(entry, "make", make);
	r = merge_options(v, record, err);
	if (r < 0)
		return r;
	options = json_object_get(record, "options");
	path = v->type == MOUNT_TYPE_BIND ? xstrdup(json_get_str(options, "device", ""))
	       : store			  ? volume_path(store, name)
					  : xstrdup("");
	rl = json_pack("{s:s, s:s, s:s, s:s}", "type", "volume", "name", name, "driver",
		json_get_str(record, "driver", "local"), "source", path);
	if (v->type == MOUNT_TYPE_IMAGE)
		return add_image(m, v, json_get_str(options, "image", ""), rl, err);
	if (v->type == MOUNT_TYPE_TMPFS) {
		add_fs(m, v, "tmpfs", rl);
		return 0;
	}
	/* the record's type is for this mount only: it is a directory that is bound either way */
	add_dir(m, v, path, v->type == MOUNT_TYPE_VOLUME, rl);
	return 0;
}

static int add_spec(struct made *m, struct mount_spec *v, struct err *err)
{
	json_t *rl;

	switch (v->type) {
	case MOUNT_TYPE_VOLUME:
		return add_volume(m, v, err);
	case MOUNT_TYPE_IMAGE:
		rl = json_pack("{s:s, s:s}", "type", "image", "source", v->source);
		return add_image(m, v, v->source, rl, err);
	case MOUNT_TYPE_BIND:
	case MOUNT_TYPE_GLOB:
		rl = json_pack("{s:s, s:s}", "type", "bind", "source", v->source);
		add_dir(m, v, v->source, false, rl);
		return 0;
	case MOUNT_TYPE_TMPFS:
	case MOUNT_TYPE_RAMFS:
	case MOUNT_TYPE_DEVPTS:
	case MOUNT_TYPE_ARTIFACT: /* files by now */
	case MOUNT_TYPE_NONE:
		break;
	}
	{
		const char *type = v->type == MOUNT_TYPE_TMPFS	 ? "tmpfs"
				   : v->type == MOUNT_TYPE_RAMFS ? "ramfs"
								 : "devpts";

		rl = json_pack("{s:s, s:s}", "type", type, "source", type);
		add_fs(m, v, type, rl);
	}
	return 0;
}

static int add_specs(struct made *m, struct mount_specs *list, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		_cleanup_free_ char *target = xstrdup(list->v[i].target);

		r = add_spec(m, &list->v[i], err);
		if (r < 0)
			err_wrap(err, "mount of %s", target);
	}
	return r;
}

static int add_flags(struct made *m, struct err *err)
{
	_cleanup_(mount_specs_done) struct mount_specs list = {0}, all = {0};
	const struct spec_opts *o = m->s->o;
	const struct {
		const struct strv *texts;
		int (*parse)(const char *text, struct mount_specs *ret, struct err *err);
	} flags[] = {{&o->volume, mount_spec_volume}, {&o->mount, mount_spec_mount},
		{&o->tmpfs, mount_spec_tmpfs}};
	int r = 0;

	for (size_t k = 0; k < ARRAY_SIZE(flags); k++)
		for (size_t i = 0; r >= 0 && i < flags[k].texts->n; i++)
			r = flags[k].parse(flags[k].texts->v[i], &list, err);
	if (r >= 0)
		r = spec_artifact_expand(m->s->cs->store, &list, m->s->record, &all, err);
	return r < 0 ? r : add_specs(m, &all, err);
}

/* ---- --volumes-from ---- */

/* the same mount for this container: "ro" or "rw" as asked for, and with an overlay of its own */
static void take_over(struct made *m, const json_t *from, const char *rw)
{
	_cleanup_strv_ struct strv old = {0}, options = {0};
	json_t *j = json_deep_copy(from);
	const json_t *rl = json_object_get(j, "rl");
	const char *name = json_get_str(rl, "name", NULL);
	bool overlay = json_get_bool(rl, "overlay", false);

	json_get_strv(from, "options", &old);
	strv_foreach (i, option, &old) {
		bool dropped = (rw && (str_eq(option, "ro") || str_eq(option, "rw"))) ||
			       (overlay && (str_after(option, "upperdir=") ||
						   str_after(option, "workdir=")));

		if (!dropped)
			strv_add(&options, option);
	}
	if (rw)
		strv_add(&options, rw);
	if (overlay)
		add_writable(m, NULL, &options);
	json_object_set_new(j, "options", json_from_strv(&options));
	json_array_append_new(m->mounts, j);
	if (name)
		json_array_append_new(m->volumes, json_pack("{s:s, s:s}", "name", name, "target",
							  json_get_str(j, "destination", "")));
}

static int volumes_from_options(const char *text, const char **ret_rw, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, text, ",");
	strv_foreach (i, part, &parts) {
		const char *rw = str_eq(part, "ro") ? "ro" : str_eq(part, "rw") ? "rw" : NULL;

		if (str_eq(part, "z") || !*part)
			continue;
		if (!rw) {
			err_set(err, ERR_USAGE, "--volumes-from: unknown option '%.80s'", part);
			return err_hint(err, "known are ro, rw and z");
		}
		if (*ret_rw && *ret_rw != rw && !str_eq(*ret_rw, rw))
			return err_set(
				err, ERR_USAGE, "--volumes-from: ro and rw exclude each other");
		*ret_rw = rw;
	}
	return 0;
}

static int volumes_from(struct made *m, const char *text, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_free_ char *name = xstrndup(text, strcspn(text, ":"));
	_cleanup_json_ json_t *config = NULL;
	const char *rw = NULL;
	json_t *j;
	size_t i;
	int r = text[strlen(name)] ? volumes_from_options(text + strlen(name) + 1, &rw, err) : 0;

	if (r == 0)
		r = container_find(m->s->cs, name, &c, err);
	if (r == 0)
		r = container_config(&c, &config, err);
	if (r < 0)
		return err_wrap(err, "--volumes-from");
	json_array_foreach (json_object_get(config, "mounts"), i, j) {
		const char *type = json_get_str(json_object_get(j, "rl"), "type", "");

		if ((str_eq(type, "bind") || str_eq(type, "volume")) &&
			!has_target(m, json_get_str(j, "destination", "")))
			take_over(m, j, rw);
	}
	return 0;
}

/* ---- the image's volumes ---- */

/* An image cannot cover what every container has there; what cannot be a target at all is left out. */
static char *image_target(const char *path)
{
	static const char *const taken[] = {"/proc", "/sys", "/dev"};
	_cleanup_free_ char *clean = path_is_abs(path) ? path_clean(path) : NULL;

	if (!clean || str_eq(clean, "/"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		const char *rest = str_after(clean, taken[i]);

		if (rest && (!*rest || *rest == '/'))
			return NULL;
	}
	return take_ptr(clean);
}

static int image_volumes(struct made *m, struct err *err)
{
	const char *mode = m->s->o->image_volume ? m->s->o->image_volume : "anonymous";
	json_t *volumes = json_object_get(m->s->image_config, "Volumes"), *unused;
	bool tmpfs = str_eq(mode, "tmpfs");
	const char *path;
	int r = 0;

	if (!tmpfs && !str_eq(mode, "ignore") && !str_eq(mode, "anonymous") &&
		!str_eq(mode, "bind")) {
		err_set(err, ERR_USAGE, "--image-volume '%.40s' is not known", mode);
		return err_hint(err, "known are anonymous, tmpfs and ignore");
	}
	if (str_eq(mode, "ignore"))
		return 0;
	if (json_object_size(volumes) > IMAGE_VOLUMES_MAX) {
		err_say(err, E2BIG, "the image declares %zu volumes; %d at most are made",
			json_object_size(volumes), IMAGE_VOLUMES_MAX);
		return err_hint(err, "use --image-volume ignore");
	}
	json_object_foreach (volumes, path, unused) {
		_cleanup_(mount_spec_done) struct mount_spec v = {
			.type = tmpfs ? MOUNT_TYPE_TMPFS : MOUNT_TYPE_VOLUME,
			.target = image_target(path)};

		if (!v.target || has_target(m, v.target))
			continue;
		if (tmpfs)
			v.options.group[MOUNT_EXEC] = "exec";
		r = add_spec(m, &v, err);
		if (r < 0)
			return err_wrap(err, "the image's volume %s", path);
	}
	return 0;
}

/* ---- the record ---- */

static void record_mount(json_t *binds, json_t *tmpfs, const json_t *j)
{
	const json_t *rl = json_object_get(j, "rl");
	const char *type = json_get_str(rl, "type", ""),
		   *target = json_get_str(j, "destination", "");
	_cleanup_strv_ struct strv all = {0}, shown = {0};
	_cleanup_free_ char *options = NULL;

	json_get_strv(j, "options", &all);
	/* what is ours alone says nothing to the user */
	strv_foreach (i, option, &all)
		if (!str_after(option, "lowerdir+=") && !str_after(option, "upperdir=") &&
			!str_after(option, "workdir=") && !str_eq(option, "copyup"))
			strv_add(&shown, option);
	if (json_get_bool(rl, "overlay", false))
		strv_add(&shown, "O");
	options = strv_join(&shown, ",");
	if (str_eq(type, "tmpfs"))
		json_object_set_new(tmpfs, target, json_str(options));
	else if (str_eq(type, "bind") || str_eq(type, "volume"))
		json_array_append_new(
			binds, json_sprintf("%s:%s:%s",
				       json_get_str(rl, "name", json_get_str(rl, "source", "")),
				       target, options));
}

static void record(struct made *m)
{
	json_t *host = json_object_get(m->s->record, "hostConfig"), *j;
	_cleanup_json_ json_t *binds = json_array(), *tmpfs = json_object();
	size_t i;

	json_array_foreach (m->mounts, i, j)
		record_mount(binds, tmpfs, j);
	if (json_array_size(binds))
		json_object_set(host, "Binds", binds);
	if (json_object_size(tmpfs))
		json_object_set(host, "Tmpfs", tmpfs);
	if (json_array_size(m->volumes))
		json_object_set(m->s->record, "volumes", m->volumes);
	json_set_strv(host, "VolumesFrom", &m->s->o->volumes_from);
}

static int by_target(const void *a, const void *b)
{
	return strcmp(json_get_str(*(json_t *const *)a, "destination", ""),
		json_get_str(*(json_t *const *)b, "destination", ""));
}

/* a directory comes before what is mounted below it */
static void append_sorted(const struct made *m, json_t *mounts)
{
	size_t n = json_array_size(m->mounts);
	_cleanup_free_ json_t **v = xcalloc(n + 1, sizeof(json_t *));

	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(m->mounts, i);
	qsort(v, n, sizeof(json_t *), by_target);
	for (size_t i = 0; i < n; i++)
		json_array_append(mounts, v[i]);
}

int spec_user_mounts(struct spec *s, json_t *mounts, struct err *err)
{
	_cleanup_json_ json_t *found = json_array(), *volumes = json_array();
	struct made m = {.s = s, .mounts = found, .volumes = volumes};
	int r = add_flags(&m, err);

	for (size_t i = 0; r >= 0 && i < s->o->volumes_from.n; i++)
		r = volumes_from(&m, s->o->volumes_from.v[i], err);
	if (r >= 0)
		r = image_volumes(&m, err);
	if (r < 0)
		return r;
	record(&m);
	append_sorted(&m, mounts);
	return 0;
}
