#include "cmd/output.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <sys/utsname.h>

struct version_opts {
	char *format;
};

static json_t *version_json(void)
{
	struct utsname uts = {0};
	json_t *client = json_object(), *all = json_object();
	_cleanup_free_ char *platform = NULL;

	uname(&uts);
	platform = xasprintf("linux/%s", str_eq(uts.machine, "x86_64")	  ? "amd64"
					 : str_eq(uts.machine, "aarch64") ? "arm64"
									  : uts.machine);
	json_set_str(client, "APIVersion", RL_VERSION);
	json_set_str(client, "Version", RL_VERSION);
	json_set_str(client, "Os", "linux");
	json_set_str(client, "OsArch", platform);
	json_object_set_new(all, "Client", client);
	return all;
}

static int run_version(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct version_opts *o = opts;
	_cleanup_json_ json_t *v = version_json();
	const json_t *client = json_object_get(v, "Client");

	(void)ctx;
	(void)args;
	if (o->format)
		return output_object(o->format, v, err);
	printf("Version:  %s\nOS/Arch:  %s\n", json_get_str(client, "Version", ""),
		json_get_str(client, "OsArch", ""));
	return 0;
}

#define O struct version_opts
static const struct opt version_opts[] = {
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_version = {
	.name = "version",
	.summary = "Show the version of rl",
	.opts = version_opts,
	.opts_size = sizeof(struct version_opts),
	.run = run_version,
};
