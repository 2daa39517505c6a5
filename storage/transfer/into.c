#include "storage/transfer/into.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/copy.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int into_owner(const struct into *i, struct entry *en, struct err *err)
{
	int64_t uid = archive_entry_uid(en->e), gid = archive_entry_gid(en->e);
	uint32_t u, g;

	if (i->owner) {
		archive_entry_set_uid(en->e, i->owner[0]);
		archive_entry_set_gid(en->e, i->owner[1]);
		return 0;
	}
	if (!i->owners)
		return 0;
	if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX ||
		!idmap_to_outside(&i->owners->uid, (uint32_t)uid, &u) ||
		!idmap_to_outside(&i->owners->gid, (uint32_t)gid, &g)) {
		err_say(err, EINVAL, "%s belongs to %lld:%lld, which the container does not have",
			en->path, (long long)uid, (long long)gid);
		return err_hint(err, "without --archive all belongs to the container's user");
	}
	archive_entry_set_uid(en->e, u);
	archive_entry_set_gid(en->e, g);
	return 0;
}

int into_check(const struct into *i, const struct entry *en, struct err *err)
{
	bool dir = en->type == AE_IFDIR && !archive_entry_hardlink(en->e);
	struct stat st;

	if (i->replace || fstatat(en->parent, en->base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		S_ISDIR(st.st_mode) == dir)
		return 0;
	err_say(err, dir ? ENOTDIR : EISDIR,
		dir ? "%s is a directory, and what has this name there is not"
		    : "%s is not a directory, and what has this name there is",
		en->path);
	return err_hint(err, "--overwrite replaces it");
}

/* what has a name that must not stay */
static const struct into_file *volatile unfinished;

static void remove_unfinished(int sig)
{
	const struct into_file *f = unfinished;

	if (f && *f->tmp)
		unlinkat(f->parent, f->tmp, 0);
	_exit(128 + sig);
}

void into_clean_up(void)
{
	struct sigaction sa = {.sa_handler = remove_unfinished};

	sigaction(SIGTERM, &sa, NULL);
}

/* a name that nobody else has */
static const char *choose_name(struct into_file *f)
{
	char digits[17];

	fs_random_hex(digits, 16);
	snprintf(f->tmp, sizeof(f->tmp), ".rl-cp-%s", digits);
	return f->tmp;
}

int into_file_open(struct into_file *f, const struct entry *en, struct err *err)
{
	f->parent = en->parent;
	/* nothing has to be removed when we are killed */
	f->fd = openat(en->parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd >= 0)
		return 0;
	choose_name(f);
	unfinished = f;
	f->fd = openat(
		en->parent, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd >= 0)
		return 0;
	*f->tmp = '\0';
	return err_set(err, errno, "create %s", en->path);
}

/* A file that is a mount itself cannot be replaced.  By descriptor, for the name may be another file's by now. */
static int write_mounted(const struct into_file *f, const struct entry *en, struct err *err)
{
	_cleanup_close_ int there = openat(en->parent, en->base, O_PATH | O_NOFOLLOW | O_CLOEXEC),
			    to = -EBADF;
	char self[PATH_OF_FD_MAX];
	struct stat st;
	int r;

	if (there < 0 || fstat(there, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EBUSY, "replace %s, on which something is mounted", en->path);
	to = open(path_of_fd(there, self), O_WRONLY | O_CLOEXEC);
	if (to < 0 || ftruncate(to, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return err_set(err, errno, "write %s", en->path);
	r = copy_bytes(f->fd, to);
	return r < 0 ? err_set(err, -r, "write %s", en->path) : 0;
}

/* give it a first name; Return: 0 or a negative errno */
static int link_as(const struct into_file *f, const char *name)
{
	char self[PATH_OF_FD_MAX];
	int r = linkat(AT_FDCWD, path_of_fd(f->fd, self), f->parent, name, AT_SYMLINK_FOLLOW);

	return r < 0 ? -errno : 0;
}

static int rename_to(const struct into_file *f, const char *name)
{
	return renameat(f->parent, f->tmp, f->parent, name) < 0 ? -errno : 0;
}

int into_file_name(
	const struct into *i, struct into_file *f, const struct entry *en, struct err *err)
{
	int r = 0;

	if (!*f->tmp) {
		r = link_as(f, en->base);
		if (r == 0)
			return 0;
		if (r == -EEXIST)
			r = link_as(f, choose_name(f));
		if (r < 0) {
			*f->tmp = '\0';
			return err_set(err, -r, "create %s", en->path);
		}
	}
	r = rename_to(f, en->base);
	if (r == -EISDIR && i->replace) {
		r = fs_remove_tree_at(f->parent, en->base, err);
		if (r < 0)
			return r;
		r = rename_to(f, en->base);
	}
	if (r == -EBUSY)
		return write_mounted(f, en, err);
	if (r < 0)
		return err_set(err, -r, "create %s", en->path);
	*f->tmp = '\0';
	return 0;
}

void into_file_done(struct into_file *f)
{
	if (*f->tmp)
		unlinkat(f->parent, f->tmp, 0);
	unfinished = NULL;
	f->fd = fd_close(f->fd);
}
