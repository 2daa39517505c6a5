#include "cmd/changed.h"

#include "cmd/output.h"
#include "cmd/source.h"
#include "cmd/target.h"
#include "runtime/base/fd.h"
#include "storage/image_find.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* what is compared */
struct side {
	struct container c;
	struct image img;
	bool is_container, is_image;
};

static void side_done(struct side *s)
{
	if (s->is_container)
		container_done(&s->c);
	if (s->is_image)
		image_done(&s->img);
}

static int find(
	struct ctx *ctx, enum changed_kind kind, const char *name, struct side *s, struct err *err)
{
	int r = -ERR_NO_OBJECT;

	if (kind != CHANGED_IMAGE) {
		r = container_find(&ctx->containers, name, &s->c, err);
		s->is_container = r == 0;
	}
	if (r == -ERR_NO_OBJECT && kind != CHANGED_CONTAINER) {
		r = image_find(&ctx->store, name, &s->img, err);
		s->is_image = r == 0;
	}
	if (r == -ERR_NO_OBJECT && kind == CHANGED_ANY) {
		err_say(err, ERR_NO_OBJECT, "no such container or image: \"%.200s\"", name);
		err_hint(err, "'rl ps -a' lists the containers, 'rl images' the images");
	}
	return r;
}

static int source_of(const struct side *s, json_t **ret, struct err *err)
{
	if (s->is_container)
		return source_of_container(&s->c, ret, err);
	*ret = source_of_layers(&s->img, s->img.diff_ids.n);
	return 0;
}

/* what it is compared with where nothing else is named */
static json_t *base_of(const struct side *s)
{
	return s->is_container	   ? source_of_base(&s->c)
	       : s->img.diff_ids.n ? source_of_layers(&s->img, s->img.diff_ids.n - 1)
				   : json_object();
}

/* An image of a shared store is used as one tree: what a layer of it has changed shows in the layer alone. */
static int one_tree(const struct image *img, struct err *err)
{
	err_say(err, EROFS,
		"image %.12s is in the shared store %s, and its layers cannot be told apart here",
		img->id, img->shared);
	return err_hint(err, "compare it with another image, or make it one of yours: "
			     "rl save IMAGE | rl load");
}

static int make_request(
	const struct side *new, const struct side *old, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *request = json_object(), *is = NULL, *was = NULL;
	_cleanup_strv_ struct strv places = {0}, old_places = {0};
	int r = source_of(new, &is, err);

	if (r == 0 && (old->is_container || old->is_image))
		r = source_of(old, &was, err);
	else if (r == 0 && new->is_image &&new->img.shared)
		r = one_tree(&new->img, err);
	else if (r == 0)
		was = base_of(new);
	/* of either container, what rl made itself is no difference */
	if (r == 0 && new->is_container)
		r = source_places(&new->c, &places, err);
	if (r < 0)
		return r;
	source_skeleton(is, &places);
	source_skeleton(was, &old_places);
	json_object_set(request, "new", is);
	json_object_set(request, "old", was);
	json_set_strv(request, "places", &places);
	json_set_strv(request, "oldPlaces", &old_places);
	*ret = take_ptr(request);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a + 1, *(const char *const *)b + 1);
}

static void print_json(const struct strv *records, const char *below)
{
	static const char *const names[] = {"changed", "added", "deleted"};
	static const char kinds[] = "CAD";
	_cleanup_json_ json_t *out = json_object();
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *list = json_array();

		strv_foreach (k, record, records)
			if (*record == kinds[i])
				json_array_append_new(
					list, json_sprintf("%s%s", below, record + 1));
		if (json_array_size(list))
			json_object_set(out, names[i], list);
		json_decref(list);
	}
	text = json_dumps(out, JSON_INDENT(5));
	puts(text);
}

static void print_lines(const struct strv *records, const char *below)
{
	strv_foreach (i, record, records) {
		_cleanup_buf_ struct buf path = {0};

		output_escape(&path, below);
		/* a newline in a name must not look like another line */
		output_escape(&path, record + 1);
		printf("%c %s\n", *record, buf_str(&path));
	}
}

/* the worker's records: a letter and a path, each ended by a NUL */
static int print(int fd, const char *format, const char *below, struct err *err)
{
	_cleanup_strv_ struct strv records = {0};
	struct stat st;
	const char *text;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "read the changes");
	if (st.st_size) {
		text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (text == MAP_FAILED)
			return err_set(err, errno, "read the changes");
		for (const char *p = text; p < text + st.st_size; p += strlen(p) + 1)
			strv_add(&records, p);
		munmap((void *)(uintptr_t)text, (size_t)st.st_size);
	}
	if (records.n > 1)
		qsort(records.v, records.n, sizeof(*records.v), by_path);
	if (format)
		print_json(&records, below);
	else
		print_lines(&records, below);
	return 0;
}

int changed_run(struct ctx *ctx, enum changed_kind kind, const char *command,
	const struct changed_opts *o, const struct strv *names, struct err *err)
{
	_cleanup_(side_done) struct side new = {.c = {.dirfd = -EBADF, .runfd = -EBADF}},
					 old = {.c = {.dirfd = -EBADF, .runfd = -EBADF}};
	_cleanup_json_ json_t *request = NULL, *result = NULL;
	_cleanup_close_ int fd = memfd_create("changes", MFD_CLOEXEC);
	const char *other = names->n > (o->latest ? 0U : 1U) ? names->v[names->n - 1] : NULL;
	const struct strv none = {0};
	const char *below;
	int r;

	if (names->n > (o->latest ? 1U : 2U) || (!names->n && !o->latest)) {
		err_say(err, ERR_USAGE, "what to look at is named, or --latest is given");
		return err_hint(err, "see 'rl %s --help'", command);
	}
	if (o->format && !str_eq(o->format, "json"))
		return err_say(err, ERR_USAGE, "--format %.60s: use json", o->format);
	r = ctx_containers(ctx, err);
	if (r == 0 && o->latest) {
		r = target_one(ctx, true, &none, &new.c, err);
		new.is_container = r == 0;
	} else if (r == 0) {
		r = find(ctx, kind, names->v[0], &new, err);
	}
	if (r == 0 && other)
		r = find(ctx, kind, other, &old, err);
	if (r == 0)
		r = make_request(&new, &old, &request, err);
	if (r == 0)
		r = source_run(ctx, "diff", request, fd, true, &result, err);
	if (r < 0)
		return r;
	below = new.is_container ? source_below(&new.c) : NULL;
	return print(fd, o->format, below ? below : "", err);
}

#define O struct changed_opts
const struct opt changed_opts[] = {
	OPTION_STR(0, "format", O, format, "json", "print JSON"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container"),
	{0},
};
