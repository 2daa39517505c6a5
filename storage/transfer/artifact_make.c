#include "storage/transfer/artifact_make.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/artifact.h"
#include "storage/base64.h"
#include "storage/transfer.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/pin.h"

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
#define TITLE	     "org.opencontainers.image.title"

/* an artifact while it is made; @dir: its directory below tmp/ */
struct making {
	struct worker *w;
	const json_t *what;
	char *path;
	int dir;
	unsigned n;
};

static void making_done(struct making *m)
{
	free(m->path);
	fd_close(m->dir);
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
			    out = openat(m->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				    0600);
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
	if (renameat(m->dir, temporary, m->dir, path) < 0)
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
	r = fs_write_at(m->dir, path, EMPTY, strlen(EMPTY), 0600, FS_FRESH, err);
	if (r == 0)
		r = describe(type ? type : EMPTY_TYPE, digest, strlen(EMPTY), ret, err);
	if (r < 0)
		return r;
	data = base64_encode(EMPTY, strlen(EMPTY));
	json_set_str(*ret, "data", data);
	return 0;
}

static int take_files(struct making *m, json_t *layers, struct err *err)
{
	const char *type = json_get_str(m->what, "layerType", NULL);
	bool titles = json_get_bool(m->what, "titles", true);
	_cleanup_strv_ struct strv names = {0};
	int r = 0;

	json_get_strv(m->what, "files", &names);
	if (!names.n || names.n > ARTIFACT_FILES_MAX)
		return err_say(err, ERR_USAGE, "an artifact has 1 to %d files", ARTIFACT_FILES_MAX);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *slash = strrchr(names.v[i], '/');
		const char *title = slash ? slash + 1 : names.v[i];
		json_t *one = NULL;

		r = take_file(m, title, type, &one, err);
		if (r == 0 && titles)
			json_object_set_new(
				one, "annotations", json_pack("{s:o}", TITLE, json_str(title)));
		if (r == 0)
			json_array_append_new(layers, one);
	}
	return r;
}

static int make_manifest(struct making *m, json_t *subject, json_t **ret, struct err *err)
{
	const char *type = json_get_str(m->what, "type", UNKNOWN_TYPE);
	_cleanup_json_ json_t *config = NULL, *layers = json_array();
	int r = take_config(m, &config, err);

	if (r == 0)
		r = take_files(m, layers, err);
	if (r == 0 && !artifact_type_ok(type))
		r = err_say(err, ERR_USAGE, "--artifact-type \"%.200s\" is not a media type", type);
	if (r < 0)
		return r;
	*ret = json_pack("{s:i,s:s,s:s,s:O,s:O}", "schemaVersion", 2, "mediaType",
		manifest_type(false, false), "artifactType", type, "config", config, "layers",
		layers);
	if (subject)
		json_object_set(*ret, "subject", subject);
	return 0;
}

static int begin(struct making *m, struct err *err)
{
	const char *tmp;
	int r = pin_dir(&m->w->store, &tmp, err);

	if (r < 0)
		return r;
	m->path = xasprintf("%s/artifact", tmp);
	if (mkdirat(m->w->store.fd, m->path, 0700) < 0)
		return err_set(err, errno, "create %s/%s", m->w->store.path, m->path);
	m->dir = fs_opendir_at(m->w->store.fd, m->path, err);
	if (m->dir < 0)
		return m->dir;
	return mkdirat(m->dir, "blobs", 0700) < 0 ? err_set(err, errno, "create %s/blobs", m->path)
						  : 0;
}

static int finish(struct making *m, const char *text, const char *digest, struct err *err)
{
	_cleanup_json_ json_t *own = json_pack("{s:i}", "version", 1);
	_cleanup_close_ int lock = -EBADF;
	char when[CLOCK_TEXT_MAX];
	int r = fs_write_at(m->dir, "manifest.json", text, strlen(text), 0600, FS_FRESH, err);

	json_set_str(own, "created", clock_text_now(when));
	if (r == 0)
		r = json_write_at(m->dir, "artifact.json", own, FS_FRESH, err);
	if (r == 0 && syncfs(m->dir) < 0)
		r = err_set(err, errno, "write the artifact to disk");
	if (r < 0)
		return r;
	lock = store_lock(&m->w->store, LOCK_SHARED, err);
	if (lock < 0)
		return lock;
	r = pin_layer(&m->w->store, digest, err);
	return r < 0 ? r : artifact_publish(&m->w->store, m->path, digest, err);
}

int artifact_make(
	struct worker *w, const json_t *what, json_t *subject, json_t **ret, struct err *err)
{
	_cleanup_(making_done) struct making m = {.w = w, .what = what, .dir = -EBADF};
	_cleanup_json_ json_t *manifest = NULL;
	_cleanup_free_ char *text = NULL;
	char digest[72];
	int r = begin(&m, err);

	if (r == 0)
		r = make_manifest(&m, subject, &manifest, err);
	if (r < 0)
		return r;
	text = json_text(manifest);
	ingest_digest(text, strlen(text), digest);
	r = finish(&m, text, digest, err);
	if (r == 0)
		*ret = json_pack("{s:s,s:s,s:I,s:O}", "mediaType", manifest_type(false, false),
			"digest", digest, "size", (json_int_t)strlen(text), "artifactType",
			json_object_get(manifest, "artifactType"));
	return r;
}
