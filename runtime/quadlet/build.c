/*
 * build - [Build]: `rl build`
 */
#include "runtime/quadlet/directory.h"

#include "runtime/base/mem.h"
#include "runtime/base/path.h"

#include <errno.h>

static const struct quadlet_key keys[] = {
	{"Annotation", QUADLET_PAIR, "--annotation", NULL},
	{"Arch", QUADLET_ONE, "--arch", NULL},
	{"AuthFile", QUADLET_ONE, "--authfile", NULL},
	{"BuildArg", QUADLET_PAIR, "--build-arg", NULL},
	{"DNS", QUADLET_EACH, "--dns", NULL},
	{"DNSOption", QUADLET_EACH, "--dns-option", NULL},
	{"DNSSearch", QUADLET_EACH, "--dns-search", NULL},
	{"Environment", QUADLET_PAIR, "--env", NULL},
	{"File", QUADLET_ONE, "--file", NULL},
	{"ForceRM", QUADLET_BOOL, "--force-rm", NULL},
	{"GroupAdd", QUADLET_EACH, "--group-add", NULL},
	{"IgnoreFile", QUADLET_ONE, "--ignorefile", NULL},
	{"ImageTag", QUADLET_EACH, "--tag", NULL},
	{"Label", QUADLET_PAIR, "--label", NULL},
	{"Network", QUADLET_EACH, "--network", NULL},
	{"Pull", QUADLET_CODE, NULL, NULL},
	{"Retry", QUADLET_ONE, "--retry", NULL},
	{"RetryDelay", QUADLET_ONE, "--retry-delay", NULL},
	{"Secret", QUADLET_ARG, "--secret", NULL},
	{"SetWorkingDirectory", QUADLET_CODE, NULL, NULL},
	{"TLSVerify", QUADLET_BOOL, "--tls-verify", NULL},
	{"Target", QUADLET_ONE, "--target", NULL},
	{"Variant", QUADLET_ONE, "--variant", NULL},
	{"Volume", QUADLET_EACH, "--volume", NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

static char *resource(const struct quadlet *q)
{
	_cleanup_strv_ struct strv tags = {0};

	unitfile_all(&q->source, q->type->section, "ImageTag", &tags);
	return tags.n ? xstrdup(tags.v[0]) : NULL;
}

/* the context: what is named, else the working directory where the file is given relative to it */
static int add_context(struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *file = quadlet_get(q, "File"), *context = NULL;
	const char *dir;
	int r = quadlet_directory(q, "file", file, &context, err);

	if (r < 0)
		return r;
	dir = unitfile_last(&q->unit, "Service", "WorkingDirectory");
	if (context) {
		strv_add(cmd, context);
	} else if (!file && str_empty(dir)) {
		return err_say(err, EINVAL, "neither File= nor SetWorkingDirectory=");
	} else if (!file || (!path_is_abs(file) && !quadlet_is_url(file) && *file != '%')) {
		if (str_empty(dir))
			return err_say(err, EINVAL,
				"File=%.120s: a relative path needs SetWorkingDirectory=",
				file ? file : "");
		strv_add(cmd, dir);
	}
	return 0;
}

static int convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	_cleanup_free_ char *pull = quadlet_get(q, "Pull");
	_cleanup_strv_ struct strv cmd = {0};
	int r;

	if (!q->resource)
		return err_say(err, EINVAL, "no ImageTag=");
	r = quadlet_command(set, q, &cmd, err);
	strv_add(&cmd, "build");
	if (pull)
		strv_addf(&cmd, "--pull=%s", pull);
	if (r == 0)
		r = quadlet_options(set, q, &cmd, err);
	if (r == 0)
		r = quadlet_own_args(q, &cmd, err);
	if (r == 0)
		r = add_context(q, &cmd, err);
	if (r < 0)
		return r;
	quadlet_exec(q, "ExecStart", "", &cmd);
	quadlet_oneshot(q, false);
	return 0;
}

const struct quadlet_type quadlet_build = {
	.ext = ".build",
	.section = "Build",
	.suffix = "-build",
	.keys = keys,
	.resource = resource,
	.convert = convert,
};
