#include "cmd/version.h"

#include "cmd/absent.h"
#include "cmd/cmd.h"
#include "cmd/output.h"

#include <stdio.h>
#include <sys/utsname.h>

struct version_opts {
	char *format;
};

const char *version_arch(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__i386__)
	return "386";
#elif defined(__arm__)
	return "arm";
#elif defined(__riscv)
	return "riscv64";
#elif defined(__powerpc64__)
	return "ppc64le";
#else
	return "s390x";
#endif
}

json_t *version_client(void)
{
	_cleanup_free_ char *platform = xasprintf("linux/%s", version_arch());
	json_t *v = json_object();

	json_set_str(v, "APIVersion", RL_VERSION);
	json_set_str(v, "Version", RL_VERSION);
	json_set_str(v, "Os", "linux");
	json_set_str(v, "OsArch", platform);
	return v;
}

void version_absent(json_t *v)
{
	/* it is built without Go and without a time of its own */
	static const struct absent table[] = {
		{"GoVersion", "\"\""},
		{"GitCommit", "\"\""},
		{"BuiltTime", "\"\""},
		{"Built", "0"},
		{"BuildOrigin", "\"\""},
		{"BuildTime", "\"\""},
		{"DefaultAPIVersion", "=APIVersion"},
		{"MinAPIVersion", "=APIVersion"},
		{"Platform.Name", "\"\""},
		{"Components", "[]"},
		{"Context", "\"default\""},
		{"Experimental", "false"},
		{0},
	};
	struct utsname uts = {0};

	uname(&uts);
	json_set_str(v, "Arch", version_arch());
	json_set_str(v, "KernelVersion", uts.release);
	absent_add(v, table);
}

static void add_absent(json_t *v)
{
	_cleanup_json_ json_t *client = NULL;

	version_absent(json_object_get(v, "Client"));
	version_absent(json_object_get(v, "Server"));
	/* as older versions of podman have it */
	client = json_deep_copy(json_object_get(v, "Client"));
	json_object_update_missing(v, client);
}

static int run_version(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct version_opts *o = opts;
	_cleanup_json_ json_t *v = json_object();

	(void)ctx;
	(void)args;
	json_object_set_new(v, "Client", version_client());
	/* there is none apart from the client; scripts ask for its version all the same */
	json_object_set_new(v, "Server", version_client());
	if (output_is_template(o->format))
		add_absent(v);
	if (o->format)
		return output_object(o->format, v, err);
	printf("Version:  %s\nOS/Arch:  linux/%s\n", RL_VERSION, version_arch());
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
