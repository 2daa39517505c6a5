#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "storage/secret.h"

#include <stdio.h>

struct inspect_opts {
	char *format;
	bool pretty, show;
};

static int add_value(struct ctx *ctx, const struct secret *s, json_t *out, struct err *err)
{
	_cleanup_buf_ struct buf value = {.cap = SECRET_MAX};
	int r = secret_read(&ctx->store, s, &value, err);

	if (r == 0 && memchr(buf_str(&value), '\0', value.len)) {
		err_say(err, ERR_USAGE, "the value of secret %s is not text", s->name);
		return err_hint(err,
			"read it in a container: rl run --rm --secret %s IMAGE "
			"cat /run/secrets/%s",
			s->name, s->name);
	}
	if (r == 0)
		json_set_str(out, "SecretData", buf_str(&value));
	if (value.data)
		explicit_bzero(value.data, value.len);
	return r;
}

static int add_one(struct ctx *ctx, const char *name, bool show, json_t *list, struct err *err)
{
	_cleanup_(secret_done) struct secret s = {0};
	json_t *out, *labels;
	int r = secret_find(&ctx->store, name, &s, err);

	if (r < 0)
		return r;
	labels = json_object_get(s.record, "labels");
	labels = labels ? json_incref(labels) : json_object();
	out = json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s, s:{}}, s:o}}", "ID", s.id, "CreatedAt",
		json_get_str(s.record, "created", ""), "UpdatedAt",
		json_get_str(s.record, "updated", ""), "Spec", "Name", s.name, "Driver", "Name",
		json_get_str(s.record, "driver", ""), "Options", "Labels", labels);
	if (show)
		r = add_value(ctx, &s, out, err);
	if (r == 0)
		json_array_append(list, out);
	json_decref(out);
	return r;
}

static void print_pretty(const json_t *list)
{
	json_t *one, *value;
	const char *key;
	size_t i;

	json_array_foreach (list, i, one) {
		json_t *spec = json_object_get(one, "Spec");
		const char *data = json_get_str(one, "SecretData", NULL);

		output_printf("ID:              %s\n", json_get_str(one, "ID", ""));
		output_printf("Name:            %s\n", json_get_str(spec, "Name", ""));
		puts("Labels:");
		json_object_foreach (json_object_get(spec, "Labels"), key, value)
			output_printf(" - %s=%s\n", key, json_string_value(value));
		output_printf("Driver:          %s\n",
			json_get_str(json_object_get(spec, "Driver"), "Name", ""));
		output_printf("Created at:      %s\n", json_get_str(one, "CreatedAt", ""));
		output_printf("Updated at:      %s\n", json_get_str(one, "UpdatedAt", ""));
		if (data)
			output_printf("Secret Data:     %s\n", data);
	}
}

static int run_inspect(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct inspect_opts *o = opts;
	_cleanup_json_ json_t *list = json_array();
	int r, code = 0;

	if (o->pretty && o->format)
		return err_say(err, ERR_USAGE, "--format and --pretty exclude each other");
	r = ctx_store(ctx, err);
	if (r < 0)
		return r;
	/* the others are shown even if one is missing */
	strv_foreach (i, name, args) {
		struct err why = {0};

		if (add_one(ctx, name, o->show, list, &why) == 0)
			continue;
		report(&why);
		code = 125;
	}
	if (o->pretty)
		print_pretty(list);
	else
		r = json_array_size(list) || !o->format ? output_object(o->format, list, err) : 0;
	return r < 0 ? r : code;
}

#define O struct inspect_opts
static const struct opt inspect_opts[] = {
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL(0, "pretty", O, pretty, "print lines for people"),
	OPTION_BOOL(0, "showsecret", O, show, "show the value as well"),
	{0},
};

const struct cmd cmd_secret_inspect = {
	.name = "secret inspect",
	.args = "SECRET [SECRET...]",
	.min = 1,
	.max = -1,
	.summary = "Show everything about secrets but their values",
	.opts = inspect_opts,
	.opts_size = sizeof(O),
	.run = run_inspect,
};
