#include "storage/list_work.h"

#include "storage/image_find.h"
#include "storage/pull.h"
#include "storage/push.h"
#include "storage/ref.h"

int list_work_name(const char *text, char **ret, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	const char *path;
	int r = ref_parse(text, &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return err_say(
			err, ERR_USAGE, "%s: a name that is given here cannot have a digest", text);
	path = str_after(ref.path, "library/");
	*ret = ref.short_name ? xasprintf("localhost/%s:%s",
					path && !strchr(text, '/') ? path : ref.path, ref.tag)
			      : ref_format(&ref);
	return 0;
}

/* by the name as given, then by what registries.conf makes of it */
static int find_here(const struct store *s, const char *name, struct image *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct err ignored;
	int r = image_find_any(s, name, ret, err);

	if (r == -ERR_NO_OBJECT && pull_names(name, &names, NULL) == 0)
		for (size_t i = 0; r == -ERR_NO_OBJECT && i < names.n; i++)
			r = image_find_any(s, names.v[i], ret, &ignored);
	return r;
}

static int check_transport(const char *text, struct err *err)
{
	static const char *const others[] = {"dir:", "oci:", "oci-archive:", "docker-archive:",
		"docker-daemon:", "sif:", "tarball:"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_after(text, others[i])) {
			err_say(err, ERR_USAGE, "%s: images come from the store or from a registry",
				text);
			return err_hint(err, "load it first, or write docker://HOST/PATH:TAG");
		}
	return 0;
}

static int find_source(const struct list_work *w, const char *text, const char *what, json_t **ret,
	struct err *err)
{
	const char *here = str_after(text, "containers-storage:"),
		   *there = str_after(text, "docker://");
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *source = json_object();
	int r = check_transport(text, err);

	if (r < 0)
		return r;
	r = there ? -ERR_NO_OBJECT : find_here(w->store, here ? here : text, &img, err);
	/* the list would name what its owner can take away, and nothing here could push it */
	if (r == 0)
		r = image_check_own(&img, what, err);
	if (r == 0)
		json_set_str(source, img.is_list ? "list" : "image", img.id);
	else if (r == -ERR_NO_OBJECT && !here)
		r = pull_candidates(&w->access, there ? there : text, source, err);
	if (r == 0)
		*ret = take_ptr(source);
	return r;
}

int list_work_source(const struct list_work *w, const char *text, json_t *request, struct err *err)
{
	json_t *images = json_object_get(request, "images"), *source = NULL;
	int r = find_source(w, text, "put into a list", &source, err);

	if (r < 0)
		return r;
	if (!images) {
		images = json_array();
		json_object_set_new(request, "images", images);
	}
	json_array_append_new(images, source);
	return 0;
}

int list_work_subject(const struct list_work *w, const char *text, json_t *request, struct err *err)
{
	json_t *source = NULL;
	int r = find_source(w, text, "made a subject", &source, err);

	if (r == 0)
		json_object_set_new(request, "subject", source);
	return r;
}

int list_work_do(const struct list_work *w, const char *subcommand, json_t *request, json_t **ret,
	struct err *err)
{
	struct transfer_opts opts = {.subcommand = subcommand,
		.driver = w->driver,
		.request = request,
		.input = -EBADF,
		.files = w->files,
		.n_files = w->n_files,
		.progress = w->progress,
		.note = w->note,
		.arg = w->arg};

	access_set(&w->access, request);
	return transfer_run(w->store, w->rundir, &opts, ret, err);
}

int list_work_run(const struct list_work *w, json_t *request, json_t **ret, struct err *err)
{
	return list_work_do(w, "list", request, ret, err);
}

int list_work_fetch(const struct list_work *w, const char *name, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *request = json_object();
	const char *plain = str_after(name, "docker://");
	int r = pull_candidates(&w->access, plain ? plain : name, request, err);

	json_set_str(request, "op", "fetch");
	return r < 0 ? r : list_work_do(w, "list", request, ret, err);
}

/* credentials given for the destination are not for other registries */
static struct access access_for(const struct access *a, const char *from, const json_t *request)
{
	const char *host = json_get_str(json_object_get(request, "endpoint"), "host", "");
	const char *rest = str_after(from, host);
	struct access mine = *a;

	if (!rest || *rest != '/')
		mine.creds = NULL;
	return mine;
}

/* where the entries that are not here come from, and what the signature policy wants: "sources": {NAME: {"endpoints", "policy"}} */
static int add_sources(const struct list_work *w, const char *id, json_t *request, struct err *err)
{
	_cleanup_json_ json_t *sources = list_sources(w->store, id);
	json_t *out = json_object(), *source;
	const char *digest;

	json_object_set_new(request, "sources", out);
	json_object_foreach (sources, digest, source) {
		/* lists of the version before this one have only the repository */
		const char *from = json_get_str(source, "from", NULL),
			   *name = json_get_str(source, "name", from);
		_cleanup_json_ json_t *places = NULL;
		struct access mine;
		int r;

		if (!name || json_object_get(out, name))
			continue;
		places = json_object();
		mine = access_for(&w->access, name, request);
		r = pull_candidates(&mine, name, places, err);
		if (r < 0)
			return r;
		json_object_set(
			out, name, json_array_get(json_object_get(places, "candidates"), 0));
	}
	return 0;
}

int list_work_push(const struct list_work *w, const char *id, const char *destination,
	json_t *request, json_t **ret, struct err *err)
{
	int r = push_endpoint(&w->access, destination, request, err);

	if (r == 0)
		r = add_sources(w, id, request, err);
	if (r < 0)
		return r;
	json_set_str(request, "id", id);
	return list_work_do(w, "list-push", request, ret, err);
}
