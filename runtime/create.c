#include "runtime/container.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "runtime/name.h"
#include "storage/meta.h"
#include "storage/volume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_ATTEMPTS 64

#define DIR_MARK "@DIR@"

/* upperdir= and workdir= of an overlay mount */
static void place_options(json_t *mount, const char *dir)
{
	json_t *options = json_object_get(mount, "options"), *option;
	size_t i;

	json_array_foreach (options, i, option) {
		const char *text = json_string_value(option),
			   *mark = strstr(text, "=" DIR_MARK "/");

		if (mark)
			json_array_set_new(options, i,
				json_sprintf("%.*s=%s%s", (int)(mark - text), text, dir,
					mark + 1 + strlen(DIR_MARK)));
	}
}

static void place_path(json_t *object, const char *key, const char *dir)
{
	const char *rest = str_after(json_get_str(object, key, ""), DIR_MARK);
	_cleanup_free_ char *path = rest ? xasprintf("%s%s", dir, rest) : NULL;

	if (path)
		json_set_str(object, key, path);
}

/* "@DIR@" at the beginning of a mount's source, or of the root, stands for the container's directory */
static void place_dir(json_t *config, const char *dir)
{
	json_t *mount;
	size_t i;

	place_path(json_object_get(config, "root"), "path", dir);
	json_array_foreach (json_object_get(config, "mounts"), i, mount) {
		if (str_eq(json_get_str(mount, "type", ""), "overlay"))
			place_options(mount, dir);
		place_path(mount, "source", dir);
	}
}

static int check_artifacts(const struct store *s, const json_t *record, struct err *err)
{
	_cleanup_strv_ struct strv digests = {0};

	json_get_strv(record, "mountedArtifacts", &digests);
	strv_foreach (i, digest, &digests) {
		_cleanup_free_ char *path =
			xasprintf("artifacts/%.64s", digest + strlen("sha256:"));

		if (faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		err_say(err, ERR_NO_OBJECT, "artifact %.19s was removed meanwhile", digest);
		return err_hint(err, "'rl artifact ls' lists those there are");
	}
	return 0;
}

/* The caller holds the store's lock, so what is there now stays until the container's record names
 * it. */
static int check_layers(const struct store *s, const json_t *record, struct err *err)
{
	const char *shared = json_get_str(record, "sharedStore", NULL);
	_cleanup_strv_ struct strv ids = {0};
	json_t *image;
	size_t k;
	int r = check_artifacts(s, record, err);

	if (r < 0)
		return r;
	if (shared) {
		char tree[META_PATH_MAX];

		if (meta_find(s, json_get_str(record, "imageId", ""), shared, tree) != META_NONE)
			return 0;
		err_say(err, ERR_NO_OBJECT, "image %s was removed meanwhile",
			json_get_str(record, "image", ""));
		return err_hint(err, "try again");
	}
	json_get_strv(record, "diffIds", &ids);
	json_array_foreach (json_object_get(record, "mountedImages"), k, image)
		json_get_strv(image, "diffIds", &ids);
	strv_foreach (i, id, &ids) {
		const char *hex = str_after(id, "sha256:");
		_cleanup_free_ char *path = NULL;
		struct stat st;

		if (!str_is_hex(hex ? hex : "", 64))
			return err_say(err, EBADMSG, "the image has a malformed layer id");
		path = xasprintf("layers/%s", hex);
		if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		r = err_set(err, ERR_NO_OBJECT, "layer %.12s of image %s is not in the store", hex,
			json_get_str(record, "image", ""));
		err_hint(err, "the image was removed meanwhile, or is damaged: pull it again");
		return r;
	}
	return 0;
}

/* Whether NAME is a link to a container that does not exist (any more, or yet). */
static bool name_dangles(const struct store *s, const char *link)
{
	char target[80], path[96] = "containers/";
	ssize_t n = readlinkat(s->fd, link, target, sizeof(target) - 1);
	struct stat st;

	if (n < 0)
		return false;
	target[n] = '\0';
	if (!str_is_hex(target, 64))
		return true;
	memcpy(path + 11, target, 65);
	return fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* A link without its container was left by a crash, unless its maker is between the two steps of
   publish(); with the lock held exclusively there is no such maker. */
int container_clean_name(const struct store *s, const char *name, struct err *err)
{
	_cleanup_free_ char *link = xasprintf("names/%s", name);
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, err);

	if (lock < 0)
		return lock;
	if (name_dangles(s, link))
		unlinkat(s->fd, link, 0);
	return 0;
}

static int name_taken(const struct store *s, const char *link, const char *name, struct err *err)
{
	char target[80] = "";
	ssize_t n = readlinkat(s->fd, link, target, sizeof(target) - 1);
	int r;

	target[n > 0 ? n : 0] = '\0';
	r = err_say(err, EEXIST, "the container name %s is in use by %.12s", name, target);
	err_hint(err, "choose another name, remove it with 'rl rm %s', or use --replace", name);
	return r;
}

/*
 * Make the container visible: name first, then the directory.  In between the name dangles; the
 * store's lock, held shared by the caller, keeps others from taking it for a left-over.
 * Return: 0, -EAGAIN if the name dangles, -EEXIST if it is taken
 */
static int publish(
	const struct store *s, const char *tmp, const char *id, const char *name, struct err *err)
{
	_cleanup_free_ char *link = xasprintf("names/%s", name);
	_cleanup_free_ char *dir = xasprintf("containers/%s", id);
	int r;

	if (symlinkat(id, s->fd, link) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create the name %s", name);
		if (name_dangles(s, link))
			return -EAGAIN;
		return name_taken(s, link, name, err);
	}
	if (renameat(s->fd, tmp, s->fd, dir) < 0) {
		r = err_set(err, errno, "create container %s", name);
		unlinkat(s->fd, link, 0);
		return r;
	}
	return 0;
}

/* what is being made: its directory below tmp/, and who writes the further files */
struct draft {
	const struct containers *cs;
	const char *id;
	char tmp[64];
	int dirfd;
	struct strv volumes; /* that were made for it */
	json_t *record, *config;
	int (*fill)(int dirfd, const json_t *record, void *arg, struct err *err);
	void *arg;
};

/* the record, and what depends on the name in it */
static int write_draft(const struct draft *d, struct err *err)
{
	int r = json_write_at(d->dirfd, "container.json", d->record, FS_FRESH, err);

	return r == 0 && d->fill ? d->fill(d->dirfd, d->record, d->arg, err) : r;
}

static int make_draft(struct draft *d, struct err *err)
{
	int store = d->cs->store->fd, r;

	memcpy(d->tmp, "tmp/", sizeof("tmp/"));
	fs_random_hex(d->tmp + strlen(d->tmp), 24);
	if (mkdirat(store, d->tmp, 0700) < 0)
		return err_set(err, errno, "create %s/%s", d->cs->store->path, d->tmp);
	d->dirfd = fs_opendir_at(store, d->tmp, err);
	if (d->dirfd < 0)
		return d->dirfd;
	r = json_write_at(d->dirfd, "config.json", d->config, FS_FRESH, err);
	if (r == 0)
		r = check_layers(d->cs->store, d->record, err);
	return r < 0 ? r : volume_ensure(d->cs->store, d->cs->rundir, d->record, &d->volumes, err);
}

/* Write the record and publish it under the name it has, or else under a random one. */
static int name_draft(struct draft *d, struct err *err)
{
	bool random = str_empty(json_get_str(d->record, "name", NULL));
	int r = -EEXIST;

	for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		_cleanup_free_ char *name = random ? name_random(attempt) : NULL;

		if (random)
			json_set_str(d->record, "name", name);
		r = write_draft(d, err);
		if (r == 0)
			r = publish(d->cs->store, d->tmp, d->id,
				json_get_str(d->record, "name", ""), err);
		if (!random || (r != -EEXIST && r != -EAGAIN))
			return r;
	}
	return err_say(err, EEXIST, "no free name was found for the container");
}

/*
 * Make the container's directory and publish it.  The store's lock, held shared from beginning to end, protects the
 * directory below tmp/ from a sweep, and the image's layers from being collected before the record names them.
 */
static int create_once(struct draft *d, struct err *err)
{
	_cleanup_close_ int lock = store_lock(d->cs->store, LOCK_SHARED, err);
	int r;

	if (lock < 0)
		return lock;
	r = make_draft(d, err);
	if (r == 0)
		r = name_draft(d, err);
	if (r < 0) {
		d->dirfd = fd_close(d->dirfd);
		fs_remove_tree_at(d->cs->store->fd, d->tmp, NULL);
	}
	return r;
}

static int create(struct draft *d, struct err *err)
{
	for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		int r = create_once(d, err);

		if (r != -EAGAIN)
			return r;
		r = container_clean_name(d->cs->store, json_get_str(d->record, "name", ""), err);
		if (r < 0)
			return r;
	}
	return err_say(err, EEXIST, "the container name %s is being used by others all the time",
		json_get_str(d->record, "name", ""));
}

int container_create(const struct containers *cs, json_t *record, json_t *config,
	int (*fill)(int dirfd, const json_t *record, void *arg, struct err *err), void *arg,
	struct container *ret, struct err *err)
{
	const char *name = json_get_str(record, "name", NULL);
	char id[65], created[CLOCK_TEXT_MAX];
	_cleanup_free_ char *dir = NULL;
	struct draft draft;
	int r;

	if (!str_empty(name) && !str_is_name(name)) {
		r = err_set(err, ERR_USAGE, "%.64s is not a valid container name", name);
		err_hint(err, "names are letters, digits, '_', '.' and '-', and begin with "
			      "a letter or digit");
		return r;
	}
	if (str_is_hex(json_get_str(record, "id", ""), 64))
		memcpy(id, json_get_str(record, "id", ""), sizeof(id));
	else
		fs_random_hex(id, 64);
	json_object_set_new(record, "version", json_integer(1));
	json_set_str(record, "id", id);
	if (!json_get_str(record, "created", NULL))
		json_set_str(record, "created", clock_text_now(created));
	dir = xasprintf("%s/containers/%s", cs->store->path, id);
	place_dir(config, dir);

	draft = (struct draft){.cs = cs,
		.id = id,
		.dirfd = -EBADF,
		.record = record,
		.config = config,
		.fill = fill,
		.arg = arg};
	r = create(&draft, err);
	strv_foreach (i, volume, &draft.volumes)
		event_volume(cs->store, "create", volume);
	strv_done(&draft.volumes);
	if (r < 0) {
		volume_undo(cs->store, record);
		return r;
	}
	*ret = (struct container){.cs = cs,
		.dirfd = draft.dirfd,
		.runfd = -EBADF,
		.name = xstrdup(json_get_str(record, "name", NULL)),
		.record = json_incref(record),
		.config = json_incref(config),
		.status = CONTAINER_CREATED};
	memcpy(ret->id, id, sizeof(ret->id));
	event_container(ret, "create", NULL);
	return 0;
}
