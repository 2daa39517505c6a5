/*
 * import: one archive of a root file system becomes an image of one layer
 */
#include "runtime/base/clock.h"
#include "runtime/base/confine.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/worker.h"

#include "storage/transfer.h"

#include <sys/stat.h>
#include <unistd.h>

struct import {
	struct worker *w;
	const char *source;
	uint64_t total;
	int64_t last; /* when progress was told */
};

static void progress(void *arg, uint64_t taken, uint64_t unpacked)
{
	struct import *i = arg;

	(void)unpacked;
	if (worker_progress_due(&i->last))
		worker_progress(i->w, i->source, "unpacking", taken, i->total);
}

/* the configuration: what the request gives, and what is known now */
static json_t *make_config(const json_t *request, const char *diff_id)
{
	json_t *c = json_object(), *history = json_object();
	_cleanup_free_ char *by = NULL;
	char when[CLOCK_TEXT_MAX];

	clock_text_now(when);
	by = xasprintf("/bin/sh -c #(nop) ADD file:%s in / ", json_get_str(request, "source", "-"));
	json_set_str(history, "created", when);
	json_set_str(history, "created_by", by);
	json_set_str(history, "comment", json_get_str(request, "message", NULL));
	json_set_str(c, "created", when);
	json_set_str(c, "architecture", json_get_str(request, "architecture", ""));
	json_set_str(c, "os", json_get_str(request, "os", "linux"));
	json_set_str(c, "variant", json_get_str(request, "variant", NULL));
	json_object_set_new(c, "config",
		json_is_object(json_object_get(request, "config"))
			? json_incref(json_object_get(request, "config"))
			: json_object());
	json_object_set_new(
		c, "rootfs", json_pack("{s:s,s:[s]}", "type", "layers", "diff_ids", diff_id));
	json_object_set_new(c, "history", json_pack("[o]", history));
	return c;
}

int import_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	struct import i = {.w = w, .source = json_get_str(request, "source", "-")};
	struct ingest_layer l = {.progress = progress, .arg = &i};
	_cleanup_strv_ struct strv diff_ids = {0}, names = {0};
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_json_ json_t *config = NULL;
	_cleanup_free_ char *text = NULL;
	char diff_id[72], id[65];
	struct stat st;
	int r;

	confine_writes(w->store.fd);
	if (fstat(TRANSFER_FD_INPUT, &st) < 0)
		return err_set(err, errno, "read the archive");
	if (S_ISREG(st.st_mode))
		i.total = (uint64_t)st.st_size;
	r = ingest_layer(&w->store, TRANSFER_FD_INPUT, &l, diff_id, err);
	if (r < 0)
		return err_wrap(err, "import %s", i.source);
	config = make_config(request, diff_id);
	text = json_text(config);
	buf_adds(&bytes, text);
	strv_add(&diff_ids, diff_id);
	json_get_strv(request, "names", &names);
	r = ingest_image(&w->store, &bytes, NULL, &diff_ids, &names, id, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s}", "id", id);
	return 0;
}
