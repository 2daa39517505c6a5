#include "cmd/info.h"

#include "cmd/output.h"
#include "cmd/version.h"

#include "storage/config.h"
#include "storage/driver.h"
#include "storage/image.h"
#include "storage/meta.h"
#include "storage/registries.h"
#include "userns/userns.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/statvfs.h>

struct info_opts {
	char *format;
};

/* names in JSON that are not just the other one with a small first letter; NULL keeps it */
static const char *const json_names[][2] = {
	{"APIVersion", NULL},
	{"AppArmorEnabled", "apparmorEnabled"},
	{"AppArmorProfile", "apparmorProfile"},
	{"CPUUtilization", "cpuUtilization"},
	{"CPUs", "cpus"},
	{"CgroupsVersion", "cgroupVersion"},
	{"ContainerID", "container_id"},
	{"DefaultCapabilities", "capabilities"},
	{"GIDMap", "gidmap"},
	{"HostID", "host_id"},
	{"IDMappings", "idMappings"},
	{"OCIRuntime", "ociRuntime"},
	{"OS", "os"},
	{"Os", NULL},
	{"OsArch", NULL},
	{"SECCOMPEnabled", "seccompEnabled"},
	{"SELinuxEnabled", "selinuxEnabled"},
	{"Slirp4NetNS", "slirp4netns"},
	{"UIDMap", "uidmap"},
};

static char *json_name(const char *name)
{
	char *copy = xstrdup(name);

	for (size_t i = 0; i < ARRAY_SIZE(json_names); i++)
		if (str_eq(name, json_names[i][0])) {
			free(copy);
			return xstrdup(json_names[i][1] ? json_names[i][1] : name);
		}
	copy[0] = (char)tolower((unsigned char)copy[0]);
	return copy;
}

/* a copy with the names of JSON; a new reference */
static json_t *info_to_json(const json_t *tree)
{
	json_t *copy, *v;
	const char *key;
	size_t i;

	if (json_is_array(tree)) {
		copy = json_array();
		json_array_foreach (tree, i, v) {
			json_array_append_new(copy, info_to_json(v));
		}
		return copy;
	}
	if (!json_is_object(tree))
		return json_incref((json_t *)tree);
	copy = json_object();
	json_object_foreach ((json_t *)tree, key, v) {
		_cleanup_free_ char *name = json_name(key);

		json_object_set_new(copy, name, info_to_json(v));
	}
	return copy;
}

/* one value on the line of its name */
static void add_scalar(const json_t *v, struct buf *out)
{
	_cleanup_free_ char *text = NULL;
	const char *s = json_string_value(v);

	buf_addc(out, ' ');
	if (s && *s && !isdigit((unsigned char)*s) && !strpbrk(s, "\n\"'#{}[]&*!|>%@`") &&
		!strstr(s, ": "))
		output_escape(out, s);
	else if (json_is_array(v))
		buf_adds(out, "[]");
	else if (json_is_object(v))
		buf_adds(out, "{}");
	else if (json_is_real(v))
		buf_addf(out, "%.2f", json_real_value(v));
	else
		buf_adds(out, text = json_text(v));
	buf_addc(out, '\n');
}

static bool is_block(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v) > 0) ||
	       (json_is_array(v) && json_array_size(v) > 0);
}

/* append as indented text */
static void info_to_yaml(const json_t *tree, unsigned depth, struct buf *out)
{
	const char *key;
	json_t *v;
	size_t i;

	json_array_foreach (tree, i, v) {
		_cleanup_buf_ struct buf item = {0};

		/* a block's first line follows the dash */
		if (is_block(v))
			info_to_yaml(v, depth + 1, &item);
		else
			add_scalar(v, &item);
		buf_addf(out, "%*s-%s%s", (int)depth * 2, "", is_block(v) ? " " : "",
			buf_str(&item) + (is_block(v) ? (depth + 1) * 2 : 0));
	}
	json_object_foreach ((json_t *)tree, key, v) {
		buf_addf(out, "%*s%s:", (int)depth * 2, "", key);
		if (!is_block(v)) {
			add_scalar(v, out);
			continue;
		}
		buf_addc(out, '\n');
		info_to_yaml(v, json_is_array(v) ? depth : depth + 1, out);
	}
}

static int choose_driver(void *arg, struct err *err)
{
	struct ctx *ctx = arg;

	return store_driver(&ctx->store, true, err);
}

/* A new store has no driver yet: try them now, as the first pull would. */
static const char *driver_name(struct ctx *ctx)
{
	if (store_driver(&ctx->store, false, NULL) == -ENODATA) {
		userns_call(ctx->rundir, choose_driver, ctx, NULL);
		store_driver(&ctx->store, false, NULL);
	}
	return ctx->store.driver ? ctx->store.driver->name : "";
}

static int try_data_only(void *arg, struct err *err)
{
	struct ctx *ctx = arg;

	(void)err;
	return meta_data_only(&ctx->store, true);
}

/* only where there is one: it is tried for real the first time */
static void info_shared(struct ctx *ctx, json_t *s)
{
	int data_only;

	json_object_set_new(s, "AdditionalImageStores", json_from_strv(&ctx->store.shared));
	if (!ctx->store.shared.n)
		return;
	data_only = meta_data_only(&ctx->store, false);
	if (data_only == -ENODATA)
		data_only = userns_call(ctx->rundir, try_data_only, ctx, NULL);
	json_set_str(s, "SharedImages", data_only == 1 ? "data-only layers" : "copied");
}

static int count_containers(struct ctx *ctx, json_t *s, struct err *err)
{
	struct container_list list = {0};
	json_t *c = json_object();
	int64_t running = 0, paused = 0;
	int r = container_list(&ctx->containers, &list, err);

	if (r < 0) {
		json_decref(c);
		return r;
	}
	for (size_t i = 0; i < list.n; i++) {
		running += container_is_running(&list.v[i]);
		paused += list.v[i].status == CONTAINER_PAUSED;
	}
	json_object_set_new(c, "Number", json_integer((int64_t)list.n));
	json_object_set_new(c, "Paused", json_integer(paused));
	json_object_set_new(c, "Running", json_integer(running - paused));
	json_object_set_new(c, "Stopped", json_integer((int64_t)list.n - running));
	json_object_set_new(s, "ContainerStore", c);
	container_list_done(&list);
	return 0;
}

static int count_images(struct ctx *ctx, json_t *s, struct err *err)
{
	struct image_list list = {0};
	int r = image_list(&ctx->store, &list, NULL, err);

	if (r < 0)
		return r;
	json_object_set_new(s, "ImageStore", json_pack("{s:I}", "Number", (json_int_t)list.n));
	image_list_done(&list);
	return 0;
}

static int info_store(struct ctx *ctx, json_t *s, struct err *err)
{
	_cleanup_free_ char *file = config_user_file();
	struct statvfs vfs = {0};
	int r = count_containers(ctx, s, err);

	if (r < 0)
		return r;
	json_set_str(s, "GraphDriverName", driver_name(ctx));
	info_shared(ctx, s);
	json_object_set_new(s, "GraphOptions", json_object());
	json_set_str(s, "GraphRoot", ctx->store.path);
	fstatvfs(ctx->store.fd, &vfs);
	json_object_set_new(
		s, "GraphRootAllocated", json_integer((int64_t)(vfs.f_blocks * vfs.f_frsize)));
	json_object_set_new(s, "GraphRootUsed",
		json_integer((int64_t)((vfs.f_blocks - vfs.f_bfree) * vfs.f_frsize)));
	json_object_set_new(s, "GraphStatus", json_object());
	r = count_images(ctx, s, err);
	json_set_str(s, "RunRoot", ctx->runpath);
	json_object_set_new(s, "ImageCopyTmpDir", json_sprintf("%s/tmp", ctx->store.path));
	json_set_str(s, "ConfigFile", file ? file : "");
	json_object_set_new(s, "VolumePath", json_sprintf("%s/volumes", ctx->store.path));
	return r;
}

/* where names without a host are looked for */
static json_t *registries(void)
{
	struct registries conf = {0};
	json_t *j = json_object();

	if (registries_load_default(&conf, NULL) < 0)
		return j;
	json_set_strv(j, "search", &conf.search);
	registries_done(&conf);
	return j;
}

static json_t *plugins(void)
{
	return json_pack("{s:[], s:[s,s,s,s,s], s:[s]}", "Network", "Log", "k8s-file", "json-file",
		"journald", "passthrough", "none", "Volume", "local");
}

static int run_info(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct info_opts *o = opts;
	_cleanup_json_ json_t *tree = json_object(), *renamed = NULL;
	_cleanup_buf_ struct buf text = {0};
	json_t *store = json_object();
	int r = ctx_containers(ctx, err);

	(void)args;
	json_object_set_new(tree, "Host", json_object());
	json_object_set_new(tree, "Store", store);
	if (r == 0)
		r = info_store(ctx, store, err);
	if (r < 0)
		return r;
	json_object_set_new(tree, "Host", info_host(ctx));
	json_object_set_new(tree, "Plugins", plugins());
	json_object_set_new(tree, "Registries", registries());
	json_object_set_new(tree, "Version", version_client());
	if (output_is_template(o->format)) {
		info_absent(tree);
		return output_object(o->format, tree, err);
	}
	renamed = info_to_json(tree);
	/* the names of the version are the same in both */
	json_object_set_new(renamed, "version", version_client());
	if (o->format)
		return output_object(o->format, renamed, err);
	info_to_yaml(renamed, 0, &text);
	fwrite(buf_str(&text), 1, text.len, stdout);
	return 0;
}

#define O struct info_opts
static const struct opt info_opts[] = {
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_info = {
	.name = "info",
	.summary = "Show the machine, the store and the version of rl",
	.opts = info_opts,
	.opts_size = sizeof(struct info_opts),
	.run = run_info,
};
