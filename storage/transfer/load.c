/*
 * rl-transfer load: images out of the archive or directory on the input descriptor
 *
 *   {"source": for messages, "policy": {transport: requirements}, "transport": what it must be, or absent, "reference": name
 *    or "@N", or absent, "one": bool, "os", "arch", "variant"}
 * The result is {"images": [{"id", "names"}]}.
 */
#include "storage/transfer/load.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "storage/policy.h"
#include "storage/ref.h"
#include "storage/transfer.h"
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

int load_image(struct load *l, struct load_image *img, struct err *err)
{
	struct worker *w = l->w;
	_cleanup_free_ size_t *todo = xcalloc(img->n + 1, sizeof(*todo));
	_cleanup_strv_ struct strv diff_ids = {0};
	struct unpack u = {w, l->b, img, todo};
	size_t n = 0;
	char id[65];
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
	r = ingest_image(&w->store, &img->config, img->manifest.len ? &img->manifest : NULL,
		&diff_ids, &img->names, id, err);
	if (r == 0)
		json_array_append_new(l->loaded,
			json_pack("{s:s,s:o}", "id", id, "names", json_from_strv(&img->names)));
	return r;
}

static char *canonical(const char *name)
{
	_cleanup_(ref_done) struct ref ref = {0};

	return ref_parse(name, &ref, NULL) == 0 ? ref_format(&ref) : NULL;
}

bool load_wants(const struct load *l, size_t i, const struct strv *names)
{
	_cleanup_free_ char *want = NULL;
	uint64_t number;

	if (!l->reference)
		return true;
	if (l->reference[0] == '@')
		return parse_u64(l->reference + 1, &number) == 0 && number == i;
	if (strv_has(names, l->reference))
		return true;
	want = canonical(l->reference);
	strv_foreach (k, name, names) {
		_cleanup_free_ char *full = canonical(name);

		if (want && str_eq(full, want))
			return true;
	}
	return false;
}

int load_check_wanted(
	const struct load *l, size_t wanted, const struct strv *names, struct err *err)
{
	_cleanup_free_ char *list = strv_join(names, ", ");

	if (wanted == 0)
		err_say(err, ERR_NO_OBJECT, "there is no image %s in it", l->reference);
	else if (l->one && wanted > 1)
		err_say(err, ERR_USAGE, "there are %zu images in it; name one", wanted);
	else
		return 0;
	err_hint(err, "it has %s; \":@N\" after the path is image number N, from 0",
		names->n ? list : "images without names");
	return wanted ? -ERR_USAGE : -ERR_NO_OBJECT;
}

static bool starts_with_list(struct bundle *b)
{
	_cleanup_buf_ struct buf text = {.cap = JSON_RECORD_CAP};

	return bundle_read(b, "manifest.json", &text, NULL) == 0 && text.len &&
	       buf_str(&text)[strspn(buf_str(&text), " \t\r\n")] == '[';
}

/* what a bundle may be; the transport's name is that of the signature policy */
static const struct format {
	const char *transport;
	bool dir;
	int (*fn)(struct load *l, struct err *err);
} formats[] = {
	{"docker-archive", false, load_docker},
	{"oci-archive", false, load_oci},
	{"oci", true, load_oci},
	{"dir", true, load_dir},
	/* a docker-archive that somebody has unpacked */
	{"dir", true, load_docker},
};

static bool has_format(struct bundle *b, const struct format *f)
{
	if (f->dir != bundle_is_dir(b))
		return false;
	if (f->fn == load_oci)
		return bundle_has(b, "index.json");
	return bundle_has(b, "manifest.json") &&
	       (!f->dir || (f->fn == load_docker) == starts_with_list(b));
}

/* docker writes both documents since version 25; only its own has all the names, so it goes first unless one was named */
static const struct format *find_format(struct bundle *b, const char *wanted)
{
	static const int order[] = {0, 4, 3, 2, 1};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct format *f = &formats[order[i]];

		if ((!wanted || str_eq(wanted, f->transport)) && has_format(b, f))
			return f;
	}
	return NULL;
}

static int refuse_format(const char *wanted, struct err *err)
{
	if (wanted) {
		err_say(err, EBADMSG, "it is not what %s: means", wanted);
		return err_hint(err, "'rl load -i' finds out by itself what it is");
	}
	err_say(err, EBADMSG, "there is neither manifest.json nor index.json in it");
	return err_hint(err,
		"it must come from 'docker save' or 'podman save'; for the archive of a root "
		"file system use 'rl import'");
}

static int load_all(struct load *l, const json_t *request, const char *source, struct err *err)
{
	const char *wanted = json_get_str(request, "transport", NULL);
	const struct format *f;
	int r = bundle_open(&l->w->store, TRANSFER_FD_INPUT, &l->b, err);

	if (r < 0)
		return r;
	f = find_format(l->b, wanted);
	if (!f)
		return refuse_format(wanted, err);
	r = policy_check_unsigned(json_path(request, "policy", f->transport, NULL), source, err);
	return r < 0 ? r : f->fn(l, err);
}

static void load_done(struct load *l)
{
	bundle_free(l->b);
	platform_done(&l->want);
	json_decref(l->loaded);
}

int load_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const char *source = json_get_str(request, "source", "-");
	_cleanup_(load_done) struct load l = {
		.w = w,
		.reference = json_get_str(request, "reference", NULL),
		.one = json_get_bool(request, "one", false),
		.want = worker_platform(request),
		.loaded = json_array(),
	};
	int r;

	confine_writes(w->store.fd);
	r = load_all(&l, request, source, err);
	if (r < 0)
		return err_wrap(err, "load %s", source);
	*ret = json_pack("{s:O}", "images", l.loaded);
	return 0;
}
