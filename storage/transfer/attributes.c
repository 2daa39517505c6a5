#include "storage/transfer/attributes.h"

#include "runtime/base/path.h"
#include "storage/transfer/whiteout.h"

#include <archive.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR_MAX ((size_t)64 << 10)

/* of @name in @dirfd, or of @dirfd itself where it is "" */
static int set_owner(const struct entry *en, int dirfd, const char *name, const struct stat *have,
	struct err *err)
{
	int64_t uid = archive_entry_uid(en->e), gid = archive_entry_gid(en->e);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return entry_refuse(err, en->path, "its owner is not an id");
	if (have->st_uid == (uid_t)uid && have->st_gid == (gid_t)gid)
		return 0;
	if (fchownat(dirfd, name, (uid_t)uid, (gid_t)gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != EINVAL)
		return err_set(err, errno, "set the owner of %s", en->path);
	err_say(err, EINVAL, "%s belongs to %lld:%lld, which is outside your subordinate ids",
		en->path, (long long)uid, (long long)gid);
	return err_hint(err, "give your user a larger range in /etc/subuid and /etc/subgid");
}

static int set_mode(const struct entry *en, int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	/* files are open for writing; what is O_PATH goes the long way */
	int r = en->type == AE_IFREG ? fchmod(fd, entry_mode(en))
				     : chmod(path_of_fd(fd, self), entry_mode(en));

	return r < 0 ? err_set(err, errno, "set the mode of %s", en->path) : 0;
}

/* What cannot be stored here is an error only where it would change what the image does. */
static int set_xattrs(const struct entry *en, int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	const char *name;
	const void *value;
	size_t len;

	if (archive_entry_xattr_reset(en->e) == 0)
		return 0;
	while (archive_entry_xattr_next(en->e, &name, &value, &len) == ARCHIVE_OK) {
		if (!name || !whiteout_xattr_allowed(name))
			continue;
		if (len > XATTR_MAX)
			return entry_refuse(err, en->path, "an extended attribute is too long");
		if (setxattr(path_of_fd(fd, self), name, value, len, 0) == 0)
			continue;
		if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
			return err_set(err, errno, "set %s of %s", name, en->path);
	}
	return 0;
}

void attributes_times(const struct entry *en, struct timespec ret[2])
{
	long nsec = archive_entry_mtime_nsec(en->e);

	ret[1].tv_sec = archive_entry_mtime_is_set(en->e) ? archive_entry_mtime(en->e) : 0;
	ret[1].tv_nsec = nsec >= 0 && nsec < 1000000000L ? nsec : 0;
	ret[0] = ret[1];
}

/* a time that the file system cannot hold is not worth failing for */
static int time_set(const struct entry *en, int r, struct err *err)
{
	return r < 0 && errno != EINVAL && errno != EOVERFLOW
		       ? err_set(err, errno, "set the time of %s", en->path)
		       : 0;
}

int attributes_set(
	const struct entry *en, int fd, const struct stat *have, bool single_id, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	struct timespec times[2];
	int r = single_id ? 0 : set_owner(en, fd, "", have, err);

	if (r == 0 && (have->st_mode & 07777) != entry_mode(en))
		r = set_mode(en, fd, err);
	if (r == 0)
		r = set_xattrs(en, fd, err);
	if (r < 0)
		return r;
	attributes_times(en, times);
	r = en->type == AE_IFREG ? futimens(fd, times)
				 : utimensat(AT_FDCWD, path_of_fd(fd, self), times, 0);
	return time_set(en, r, err);
}

int attributes_set_link(const struct entry *en, bool single_id, struct err *err)
{
	struct timespec times[2];
	struct stat have;
	int r = 0;

	if (!single_id) {
		if (fstatat(en->parent, en->base, &have, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(err, errno, "stat %s", en->path);
		r = set_owner(en, en->parent, en->base, &have, err);
	}
	if (r < 0)
		return r;
	attributes_times(en, times);
	return time_set(en, utimensat(en->parent, en->base, times, AT_SYMLINK_NOFOLLOW), err);
}
