#include "storage/transfer/fetch.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "storage/transfer/crew.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/places.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)

/* tmp/fetch-KEY and the lock file in it */
static void lock_paths(const char *key, char dir[96], char file[112])
{
	snprintf(dir, 96, "tmp/fetch-%.64s", key);
	snprintf(file, 112, "%s/lock", dir);
}

int fetch_lock(const struct store *s, const char *key, void (*waiting)(void *arg), void *arg,
	struct err *err)
{
	char dir[96], file[112];

	lock_paths(key, dir, file);
	for (;;) {
		/* shared, so that a sweep never sees the directory without its lock */
		_cleanup_close_ int store = store_lock(s, LOCK_SHARED, err), fd = -EBADF;
		int r;

		if (store < 0)
			return store;
		if (mkdirat(s->fd, dir, 0700) < 0 && errno != EEXIST)
			return err_set(err, errno, "create %s/%s", s->path, dir);
		fd = openat(s->fd, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno == ENOENT)
			continue; /* its owner has just removed it */
		if (fd < 0)
			return err_set(err, errno, "create %s/%s", s->path, file);
		r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_NOW);
		store = fd_close(store);
		if (r == -EWOULDBLOCK) {
			if (waiting)
				waiting(arg);
			waiting = NULL;
			r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_FOREVER);
		}
		if (r < 0)
			return err_set(err, -r, "lock %s/%s", s->path, file);
		/* whoever had it before may have removed the name: then this lock excludes nobody */
		if (fd_is_named(fd, s->fd, file))
			return take_fd(fd);
	}
}

void fetch_unlock(const struct store *s, const char *key, int fd)
{
	char dir[96], file[112];

	lock_paths(key, dir, file);
	unlinkat(s->fd, file, 0);
	unlinkat(s->fd, dir, AT_REMOVEDIR);
	fd_close(fd);
}

/* one layer, in the process that unpacks it */
struct layer {
	struct worker *w;
	struct registry *r;
	const struct descriptor *desc;
	const char *diff_id;
	int64_t last; /* when progress was told */
};

static void on_progress(void *arg, uint64_t read, uint64_t unpacked)
{
	struct layer *l = arg;

	(void)unpacked;
	if (!worker_progress_due(&l->last))
		return;
	worker_progress(l->w, l->desc->digest, read < l->desc->size ? "downloading" : "unpacking",
		read, l->desc->size);
}

static void on_waiting(void *arg)
{
	struct layer *l = arg;

	worker_progress(l->w, l->desc->digest, "waiting", 0, l->desc->size);
}

struct download {
	struct layer *layer;
	int in, out, lock;
};

/* the process that speaks HTTP: no capabilities, no writing of files, and no lock but its life */
static int download(void *arg, struct err *err)
{
	const struct download *d = arg;
	struct registry *reg = d->layer->r;
	int r;

	fd_close(d->in);
	fd_close(d->lock);
	confine_writes(-EBADF);
	confine_caps();
	r = http_after_fork(&reg->http, err);
	if (r < 0)
		return r;
	/* the stream ends with this process, after its report: the reason is there when the receiver looks for it */
	return registry_stream(reg, d->layer->desc->digest, d->layer->desc->size, d->out, err);
}

/* Return: why a layer could not be unpacked; a stream that broke off looks like a wrong digest: the cause is what the
   download says */
static int explain(const struct layer *l, struct proc_task *task, struct err *err)
{
	struct err theirs = {0};
	bool told;
	int code;

	/* one that failed has said why before its stream ended; one that still goes on is of no use */
	kill(task->pid, SIGKILL);
	code = proc_wait(task->pid);
	told = err_recv(task->report, &theirs) == 1 && theirs.code != EPIPE;
	fd_close(task->report);
	if (told) {
		if (err)
			*err = theirs;
		return -theirs.code;
	}
	if (code > 128 && code != 128 + SIGKILL)
		return err_say(err, EIO, "the download of %.19s died of signal %d", l->desc->digest,
			code - 128);
	return err_wrap(err, "%s/%s: layer %.19s", l->r->host, l->r->path, l->desc->digest);
}

static int take_layer(struct layer *l, int lock, struct err *err)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	struct ingest_layer what = {.digest = l->desc->digest,
		.diff_id = l->diff_id,
		.size = l->desc->size,
		.progress = on_progress,
		.arg = l};
	struct proc_task task = PROC_TASK_INIT;
	struct download d;
	char diff_id[72];
	int r;

	worker_progress(l->w, l->desc->digest, "downloading", 0, l->desc->size);
	r = fd_pipe(&in, &out, err);
	if (r < 0)
		return r;
	/* best effort: fewer switches between the two */
	fcntl(out, F_SETPIPE_SZ, PIPE_BYTES);
	d = (struct download){l, in, out, lock};
	r = proc_task_start(&task, download, &d, err);
	if (r < 0)
		return r;
	out = fd_close(out);
	r = ingest_layer(&l->w->store, in, &what, diff_id, err);
	if (r < 0)
		return explain(l, &task, err);
	/* all of it came, whatever the download thinks */
	proc_task_end(&task, "downloads a layer", NULL);
	worker_progress(l->w, l->desc->digest, "done", l->desc->size, l->desc->size);
	return 0;
}

/* a push to this registry may need it */
static void remember(const struct worker *w, const struct registry *r, const struct descriptor *d,
	const char *diff_id)
{
	places_add(&w->store, diff_id, d->digest, d->size, d->media_type, NULL, r->host, r->path);
}

struct fetch {
	struct worker *w;
	struct registry *r;
	const struct manifest *m;
	const struct strv *diff_ids;
	const size_t *todo;
};

static int fetch_layer(void *arg, size_t i, struct err *err)
{
	const struct fetch *f = arg;
	size_t at = f->todo[i];
	struct layer l = {
		.w = f->w, .r = f->r, .desc = &f->m->entries[at], .diff_id = f->diff_ids->v[at]};
	const char *key = l.diff_id + strlen("sha256:");
	int r = 0, lock;

	lock = fetch_lock(&l.w->store, key, on_waiting, &l, err);
	if (lock < 0)
		return lock;
	if (ingest_has_whole_layer(&l.w->store, l.diff_id))
		worker_progress(l.w, l.desc->digest, "exists", l.desc->size, l.desc->size);
	else
		r = take_layer(&l, lock, err);
	fetch_unlock(&l.w->store, key, lock);
	if (r == 0)
		remember(l.w, l.r, l.desc, l.diff_id);
	return r;
}

static bool is_repeated(const struct strv *diff_ids, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(diff_ids->v[i], diff_ids->v[at]))
			return true;
	return false;
}

int fetch_layers(struct worker *w, struct registry *reg, const struct manifest *m,
	const struct strv *diff_ids, struct err *err)
{
	_cleanup_free_ size_t *todo = xcalloc(m->n + 1, sizeof(*todo));
	struct fetch f = {w, reg, m, diff_ids, todo};
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct descriptor *d = &m->entries[i];
		bool missing;

		if (is_repeated(diff_ids, i))
			continue;
		missing = !ingest_has_whole_layer(&w->store, diff_ids->v[i]);
		worker_progress(w, d->digest, missing ? "waiting" : "exists", missing ? 0 : d->size,
			d->size);
		if (missing)
			todo[n++] = i;
		else
			remember(w, reg, d, diff_ids->v[i]);
	}
	return crew_run(n, FETCH_PARALLEL, fetch_layer, &f, err);
}
