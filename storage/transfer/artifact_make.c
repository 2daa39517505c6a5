#include "storage/transfer/artifact_make.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/artifact.h"
#include "storage/base64.h"
#include "storage/transfer.h"
#include "storage/transfer/artifact_dir.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	     ((size_t)256 << 10)
#define HEAD	     512 /* bytes that a file's type is guessed by */
#define EMPTY	     "{}"
#define EMPTY_TYPE   "application/vnd.oci.empty.v1+json"
#define CONFIG_TYPE  "application/vnd.oci.image.config.v1+json"
#define UNKNOWN_TYPE "application/vnd.unknown.artifact.v1"

/* an artifact while it is made */
struct making {
	struct worker *w;
	const json_t *what;
	struct artifact_dir dir;
	unsigned n;
};

static void making_done(struct making *m)
{
	artifact_dir_done(&m->dir);
}

/* the descriptor of a blob; @type is checked here, whoever it comes from */
static int describe(
	const char *type, const char *digest, uint64_t size, json_t **ret, struct err *err)
{
	if (!artifact_type_ok(type)) {
		err_say(err, ERR_USAGE, "\"%.200s\" is not a media type", type);
		return err_hint(err, "a media type looks like application/vnd.example.thing.v1");
	}
	*ret = json_pack(
		"{s:s,s:s,s:I}", "mediaType", type, "digest", digest, "size", (json_int_t)size);
	return 0;
}

/* copy one file; @head gets its first bytes */
static int copy(int in, int out, char digest[72], uint64_t *ret_size, char *head, size_t *ret_head,
	struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	uint64_t size = 0;
	ssize_t n;
	int r = 0;

	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	*ret_head = 0;
	while (r == 0 && (n = read(in, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = err_set(err, errno, "read a file");
			break;
		}
		if (!size) {
			*ret_head = (size_t)n < HEAD ? (size_t)n : HEAD;
			memcpy(head, chunk, *ret_head);
		}
		EVP_DigestUpdate(hash, chunk, (size_t)n);
		size += (uint64_t)n;
		r = fd_write_full(out, chunk, (size_t)n);
		if (r < 0)
			err_set(err, -r, "write a file to the store");
	}
	ingest_digest_end(hash, digest);
	*ret_size = size;
	return r;
}

/* @name: for the guess at its type; @type: NULL to guess */
static int take_file(
	struct making *m, const char *name, const char *type, json_t **ret, struct err *err)
{
	_cleanup_free_ char *temporary = xasprintf("blobs/new-%u", m->n), *path = NULL;
	_cleanup_close_ int in = TRANSFER_FD_FILES + (int)m->n++,
			    out = openat(m->dir.fd, temporary,
				    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char digest[72], head[HEAD];
	uint64_t size = 0;
	size_t len;
	int r;

	if (out < 0)
		return err_set(err, errno, "create a file in the store");
	r = copy(in, out, digest, &size, head, &len, err);
	if (r < 0)
		return err_wrap(err, "%.200s", name);
	path = xasprintf("blobs/%s", digest + strlen("sha256:"));
	if (renameat(m->dir.fd, temporary, m->dir.fd, path) < 0)
		return err_set(err, errno, "add a file to the store");
	return describe(type ? type : artifact_file_type(name, head, len), digest, size, ret, err);
}

static int take_config(struct making *m, json_t **ret, struct err *err)
{
	const char *type = json_get_str(m->what, "configType", NULL);
	_cleanup_free_ char *path = NULL, *data = NULL;
	char digest[72];
	int r;

	if (json_get_bool(m->what, "config", false))
		return take_file(m, "the configuration", type ? type : CONFIG_TYPE, ret, err);
	ingest_digest(EMPTY, strlen(EMPTY), digest);
	path = xasprintf("blobs/%s", digest + strlen("sha256:"));
	r = fs_write_at(m->dir.fd, path, EMPTY, strlen(EMPTY), 0600, FS_FRESH, err);
	if (r == 0)
		r = describe(type ? type : EMPTY_TYPE, digest, strlen(EMPTY), ret, err);
	if (r < 0)
		return r;
	data = base64_encode(EMPTY, strlen(EMPTY));
	json_set_str(*ret, "data", data);
	return 0;
}

static const char *title_of(const json_t *layer)
{
	return json_get_str(json_object_get(layer, "annotations"), ARTIFACT_TITLE, NULL);
}

/* what a file is called by: its own name, or what the annotations say instead */
static int check_title(
	const struct making *m, const json_t *layers, const char *title, struct err *err)
{
	const json_t *one;
	size_t i;

	if (!json_get_bool(m->what, "named", false))
		return 0;
	if (!artifact_title_ok(title))
		return err_say(err, ERR_USAGE, "\"%.200s\" cannot be the name of a file", title);
	json_array_foreach (layers, i, one)
		if (str_eq(title_of(one), title)) {
			err_say(err, EEXIST, "the artifact has a file %.200s already", title);
			return err_hint(err, "each file needs a name of its own: rename it, or "
					     "give it another with "
					     "--annotation " ARTIFACT_TITLE "=NAME");
		}
	return 0;
}

static int take_named(struct making *m, const char *path, json_t *layers, struct err *err)
{
	const char *type = json_get_str(m->what, "layerType", NULL), *slash = strrchr(path, '/'),
		   *base = slash ? slash + 1 : path;
	_cleanup_json_ json_t *annotations =
		json_deep_copy(json_object_get(m->what, "annotations"));
	const char *title = json_get_str(annotations, ARTIFACT_TITLE, base);
	json_t *one = NULL;
	int r = check_title(m, layers, title, err);

	if (r == 0)
		r = take_file(m, base, type, &one, err);
	if (r < 0)
		return r;
	if (!annotations)
		annotations = json_object();
	if (json_get_bool(m->what, "titles", true))
		json_set_str(annotations, ARTIFACT_TITLE, title);
	if (json_object_size(annotations))
		json_object_set(one, "annotations", annotations);
	json_array_append_new(layers, one);
	return 0;
}

static int take_files(struct making *m, json_t *layers, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = 0;

	json_get_strv(m->what, "files", &names);
	if (!names.n || names.n > ARTIFACT_FILES_MAX)
		return err_say(err, ERR_USAGE, "an artifact has 1 to %d files", ARTIFACT_FILES_MAX);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = take_named(m, names.v[i], layers, err);
	return r;
}

/* a blob of another artifact, which never changes: the same file */
static int link_blob(struct making *m, const char *base, const json_t *blob, struct err *err)
{
	const char *digest = json_get_str(blob, "digest", "");
	_cleanup_free_ char *from = NULL, *to = NULL;

	from = xasprintf(
		"artifacts/%s/blobs/%s", base + strlen("sha256:"), digest + strlen("sha256:"));
	to = xasprintf("blobs/%s", digest + strlen("sha256:"));
	if (linkat(m->w->store.fd, from, m->dir.fd, to, 0) < 0 && errno != EEXIST)
		return err_set(err, errno, "take over blob %.19s", digest);
	return 0;
}

static int take_base(struct making *m, const char *base, json_t **ret, struct err *err)
{
	_cleanup_(manifest_done) struct manifest checked = {0};
	_cleanup_buf_ struct buf bytes = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *j = NULL;
	const json_t *layer;
	char digest[72];
	size_t i;
	int r = artifact_manifest(&m->w->store, base, &bytes, err);

	if (r < 0)
		return r;
	ingest_digest(buf_str(&bytes), bytes.len, digest);
	if (!str_eq(digest, base))
		return err_say(err, EBADMSG, "artifact %.19s is damaged", base);
	/* all digests in it are in order then */
	r = manifest_read(buf_str(&bytes), bytes.len, "", "artifact", &checked, err);
	if (r == 0)
		r = json_parse(buf_str(&bytes), bytes.len, "artifact", &j, err);
	if (r == 0)
		r = link_blob(m, base, json_object_get(j, "config"), err);
	json_array_foreach (json_object_get(j, "layers"), i, layer)
		if (r == 0)
			r = link_blob(m, base, layer, err);
	if (r == 0)
		*ret = take_ptr(j);
	return r;
}

/* what was given for the files, and when it was made */
static json_t *own_annotations(const struct making *m)
{
	json_t *annotations = json_deep_copy(json_object_get(m->what, "annotations"));
	char when[CLOCK_TEXT_MAX];

	if (!annotations)
		annotations = json_object();
	json_set_str(annotations, ARTIFACT_CREATED, clock_text_now(when));
	return annotations;
}

static int make_new(struct making *m, json_t *subject, json_t **ret, struct err *err)
{
	const char *type = json_get_str(m->what, "type", UNKNOWN_TYPE);
	_cleanup_json_ json_t *config = NULL;
	int r = take_config(m, &config, err);

	if (r == 0 && !artifact_type_ok(type))
		r = err_say(err, ERR_USAGE, "the type \"%.200s\" is not a media type", type);
	if (r < 0)
		return r;
	*ret = json_pack("{s:i,s:s,s:s,s:O,s:[]}", "schemaVersion", 2, "mediaType",
		manifest_type(false, false), "artifactType", type, "config", config, "layers");
	if (subject)
		json_object_set(*ret, "subject", subject);
	if (json_get_bool(m->what, "named", false))
		json_object_set_new(*ret, "annotations", own_annotations(m));
	return 0;
}

static int make_manifest(struct making *m, json_t *subject, json_t **ret, struct err *err)
{
	const char *base = json_get_str(m->what, "base", NULL);
	_cleanup_json_ json_t *j = NULL;
	int r = base ? take_base(m, base, &j, err) : make_new(m, subject, &j, err);

	if (r == 0)
		r = take_files(m, json_object_get(j, "layers"), err);
	if (r == 0)
		*ret = take_ptr(j);
	return r;
}

int artifact_make(
	struct worker *w, const json_t *what, json_t *subject, json_t **ret, struct err *err)
{
	_cleanup_(making_done) struct making m = {.w = w, .what = what, .dir = ARTIFACT_DIR_INIT};
	_cleanup_json_ json_t *manifest = NULL;
	_cleanup_free_ char *text = NULL;
	char digest[72];
	int r = artifact_dir_begin(w, &m.dir, err);

	if (r == 0)
		r = make_manifest(&m, subject, &manifest, err);
	if (r < 0)
		return r;
	text = json_text(manifest);
	ingest_digest(text, strlen(text), digest);
	r = artifact_dir_publish(w, &m.dir, text, strlen(text), digest, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s,s:s,s:I}", "mediaType", manifest_type(false, false), "digest",
		digest, "size", (json_int_t)strlen(text));
	json_set_str(*ret, "artifactType", json_get_str(manifest, "artifactType", NULL));
	return 0;
}
