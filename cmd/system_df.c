#include "cmd/cmd.h"
#include "cmd/human.h"
#include "cmd/image_rows.h"
#include "cmd/ps_rows.h"
#include "runtime/base/clock.h"
#include "storage/artifacts.h"
#include "storage/usage.h"
#include "storage/volume.h"
#include "storage/writable.h"

#include <stdio.h>

#define TABLE "{{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"
#define TABLE_IMAGES                                                                               \
	"{{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Created}}\t{{.Size}}\t{{.SharedSize}}\t"      \
	"{{.UniqueSize}}\t{{.Containers}}"
#define TABLE_CONTAINERS                                                                           \
	"{{.ContainerID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.Created}}"   \
	"\t{{.Status}}\t{{.Names}}"
#define TABLE_VOLUMES "{{.VolumeName}}\t{{.Links}}\t{{.Size}}"

struct df_opts {
	char *format;
	bool verbose;
};

/* everything that is shown, read once */
struct df {
	struct image_list images;
	struct family all;
	struct usage usage;
	struct container_list containers;
	uint64_t *sizes; /* of the containers */
	json_t *users;	 /* of the volumes */
	struct strv volumes;
	uint64_t *volume_sizes;
	struct artifact_list artifacts;
	uint64_t artifact_bytes;
};

static void df_done(struct df *d)
{
	usage_done(&d->usage);
	family_done(&d->all);
	image_list_done(&d->images);
	container_list_done(&d->containers);
	free(d->sizes);
	json_decref(d->users);
	strv_done(&d->volumes);
	free(d->volume_sizes);
	artifact_list_done(&d->artifacts);
}

static int read_volumes(struct ctx *ctx, struct df *d, struct err *err)
{
	_cleanup_json_ json_t *all = NULL;
	json_t *record;
	size_t i;
	int r = volume_list(&ctx->store, &all, NULL, err);

	if (r < 0)
		return r;
	d->users = volume_users(&ctx->store);
	json_array_foreach (all, i, record)
		strv_add(&d->volumes, json_get_str(record, "name", ""));
	d->volume_sizes = xcalloc(d->volumes.n + 1, sizeof(*d->volume_sizes));
	return writable_volume_sizes(&ctx->store, ctx->rundir, &d->volumes, d->volume_sizes, err);
}

static int df_read(struct ctx *ctx, struct df *d, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = ctx_containers(ctx, err);

	if (r == 0)
		r = image_list(&ctx->store, &d->images, NULL, err);
	if (r < 0)
		return r;
	family_init(&d->all, &d->images);
	family_count_containers(&d->all, &ctx->store);
	r = usage_read(&ctx->store, &d->all, &d->usage, err);
	if (r == 0)
		r = container_list(&ctx->containers, &d->containers, err);
	if (r == 0)
		r = artifacts_list(&ctx->store, &d->artifacts, err);
	if (r < 0)
		return r;
	d->artifact_bytes = usage_tree(ctx->store.fd, "artifacts");
	for (size_t i = 0; i < d->containers.n; i++)
		strv_add(&ids, d->containers.v[i].id);
	d->sizes = xcalloc(ids.n + 1, sizeof(*d->sizes));
	r = writable_sizes(&ctx->store, ctx->rundir, &ids, d->sizes, err);
	return r < 0 ? r : read_volumes(ctx, d, err);
}

static void add_summary(json_t *rows, const char *type, size_t total, size_t active, uint64_t size,
	uint64_t reclaimable)
{
	unsigned percent = size ? (unsigned)((double)reclaimable * 100 / (double)size + 0.5) : 0;
	char text[HUMAN_MAX];
	json_t *j = json_object();

	json_set_str(j, "Type", type);
	json_object_set_new(j, "Total", json_integer((json_int_t)total));
	json_object_set_new(j, "Active", json_integer((json_int_t)active));
	json_object_set_new(j, "RawSize", json_integer((json_int_t)size));
	json_object_set_new(j, "RawReclaimable", json_integer((json_int_t)reclaimable));
	json_object_set_new(j, "TotalCount", json_integer((json_int_t)total));
	json_set_str(j, "Size", human_size_short(size, text));
	human_size_short(reclaimable, text);
	json_object_set_new(j, "Reclaimable", json_sprintf("%s (%u%%)", text, percent));
	json_array_append_new(rows, j);
}

static size_t links(const struct df *d, const char *volume)
{
	return json_array_size(json_object_get(d->users, volume));
}

static json_t *verbose_volumes(const struct df *d)
{
	json_t *out = json_array();
	char text[HUMAN_MAX];

	strv_foreach (i, name, &d->volumes)
		json_array_append_new(out, json_pack("{s:s, s:i, s:s}", "VolumeName", name, "Links",
						   (int)links(d, name), "Size",
						   human_size_short(d->volume_sizes[i], text)));
	return out;
}

static bool is_mounted(const struct df *d, const char *digest)
{
	for (size_t i = 0; i < d->containers.n; i++) {
		_cleanup_strv_ struct strv mounted = {0};

		json_get_strv(d->containers.v[i].record, "mountedArtifacts", &mounted);
		if (strv_has(&mounted, digest))
			return true;
	}
	return false;
}

/* podman and docker have no such row; who has no artifacts sees what they print */
static void add_artifacts(const struct df *d, json_t *rows)
{
	uint64_t used = 0;
	size_t active = 0;

	if (!d->artifacts.n && !d->artifact_bytes)
		return;
	for (size_t i = 0; i < d->artifacts.n; i++) {
		if (!is_mounted(d, d->artifacts.v[i].digest))
			continue;
		active++;
		used += artifacts_size(&d->artifacts.v[i]);
	}
	add_summary(rows, "Artifacts", d->artifacts.n, active, d->artifact_bytes,
		used < d->artifact_bytes ? d->artifact_bytes - used : 0);
}

static json_t *summary(const struct df *d)
{
	json_t *rows = json_array();
	size_t used = 0, running = 0;
	uint64_t size = 0, reclaimable = 0;

	for (size_t i = 0; i < d->images.n; i++)
		used += d->all.containers[i] > 0;
	add_summary(rows, "Images", d->images.n, used, d->usage.total, d->usage.reclaimable);
	for (size_t i = 0; i < d->containers.n; i++) {
		bool active = container_is_running(&d->containers.v[i]);

		running += active;
		size += d->sizes[i];
		reclaimable += active ? 0 : d->sizes[i];
	}
	add_summary(rows, "Containers", d->containers.n, running, size, reclaimable);
	used = size = reclaimable = 0;
	for (size_t i = 0; i < d->volumes.n; i++) {
		bool active = links(d, d->volumes.v[i]) > 0;

		used += active;
		size += d->volume_sizes[i];
		reclaimable += active ? 0 : d->volume_sizes[i];
	}
	add_summary(rows, "Local Volumes", d->volumes.n, used, size, reclaimable);
	add_artifacts(d, rows);
	return rows;
}

static json_t *verbose_images(const struct df *d)
{
	_cleanup_(image_rows_done) struct image_rows rows = {0};
	json_t *out = json_array();

	for (size_t i = 0; i < d->images.n; i++) {
		strv_foreach (k, name, &d->images.v[i].names)
			image_rows_add(&rows, &d->all, i, name);
		if (!d->images.v[i].names.n)
			image_rows_add(&rows, &d->all, i, NULL);
	}
	for (size_t k = 0; k < rows.n; k++) {
		const struct image_row *row = &rows.v[k];
		struct timespec ts = {.tv_sec = (time_t)row->img->created};
		char text[HUMAN_MAX], when[CLOCK_TEXT_MAX], id[80];
		uint64_t shared, unique;
		json_t *j = json_object();

		usage_of(&d->usage, row->img, &shared, &unique);
		json_set_str(j, "Repository", row->repository);
		json_set_str(j, "Tag", row->tag);
		json_set_str(j, "ImageID", human_id(row->img->id, false, id));
		json_set_str(j, "Created", human_since(clock_text(&ts, when), text));
		json_set_str(j, "Size", human_size_short(shared + unique, text));
		json_set_str(j, "SharedSize", human_size_short(shared, text));
		json_set_str(j, "UniqueSize", human_size_short(unique, text));
		json_object_set_new(
			j, "Containers", json_integer((json_int_t)d->all.containers[row->i]));
		json_array_append_new(out, j);
	}
	return out;
}

static json_t *verbose_containers(const struct df *d)
{
	json_t *out = json_array();

	for (size_t i = 0; i < d->containers.n; i++) {
		const struct container *c = &d->containers.v[i];
		_cleanup_json_ json_t *ps = ps_row(c, &(struct ps_row_opts){0}, 0, 0);
		char text[HUMAN_MAX];
		json_t *j = json_object();

		json_set_str(j, "ContainerID", json_get_str(ps, "ID", ""));
		json_set_str(j, "Image", json_get_str(ps, "Image", ""));
		json_set_str(j, "Command", json_get_str(ps, "Command", ""));
		json_object_set_new(j, "LocalVolumes",
			json_integer((json_int_t)json_array_size(
				json_object_get(c->record, "volumes"))));
		json_set_str(j, "Size", human_size_short(d->sizes[i], text));
		json_set_str(j, "Created", json_get_str(ps, "CreatedHuman", ""));
		json_set_str(j, "Status", container_status_name(c->status));
		json_set_str(j, "Names", container_label(c));
		json_array_append_new(out, j);
	}
	return out;
}

static int print_part(const char *title, const char *table, json_t *rows, struct err *err)
{
	static const struct heading headings[] = {{"ImageID", "IMAGE ID"},
		{"ContainerID", "CONTAINER ID"}, {"SharedSize", "SHARED SIZE"},
		{"UniqueSize", "UNIQUE SIZE"}, {"LocalVolumes", "LOCAL VOLUMES"},
		{"VolumeName", "VOLUME NAME"}, {0}};
	_cleanup_json_ json_t *owned = rows;
	struct output how = {.table = table, .headings = headings};

	output_printf("%s", title);
	return output_list(&how, owned, err);
}

static int verbose(const struct df *d, struct err *err)
{
	int r = print_part("Images space usage:\n\n", TABLE_IMAGES, verbose_images(d), err);

	if (r == 0)
		r = print_part("\nContainers space usage:\n\n", TABLE_CONTAINERS,
			verbose_containers(d), err);
	if (r == 0)
		r = print_part(
			"\nLocal Volumes space usage:\n\n", TABLE_VOLUMES, verbose_volumes(d), err);
	return r;
}

static int run_df(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct df_opts *o = opts;
	_cleanup_(df_done) struct df d = {0};
	_cleanup_json_ json_t *rows = NULL;
	struct output how = {.format = o->format, .table = TABLE};
	int r;

	(void)args;
	if (o->format && o->verbose)
		return err_say(err, ERR_USAGE, "--format and --verbose exclude each other");
	r = df_read(ctx, &d, err);
	if (r < 0)
		return r;
	if (o->verbose)
		return verbose(&d, err);
	rows = summary(&d);
	return output_list(&how, rows, err);
}

#define O struct df_opts
static const struct opt df_opts[] = {
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL('v', "verbose", O, verbose, "show each image, container and volume"),
	{0},
};

const struct cmd cmd_system_df = {
	.name = "system df",
	.summary = "Show what images, containers and volumes take on disk",
	.details =
		"A layer that several images share counts once.  RECLAIMABLE is what would be free "
		"without the images and volumes that no container uses, and without the containers "
		"that do not run.",
	.opts = df_opts,
	.opts_size = sizeof(struct df_opts),
	.run = run_df,
};
