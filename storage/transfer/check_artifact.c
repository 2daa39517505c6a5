/*
 * Artifacts: manifests and blobs against the digests that name them, and names against artifacts
 */
#include "storage/transfer/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/artifact.h"
#include "storage/refstore.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct suspect {
	const struct store *s;
	const char *hex, *name;
};

static int discard(void *arg, struct err *err)
{
	const struct suspect *t = arg;
	_cleanup_close_ int lock = store_lock(t->s, LOCK_EXCLUSIVE, err);

	return lock < 0 ? lock : store_discard(t->s, "artifacts", t->hex, err);
}

static int drop_name(void *arg, struct err *err)
{
	const struct suspect *t = arg;
	int r = refstore_del_in(t->s, REFSTORE_ARTIFACTS, t->name, err);

	return r == -ENOENT ? 0 : r;
}

static int drop_file(void *arg, struct err *err)
{
	const struct suspect *t = arg;

	return unlinkat(t->s->fd, t->name, 0) < 0 ? err_set(err, errno, "remove %s", t->name) : 0;
}

/* Return: what is wrong with a blob, or NULL */
static const char *look_blob(
	const struct store *s, const char *digest, const struct descriptor *blob, bool quick)
{
	_cleanup_close_ int fd = artifact_blob(s, digest, blob->digest, NULL);
	struct stat st;
	char got[72];

	if (fd < 0)
		return "a file of it is missing";
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != blob->size)
		return "a file of it does not have its size";
	if (quick)
		return NULL;
	return ingest_digest_fd(fd, got, NULL) < 0 || !str_eq(got, blob->digest)
		       ? "a file of it has changed"
		       : NULL;
}

static const char *look(const struct store *s, const char *digest, bool quick)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_buf_ struct buf bytes = {.cap = JSON_RECORD_CAP};
	const char *what;
	char got[72];

	if (artifact_manifest(s, digest, &bytes, NULL) < 0)
		return "manifest.json cannot be read";
	ingest_digest(buf_str(&bytes), bytes.len, got);
	if (!str_eq(got, digest) ||
		manifest_read(buf_str(&bytes), bytes.len, "", "artifact", &m, NULL) < 0 ||
		m.is_index)
		return "manifest.json is not the one that it was named after";
	what = look_blob(s, digest, &m.config, quick);
	for (size_t i = 0; !what && i < m.n; i++)
		what = look_blob(s, digest, &m.entries[i], quick);
	return what;
}

static void check_names(const struct store *s, struct check *c)
{
	_cleanup_(refstore_list_done) struct refstore_list names = {0};
	_cleanup_strv_ struct strv damaged = {0};
	/* exclusive: who adds an artifact names it under the shared lock */
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, NULL);

	refstore_damaged_in(s, REFSTORE_ARTIFACTS, &damaged);
	strv_foreach (i, path, &damaged) {
		struct check_finding f = {.mend = "remove it"};
		struct suspect t = {.s = s, .name = path};

		check_object(&f, "%s/%s", s->path, path);
		check_what(&f, "is not the record of an artifact's name");
		check_found(c, &f, drop_file, &t);
	}
	refstore_list_in(s, REFSTORE_ARTIFACTS, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("artifacts/%s", names.v[i].id);
		struct check_finding f = {.mend = "remove the name"};
		struct suspect t = {.s = s, .name = names.v[i].ref};

		if (faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		check_object(&f, "artifact %.280s", names.v[i].ref);
		check_what(&f, "names the artifact %.12s, which is missing", names.v[i].id);
		check_found(c, &f, drop_name, &t);
	}
}

/* the name of an artifact, for the user; NULL if it has none */
static const char *name_of(const struct refstore_list *names, const char *hex)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->v[i].id, hex))
			return names->v[i].ref;
	return NULL;
}

void check_artifacts(const struct store *s, struct check *c)
{
	_cleanup_(refstore_list_done) struct refstore_list names = {0};
	_cleanup_strv_ struct strv all = {0};

	refstore_list_in(s, REFSTORE_ARTIFACTS, &names, NULL);
	fs_list_at(s->fd, "artifacts", &all, NULL);
	strv_foreach (i, hex, &all) {
		_cleanup_free_ char *digest = xasprintf("sha256:%s", hex);
		const char *name = name_of(&names, hex), *what = str_is_hex(hex, 64)
									 ? look(s, digest, c->quick)
									 : "is not an artifact";
		/* what is left of it may be all that there is */
		struct check_finding f = {.mend = "remove it", .force = name != NULL};
		struct suspect t = {.s = s, .hex = hex};

		if (!what)
			continue;
		check_object(&f, "artifact %.12s%s%.200s", hex, name ? " " : "", name ? name : "");
		check_what(&f, "%s", what);
		check_found(c, &f, discard, &t);
	}
	/* after those that went */
	check_names(s, c);
}
