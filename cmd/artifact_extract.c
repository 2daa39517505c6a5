#include "cmd/cmd.h"
#include "cmd/outfile.h"
#include "runtime/base/fd.h"
#include "storage/artifact.h"
#include "storage/artifacts.h"
#include "storage/copy.h"

#include <sys/stat.h>

struct extract_opts {
	char *digest, *title;
};

/* files on their way out: layers of the manifest, and the name of each */
struct extract {
	struct store *store;
	const struct artifact *a;
	json_t *layers; /* an array of its own */
	struct strv names;
};

static void extract_done(struct extract *x)
{
	json_decref(x->layers);
	strv_done(&x->names);
}

static const char *title_of(const json_t *layer)
{
	return json_get_str(json_object_get(layer, "annotations"), ARTIFACT_TITLE, "");
}

static int choose(struct extract *x, const struct extract_opts *o, struct err *err)
{
	const char *what = o->digest ? o->digest : o->title;
	json_t *layer;
	size_t i;

	json_array_foreach (json_object_get(x->a->manifest, "layers"), i, layer) {
		const char *digest = json_get_str(layer, "digest", "");

		if (!what || str_eq(o->digest ? digest : title_of(layer), what))
			json_array_append(x->layers, layer);
		/* what has the same digest is the same file */
		if (o->digest && json_array_size(x->layers))
			break;
	}
	if (!json_array_size(x->layers))
		return what ? err_say(err, ERR_NO_OBJECT, "%s has no file with the %s %.200s",
				      x->a->name, o->digest ? "digest" : "title", what)
			    : err_say(err, ERR_NO_OBJECT, "%s has no files", x->a->name);
	if (o->title && json_array_size(x->layers) > 1) {
		err_say(err, EINVAL, "%s has more than one file with the title %.200s", x->a->name,
			o->title);
		return err_hint(err, "name one with --digest");
	}
	return 0;
}

/* What a file is called in a directory: by its title, which comes from a registry.  Nothing is written before all are known. */
static int find_names(struct extract *x, bool by_digest, struct err *err)
{
	json_t *layer;
	size_t i;

	json_array_foreach (x->layers, i, layer) {
		const char *title = title_of(layer), *digest = json_get_str(layer, "digest", "");
		bool titled = *title && !by_digest;
		_cleanup_free_ char *name = xstrdup(titled ? title : digest);

		/* sha256-HEX: not every file system takes a colon */
		if (!titled)
			name[strcspn(name, ":")] = '-';
		if (!artifact_title_ok(name)) {
			err_say(err, EBADMSG, "the title \"%.200s\" cannot be the name of a file",
				title);
			return err_hint(err,
				"extract it by --digest %.80s, to a path that names a file",
				digest);
		}
		if (strv_has(&x->names, name)) {
			err_say(err, EBADMSG, "two files of %.200s are called %.200s", x->a->name,
				name);
			return err_hint(err, "extract them one by one with --digest");
		}
		strv_add(&x->names, name);
	}
	return 0;
}

static int copy(int in, int out, uint64_t size, struct err *err)
{
	struct stat st;
	int r;

	if (fstat(in, &st) < 0)
		return err_set(err, errno, "stat it");
	if ((uint64_t)st.st_size != size) {
		err_say(err, EBADMSG, "the store's copy is damaged");
		return err_hint(err, "'rl system check' tells what is wrong");
	}
	r = copy_bytes(in, out);
	return r < 0 ? err_set(err, -r, "copy it") : 0;
}

static int extract_one(
	const struct extract *x, const json_t *layer, const char *path, struct err *err)
{
	_cleanup_close_ int in =
		artifact_blob(x->store, x->a->digest, json_get_str(layer, "digest", ""), err);
	_cleanup_(outfile_done) struct outfile out = OUTFILE_INIT;
	int r = in < 0 ? in : outfile_open(&out, path, "name a file or a directory", err);

	if (r == 0)
		r = copy(in, out.fd, (uint64_t)json_get_int(layer, "size", 0), err);
	if (r == 0)
		r = outfile_commit(&out, err);
	return r < 0 ? err_wrap(err, "extract %.200s", path) : 0;
}

static int extract(
	struct extract *x, const struct extract_opts *o, const char *path, struct err *err)
{
	struct stat st;
	bool dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	int r = choose(x, o, err);

	if (r < 0)
		return r;
	if (!dir && json_array_size(x->layers) == 1)
		return extract_one(x, json_array_get(x->layers, 0), path, err);
	if (!dir) {
		err_say(err, EINVAL, "%s has %zu files, and %.200s is not a directory", x->a->name,
			json_array_size(x->layers), path);
		return err_hint(err, "make the directory, or choose a file with --title");
	}
	r = find_names(x, o->digest != NULL, err);
	for (size_t i = 0; r == 0 && i < x->names.n; i++) {
		_cleanup_free_ char *to = xasprintf("%s/%s", path, x->names.v[i]);

		r = extract_one(x, json_array_get(x->layers, i), to, err);
	}
	return r;
}

static int run_extract(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct extract_opts *o = opts;
	_cleanup_(artifact_done) struct artifact a = {0};
	_cleanup_(extract_done) struct extract x = {.layers = json_array(), .a = &a};
	int r;

	if (o->digest && o->title)
		return err_say(err, ERR_USAGE, "--digest and --title exclude each other");
	r = ctx_store(ctx, err);
	if (r == 0)
		r = artifacts_find(&ctx->store, args->v[0], &a, NULL, err);
	if (r < 0)
		return r;
	x.store = &ctx->store;
	return extract(&x, o, args->v[1], err);
}

#define O struct extract_opts
static const struct opt extract_opts[] = {
	OPTION_STR(0, "digest", O, digest, "DIGEST", "only the file with this digest"),
	OPTION_STR(0, "title", O, title, "TITLE", "only the file with this title"),
	{0},
};

const struct cmd cmd_artifact_extract = {
	.name = "artifact extract",
	.args = "ARTIFACT PATH",
	.min = 2,
	.max = 2,
	.summary = "Write the files of an artifact into a directory, or one into a file",
	.details =
		"In a directory a file is called by its title; one without a title, or chosen with "
		"--digest, by its digest.",
	.opts = extract_opts,
	.opts_size = sizeof(O),
	.run = run_extract,
};
