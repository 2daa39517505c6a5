#include "runtime/container.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/lock.h"
#include "runtime/event.h"
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
	json_t *record = NULL;
	int r;

	if (lock == -EWOULDBLOCK)
		return err_say(err, EBUSY, "container %s is being changed by another command",
			container_label(c));
	if (lock < 0)
		return lock;
	if (!is_there(c))
		return gone(c, err);
	r = json_read_at(c->dirfd, "container.json", &record, err);
	if (r < 0)
		return r;
	/* a renaming that did not come to its end is settled by this */
	json_set_str(record, "name", container_record_name(c->cs->store, record));
	json_object_del(record, "renaming");
	*ret = record;
	return take_fd(lock);
}

/* for file systems that cannot refuse to replace: nobody takes a name while the lock is held exclusively */
static int move_locked(const struct store *s, const char *from, const char *to)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, NULL);

	if (lock < 0)
		return lock;
	if (faccessat(s->fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(s->fd, from, s->fd, to) < 0 ? -errno : 0;
}

static int move_link(const struct store *s, const char *from, const char *to)
{
	int r = renameat2(s->fd, from, s->fd, to, RENAME_NOREPLACE) < 0 ? -errno : 0;

	return r == -EINVAL || r == -ENOSYS ? move_locked(s, from, to) : r;
}

static int move_name(const struct container *c, const char *old, const char *name, struct err *err)
{
	const struct store *s = c->cs->store;
	_cleanup_free_ char *from = xasprintf("names/%s", old), *to = xasprintf("names/%s", name);
	int r = move_link(s, from, to);

	/* one that leads nowhere is free */
	if (r == -EEXIST && container_clean_name(s, name, NULL) == 0)
		r = move_link(s, from, to);
	if (r == -EEXIST) {
		err_say(err, EEXIST, "the container name %s is in use", name);
		return err_hint(
			err, "choose another name, or remove that one with 'rl rm %s'", name);
	}
	if (!is_there(c)) {
		/* removed meanwhile: it may have been too early for the new name */
		if (r == 0 && state_name_is(s, name, c->id))
			unlinkat(s->fd, to, 0);
		return gone(c, err);
	}
	return r < 0 ? err_set(err, -r, "give container %s the name %s", old, name) : 0;
}

/*
 * The link that is the name moves in one step.  Before it does, the record says where to, so that who is killed in between
 * leaves a container whose name is the link that there is (container.h); the next change of the record settles it.
 */
static int rename_to(struct container *c, json_t *record, const char *name, struct err *err)
{
	_cleanup_free_ char *old = xstrdup(json_get_str(record, "name", ""));
	int r;

	if (str_eq(old, name)) {
		err_say(err, EEXIST, "container %.12s has the name %s already", c->id, name);
		return -err->code;
	}
	json_set_str(record, "renaming", name);
	r = json_write_at(c->dirfd, "container.json", record, FS_SYNC, err);
	if (r == 0)
		r = move_name(c, old, name, err);
	if (r == 0)
		json_set_str(record, "name", name);
	json_object_del(record, "renaming");
	/* what cannot be written is settled by the link as well */
	json_write_at(c->dirfd, "container.json", record, r == 0 ? FS_SYNC : 0, NULL);
	if (r < 0)
		return r;
	json_decref(c->record);
	c->record = json_incref(record);
	free(c->name);
	c->name = xstrdup(name);
	event_container(c, "rename", &(struct event){.attr = {{"oldName", old}}});
	return 0;
}

int container_rename(struct container *c, const char *name, struct err *err)
{
	_cleanup_close_ int lock = -EBADF;
	_cleanup_json_ json_t *record = NULL;
	int r;

	if (!str_is_name(name)) {
		err_set(err, ERR_USAGE, "%.64s is not a valid container name", name);
		return err_hint(err, "names are letters, digits, '_', '.' and '-', and begin with "
				     "a letter or digit");
	}
	lock = container_edit(c, &record, err);
	if (lock < 0)
		return lock;
	r = rename_to(c, record, name, err);
	if (r < 0)
		return r;
	/* the events of its end have the new name; a monitor that does not answer keeps the old one */
	lock = fd_close(lock);
	container_tell(c, NULL);
	return 0;
}
