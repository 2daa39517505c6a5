#include "storage/transfer/artifact_dir.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/artifact.h"
#include "storage/transfer/pin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int artifact_dir_begin(struct worker *w, struct artifact_dir *d, struct err *err)
{
	static unsigned made; /* by this process */
	const char *tmp;
	int r = pin_dir(&w->store, &tmp, err);

	if (r < 0)
		return r;
	d->path = xasprintf("%s/artifact-%u", tmp, made++);
	if (mkdirat(w->store.fd, d->path, 0700) < 0)
		return err_set(err, errno, "create %s/%s", w->store.path, d->path);
	d->fd = fs_opendir_at(w->store.fd, d->path, err);
	if (d->fd < 0)
		return d->fd;
	return mkdirat(d->fd, "blobs", 0700) < 0 ? err_set(err, errno, "create %s/blobs", d->path)
						 : 0;
}

int artifact_dir_blob(const struct artifact_dir *d, const char *digest, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("blobs/%s", digest + strlen("sha256:"));
	/* a container that it is mounted into may have another user; nobody else gets below the store */
	int fd = openat(d->fd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? err_set(err, errno, "create a file in the store") : fd;
}

int artifact_dir_publish(struct worker *w, const struct artifact_dir *d, const char *text,
	size_t len, const char *digest, struct err *err)
{
	_cleanup_json_ json_t *own = json_pack("{s:i}", "version", 1);
	_cleanup_close_ int lock = -EBADF;
	char when[CLOCK_TEXT_MAX];
	int r = fs_write_at(d->fd, "manifest.json", text, len, 0600, FS_FRESH, err);

	json_set_str(own, "created", clock_text_now(when));
	if (r == 0)
		r = json_write_at(d->fd, "artifact.json", own, FS_FRESH, err);
	if (r == 0 && syncfs(d->fd) < 0)
		r = err_set(err, errno, "write the artifact to disk");
	if (r < 0)
		return r;
	lock = store_lock(&w->store, LOCK_SHARED, err);
	if (lock < 0)
		return lock;
	r = pin_layer(&w->store, digest, err);
	return r < 0 ? r : artifact_publish(&w->store, d->path, digest, err);
}

int artifact_dir_have(struct worker *w, const char *digest, struct err *err)
{
	_cleanup_close_ int lock = store_lock(&w->store, LOCK_SHARED, err);
	_cleanup_free_ char *path =
		xasprintf("artifacts/%s/manifest.json", digest + strlen("sha256:"));
	int r = lock < 0 ? lock : pin_layer(&w->store, digest, err);

	if (r < 0)
		return r;
	return faccessat(w->store.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void artifact_dir_done(struct artifact_dir *d)
{
	free(take_ptr(d->path));
	d->fd = fd_close(d->fd);
}
