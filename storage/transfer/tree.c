#include "storage/transfer/tree.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/copy.h"
#include "storage/meta.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* the object that a regular file's content is; Return: 1, 0 if it is empty, or a negative errno */
static int object_of(
	struct archive_entry *e, char ret[OBJECT_NAME_MAX], uint64_t *ret_size, struct err *err)
{
	const char *name;
	const void *value;
	size_t len;
	int found = 0;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &len) == ARCHIVE_OK) {
		if (!str_eq(name, OBJECT_XATTR))
			continue;
		if (!object_parse(value, len, ret, ret_size))
			return err_say(err, EBADMSG, "the layer is refused: bad object");
		found = 1;
	}
	if (archive_entry_size(e) != 0)
		return err_say(
			err, EBADMSG, "the layer is refused: there are contents in its tree");
	return found;
}

static int names_only(int fd, const char *name, uint64_t size, struct err *err)
{
	char redirect[OBJECT_NAME_MAX + 1] = "/";

	memcpy(redirect + 1, name, OBJECT_NAME_MAX);
	if (ftruncate(fd, (off_t)size) < 0 || fsetxattr(fd, META_XATTR, "", 0, 0) < 0 ||
		fsetxattr(fd, META_REDIRECT, redirect, strlen(redirect), 0) < 0)
		return err_set(err, errno, "make a file of names only");
	return 0;
}

static int copy_object(int objects, const char *name, uint64_t size, int fd, struct err *err)
{
	_cleanup_close_ int from = path_open_in_root(
		objects, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;
	int r;

	if (from < 0)
		return from;
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return err_say(err, EBADMSG, "the object %s is not what the layer says", name);
	r = copy_bytes(from, fd);
	return r < 0 ? err_set(err, -r, "copy the object %s", name) : 0;
}

/* in place of the content that an ordinary archive has */
static int put_content(
	void *arg, struct archive_entry *e, int fd, uint64_t *ret_size, struct err *err)
{
	const int *objects = arg;
	char name[OBJECT_NAME_MAX];
	uint64_t size = 0;
	int r = object_of(e, name, &size, err);

	if (r == 1)
		r = *objects < 0 ? names_only(fd, name, size, err)
				 : copy_object(*objects, name, size, fd, err);
	if (r == 0)
		*ret_size = size;
	return r;
}

int tree_apply(
	int fd, int root, int objects, bool single_id, struct layer_facts *ret, struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct layer_opts o = {
		.single_id = single_id, .flatten = true, .content = put_content, .arg = &objects};
	int r = stream_new_unhashed(fd, NULL, &st, err);

	if (r == 0)
		r = tar_new(st, &t, err);
	return r < 0 ? r : layer_apply(root, t, &o, ret, err);
}

int tree_names(int fd,
	void (*fn)(void *arg, const char *path, const char *link, const char *object), void *arg,
	struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct archive_entry *e;
	char name[OBJECT_NAME_MAX];
	uint64_t size, n = 0;
	int r = stream_new_unhashed(fd, NULL, &st, err);

	if (r == 0)
		r = tar_new(st, &t, err);
	while (r == 0 && (r = tar_next(t, &e, err)) > 0) {
		const char *path = archive_entry_pathname(e), *link = archive_entry_hardlink(e);

		if (!path || n++ > LAYER_ENTRIES_MAX)
			return err_say(err, EBADMSG, "the layer is refused: bad names");
		r = link ? 0 : object_of(e, name, &size, err);
		if (r < 0)
			return r;
		if (link || r)
			fn(arg, path, link, link ? NULL : name);
		r = 0;
	}
	return r;
}

static void add_object(void *arg, const char *path, const char *link, const char *object)
{
	(void)path;
	(void)link;
	if (object)
		strv_add(arg, object);
}

int tree_objects(int fd, struct strv *ret, struct err *err)
{
	return tree_names(fd, add_object, ret, err);
}
