/*
 * commit: what a container wrote becomes a layer on top of its image's, and both a new image
 *
 * A child writes the layer's tar into a pipe, and it is taken in at the other end like a layer from anywhere else.  The
 * layer counts only if the child says that it was whole.
 */
#include "runtime/base/clock.h"
#include "runtime/base/confine.h"
#include "storage/platform.h"
#include "storage/transfer/conduit.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/lent.h"
#include "storage/transfer/mountpoint.h"
#include "storage/transfer/pack.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/source.h"
#include "storage/transfer/worker.h"

#include <stdio.h>
#include <unistd.h>

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG	"application/vnd.docker.container.image.v1+json"
#define DOCKER_LAYER	"application/vnd.docker.image.rootfs.diff.tar"

struct commit {
	struct worker *w;
	const json_t *request;
	struct source source;
	bool squash, docker;
	struct strv diff_ids; /* of the new image */
};

static void commit_done(struct commit *c)
{
	source_done(&c->source);
	strv_done(&c->diff_ids);
}

static int write_layer(const struct commit *c, int fd, struct err *err)
{
	_cleanup_strv_ struct strv places = {0};
	struct pack_facts facts = {0};
	struct changes_opts o = {
		.new = &c->source.view,
		.old = &c->source.layers,
		.all = c->squash,
		.layer = !c->squash,
		.places = &places,
	};
	int r;

	json_get_strv(c->request, "places", &places);
	mountpoint_resolve(&c->source.layers, &places);
	r = pack_changes(&o, PACK_LAYER, fd, &facts, err);
	if (r < 0)
		return r;
	if (facts.sockets)
		worker_note(c->w, "%llu sockets were left out", (unsigned long long)facts.sockets);
	if (facts.devices)
		worker_note(c->w, "%llu devices were left out", (unsigned long long)facts.devices);
	return source_check(&c->source, err);
}

/* a layer on its way into the store */
struct moving {
	struct commit *c;
	const char *wanted;
	char diff_id[72];
};

static int give_layer(void *arg, int fd, struct err *err)
{
	const struct moving *m = arg;

	return m->wanted ? rebuild_tar(&m->c->w->store, m->wanted, fd, err)
			 : write_layer(m->c, fd, err);
}

static int take_layer(void *arg, int fd, struct err *err)
{
	struct moving *m = arg;
	struct ingest_layer l = {.diff_id = m->wanted};

	return ingest_layer(&m->c->w->store, fd, &l, m->diff_id, err);
}

/* @wanted: a layer that is elsewhere; NULL for what the container wrote */
static int add_layer(struct commit *c, const char *wanted, struct err *err)
{
	struct moving m = {.c = c, .wanted = wanted};
	int r = conduit_run(give_layer, take_layer, &m, err);

	if (r == 0)
		strv_add(&c->diff_ids, m.diff_id);
	return r;
}

/* the image's layers stay until we are done, whatever happens to image and container */
static int keep_layers(struct commit *c, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};

	json_get_strv(json_object_get(c->request, "source"), "diffIds", &ids);
	strv_foreach (i, id, &ids) {
		struct err why = {0};
		int r = ingest_need_layer(&c->w->store, id, &why);

		if (r < 0 && !lent_has(&c->w->store, id)) {
			*err = why;
			return r;
		}
		if (r == 0 && !c->squash)
			strv_add(&c->diff_ids, id);
		/* An image of ours has layers of ours; the tree is as good where they are not named. */
		if (r < 0 && !c->squash) {
			r = add_layer(c, id, err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* the configuration of the image that the container was made of; an empty object if it is gone */
static json_t *base_config(const struct commit *c)
{
	const char *id = json_get_str(c->request, "imageId", "");
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	json_t *j = NULL;

	if (!str_is_hex(id, 64) || image_document(&c->w->store, id, "config.json", &b, NULL) < 0 ||
		json_parse(buf_str(&b), b.len, "image configuration", &j, NULL) < 0)
		return json_object();
	return j;
}

static void set_platform(json_t *config, const json_t *base)
{
	_cleanup_(platform_done) struct platform host = {0};
	static const char *const keys[] = {"architecture", "os", "variant"};

	platform_host(&host);
	if (!json_get_str(base, "architecture", NULL)) {
		json_set_str(config, "architecture", host.arch);
		json_set_str(config, "os", "linux");
		json_set_str(config, "variant", host.variant);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_set_str(config, keys[i], json_get_str(base, keys[i], NULL));
}

static json_t *make_history(const struct commit *c, const json_t *base, const char *when)
{
	const json_t *old = json_object_get(base, "history");
	json_t *list = !c->squash && json_is_array(old) ? json_deep_copy(old) : json_array();
	json_t *entry = json_object();

	json_set_str(entry, "created", when);
	json_set_str(entry, "created_by", json_get_str(c->request, "createdBy", NULL));
	json_set_str(entry, "author", json_get_str(c->request, "author", NULL));
	json_set_str(entry, "comment", json_get_str(c->request, "message", NULL));
	json_array_append_new(list, entry);
	return list;
}

static json_t *make_config(const struct commit *c)
{
	_cleanup_json_ json_t *base = base_config(c);
	json_t *config = json_object(), *inner = json_object_get(c->request, "config");
	const char *author = json_get_str(c->request, "author", json_get_str(base, "author", NULL));
	char when[CLOCK_TEXT_MAX];

	clock_text_now(when);
	json_set_str(config, "created", when);
	json_set_str(config, "author", author);
	set_platform(config, base);
	if (c->docker) {
		json_set_str(config, "comment", json_get_str(c->request, "message", NULL));
		json_set_str(config, "container", c->source.id);
		json_object_set(config, "container_config", inner);
	}
	json_object_set(config, "config", inner);
	json_object_set_new(config, "rootfs",
		json_pack("{s:s,s:o}", "type", "layers", "diff_ids", json_from_strv(&c->diff_ids)));
	json_object_set_new(config, "history", make_history(c, base, when));
	return config;
}

static json_t *descriptor(const char *type, const char *digest, json_int_t size)
{
	return json_pack("{s:s,s:I,s:s}", "mediaType", type, "size", size, "digest", digest);
}

static int docker_manifest(
	const struct commit *c, const struct buf *config, struct buf *ret, struct err *err)
{
	_cleanup_json_ json_t *m = json_object();
	json_t *layers = json_array();
	_cleanup_free_ char *text = NULL;
	char digest[72];

	ingest_digest(config->data, config->len, digest);
	json_object_set_new(m, "schemaVersion", json_integer(2));
	json_set_str(m, "mediaType", DOCKER_MANIFEST);
	json_object_set_new(
		m, "config", descriptor(DOCKER_CONFIG, digest, (json_int_t)config->len));
	json_object_set_new(m, "layers", layers);
	strv_foreach (i, id, &c->diff_ids) {
		_cleanup_json_ json_t *record = NULL;
		char path[96];
		int r;

		snprintf(path, sizeof(path), "layers/%.64s/layer.json", id + strlen("sha256:"));
		r = json_read_at(c->w->store.fd, path, &record, err);
		if (r < 0)
			return r;
		json_array_append_new(
			layers, descriptor(DOCKER_LAYER, id, json_get_int(record, "tarSize", 0)));
	}
	text = json_text(m);
	buf_adds(ret, text);
	return 0;
}

static int add_image(struct commit *c, char ret_id[65], struct err *err)
{
	_cleanup_json_ json_t *config = make_config(c);
	_cleanup_free_ char *text = json_text(config);
	_cleanup_buf_ struct buf bytes = {0}, manifest = {0};
	_cleanup_strv_ struct strv names = {0};
	int r = 0;

	buf_adds(&bytes, text);
	json_get_strv(c->request, "names", &names);
	if (c->docker)
		r = docker_manifest(c, &bytes, &manifest, err);
	return r < 0 ? r
		     : ingest_image(&c->w->store, &bytes, c->docker ? &manifest : NULL,
			       &c->diff_ids, &names, ret_id, err);
}

int commit_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(commit_done) struct commit c = {
		.w = w,
		.request = request,
		.source.dirfd = -EBADF,
		.squash = json_get_bool(request, "squash", false),
		.docker = str_eq(json_get_str(request, "format", "oci"), "docker"),
	};
	char id[65];
	int r = source_open(&w->store, json_object_get(request, "source"), false, &c.source, err);

	if (r < 0)
		return r;
	confine_writes(w->store.fd);
	r = keep_layers(&c, err);
	if (r == 0)
		r = add_layer(&c, NULL, err);
	if (r == 0)
		r = add_image(&c, id, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s}", "id", id);
	return 0;
}
