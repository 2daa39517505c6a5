#include "cmd/source.h"

#include "cmd/progress.h"
#include "runtime/base/path.h"
#include "runtime/mapped.h"
#include "storage/transfer.h"

json_t *source_of_base(const struct container *c)
{
	_cleanup_(idmaps_done) struct idmaps maps = {0};
	json_t *j = json_object();

	json_object_set(j, "diffIds", json_object_get(c->record, "diffIds"));
	json_object_set(j, "base", json_object_get(c->record, "base"));
	json_set_str(j, "sharedStore", json_get_str(c->record, "sharedStore", NULL));
	json_set_str(j, "imageId", json_get_str(c->record, "imageId", NULL));
	if (mapped_maps(c->record, &maps, NULL) == 1)
		json_object_set(j, "idMaps", json_object_get(c->record, "idMaps"));
	return j;
}

int source_of_container(const struct container *c, json_t **ret, struct err *err)
{
	if (!json_object_get(c->record, "diffIds") && !json_object_get(c->record, "base")) {
		err_say(err, EINVAL,
			"container %s writes to the directories of the host that it has, and to "
			"no copy",
			container_label(c));
		return err_hint(err, "a copy is made with 'rl sandbox --copy' and 'rl run --rootfs "
				     "DIR:O'");
	}
	*ret = source_of_base(c);
	json_set_str(*ret, "container", c->id);
	json_object_set_new(*ret, "pid", json_integer(c->pid));
	return 0;
}

json_t *source_of_layers(const struct image *img, size_t n)
{
	json_t *ids = json_array(), *j;

	for (size_t i = 0; i < n && i < img->diff_ids.n; i++)
		json_array_append_new(ids, json_str(img->diff_ids.v[i]));
	j = json_pack("{s:o}", "diffIds", ids);
	json_set_str(j, "sharedStore", img->shared);
	json_set_str(j, "imageId", img->id);
	return j;
}

const char *source_below(const struct container *c)
{
	return json_get_bool(c->record, "baseBelow", false) ? json_get_str(c->record, "base", NULL)
							    : NULL;
}

/* what any container gets, as driver_skeleton() makes it or the container's first start */
static const char *const usual[] = {
	"dev", "proc", "sys", "run/.containerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf"};

void source_skeleton(const json_t *source, struct strv *ret)
{
	if (!json_object_get(source, "sharedStore") && !json_object_get(source, "idMaps"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		strv_add(ret, usual[i]);
}

int source_places(const struct container *c, struct strv *ret, struct err *err)
{
	_cleanup_json_ json_t *config = NULL;
	const char *below = source_below(c);
	json_t *mount;
	size_t i;
	int r = container_config(c, &config, err);

	if (r < 0)
		return r;
	/* drivers without a skeleton make them, whatever is mounted there now */
	for (i = 0; !below && i < ARRAY_SIZE(usual); i++)
		strv_add(ret, usual[i]);
	json_array_foreach (json_object_get(config, "mounts"), i, mount) {
		_cleanup_free_ char *path = path_clean(json_get_str(mount, "destination", "/"));
		const char *rest = str_after(path, below ? below : "");

		if (rest && path_is_abs(rest) && rest[1])
			strv_add(ret, rest + 1);
	}
	return 0;
}

int source_run(struct ctx *ctx, const char *subcommand, const json_t *request, int fd, bool quiet,
	json_t **ret, struct err *err)
{
	struct progress progress;
	struct transfer_opts t = {
		.subcommand = subcommand,
		.driver = ctx->storage_driver,
		.request = request,
		.input = fd,
		.progress = progress_event,
		.note = progress_note,
		.arg = &progress,
	};
	int r;

	progress_init(&progress, quiet);
	r = transfer_run(&ctx->store, ctx->rundir, &t, ret, err);
	progress_finish(&progress);
	return r;
}
