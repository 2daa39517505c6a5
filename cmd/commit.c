#include "cmd/change.h"
#include "cmd/commit_config.h"
#include "cmd/source.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "storage/image_find.h"
#include "storage/ref.h"

#include <fcntl.h>
#include <stdio.h>

struct commit_opts {
	char *author, *message, *config, *format, *iidfile;
	struct strv change;
	bool include_volumes, pause, quiet, squash;
};

static int check(const struct strv *args, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	int r = args->n > 1 ? ref_parse(args->v[1], &ref, err) : 0;

	return r == 0 && ref.digest
		       ? err_say(err, ERR_USAGE, "%s: a new image cannot be named by digest",
				 args->v[1])
		       : r;
}

static int make_config(
	const struct commit_opts *o, const struct container *c, json_t *request, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *config = NULL;
	const char *id = json_get_str(c->record, "imageId", "");
	bool known = c->cs && *id && image_find(c->cs->store, id, &img, NULL) == 0;
	int r = commit_config(c, known ? &img : NULL, o->include_volumes, &config, err);

	if (r == 0 && o->config)
		r = commit_config_merge(config, o->config, err);
	for (size_t i = 0; r == 0 && i < o->change.n; i++)
		r = change_apply(config, o->change.v[i], err);
	if (r < 0)
		return r;
	json_object_set(request, "config", config);
	json_set_str(request, "imageId", id);
	return 0;
}

static int make_request(const struct commit_opts *o, const struct container *c,
	const struct strv *args, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *request = json_object(), *source = NULL;
	_cleanup_strv_ struct strv places = {0}, command = {0};
	_cleanup_free_ char *by = NULL;
	int r = source_of_container(c, &source, err);

	if (r == 0 && source_below(c)) {
		err_say(err, EINVAL, "a sandbox is no image");
		return err_hint(err,
			"'rl diff %s' shows what it changed, 'rl export %s | tar xf -' gives "
			"the directory as it left it",
			container_label(c), container_label(c));
	}
	if (r == 0)
		r = source_places(c, &places, err);
	if (r == 0)
		r = make_config(o, c, request, err);
	if (r < 0)
		return r;
	json_get_strv(c->record, "command", &command);
	by = strv_join(&command, " ");
	json_object_set(request, "source", source);
	json_set_strv(request, "places", &places);
	json_set_str(request, "createdBy", by);
	json_set_str(request, "author", o->author);
	json_set_str(request, "message", o->message);
	json_set_str(request, "format", o->format);
	json_object_set_new(
		request, "squash", json_boolean(o->squash || json_object_get(c->record, "base")));
	if (args->n > 1)
		json_object_set_new(request, "names", json_pack("[s]", args->v[1]));
	*ret = take_ptr(request);
	return 0;
}

static int commit(struct ctx *ctx, const struct commit_opts *o, const struct container *c,
	const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *request = NULL, *result = NULL;
	const char *id;
	int r = make_request(o, c, args, &request, err);

	if (r == 0)
		r = source_run(ctx, "commit", request, -EBADF, o->quiet, &result, err);
	if (r < 0)
		return err_wrap(err, "commit container %s", container_label(c));
	id = json_get_str(result, "id", "");
	event_container(c, "commit", NULL);
	if (o->iidfile)
		r = fs_write_at(AT_FDCWD, o->iidfile, id, strlen(id), 0644, 0, err);
	if (r < 0)
		return err_wrap(err, "--iidfile");
	puts(id);
	return 0;
}

/* However this process ends, the container goes on: the monitor sees the end of the connection. */
static int commit_still(struct ctx *ctx, const struct commit_opts *o, struct container *c,
	const struct strv *args, struct err *err)
{
	int hold = -EBADF, r = container_hold(c, &hold, err), q;

	if (r == 0)
		r = commit(ctx, o, c, args, err);
	q = container_release(c, hold, r < 0 ? NULL : err);
	if (r < 0 || q == 0)
		return r;
	err_wrap(err, "the image was made, but its container did not stand still meanwhile");
	return err_hint(err, "the image may hold files that do not fit together: commit again");
}

static int run_commit(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct commit_opts *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = check(args, err);

	if (r == 0)
		r = ctx_containers(ctx, err);
	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &c, err);
	if (r == 0 && c.status == CONTAINER_DAMAGED)
		r = err_say(err, EBADMSG, "container %s is damaged", container_label(&c));
	if (r < 0)
		return r;
	return o->pause ? commit_still(ctx, o, &c, args, err) : commit(ctx, o, &c, args, err);
}

#define O struct commit_opts
static const struct opt commit_opts[] = {
	OPTION_STR('a', "author", O, author, "TEXT", "author of the image"),
	OPTION_STRV('c', "change", O, change, "INSTRUCTION",
		"set CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
		"VOLUME or WORKDIR"),
	OPTION_STR(
		0, "config", O, config, "FILE", "lay a configuration in JSON over the container's"),
	OPTION_STR('f', "format", O, format, "oci|docker", "format of the manifest (default: oci)"),
	OPTION_STR(0, "iidfile", O, iidfile, "FILE", "write the id of the image to a file"),
	OPTION_BOOL(0, "include-volumes", O, include_volumes,
		"places of the container's bind mounts become volumes of the image"),
	OPTION_STR('m', "message", O, message, "TEXT", "comment for the image's history"),
	OPTION_BOOL('p', "pause", O, pause, "pause the container while it is read"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	OPTION_BOOL('s', "squash", O, squash, "make one layer of the image's and the container's"),
	{0},
};

static const struct commit_opts commit_defaults = {.format = (char *)"oci"};

const struct cmd cmd_commit = {
	.name = "commit",
	.args = "CONTAINER [IMAGE]",
	.min = 1,
	.max = 2,
	.summary = "Make an image of what a container has changed",
	.details = "What is mounted in the container is not part of it.  The id of the image is "
		   "printed.",
	.opts = commit_opts,
	.opts_size = sizeof(struct commit_opts),
	.defaults = &commit_defaults,
	.run = run_commit,
};
