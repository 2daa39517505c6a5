#include "cmd/output.h"
#include "cmd/volume_filter.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "runtime/volume_driver.h"

struct volume_create_opts {
	char *driver, *name;
	bool ignore;
	struct strv labels, opts;
	int64_t uid, gid;
};

static int set_id(json_t *record, const char *key, int64_t id, struct err *err)
{
	if (id < 0)
		return 0;
	if (id > (int64_t)UINT32_MAX - 1)
		return err_say(err, ERR_USAGE, "--%s: %lld is not an id", key, (long long)id);
	json_object_set_new(record, key, json_integer(id));
	return 0;
}

static int run_volume_create(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct volume_create_opts *o = opts;
	_cleanup_json_ json_t *record = NULL;
	const char *name = args->n ? args->v[0] : o->name;
	char random[65];
	int r;

	if (args->n && o->name && !str_eq(args->v[0], o->name))
		return err_say(err, ERR_USAGE, "the volume has two names: %.80s and %.80s", o->name,
			args->v[0]);
	if (str_empty(name)) {
		fs_random_hex(random, 64);
		name = random;
	}
	record = volume_record(name, "local");
	r = volume_name_check(name, err);
	if (r == 0)
		r = volume_driver_set(record, o->driver, &o->opts, err);
	if (r == 0)
		r = volume_labels_set(record, &o->labels, err);
	if (r == 0)
		r = set_id(record, "uid", o->uid, err);
	if (r == 0)
		r = set_id(record, "gid", o->gid, err);
	if (r == 0 && *volume_type(record) && (o->uid >= 0 || o->gid >= 0))
		r = err_say(err, ERR_USAGE, "--uid and --gid are for volumes without a type");
	if (r == 0)
		r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	if (name == random)
		json_object_set_new(record, "anonymous", json_true());
	r = volume_create(&ctx->store, ctx->rundir, record, err);
	if (r == -EEXIST && !o->ignore)
		return err_hint(err, "use it, choose another name, or give --ignore");
	if (r < 0 && r != -EEXIST)
		return r;
	if (r == 0)
		event_volume(&ctx->store, "create", name);
	output_printf("%s\n", name);
	return 0;
}

#define O struct volume_create_opts
static const struct opt volume_create_opts[] = {
	OPTION_STR('d', "driver", O, driver, "DRIVER",
		"what keeps the data: local (the default) or image"),
	OPTION_INT(0, "gid", O, gid, "ID", "group of the volume, as containers have it"),
	OPTION_BOOL(0, "ignore", O, ignore, "a volume of this name that exists is fine"),
	OPTION_STRV('l', "label", O, labels, "KEY=VALUE", "add a label"),
	{0, "name", OPT_STR, OPT_CHECK(O, name, char *), "NAME", "", NULL, true},
	OPTION_STRV('o', "opt", O, opts, "KEY=VALUE",
		"option of the driver: type=, device=, o=; image= of the driver image"),
	OPTION_INT(0, "uid", O, uid, "ID", "owner of the volume, as containers have it"),
	{0},
};

const struct cmd cmd_volume_create = {
	.name = "volume create",
	.args = "[NAME]",
	.max = 1,
	.summary = "Make a volume",
	.details = "Its name is printed; without NAME a random one is chosen.  With type=none, "
		   "o=bind and device=DIR the "
		   "volume is a directory of the host, with type=tmpfs a tmpfs of each container.",
	.opts = volume_create_opts,
	.opts_size = sizeof(O),
	.defaults = &(const O){.uid = -1, .gid = -1},
	.run = run_volume_create,
};
