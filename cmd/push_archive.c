#include "cmd/push_archive.h"

#include "cmd/archive.h"
#include "cmd/outfile.h"
#include "storage/ref.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const save_formats[] = {
	[TRANSPORT_DOCKER_ARCHIVE] = "docker-archive",
	[TRANSPORT_OCI_ARCHIVE] = "oci-archive",
	[TRANSPORT_OCI] = "oci-dir",
	[TRANSPORT_DIR] = "dir",
};

/* what a destination cannot hold is found before anything is written */
static int check(
	const struct transport *to, const char *format, const json_t *request, struct err *err)
{
	bool archive = to->kind == TRANSPORT_DOCKER_ARCHIVE;
	bool oci = to->kind == TRANSPORT_OCI || to->kind == TRANSPORT_OCI_ARCHIVE;

	if (json_object_get(request, "sign")) {
		err_say(err, ERR_USAGE, "%s: signatures go to registries only", to->name);
		return err_hint(err, "push to a registry to sign an image");
	}
	if ((archive && str_eq(format, "oci")) || (oci && str_eq(format, "v2s2")))
		return err_say(
			err, ERR_USAGE, "%s: has no images of the format %s", to->name, format);
	if (archive &&
		(json_get_bool(request, "force", false) || json_object_get(request, "level")))
		return err_say(err, ERR_USAGE, "%s: its layers are never compressed", to->name);
	if (to->kind != TRANSPORT_DIR && json_get_bool(request, "compress", false))
		return err_say(err, ERR_USAGE,
			"--compress is for dir: only; --compression-format compresses elsewhere");
	if (to->reference && to->reference[0] == '@')
		return err_say(err, ERR_USAGE,
			"%s: \":@N\" names what is there, not what is written", to->name);
	return 0;
}

static int add_image(const struct image *img, const char *typed, const struct transport *to,
	json_t *request, struct err *err)
{
	json_t *image = json_pack("{s:s,s:[]}", "id", img->id, "names");
	const char *name = to->reference ? to->reference : typed;
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *full = NULL;
	int r;

	json_object_set_new(request, "images", json_pack("[o]", image));
	if (to->kind != TRANSPORT_DOCKER_ARCHIVE) {
		json_set_str(image, "reference", to->reference);
		return 0;
	}
	if (!name)
		return 0;
	r = ref_parse(name, &ref, err);
	if (r == 0 && ref.digest && to->reference)
		r = err_say(err, ERR_USAGE, "%s: a name in an archive cannot have a digest", name);
	if (r < 0)
		return r;
	full = ref_format(&ref);
	json_array_append_new(json_object_get(image, "names"), json_str(full));
	return 0;
}

static bool has_file(const char *dir, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int open_output(
	const struct transport *to, struct outfile *out, json_t *request, struct err *err)
{
	struct stat st;

	switch (to->kind) {
	case TRANSPORT_OCI:
		if (!has_file(to->path, "oci-layout"))
			return outfile_open_dir(out, to->path, NULL, err);
		json_object_set_new(request, "add", json_true());
		out->fd = open(to->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return out->fd < 0 ? err_set(err, errno, "open %s", to->path) : 0;
	case TRANSPORT_DIR:
		return outfile_open_dir(out, to->path, "version", err);
	case TRANSPORT_DOCKER_ARCHIVE:
		/* it may hold images that would be lost */
		if (stat(to->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
			err_set(err, EEXIST, "write %s", to->path);
			return err_hint(err, "docker-archive: adds to no file; remove it first, or "
					     "use 'rl save -m' for several images");
		}
		break;
	case TRANSPORT_OCI_ARCHIVE:
		break;
	}
	return outfile_open(out, to->path, "name a file", err);
}

int push_archive(struct ctx *ctx, const struct image *img, const char *typed,
	const struct transport *to, const char *format, json_t *request, bool quiet, json_t **ret,
	struct err *err)
{
	_cleanup_(outfile_done) struct outfile out = OUTFILE_INIT;
	_cleanup_json_ json_t *result = NULL;
	int r = check(to, format, request, err);

	/* Docker's manifests have no name for it */
	if (!format && str_eq(json_get_str(request, "compression", NULL), "zstd"))
		format = "oci";
	json_set_str(request, "format", save_formats[to->kind]);
	json_set_str(request, "manifest", format);
	if (r == 0)
		r = add_image(img, typed, to, request, err);
	if (r == 0)
		r = open_output(to, &out, request, err);
	if (r == 0)
		r = archive_run(ctx, "save", request, out.fd, quiet, "an image of this store",
			&result, err);
	if (r == 0)
		r = outfile_commit(&out, err);
	if (r == 0)
		*ret = take_ptr(result);
	return r;
}
