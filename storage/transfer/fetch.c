#include "storage/transfer/fetch.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "storage/transfer/confine.h"
#include "storage/transfer/ingest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_BYTES  (1 << 20)
#define PROGRESS_MS 100

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
	int64_t last; /* when progress was told, monotonic ms */
};

static void on_progress(void *arg, uint64_t read, uint64_t unpacked)
{
	struct layer *l = arg;
	int64_t now = clock_ms();

	(void)unpacked;
	if (now - l->last < PROGRESS_MS)
		return;
	l->last = now;
	worker_progress(l->w, l->desc->digest, read < l->desc->size ? "downloading" : "unpacking",
		read, l->desc->size);
}

static void on_waiting(void *arg)
{
	struct layer *l = arg;

	worker_progress(l->w, l->desc->digest, "waiting", 0, l->desc->size);
}

/* a child that dies with its parent; Return: as fork(2), or a negative errno */
static pid_t fork_tied(struct err *err)
{
	pid_t parent = getpid(), pid = proc_fork(err);

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* the process that speaks HTTP: no capabilities, no writing of files, and no lock but its life */
static _Noreturn void download(struct layer *l, int out, int report, int lock)
{
	struct err err = {0};
	int r;

	fd_close(lock);
	confine_writes(-EBADF);
	confine_caps();
	r = http_after_fork(&l->r->http, &err);
	if (r == 0)
		r = registry_stream(l->r, l->desc->digest, l->desc->size, out, &err);
	/* before the stream ends, so that the reason is there when the receiver looks for it */
	if (r < 0)
		err_send(report, &err);
	_exit(r < 0 ? 125 : 0);
}

static int start_download(
	struct layer *l, int lock, int *ret_in, int *ret_report, pid_t *ret_pid, struct err *err)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF, report = -EBADF, theirs = -EBADF;
	int r;
	pid_t pid;

	r = fd_pipe(&in, &out, err);
	if (r < 0)
		return r;
	/* best effort: fewer switches between the two */
	fcntl(out, F_SETPIPE_SZ, PIPE_BYTES);
	r = fd_pipe(&report, &theirs, err);
	if (r < 0)
		return r;
	pid = fork_tied(err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		fd_close(in);
		fd_close(report);
		download(l, out, theirs, lock);
	}
	*ret_in = take_fd(in);
	*ret_report = take_fd(report);
	*ret_pid = pid;
	return 0;
}

static int take_layer(struct layer *l, int lock, struct err *err)
{
	_cleanup_close_ int in = -EBADF, report = -EBADF;
	struct ingest_layer what = {.digest = l->desc->digest,
		.diff_id = l->diff_id,
		.size = l->desc->size,
		.progress = on_progress,
		.arg = l};
	struct err theirs = {0};
	char diff_id[72];
	pid_t pid = 0;
	int r, code;

	worker_progress(l->w, l->desc->digest, "downloading", 0, l->desc->size);
	r = start_download(l, lock, &in, &report, &pid, err);
	if (r < 0)
		return r;
	r = ingest_layer(&l->w->store, in, &what, diff_id, err);
	/* one that failed has said why before its stream ended; one that still goes on is of no use */
	if (r < 0)
		kill(pid, SIGKILL);
	code = proc_wait(pid);
	if (r < 0) {
		/* a stream that broke off looks like a wrong digest: the cause is what the download says */
		if (err_recv(report, &theirs) == 1 && theirs.code != EPIPE) {
			if (err)
				*err = theirs;
			return -theirs.code;
		}
		if (code > 128 && code != 128 + SIGKILL)
			return err_say(err, EIO, "the download of %.19s died of signal %d",
				l->desc->digest, code - 128);
		return err_wrap(err, "%s/%s: layer %.19s", l->r->host, l->r->path, l->desc->digest);
	}
	worker_progress(l->w, l->desc->digest, "done", l->desc->size, l->desc->size);
	return 0;
}

static int layer_run(struct layer *l, struct err *err)
{
	const char *key = l->diff_id + strlen("sha256:");
	int r = 0, lock;

	lock = fetch_lock(&l->w->store, key, on_waiting, l, err);
	if (lock < 0)
		return lock;
	if (ingest_has_layer(&l->w->store, l->diff_id))
		worker_progress(l->w, l->desc->digest, "exists", l->desc->size, l->desc->size);
	else
		r = take_layer(l, lock, err);
	fetch_unlock(&l->w->store, key, lock);
	return r;
}

struct running {
	pid_t pid;
	int report;
};

static int start_layer(struct worker *w, struct registry *reg, const struct descriptor *d,
	const char *diff_id, struct running *ret, struct err *err)
{
	int fds[2], r = fd_pipe(&fds[0], &fds[1], err);
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork_tied(err);
	if (pid == 0) {
		struct layer l = {.w = w, .r = reg, .desc = d, .diff_id = diff_id};
		struct err why = {0};

		fd_close(fds[0]);
		r = layer_run(&l, &why);
		if (r < 0)
			err_send(fds[1], &why);
		_exit(r < 0 ? 125 : 0);
	}
	fd_close(fds[1]);
	if (pid < 0) {
		fd_close(fds[0]);
		return pid;
	}
	*ret = (struct running){pid, fds[0]};
	return 0;
}

/* wait for whichever ends first; its slot is free afterwards */
static int reap_one(struct running *run, struct err *err)
{
	int status, r;
	pid_t pid;

	do
		pid = waitpid(-1, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return err_set(err, errno, "wait for a layer");
	for (size_t i = 0; i < FETCH_PARALLEL; i++) {
		if (run[i].pid != pid)
			continue;
		r = status ? err_recv(run[i].report, err) : 0;
		run[i].report = fd_close(run[i].report);
		run[i].pid = 0;
		if (!status)
			return 0;
		if (r == 1)
			return -err->code;
		return err_say(err, EIO, "the process that unpacks a layer died (%s %d)",
			WIFSIGNALED(status) ? "signal" : "exit code",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return 0;
}

static void end_all(struct running *run)
{
	for (size_t i = 0; i < FETCH_PARALLEL; i++) {
		if (!run[i].pid)
			continue;
		kill(run[i].pid, SIGKILL);
		proc_wait(run[i].pid);
		fd_close(run[i].report);
		run[i].pid = 0;
	}
}

static struct running *free_slot(struct running *run)
{
	for (size_t i = 0; i < FETCH_PARALLEL; i++)
		if (!run[i].pid)
			return &run[i];
	return NULL;
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
	struct running run[FETCH_PARALLEL] = {{0}};
	_cleanup_free_ bool *missing = xcalloc(m->n + 1, sizeof(*missing));
	struct err why = {0};
	int r = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct descriptor *d = &m->entries[i];

		if (is_repeated(diff_ids, i))
			continue;
		missing[i] = !ingest_has_layer(&w->store, diff_ids->v[i]);
		worker_progress(w, d->digest, missing[i] ? "waiting" : "exists",
			missing[i] ? 0 : d->size, d->size);
	}
	for (size_t i = 0; r == 0 && i < m->n; i++) {
		struct running *slot;

		if (!missing[i])
			continue;
		while (r == 0 && !(slot = free_slot(run)))
			r = reap_one(run, &why);
		if (r == 0)
			r = start_layer(w, reg, &m->entries[i], diff_ids->v[i], slot, &why);
	}
	for (size_t i = 0; i < FETCH_PARALLEL; i++)
		while (r == 0 && run[i].pid)
			r = reap_one(run, &why);
	end_all(run);
	if (r < 0 && err)
		*err = why;
	return r;
}
