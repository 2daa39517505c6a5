#include "storage/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/driver.h"
#include "storage/refstore.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* somebody may be deleting it this moment */
#define TRASH_AGE_S 2

void check_object(struct check_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->object, sizeof(f->object), fmt, ap);
	va_end(ap);
}

void check_what(struct check_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->what, sizeof(f->what), fmt, ap);
	va_end(ap);
}

void check_found(struct check *c, const struct check_finding *f,
	int (*fn)(void *arg, struct err *err), void *arg)
{
	_cleanup_json_ json_t *j = json_object();
	bool allowed = c->repair && f->mend && fn && (c->force || !f->force);
	struct err err = {0};
	int r = allowed ? fn(arg, &err) : -1;

	c->found++;
	json_set_str(j, "object", f->object);
	json_set_str(j, "what", f->what);
	json_set_str(j, "mend", f->mend);
	json_object_set_new(j, "force", json_boolean(f->force));
	json_object_set_new(j, "mended", json_boolean(allowed && r == 0));
	if (allowed && r < 0)
		json_set_str(j, "error", err.msg[0] ? err.msg : "it failed");
	else if (allowed)
		c->mended++;
	c->report(c->arg, j);
}

char *check_text(const json_t *finding)
{
	const char *object = json_get_str(finding, "object", "store"),
		   *what = json_get_str(finding, "what", "damaged"),
		   *mend = json_get_str(finding, "mend", NULL),
		   *error = json_get_str(finding, "error", NULL);

	if (!mend)
		return xasprintf("%s: %s", object, what);
	if (error)
		return xasprintf("%s: %s (could not %s: %s)", object, what, mend, error);
	return xasprintf("%s: %s (%s: %s)", object, what,
		json_get_bool(finding, "mended", false)	 ? "repaired"
		: json_get_bool(finding, "force", false) ? "--repair --force"
							 : "--repair",
		mend);
}

/* something with a name in a directory of the store */
struct entry {
	const struct store *s;
	const char *dir, *name;
};

static int make_private(void *arg, struct err *err)
{
	const struct entry *e = arg;

	return fchmodat(e->s->fd, e->name, 0700, 0) < 0 ? err_set(err, errno, "chmod %s", e->name)
							: 0;
}

static int make_dir(void *arg, struct err *err)
{
	const struct entry *e = arg;

	return mkdirat(e->s->fd, e->name, 0700) < 0 ? err_set(err, errno, "create %s", e->name) : 0;
}

static int unlink_file(void *arg, struct err *err)
{
	const struct entry *e = arg;
	_cleanup_free_ char *path = e->dir ? xasprintf("%s/%s", e->dir, e->name) : xstrdup(e->name);

	return unlinkat(e->s->fd, path, 0) < 0 && errno != ENOENT
		       ? err_set(err, errno, "remove %s", path)
		       : 0;
}

static int write_version(void *arg, struct err *err)
{
	const struct entry *e = arg;
	char text[16];

	snprintf(text, sizeof(text), "%d\n", STORE_VERSION);
	return fs_write_at(e->s->fd, "version", text, strlen(text), 0600, FS_SYNC, err);
}

static void check_dir(const struct store *s, const char *name, struct check *c)
{
	struct check_finding f = {0};
	struct entry e = {.s = s, .name = name};
	bool root = str_eq(name, ".");
	struct stat st;

	if (root)
		check_object(&f, "%s", s->path);
	else
		check_object(&f, "%s/%s", s->path, name);
	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		check_what(&f, "is missing");
		f.mend = "create it";
		check_found(c, &f, make_dir, &e);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		check_what(&f, "is not a directory; move it away");
		check_found(c, &f, NULL, NULL);
	} else if (st.st_uid != geteuid()) {
		check_what(&f, "belongs to user %u; give it to user %u", (unsigned)st.st_uid,
			(unsigned)geteuid());
		check_found(c, &f, NULL, NULL);
	} else if ((root && (st.st_mode & 022)) || (!root && (st.st_mode & 07777) != 0700)) {
		check_what(&f, "has the mode %04o instead of 0700", (unsigned)st.st_mode & 07777);
		f.mend = "change the mode";
		check_found(c, &f, make_private, &e);
	}
}

/* the content of a small file without the newline at its end, or NULL; the caller owns it */
static char *read_word(const struct store *s, const char *name)
{
	_cleanup_buf_ struct buf b = {.cap = 64};

	if (fs_read_at(s->fd, name, &b, NULL) < 0)
		return NULL;
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	return xstrdup(buf_str(&b));
}

static void check_version(const struct store *s, struct check *c)
{
	_cleanup_free_ char *text = read_word(s, "version");
	struct check_finding f = {.mend = "write the number of this format"};
	struct entry e = {.s = s};
	uint64_t n;

	/* a newer format is no damage; opening the store says so */
	if (text && parse_u64(text, &n) == 0 && n > 0)
		return;
	check_object(&f, "%s/version", s->path);
	check_what(&f, text ? "is not a number" : "cannot be read");
	check_found(c, &f, write_version, &e);
}

static void check_driver(const struct store *s, struct check *c)
{
	static const struct driver *const drivers[] = {
		&driver_overlay, &driver_fuse_overlayfs, &driver_vfs};
	_cleanup_free_ char *text = read_word(s, "driver");
	struct check_finding f = {.mend = "remove it, so that the driver is chosen again"};
	struct entry e = {.s = s, .name = "driver"};

	if (!text && faccessat(s->fd, "driver", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	for (size_t i = 0; text && i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, text))
			return;
	check_object(&f, "%s/driver", s->path);
	check_what(&f, "names no storage driver");
	check_found(c, &f, unlink_file, &e);
}

void check_frame(const struct store *s, struct check *c)
{
	check_dir(s, ".", c);
	for (size_t i = 0; i < STORE_DIRS; i++)
		check_dir(s, store_parts[i], c);
	check_version(s, c);
	check_driver(s, c);
}

struct ref_entry {
	const struct store *s;
	const char *ref;
};

static int drop_ref(void *arg, struct err *err)
{
	const struct ref_entry *e = arg;
	int r = refstore_del(e->s, e->ref, err);

	return r == -ENOENT ? 0 : r;
}

void check_refs(const struct store *s, struct check *c)
{
	_cleanup_(refstore_list_done) struct refstore_list refs = {0};
	_cleanup_strv_ struct strv damaged = {0};
	/* exclusive: who adds an image names it before it gives its shared lock back */
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, NULL);

	refstore_damaged(s, &damaged);
	strv_foreach (i, path, &damaged) {
		struct check_finding f = {.mend = "remove it"};
		struct entry e = {.s = s, .name = path};

		check_object(&f, "%s/%s", s->path, path);
		check_what(&f, "is not the record of an image's name");
		check_found(c, &f, unlink_file, &e);
	}
	if (refstore_list(s, &refs, NULL) < 0)
		return;
	for (size_t i = 0; i < refs.n; i++) {
		_cleanup_free_ char *image = xasprintf("images/%s", refs.v[i].id);
		struct check_finding f = {.mend = "remove the name"};
		struct ref_entry e = {s, refs.v[i].ref};

		if (faccessat(s->fd, image, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		check_object(&f, "name %.280s", refs.v[i].ref);
		check_what(&f, "names the image %.12s, which is missing", refs.v[i].id);
		check_found(c, &f, drop_ref, &e);
	}
}

static int discard_tmp(void *arg, struct err *err)
{
	const struct entry *e = arg;

	return store_discard(e->s, e->dir, e->name, err);
}

static int remove_trash(void *arg, struct err *err)
{
	const struct entry *e = arg;
	_cleanup_free_ char *path = xasprintf("trash/%s", e->name);

	return fs_remove_tree_at(e->s->fd, path, err);
}

static void check_tmp(const struct store *s, struct check *c)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, NULL);
	_cleanup_strv_ struct strv names = {0};

	fs_list_at(s->fd, "tmp", &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *file = xasprintf("tmp/%s/lock", name);
		struct check_finding f = {.mend = "remove it"};
		struct entry e = {s, "tmp", name};

		if (lock < 0 || lock_is_held(s->fd, file))
			continue;
		check_object(&f, "%s/tmp/%.250s", s->path, name);
		check_what(&f, "was left by a command that was killed");
		check_found(c, &f, discard_tmp, &e);
	}
}

void check_leftovers(const struct store *s, struct check *c)
{
	_cleanup_strv_ struct strv names = {0}, files = {0};

	store_list_temporary(s, &files);
	strv_foreach (i, path, &files) {
		struct check_finding f = {.mend = "remove it"};
		struct entry e = {.s = s, .name = path};

		check_object(&f, "%s/%.250s", s->path, path);
		check_what(&f, "was left by a command that was killed");
		check_found(c, &f, unlink_file, &e);
	}
	/* before entries of tmp/ get there */
	fs_list_at(s->fd, "trash", &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("trash/%s", name);
		struct check_finding f = {.mend = "delete it"};
		struct entry e = {s, "trash", name};
		struct stat st;

		if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_ctime > time(NULL) - TRASH_AGE_S)
			continue;
		check_object(&f, "%s/trash/%.250s", s->path, name);
		check_what(&f, "was not deleted to its end");
		check_found(c, &f, remove_trash, &e);
	}
	check_tmp(s, c);
}
