#include "storage/transfer/manifest.h"

#include "storage/ref.h"
#include "storage/transfer/http_url.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

static const char *const image_types[] = {
	OCI "manifest.v1+json",
	DOCKER "distribution.manifest.v2+json",
};

static const char *const index_types[] = {
	OCI "index.v1+json",
	DOCKER "distribution.manifest.list.v2+json",
};

static const char *const config_types[] = {
	OCI "config.v1+json",
	DOCKER "container.image.v1+json",
};

/* of a configuration that is "{}" */
#define EMPTY_TYPE "application/vnd.oci.empty.v1+json"

/* the compression is told from the content, so these only say that it is a tar */
static const char *const layer_types[] = {
	OCI "layer.v1.tar",
	OCI "layer.v1.tar+gzip",
	OCI "layer.v1.tar+zstd",
	DOCKER "image.rootfs.diff.tar",
	DOCKER "image.rootfs.diff.tar.gzip",
	DOCKER "image.rootfs.diff.tar.zstd",
};

static bool one_of(const char *type, const char *const *types, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

#define ONE_OF(type, types) one_of(type, types, ARRAY_SIZE(types))

bool manifest_is_type(const char *t)
{
	return ONE_OF(t, image_types) || ONE_OF(t, index_types);
}

const char *manifest_type(bool docker, bool index)
{
	return index ? index_types[docker] : image_types[docker];
}

bool manifest_is_docker(const char *t)
{
	return str_after(t, DOCKER) != NULL;
}

bool manifest_is_image(const struct manifest *m)
{
	return !m->is_index && ONE_OF(m->config.media_type, config_types);
}

static void descriptor_done(struct descriptor *d)
{
	free(d->media_type);
	free(d->digest);
	platform_done(&d->platform);
	*d = (struct descriptor){0};
}

void manifest_done(struct manifest *m)
{
	descriptor_done(&m->config);
	for (size_t i = 0; i < m->n; i++)
		descriptor_done(&m->entries[i]);
	free(m->entries);
	free(m->artifact);
	*m = (struct manifest){0};
}

static int parse_descriptor(
	const json_t *j, const char *what, struct descriptor *ret, struct err *err)
{
	const char *type = json_get_str(j, "mediaType", ""),
		   *digest = json_get_str(j, "digest", "");
	const json_t *platform = json_object_get(j, "platform");
	const json_t *size = json_object_get(j, "size");

	if (!json_is_object(j))
		return err_say(err, EBADMSG, "%s: a descriptor is not an object", what);
	if (!ref_digest_ok(digest)) {
		_cleanup_free_ char *shown = http_printable(digest, 100);

		return err_say(err, EBADMSG, "%s: not a SHA-256 digest: \"%s\"", what, shown);
	}
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return err_say(err, EBADMSG, "%s: %.19s has no size", what, digest);
	*ret = (struct descriptor){
		.media_type = xstrdup(type),
		.digest = xstrdup(digest),
		.size = (uint64_t)json_integer_value(size),
		.platform.os = xstrdup(json_get_str(platform, "os", "")),
		.platform.arch = xstrdup(json_get_str(platform, "architecture", "")),
		.platform.variant = xstrdup(json_get_str(platform, "variant", "")),
	};
	return 0;
}

static int parse_entries(
	const json_t *array, size_t max, const char *what, struct manifest *m, struct err *err)
{
	size_t n = json_array_size(array);

	if (!json_is_array(array))
		return err_say(err, EBADMSG, "%s: layers or manifests is not an array", what);
	if (n > max)
		return err_say(err, EBADMSG, "%s: has %zu entries; %zu are allowed", what, n, max);
	m->entries = xcalloc(n + 1, sizeof(*m->entries));
	for (; m->n < n; m->n++) {
		int r = parse_descriptor(json_array_get(array, m->n), what, &m->entries[m->n], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_layers(const struct manifest *m, const char *what, struct err *err)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *type = m->entries[i].media_type;

		if (strstr(type, "foreign") || strstr(type, "nondistributable")) {
			err_say(err, ERR_REGISTRY,
				"%s: layer %.19s is one that its registry does not hand out", what,
				m->entries[i].digest);
			return err_hint(err,
				"such layers belong to Windows images; is there one for Linux?");
		}
		if (!ONE_OF(type, layer_types)) {
			_cleanup_free_ char *shown = http_printable(type, 100);

			return err_say(err, ERR_REGISTRY,
				"%s: layer %.19s has a type that is not known: \"%s\"", what,
				m->entries[i].digest, shown);
		}
		if (!m->entries[i].size)
			return err_say(err, EBADMSG, "%s: layer %.19s has no bytes", what,
				m->entries[i].digest);
	}
	return 0;
}

/* Artifacts have a manifest like an image's: a configuration of another type, layers that are no file systems. */
static int check_image(const struct manifest *m, const char *what, struct err *err)
{
	_cleanup_free_ char *artifact = http_printable(m->artifact, 100),
			    *config = http_printable(m->config.media_type, 100);
	bool empty = str_eq(m->config.media_type, EMPTY_TYPE);

	if (ONE_OF(m->config.media_type, config_types) && str_empty(m->artifact))
		return check_layers(m, what, err);
	/* an artifactType beside an image's configuration is an image all the same, if its layers are */
	if (ONE_OF(m->config.media_type, config_types) && check_layers(m, what, NULL) == 0)
		return 0;
	if (!str_empty(m->artifact))
		err_say(err, ERR_REGISTRY,
			"%s is an OCI artifact of type \"%s\", not a container image", what,
			artifact);
	else
		err_say(err, ERR_REGISTRY,
			"%s is an OCI artifact of %s \"%s\", not a container image", what,
			empty ? "no type, its configuration is" : "type", config);
	return err_hint(err, "it holds files for another tool; nothing in it can be run");
}

static int parse_image(const json_t *j, const char *what, struct manifest *m, struct err *err)
{
	int r = parse_descriptor(json_object_get(j, "config"), what, &m->config, err);

	if (r < 0)
		return r;
	m->artifact = xstrdup(json_get_str(j, "artifactType", ""));
	return parse_entries(json_object_get(j, "layers"), MANIFEST_LAYERS_MAX, what, m, err);
}

static bool has(const json_t *j, const char *key)
{
	return json_object_get(j, key) != NULL;
}

/* Is it what it says, and only that? */
static int check_kind(
	const json_t *j, const char *type, const char *what, bool *ret_index, struct err *err)
{
	const char *own = json_get_str(j, "mediaType", "");
	_cleanup_free_ char *shown_own = http_printable(own, 100),
			    *shown = http_printable(type, 100);
	bool generic = !*type || str_eq(type, "application/json") || str_eq(type, "text/plain") ||
		       str_eq(type, "application/octet-stream");
	bool index = has(j, "manifests");

	if (!json_is_object(j))
		return err_say(err, EBADMSG, "%s: the manifest is not an object", what);
	if (has(j, "fsLayers") || has(j, "signatures") ||
		json_get_int(j, "schemaVersion", 0) == 1) {
		err_say(err, ERR_REGISTRY,
			"%s has a manifest of Docker's schema 1, which nothing verifies", what);
		return err_hint(err, "push the image again with a tool of this decade");
	}
	if (json_get_int(j, "schemaVersion", 0) != 2)
		return err_say(err, EBADMSG, "%s: the manifest has no schemaVersion 2", what);
	if (has(j, "mediaType") && !json_is_string(json_object_get(j, "mediaType")))
		return err_say(err, EBADMSG, "%s: the manifest's mediaType is not a string", what);
	if (index && (has(j, "layers") || has(j, "config")))
		return err_say(err, EBADMSG,
			"%s: the manifest is ambiguous: both an image and an index", what);
	if (!index && !(has(j, "layers") && has(j, "config")))
		return err_say(
			err, EBADMSG, "%s: the manifest is neither an image nor an index", what);
	if (*own && !(index ? ONE_OF(own, index_types) : ONE_OF(own, image_types)))
		return err_say(err, EBADMSG,
			"%s: the manifest's mediaType \"%s\" does not fit its content", what,
			shown_own);
	if (!generic && *own && strcmp(type, own) != 0)
		return err_say(err, EBADMSG,
			"%s: the registry calls the manifest \"%s\" and it calls itself \"%s\"",
			what, shown, shown_own);
	if (!generic && !(index ? ONE_OF(type, index_types) : ONE_OF(type, image_types)))
		return err_say(err, EBADMSG,
			"%s: the manifest's content type \"%s\" does not fit its content", what,
			shown);
	*ret_index = index;
	return 0;
}

int manifest_read(const char *data, size_t len, const char *type, const char *what,
	struct manifest *ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	_cleanup_(manifest_done) struct manifest m = {0};
	int r = json_parse(data, len, what, &j, err);

	if (r == 0)
		r = check_kind(j, type, what, &m.is_index, err);
	if (r == 0)
		r = m.is_index ? parse_entries(json_object_get(j, "manifests"),
					 MANIFEST_ENTRIES_MAX, what, &m, err)
			       : parse_image(j, what, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){0};
	return 0;
}

int manifest_parse(const char *data, size_t len, const char *type, const char *what,
	struct manifest *ret, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	int r = manifest_read(data, len, type, what, &m, err);

	if (r == 0 && !m.is_index)
		r = check_image(&m, what, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){0};
	return 0;
}

static bool is_manifest_entry(const struct descriptor *d)
{
	return ONE_OF(d->media_type, image_types);
}

int manifest_choose(const struct manifest *m, const struct platform *want, const char *what,
	const struct descriptor **ret, struct err *err)
{
	_cleanup_free_ char *wanted = platform_text(want);
	const struct descriptor *best = NULL;
	_cleanup_strv_ struct strv seen = {0};
	_cleanup_free_ char *list = NULL;
	unsigned best_rank = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct descriptor *d = &m->entries[i];
		_cleanup_free_ char *text = platform_text(&d->platform);
		unsigned rank = is_manifest_entry(d) ? platform_rank(want, &d->platform) : 0;

		/* attestations have the platform unknown/unknown */
		if (!str_eq(d->platform.os, "unknown") && !strv_has(&seen, text) && seen.n < 12)
			strv_add(&seen, text);
		if (rank > best_rank) {
			best = d;
			best_rank = rank;
		}
	}
	if (best) {
		*ret = best;
		return 0;
	}
	list = strv_join(&seen, ", ");
	err_say(err, ERR_REGISTRY, "%s has no image for %s", what, wanted);
	return seen.n ? err_hint(err, "there are: %.200s; choose one with --platform", list)
		      : -ERR_REGISTRY;
}

int manifest_check_config(const json_t *config, const struct manifest *m, const char *what,
	struct strv *diff_ids, struct err *err)
{
	const json_t *rootfs = json_object_get(config, "rootfs");

	if (!json_is_object(config) || !json_is_object(rootfs))
		return err_say(err, EBADMSG, "%s: the image's configuration has no rootfs", what);
	if (!str_eq(json_get_str(rootfs, "type", ""), "layers"))
		return err_say(err, EBADMSG,
			"%s: the image's root file system is not made of layers", what);
	json_get_strv(rootfs, "diff_ids", diff_ids);
	if (diff_ids->n != m->n || json_array_size(json_object_get(rootfs, "diff_ids")) != m->n)
		return err_say(err, EBADMSG,
			"%s: the manifest has %zu layers and the configuration %zu", what, m->n,
			json_array_size(json_object_get(rootfs, "diff_ids")));
	strv_foreach (i, id, diff_ids) {
		_cleanup_free_ char *shown = http_printable(id, 100);

		if (!ref_digest_ok(id))
			return err_say(
				err, EBADMSG, "%s: not a SHA-256 digest: \"%s\"", what, shown);
	}
	return 0;
}
