#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/lock.h"
#include "runtime/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* who changes a record waits this long for another one */
#define EDIT_WAIT_MS 5000

/* its directory is where it was, and the one that is open */
static bool is_there(const struct container *c)
{
	char path[CONTAINER_PATH_MAX];
	struct stat named, open;

	return fstatat(c->cs->store->fd, container_path(path, c->id, ""), &named,
		       AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(c->dirfd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}

static int gone(const struct container *c, struct err *err)
{
	return err_say(err, ERR_NO_OBJECT, "container %s is gone", container_label(c));
}

int container_edit(struct container *c, json_t **ret, struct err *err)
{
	_cleanup_close_ int lock =
		lock_open(c->dirfd, "record.lock", LOCK_EXCLUSIVE, EDIT_WAIT_MS, err);
	int r;

	if (lock == -EWOULDBLOCK)
		return err_say(err, EBUSY, "container %s is being changed by another command",
			container_label(c));
	if (lock < 0)
		return lock;
	if (!is_there(c))
		return gone(c, err);
	r = json_read_at(c->dirfd, "container.json", ret, err);
	return r < 0 ? r : take_fd(lock);
}

static int take_name(struct container *c, const char *name, struct err *err)
{
	_cleanup_free_ char *link = xasprintf("names/%s", name);

	if (symlinkat(c->id, c->cs->store->fd, link) == 0)
		return 0;
	/* one that was left by a rename that did not come to its end is its own */
	if (errno == EEXIST && state_name_is(c->cs->store, name, c->id))
		return 0;
	if (errno != EEXIST)
		return err_set(err, errno, "create the name %s", name);
	err_say(err, EEXIST, "the container name %s is in use", name);
	return err_hint(err, "choose another name, or remove that one with 'rl rm %s'", name);
}

static void drop_name(const struct container *c, const char *name)
{
	_cleanup_free_ char *link = xasprintf("names/%s", name);

	if (state_name_is(c->cs->store, name, c->id))
		unlinkat(c->cs->store->fd, link, 0);
}

/*
 * The new name first: for a moment both lead to it.  Who is killed in between leaves a further name, which a second try
 * takes, and which dangles when the container is removed: those are cleaned up when they are wanted.
 */
int container_rename(struct container *c, const char *name, struct err *err)
{
	_cleanup_close_ int dir_lock = -EBADF, lock = -EBADF;
	_cleanup_json_ json_t *record = NULL;
	_cleanup_free_ char *old = NULL;
	int r;

	if (!str_is_name(name)) {
		err_set(err, ERR_USAGE, "%.64s is not a valid container name", name);
		return err_hint(err, "names are letters, digits, '_', '.' and '-', and begin with "
				     "a letter or digit");
	}
	lock = container_edit(c, &record, err);
	if (lock < 0)
		return lock;
	old = xstrdup(json_get_str(record, "name", ""));
	if (str_eq(old, name)) {
		err_say(err, EEXIST, "container %.12s has the name %s already", c->id, name);
		return -err->code;
	}
	/* shared: who cleans up a dangling name holds it exclusively (container_create) */
	dir_lock = store_lock(c->cs->store, LOCK_SHARED, err);
	r = dir_lock < 0 ? dir_lock : take_name(c, name, err);
	if (r < 0)
		return r;
	json_set_str(record, "name", name);
	r = json_write_at(c->dirfd, "container.json", record, FS_SYNC, err);
	if (r < 0) {
		drop_name(c, name);
		return r;
	}
	drop_name(c, old);
	/* removed meanwhile: it may have been too early for the new name */
	if (!is_there(c)) {
		drop_name(c, name);
		return gone(c, err);
	}
	json_decref(c->record);
	c->record = json_incref(record);
	free(c->name);
	c->name = xstrdup(name);
	return 0;
}
