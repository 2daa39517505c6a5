#include "cmd/inspect.h"

#include "cmd/artifact_inspect.h"
#include "cmd/output.h"
#include "cmd/volume_filter.h"
#include "storage/image_find.h"

struct inspect_opts {
	char *format, *type;
	bool size, latest;
};

static int show_container(struct ctx *ctx, const struct inspect_opts *o, const struct container *c,
	json_t *out, struct err *err)
{
	json_t *j = NULL;
	int r = inspect_container(ctx, c, o->size, &j, err);

	if (r < 0)
		return r;
	if (output_is_template(o->format))
		inspect_absent_container(j);
	json_array_append_new(out, j);
	return r;
}

/* an object was looked for and is not there, as opposed to any other failure */
static int add_container(struct ctx *ctx, const struct inspect_opts *o, const char *name,
	json_t *out, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = container_find(&ctx->containers, name, &c, err);

	return r < 0 ? r : show_container(ctx, o, &c, out, err);
}

static int add_image(struct ctx *ctx, const struct inspect_opts *o, const char *name, json_t *out,
	struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = image_find(&ctx->store, name, &img, err);
	json_t *j;

	if (r < 0)
		return r;
	j = inspect_image(&ctx->store, &img);
	if (output_is_template(o->format))
		inspect_absent_image(j);
	json_array_append_new(out, j);
	return r;
}

static int add_volume(struct ctx *ctx, const char *name, json_t *out, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *users = NULL;
	int r = volume_read(&ctx->store, name, &record, err);

	if (r < 0)
		return r;
	users = volume_users(&ctx->store);
	json_array_append_new(out, volume_shown(&ctx->store, record, users));
	return 0;
}

static int add_artifact(struct ctx *ctx, const char *name, json_t *out, struct err *err)
{
	json_t *j;
	int r = artifact_shown(ctx, name, &j, err);

	if (r == 0)
		json_array_append_new(out, j);
	return r;
}

static int add_latest(struct ctx *ctx, const struct inspect_opts *o, json_t *out, struct err *err)
{
	_cleanup_(container_list_done) struct container_list list = {0};
	int r = container_list(&ctx->containers, &list, err);

	if (r < 0)
		return r;
	if (list.n == 0)
		return err_set(err, ERR_NO_OBJECT, "there is no container");
	return show_container(ctx, o, &list.v[0], out, err);
}

static int add_named(struct ctx *ctx, const struct inspect_opts *o, const char *name, json_t *out,
	struct err *err)
{
	bool any = str_eq(o->type, "all");
	int r = -ERR_NO_OBJECT;

	if (any || str_eq(o->type, "container"))
		r = add_container(ctx, o, name, out, err);
	if (r == -ERR_NO_OBJECT && (any || str_eq(o->type, "image"))) {
		struct err missing = {0};

		r = add_image(ctx, o, name, out, &missing);
		/* what is not even an image's name is just not there */
		if (any && r < 0 && r != -ERR_NO_OBJECT)
			r = missing.code == EINVAL || missing.code == ERR_USAGE ? -ERR_NO_OBJECT
										: r;
		if (r < 0 && err)
			*err = missing;
	}
	if (r == -ERR_NO_OBJECT && (any || str_eq(o->type, "volume")))
		r = add_volume(ctx, name, out, err);
	/* only by its type: "all" is what other tools look through, and an artifact may have an image's name */
	if (str_eq(o->type, "artifact"))
		r = add_artifact(ctx, name, out, err);
	if (r != -ERR_NO_OBJECT)
		return r;
	err_set(err, ERR_NO_OBJECT, "no such %s: \"%s\"", any ? "object" : o->type, name);
	return err_hint(err, "%s",
		str_eq(o->type, "image")      ? "'rl images' lists the images"
		: str_eq(o->type, "volume")   ? "'rl volume ls' lists the volumes"
		: str_eq(o->type, "artifact") ? "'rl artifact ls' lists the artifacts"
		: str_eq(o->type, "container")
			? "'rl ps -a' lists the containers"
			: "'rl ps -a' lists the containers, 'rl images' the images");
}

static int inspect(
	struct ctx *ctx, const struct inspect_opts *o, const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *out = json_array();
	struct err first = {0}, printing = {0};
	int r, failed = 0;

	if (o->latest && args->n > 0)
		return err_set(err, ERR_USAGE, "--latest and names exclude each other");
	if (!o->latest && args->n == 0) {
		err_set(err, ERR_USAGE, "nothing to inspect");
		return err_hint(err, "name a container, an image or a volume");
	}
	r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	/* only to name it: nothing is recorded before the first container */
	store_driver(&ctx->store, false, NULL);
	if (o->latest)
		failed = add_latest(ctx, o, out, &first);
	/* the others are shown even if one is missing; the first failure is the result */
	strv_foreach (i, name, args) {
		struct err e = {0};

		r = add_named(ctx, o, name, out, &e);
		if (r < 0 && failed == 0) {
			failed = r;
			first = e;
		}
	}
	if (json_array_size(out) > 0 || failed == 0 || !o->format) {
		r = output_object(o->format, out, &printing);
		if (r < 0 && failed == 0) {
			failed = r;
			first = printing;
		}
	}
	if (failed < 0 && err)
		*err = first;
	return failed;
}

static int run_inspect(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return inspect(ctx, opts, args, err);
}

#define O struct inspect_opts
#define FORMAT                                                                                     \
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'")
#define LATEST OPTION_BOOL('l', "latest", O, latest, "the container that was created last")
#define SIZE   OPTION_BOOL('s', "size", O, size, "show the size of a container's own files")

static const struct opt inspect_opts[] = {FORMAT, LATEST, SIZE,
	OPTION_STR('t', "type", O, type, "all|artifact|container|image|volume", "what to look for"),
	{0}};
static const struct opt container_opts[] = {FORMAT, LATEST, SIZE, {0}};
static const struct opt image_opts[] = {FORMAT, {0}};

static char type_all[] = "all", type_container[] = "container", type_image[] = "image";
static const struct inspect_opts inspect_defaults = {.type = type_all};
static const struct inspect_opts container_defaults = {.type = type_container};
static const struct inspect_opts image_defaults = {.type = type_image};

const struct cmd cmd_inspect = {
	.name = "inspect",
	.args = "[CONTAINER|IMAGE|VOLUME...]",
	.max = -1,
	.summary = "Show everything about containers, images and volumes",
	.opts = inspect_opts,
	.opts_size = sizeof(O),
	.defaults = &inspect_defaults,
	.run = run_inspect,
};

const struct cmd cmd_container_inspect = {
	.name = "container inspect",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Show everything about containers",
	.opts = container_opts,
	.opts_size = sizeof(O),
	.defaults = &container_defaults,
	.hidden = true,
	.run = run_inspect,
};

const struct cmd cmd_image_inspect = {
	.name = "image inspect",
	.args = "IMAGE [IMAGE...]",
	.min = 1,
	.max = -1,
	.summary = "Show everything about images",
	.opts = image_opts,
	.opts_size = sizeof(O),
	.defaults = &image_defaults,
	.hidden = true,
	.run = run_inspect,
};
