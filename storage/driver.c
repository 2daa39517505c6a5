#include "storage/driver.h"

#include "runtime/base/fs.h"
#include "runtime/base/log.h"

#include <stdio.h>

static const struct driver *const drivers[] = {
	&driver_overlay,
	&driver_fuse_overlayfs,
	&driver_vfs,
};

const struct driver *driver_find(const char *name)
{
	if (str_eq(name, "fuse-overlayfs"))
		return &driver_fuse_overlayfs;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

static int unknown(const char *name, struct err *err)
{
	err_say(err, EINVAL, "unknown storage driver \"%.100s\"", name);
	return err_hint(err, "the drivers are overlay, fuse_overlayfs and vfs");
}

/* the choice that was made when the store was first used */
static int recorded(const struct store *s, const struct driver **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = 64};
	const struct driver *d;
	int r = fs_read_at(s->fd, "driver", &b, err);

	if (r == -ENOENT)
		return -ENODATA;
	if (r < 0)
		return r;
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	d = driver_find(buf_str(&b));
	if (!d) {
		err_say(err, EBADMSG, "%s/driver names no storage driver: \"%.40s\"", s->path,
			buf_str(&b));
		return err_hint(err, "write overlay, fuse_overlayfs or vfs into it");
	}
	*ret = d;
	return 0;
}

static int choose(const struct store *s, const struct driver *want, const struct driver **ret,
	struct err *err)
{
	struct err why = {0};

	if (want) {
		int r = want->probe(s, err);

		if (r < 0)
			return err_wrap(err, "storage driver %s does not work here", want->name);
		*ret = want;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (drivers[i]->probe(s, &why) == 0) {
			*ret = drivers[i];
			return 0;
		}
		log_debug("storage driver %s: %s", drivers[i]->name, why.msg);
	}
	if (err)
		*err = why;
	return err_wrap(err, "no storage driver works on %s", s->path);
}

int store_driver(struct store *s, const char *wanted, bool probe, struct err *err)
{
	const struct driver *d = NULL, *want = NULL;
	char text[64];
	int r;

	if (!str_empty(wanted)) {
		want = driver_find(wanted);
		if (!want)
			return unknown(wanted, err);
	}
	r = recorded(s, &d, err);
	if (r == -ENODATA && !probe)
		return err_say(
			err, ENODATA, "no storage driver has been chosen for %s yet", s->path);
	if (r < 0 && r != -ENODATA)
		return r;
	if (r == -ENODATA) {
		r = choose(s, want, &d, err);
		if (r < 0)
			return r;
		snprintf(text, sizeof(text), "%s\n", d->name);
		r = fs_write_at(s->fd, "driver", text, strlen(text), 0600, FS_EXCL | FS_SYNC, err);
		/* another invocation was faster: its choice holds */
		if (r == -EEXIST)
			r = recorded(s, &d, err);
		if (r < 0)
			return r;
	}
	if (want && want != d) {
		err_say(err, EINVAL, "the store %s uses the storage driver %s, not %s", s->path,
			d->name, want->name);
		return err_hint(err,
			"choose another store with --root, or remove its containers and edit "
			"the file 'driver' in it");
	}
	s->driver = d;
	return 0;
}
