/*
 * diff: how one tree differs from another, as records "A/path", each ended by a NUL, written to the descriptor that
 * was passed: the list may be longer than a reply
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/transfer.h"
#include "storage/transfer/changes.h"
#include "storage/transfer/mountpoint.h"
#include "storage/transfer/source.h"
#include "storage/transfer/worker.h"

#define OUT_SIZE ((size_t)64 << 10)

static int flush(struct buf *out, struct err *err)
{
	int r = fd_write_full(TRANSFER_FD_INPUT, out->data, out->len);

	out->len = 0;
	return r < 0 ? err_set(err, -r, "write the changes") : 0;
}

static int add(void *arg, const struct change *c, struct err *err)
{
	struct buf *out = arg;

	/* nobody takes the root away, and its time tells nothing */
	if (!*c->path || c->kind == CHANGE_NONE)
		return 0;
	buf_addf(out, "%c/%s", (char)c->kind, c->path);
	buf_addc(out, '\0');
	return out->len >= OUT_SIZE ? flush(out, err) : 0;
}

int diff_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(source_done) struct source new = {.dirfd = -EBADF}, old = {.dirfd = -EBADF};
	_cleanup_strv_ struct strv places = {0}, old_places = {0};
	_cleanup_buf_ struct buf out = {0};
	struct changes_opts o = {.new = &new.view,
		.old = &old.view,
		.places = &places,
		.old_places = &old_places,
		.fn = add,
		.arg = &out};
	int r = source_open(&w->store, json_object_get(request, "new"), false, &new, err);

	if (r == 0)
		r = source_open(&w->store, json_object_get(request, "old"), false, &old, err);
	if (r < 0)
		return r;
	confine_writes(-EBADF);
	json_get_strv(request, "places", &places);
	json_get_strv(request, "oldPlaces", &old_places);
	mountpoint_resolve(&new.layers, &places);
	r = changes_walk(&o, err);
	if (r == 0)
		r = flush(&out, err);
	if (r == 0)
		r = source_check(&new, err);
	if (r == 0)
		r = source_check(&old, err);
	if (r < 0)
		return r;
	*ret = json_object();
	return 0;
}
