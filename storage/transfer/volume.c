/*
 * volume-export, volume-import: a volume's files as a tar archive, and back
 *
 * An archive is taken in completely, and as hostile as a layer's, before the volume is touched: one that is cut or does
 * not fit onto the disk changes nothing.
 */
#include "storage/volume.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/layer.h"
#include "storage/transfer/merge.h"
#include "storage/transfer/pack.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/worker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* as of a layer: what an archive can hold besides is not worth more memory */
#define DIRS_CAP ((size_t)24 << 20)

struct volume_import {
	struct worker *w;
	const char *name;
	uint64_t total;
	int64_t last; /* when progress was told */
	struct stream *stream;
	struct strv dirs; /* that are entries of the archive */
	size_t bytes;
};

static int open_data(const struct worker *w, const json_t *request, struct err *err)
{
	const char *name = json_get_str(request, "name", "");
	_cleanup_free_ char *path = xasprintf("volumes/%s/" VOLUME_DATA, name);

	if (!str_is_name(name))
		return err_say(err, EINVAL, "the request names no volume");
	return fs_opendir_at(w->store.fd, path, err);
}

int volume_export_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(view_done) struct view view = {0}, none = {0};
	struct changes_opts o = {.new = &view, .old = &none, .all = true};
	struct pack_facts facts = {0};
	int fd = open_data(w, request, err), r;

	if (fd < 0)
		return fd;
	view_push(&view, fd);
	confine_writes(-EBADF);
	r = pack_changes(&o, PACK_ROOT, TRANSFER_FD_OUTPUT, &facts, err);
	if (r < 0)
		return r;
	if (facts.sockets)
		worker_note(w, "%llu sockets were left out", (unsigned long long)facts.sockets);
	*ret = json_object();
	return 0;
}

static void progress(void *arg)
{
	struct volume_import *i = arg;

	if (worker_progress_due(&i->last))
		worker_progress(i->w, i->name, "unpacking", stream_taken(i->stream), i->total);
}

static int note_dir(void *arg, const char *path, struct err *err)
{
	struct volume_import *i = arg;

	i->bytes += strlen(path) + sizeof(char *);
	if (i->bytes > DIRS_CAP)
		return err_say(err, EBADMSG, "the archive has too many directories");
	strv_add(&i->dirs, path);
	return 0;
}

/* a directory below tmp/ that looks like the volume's own */
static int make_stage(const struct store *s, const char *tmp, int data, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("%s/volume", tmp);
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (mkdirat(s->fd, path, 0700) < 0)
		return err_set(err, errno, "create %s/%s", s->path, path);
	fd = fs_opendir_at(s->fd, path, err);
	if (fd < 0)
		return fd;
	if (fstat(data, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 ||
		fchmod(fd, st.st_mode & 07777) < 0)
		return err_set(err, errno, "prepare %s/%s", s->path, path);
	return take_fd(fd);
}

static int unpack(struct volume_import *i, int stage, struct err *err)
{
	struct layer_opts o = {.single_id = ingest_is_single_id(),
		.plain = true,
		.progress = progress,
		.directory = note_dir,
		.arg = i};
	_cleanup_(tar_freep) struct tar *t = NULL;
	_cleanup_(stream_freep) struct stream *st = NULL;
	struct layer_facts facts = {0};
	int r = stream_new_unhashed(TRANSFER_FD_INPUT, NULL, &st, err);

	if (r < 0)
		return r;
	i->stream = st;
	r = tar_new(st, &t, err);
	if (r == 0)
		r = layer_apply(stage, t, &o, &facts, err);
	/* what is cut behind the last entry is cut all the same */
	if (r == 0)
		r = tar_drain(t, err);
	if (r == 0 && facts.devices)
		worker_note(i->w, "%llu devices were left out", (unsigned long long)facts.devices);
	return r;
}

int volume_import_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	struct volume_import i = {.w = w, .name = json_get_str(request, "name", "")};
	_cleanup_close_ int data = open_data(w, request, err), stage = -EBADF;
	_cleanup_free_ char *fresh = xasprintf("volumes/%s/" VOLUME_FRESH, i.name);
	const char *tmp;
	struct stat st;
	int r;

	if (data < 0)
		return data;
	confine_writes(w->store.fd);
	if (fstat(TRANSFER_FD_INPUT, &st) == 0 && S_ISREG(st.st_mode))
		i.total = (uint64_t)st.st_size;
	r = pin_dir(&w->store, &tmp, err);
	if (r < 0)
		return r;
	stage = make_stage(&w->store, tmp, data, err);
	r = stage < 0 ? stage : unpack(&i, stage, err);
	if (r == 0) {
		/* what was brought in counts: it is not filled from an image any more */
		unlinkat(w->store.fd, fresh, 0);
		strv_sort(&i.dirs);
		r = merge_tree(stage, data, &i.dirs, err);
	}
	strv_done(&i.dirs);
	store_discard(&w->store, tmp, "volume", NULL);
	if (r == 0)
		*ret = json_object();
	return r < 0 ? err_wrap(err, "import into volume %s", i.name) : 0;
}
