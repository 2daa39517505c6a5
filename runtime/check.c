#include "runtime/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/state.h"

#include "storage/meta.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct suspect {
	const struct containers *cs;
	struct container *c;
	const char *name; /* a link below names/, or a directory */
};

static int remove_container(void *arg, struct err *err)
{
	const struct suspect *s = arg;

	return container_remove(s->c, true, 0, err);
}

static int discard(void *arg, struct err *err)
{
	const struct suspect *s = arg;

	return store_discard(s->cs->store, "containers", s->name, err);
}

/* the first layer of a container that is not there, or NULL; the caller owns it */
static char *missing_layer(const struct container *c)
{
	const char *shared = json_get_str(c->record, "sharedStore", NULL);
	_cleanup_strv_ struct strv ids = {0};
	char tree[META_PATH_MAX];

	/* one tree stands for the layers of a shared store */
	if (shared)
		return meta_find(c->cs->store, json_get_str(c->record, "imageId", ""), shared,
			       tree) == META_NONE
			       ? xstrdup("the tree of the shared image")
			       : NULL;
	json_get_strv(c->record, "diffIds", &ids);
	strv_foreach (i, id, &ids) {
		const char *hex = str_after(id, "sha256:");
		_cleanup_free_ char *path = xasprintf("layers/%.64s/diff", hex ? hex : "");

		if (!hex || !str_is_hex(hex, 64) ||
			faccessat(c->cs->store->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return xasprintf("layer %.12s", hex ? hex : id);
	}
	return NULL;
}

static int link_name(void *arg, struct err *err)
{
	const struct suspect *s = arg;
	_cleanup_free_ char *link = xasprintf("names/%s", s->c->name);

	return symlinkat(s->c->id, s->cs->store->fd, link) < 0
		       ? err_set(err, errno, "create the name %s", s->c->name)
		       : 0;
}

/* Return: whether it is there still */
static bool refresh(struct container *c)
{
	return container_refresh(c, NULL) == 0;
}

static void check_container(const struct containers *cs, struct container *c, struct check *ck)
{
	_cleanup_free_ char *layer = c->record ? missing_layer(c) : NULL;
	struct check_finding f = {.mend = "remove it", .force = true};
	struct suspect s = {.cs = cs, .c = c};
	_cleanup_free_ char *link = NULL;

	check_object(
		&f, "container %.12s%s%.200s", c->id, c->name ? " " : "", c->name ? c->name : "");
	if (c->status == CONTAINER_DAMAGED || layer) {
		if (!refresh(c))
			return;
		if (layer)
			check_what(&f, "%s, which it is made of, is missing", layer);
		else
			check_what(&f, "its records cannot be read");
		check_found(ck, &f, remove_container, &s);
		return;
	}
	if (!c->name || state_name_is(cs->store, c->name, c->id) || !refresh(c))
		return;
	link = xasprintf("names/%s", c->name);
	f.force = false;
	if (faccessat(cs->store->fd, link, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		check_what(&f, "its name leads to another container; remove one of them by its id");
		f.mend = NULL;
	} else {
		check_what(&f, "its name does not lead to it");
		f.mend = "set the name again";
	}
	check_found(ck, &f, link_name, &s);
}

static int unlink_name(void *arg, struct err *err)
{
	const struct suspect *s = arg;
	_cleanup_free_ char *path = xasprintf("names/%s", s->name);

	return unlinkat(s->cs->store->fd, path, 0) < 0 ? err_set(err, errno, "remove %s", path) : 0;
}

static void check_names(const struct containers *cs, struct check *ck)
{
	/* exclusive: no container is between its name and its directory (create.c) */
	_cleanup_close_ int lock = store_lock(cs->store, LOCK_EXCLUSIVE, NULL);
	_cleanup_strv_ struct strv names = {0};

	if (lock < 0 || fs_list_at(cs->store->fd, "names", &names, NULL) < 0)
		return;
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("names/%s", name), *dir = NULL;
		struct check_finding f = {.mend = "remove the name"};
		struct suspect s = {.cs = cs, .name = name};
		char target[80] = "";
		ssize_t n = readlinkat(cs->store->fd, path, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		dir = xasprintf("containers/%s", target);
		if (str_is_hex(target, 64) &&
			faccessat(cs->store->fd, dir, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		check_object(&f, "name %.253s", name);
		check_what(&f, "does not lead to a container");
		check_found(ck, &f, unlink_name, &s);
	}
}

static int clear(void *arg, struct err *err)
{
	const struct suspect *s = arg;

	(void)err;
	state_clear(s->cs, s->name);
	return 0;
}

/* One with a state may belong to another store that shares the directory. */
static void check_runtime(const struct containers *cs, struct check *ck)
{
	_cleanup_strv_ struct strv ids = {0};

	if (fs_list_at(cs->rundir, "containers", &ids, NULL) < 0)
		return;
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *kept = xasprintf("containers/%s", id);
		_cleanup_free_ char *state = xasprintf("containers/%s/state.json", id);
		struct check_finding f = {.mend = "remove it"};
		struct suspect s = {.cs = cs, .name = id};
		_cleanup_close_ int lock = -EBADF, runfd = -EBADF;

		if (!str_is_hex(id, 64) ||
			faccessat(cs->store->fd, kept, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
			faccessat(cs->rundir, state, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		/* with its lock held, nobody is making or removing it */
		lock = state_lock(cs, id, 0, &runfd, NULL);
		if (lock < 0 || faccessat(cs->store->fd, kept, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		check_object(&f, "%.200s/containers/%.64s", cs->runpath, id);
		check_what(&f, "there is no such container");
		check_found(ck, &f, clear, &s);
	}
}

void check_containers(const struct containers *cs, struct check *ck)
{
	_cleanup_(container_list_done) struct container_list l = {0};
	_cleanup_strv_ struct strv dirs = {0};

	fs_list_at(cs->store->fd, "containers", &dirs, NULL);
	strv_foreach (i, dir, &dirs) {
		struct check_finding f = {.mend = "remove it"};
		struct suspect s = {.cs = cs, .name = dir};

		if (str_is_hex(dir, 64))
			continue;
		check_object(&f, "%s/containers/%.250s", cs->store->path, dir);
		check_what(&f, "is not a container");
		check_found(ck, &f, discard, &s);
	}
	if (container_list(cs, &l, NULL) == 0)
		for (size_t i = 0; i < l.n; i++)
			check_container(cs, &l.v[i], ck);
	check_names(cs, ck);
	check_runtime(cs, ck);
	if (ck->mended)
		container_purge(cs);
}
