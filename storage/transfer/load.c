#include "storage/transfer/load.h"

#include "runtime/base/fd.h"
#include "storage/policy.h"
#include "storage/ref.h"
#include "storage/transfer.h"
#include "storage/transfer/confine.h"
#include "storage/transfer/crew.h"
#include "storage/transfer/ingest.h"

/* more than can compute at once: some of them wait for the disk */
#define WAITING 2

void load_image_done(struct load_image *img)
{
	buf_done(&img->config);
	buf_done(&img->manifest);
	for (size_t i = 0; i < img->n; i++) {
		free(img->layers[i].file);
		free(img->layers[i].digest);
		free(img->layers[i].diff_id);
	}
	free(take_ptr(img->layers));
	img->n = 0;
	strv_done(&img->names);
}

void load_image_add(struct load_image *img, const char *file, const char *digest,
	const char *diff_id, uint64_t size)
{
	img->layers = xreallocarray(img->layers, img->n + 1, sizeof(*img->layers));
	img->layers[img->n++] =
		(struct load_layer){xstrdup(file), xstrdup(digest), xstrdup(diff_id), size};
}

void load_report(json_t *loaded, const char *id, const struct strv *names)
{
	json_array_append_new(
		loaded, json_pack("{s:s,s:o}", "id", id, "names", json_from_strv(names)));
}

/* what the children that unpack share */
struct unpack {
	struct worker *w;
	struct bundle *b;
	const struct load_image *img;
	const size_t *todo;
};

struct progress {
	struct worker *w;
	const char *id;
	uint64_t total;
	int64_t last; /* when it was told */
};

static void on_progress(void *arg, uint64_t taken, uint64_t unpacked)
{
	struct progress *p = arg;

	(void)unpacked;
	if (worker_progress_due(&p->last))
		worker_progress(p->w, p->id, "unpacking", taken, p->total);
}

static int unpack_layer(void *arg, size_t i, struct err *err)
{
	const struct unpack *u = arg;
	const struct load_layer *l = &u->img->layers[u->todo[i]];
	struct progress p = {.w = u->w, .id = l->diff_id};
	_cleanup_close_ int owned = -EBADF;
	struct stream_range range = {0};
	struct ingest_layer what = {
		.digest = l->digest,
		.diff_id = l->diff_id,
		.size = l->size,
		.range = &range,
		.progress = on_progress,
		.arg = &p,
	};
	char diff_id[72];
	bool own = false;
	int fd, r = bundle_find(u->b, l->file, &fd, &own, &range, err);

	if (r < 0)
		return r;
	if (own)
		owned = fd;
	p.total = range.length;
	r = ingest_layer(&u->w->store, fd, &what, diff_id, err);
	if (r < 0)
		return err_wrap(err, "layer %.200s", l->file);
	worker_progress(u->w, l->diff_id, "done", p.total, p.total);
	return 0;
}

static bool is_repeated(const struct load_image *img, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(img->layers[i].diff_id, img->layers[at].diff_id))
			return true;
	return false;
}

/* A name by digest is no name that an archive may give: it says what the image is, and only the manifest's own is true. */
static void keep_true_names(struct load_image *img)
{
	struct strv names = {0};
	char digest[72] = "";

	if (img->manifest.len)
		ingest_digest(img->manifest.data, img->manifest.len, digest);
	strv_foreach (i, name, &img->names) {
		_cleanup_(ref_done) struct ref ref = {0};

		if (ref_parse(name, &ref, NULL) == 0 && ref.digest && !str_eq(ref.digest, digest))
			continue;
		strv_add(&names, name);
	}
	strv_done(&img->names);
	img->names = names;
}

int load_image(struct worker *w, struct bundle *b, struct load_image *img, char ret_id[65],
	struct err *err)
{
	_cleanup_free_ size_t *todo = xcalloc(img->n + 1, sizeof(*todo));
	_cleanup_strv_ struct strv diff_ids = {0};
	struct unpack u = {w, b, img, todo};
	size_t n = 0;
	int r;

	for (size_t i = 0; i < img->n; i++) {
		strv_add(&diff_ids, img->layers[i].diff_id);
		if (is_repeated(img, i))
			continue;
		if (ingest_has_whole_layer(&w->store, img->layers[i].diff_id))
			worker_progress(w, img->layers[i].diff_id, "exists", 0, 0);
		else
			todo[n++] = i;
	}
	r = crew_run(n, crew_cores() + WAITING, unpack_layer, &u, err);
	if (r < 0)
		return r;
	keep_true_names(img);
	return ingest_image(&w->store, &img->config, img->manifest.len ? &img->manifest : NULL,
		&diff_ids, &img->names, ret_id, err);
}

int load_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(bundle_freep) struct bundle *b = NULL;
	_cleanup_json_ json_t *loaded = json_array();
	const char *source = json_get_str(request, "source", "-");
	int r;

	confine_writes(w->store.fd);
	r = bundle_open(&w->store, TRANSFER_FD_INPUT, &b, err);
	if (r < 0)
		return err_wrap(err, "load %s", source);
	/* docker writes both since version 25; only its own has all the names */
	if (bundle_has(b, "manifest.json")) {
		r = policy_check_unsigned(
			json_path(request, "policy", "docker", NULL), source, err);
		if (r == 0)
			r = load_docker(w, b, loaded, err);
	} else if (bundle_has(b, "index.json")) {
		r = policy_check_unsigned(json_path(request, "policy", "oci", NULL), source, err);
		if (r == 0)
			r = load_oci(w, b, loaded, err);
	} else {
		err_say(err, EBADMSG, "there is neither manifest.json nor index.json in it");
		err_hint(err, "it must come from 'docker save' or 'podman save'; for the archive "
			      "of a root "
			      "file system use 'rl import'");
		r = -EBADMSG;
	}
	if (r < 0)
		return err_wrap(err, "load %s", source);
	*ret = json_pack("{s:O}", "images", loaded);
	return 0;
}
