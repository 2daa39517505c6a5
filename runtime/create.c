#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/name.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_ATTEMPTS 64

/* "@DIR@" at the beginning of a mount's source stands for the container's directory */
static void place_dir(json_t *config, const char *dir)
{
	json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(config, "mounts"), i, mount) {
		const char *rest = str_after(json_get_str(mount, "source", ""), "@DIR@");
		_cleanup_free_ char *path = NULL;

		if (!rest)
			continue;
		path = xasprintf("%s%s", dir, rest);
		json_set_str(mount, "source", path);
	}
}

/* The caller holds the store's lock, so what is there now stays until the container's record names
 * it. */
static int check_layers(const struct store *s, const json_t *record, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r;

	json_get_strv(record, "diffIds", &ids);
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
static int clean_name(const struct store *s, const char *link, struct err *err)
{
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
	const char *tmp, *id;
	int dirfd;
	json_t *record;
	int (*fill)(int dirfd, const json_t *record, void *arg, struct err *err);
	void *arg;
};

/* the record, and what depends on the name in it */
static int write_draft(const struct draft *d, struct err *err)
{
	int r = json_write_at(d->dirfd, "container.json", d->record, 0, err);

	return r == 0 && d->fill ? d->fill(d->dirfd, d->record, d->arg, err) : r;
}

/* Write the records and publish them under the name in the record, or under a random one. */
static int create_named(const struct containers *cs, const struct draft *d, struct err *err)
{
	json_t *record = d->record;
	const struct store *s = cs->store;
	const char *given = json_get_str(record, "name", NULL);
	bool random = str_empty(given);
	int r;

	for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		_cleanup_free_ char *name = random ? name_random(attempt) : xstrdup(given);
		_cleanup_free_ char *link = xasprintf("names/%s", name);
		_cleanup_close_ int lock = -EBADF;

		json_set_str(record, "name", name);
		given = json_get_str(record, "name", NULL);
		r = write_draft(d, err);
		if (r < 0)
			return r;
		lock = store_lock(s, LOCK_SHARED, err);
		if (lock < 0)
			return lock;
		r = check_layers(s, record, err);
		if (r == 0)
			r = publish(s, d->tmp, d->id, name, err);
		lock = fd_close(lock);
		if (r == -EAGAIN)
			r = clean_name(s, link, err);
		else if (r != -EEXIST || !random)
			return r;
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return err_say(err, EEXIST, "no free name was found for the container");
}

int container_create(const struct containers *cs, json_t *record, json_t *config,
	int (*fill)(int dirfd, const json_t *record, void *arg, struct err *err), void *arg,
	struct container *ret, struct err *err)
{
	const char *name = json_get_str(record, "name", NULL);
	char id[65], tmpname[64], created[TIME_STR_MAX];
	_cleanup_free_ char *tmp = NULL, *dir = NULL;
	_cleanup_close_ int lock = -EBADF, dirfd = -EBADF;
	struct timespec now;
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
	clock_gettime(CLOCK_REALTIME, &now);
	if (!json_get_str(record, "created", NULL))
		json_set_str(record, "created", time_rfc3339(&now, created));
	dir = xasprintf("%s/containers/%s", cs->store->path, id);
	place_dir(config, dir);

	lock = store_tmp(cs->store, tmpname, err);
	if (lock < 0)
		return lock;
	/* one level below, so that the lock file of the temporary directory does not become part of
	 * it */
	tmp = xasprintf("%s/new", tmpname);
	r = fs_mkdirs_at(cs->store->fd, tmp, 0700, err);
	if (r == 0) {
		dirfd = fs_opendir_at(cs->store->fd, tmp, err);
		r = dirfd < 0 ? dirfd : 0;
	}
	if (r == 0)
		r = json_write_at(dirfd, "config.json", config, 0, err);
	if (r == 0) {
		struct draft d = {.tmp = tmp,
			.id = id,
			.dirfd = dirfd,
			.record = record,
			.fill = fill,
			.arg = arg};

		r = create_named(cs, &d, err);
	}
	fs_remove_tree_at(cs->store->fd, tmpname, NULL);
	if (r < 0)
		return r;
	*ret = (struct container){.cs = cs,
		.dirfd = take_fd(dirfd),
		.runfd = -EBADF,
		.name = xstrdup(json_get_str(record, "name", NULL)),
		.record = json_incref(record),
		.status = CONTAINER_CREATED};
	memcpy(ret->id, id, sizeof(ret->id));
	return 0;
}
