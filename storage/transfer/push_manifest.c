#include "storage/transfer/push_manifest.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

bool push_manifest_is_docker(const json_t *manifest)
{
	const char *type = json_get_str(manifest, "mediaType", "");

	/* OCI manifests need not name their type: the configuration's does */
	if (!*type)
		type = json_get_str(json_object_get(manifest, "config"), "mediaType", "");
	return str_after(type, DOCKER) != NULL;
}

const char *push_manifest_type(bool docker)
{
	return docker ? DOCKER "distribution.manifest.v2+json" : OCI "manifest.v1+json";
}

const char *push_manifest_config_type(bool docker)
{
	return docker ? DOCKER "container.image.v1+json" : OCI "config.v1+json";
}

static const char *layer_type(bool docker, enum compression c)
{
	if (docker)
		return c == COMPRESSION_NONE ? DOCKER "image.rootfs.diff.tar"
					     : DOCKER "image.rootfs.diff.tar.gzip";
	return c == COMPRESSION_GZIP   ? OCI "layer.v1.tar+gzip"
	       : c == COMPRESSION_ZSTD ? OCI "layer.v1.tar+zstd"
				       : OCI "layer.v1.tar";
}

/* the same bytes, and all that is known of them is said */
static bool fits(const json_t *layer, const struct push_blob *b)
{
	struct chunked said = chunked_from(json_object_get(layer, "annotations"));

	return str_eq(json_get_str(layer, "digest", ""), b->digest) &&
	       (chunked_is(&said) || !chunked_is(&b->chunked));
}

bool push_manifest_fits(
	const json_t *manifest, bool docker, const struct push_blob *blobs, size_t n)
{
	const json_t *layers = json_object_get(manifest, "layers");

	if (push_manifest_is_docker(manifest) != docker || json_array_size(layers) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!fits(json_array_get(layers, i), &blobs[i]))
			return false;
	return true;
}

/* what describes the bytes does not outlive them */
static json_t *make_annotations(const json_t *old, bool same, const struct chunked *chunked)
{
	json_t *annotations = json_deep_copy(json_object_get(old, "annotations"));

	if (!annotations)
		annotations = json_object();
	if (!same || chunked_is(chunked))
		chunked_annotate(annotations, chunked);
	return annotations;
}

static json_t *make_layer(const json_t *old, bool docker, const struct push_blob *b)
{
	const char *old_type = json_get_str(old, "mediaType", "");
	bool same = str_eq(json_get_str(old, "digest", ""), b->digest);
	json_t *layer = json_object();
	json_t *annotations;

	/* only the manifest that it came with knows a name for it */
	json_set_str(layer, "mediaType",
		same && b->compression == COMPRESSION_OTHER ? old_type
							    : layer_type(docker, b->compression));
	json_set_str(layer, "digest", b->digest);
	json_object_set_new(layer, "size", json_integer((json_int_t)b->size));
	annotations = docker ? NULL : make_annotations(old, same, &b->chunked);
	if (json_object_size(annotations))
		json_object_set(layer, "annotations", annotations);
	json_decref(annotations);
	return layer;
}

void push_manifest_make(const json_t *manifest, bool docker, const struct push_blob *blobs,
	size_t n, struct buf *ret)
{
	static const char *const kept[] = {"artifactType", "subject", "annotations"};
	const json_t *old = json_object_get(manifest, "layers"),
		     *old_config = json_object_get(manifest, "config");
	_cleanup_json_ json_t *m = json_object();
	json_t *config = json_object(), *layers = json_array();
	_cleanup_free_ char *text = NULL;

	json_object_set_new(m, "schemaVersion", json_integer(2));
	json_set_str(m, "mediaType", push_manifest_type(docker));
	json_set_str(config, "mediaType", push_manifest_config_type(docker));
	json_set_str(config, "digest", json_get_str(old_config, "digest", ""));
	json_object_set_new(config, "size", json_integer(json_get_int(old_config, "size", 0)));
	json_object_set_new(m, "config", config);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			layers, make_layer(json_array_get(old, i), docker, &blobs[i]));
	json_object_set_new(m, "layers", layers);
	for (size_t i = 0; !docker && !push_manifest_is_docker(manifest) && i < ARRAY_SIZE(kept);
		i++) {
		json_t *value = json_object_get(manifest, kept[i]);

		if (value)
			json_object_set(m, kept[i], value);
	}
	text = json_text(m);
	buf_adds(ret, text);
}
