/*
 * kube - [Kube]: `rl kube play` and down
 */
#include "runtime/quadlet/directory.h"

#include "runtime/base/mem.h"

#include <errno.h>

static const struct quadlet_key keys[] = {
	{"AutoUpdate", QUADLET_CODE, NULL, NULL},
	{"ConfigMap", QUADLET_CODE, NULL, NULL},
	{"ExitCodePropagation", QUADLET_ONE, "--service-exit-code-propagation", NULL},
	{"KubeDownForce", QUADLET_CODE, NULL, NULL},
	{"LogDriver", QUADLET_ONE, "--log-driver", NULL},
	{"LogOpt", QUADLET_WORD, "--log-opt", NULL},
	{"Network", QUADLET_EACH, "--network", NULL},
	{"PublishPort", QUADLET_EACH, "--publish", NULL},
	{"SetWorkingDirectory", QUADLET_CODE, NULL, NULL},
	{"UserNS", QUADLET_ONE, "--userns", NULL},
	{"Yaml", QUADLET_CODE, NULL, NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

/* paths of a key, relative to the file */
static int paths(const struct quadlet *q, const char *key, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	int r = unitfile_words(&q->source, q->type->section, key, WORDS_RETAIN, &words, err);

	strv_foreach (i, word, &words)
		strv_take(ret, quadlet_path(q, word));
	return r;
}

/* registry, or NAME/registry for one container */
static int add_updates(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	int r = unitfile_words(
		&q->source, q->type->section, "AutoUpdate", WORDS_RETAIN, &words, err);

	strv_foreach (i, word, &words) {
		const char *slash = strchr(word, '/');
		int len = slash ? (int)(slash - word) : 0;

		strv_addf(cmd, "--annotation=io.containers.autoupdate%s%.*s=%s", slash ? "/" : "",
			len, word, slash ? slash + 1 : word);
	}
	return r;
}

static int add_down(
	struct quadlet_set *set, struct quadlet *q, const struct strv *files, struct err *err)
{
	_cleanup_strv_ struct strv cmd = {0};
	int force = unitfile_bool(&q->source, q->type->section, "KubeDownForce", false, err);
	int r = force < 0 ? force : quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	strv_add(&cmd, "kube");
	strv_add(&cmd, "down");
	if (force)
		strv_add(&cmd, "--force");
	strv_addv(&cmd, files);
	quadlet_exec(q, "ExecStopPost", "", &cmd);
	return 0;
}

static int add_play(
	struct quadlet_set *set, struct quadlet *q, const struct strv *files, struct err *err)
{
	_cleanup_strv_ struct strv cmd = {0}, maps = {0};
	int r = quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	strv_add(&cmd, "kube");
	strv_add(&cmd, "play");
	strv_add(&cmd, "--replace");
	strv_add(&cmd, "--service-container=true");
	r = quadlet_options(set, q, &cmd, err);
	if (r == 0)
		r = add_updates(q, &cmd, err);
	if (r == 0)
		r = paths(q, "ConfigMap", &maps, err);
	strv_foreach (i, map, &maps) {
		strv_add(&cmd, "--configmap");
		strv_add(&cmd, map);
	}
	if (r == 0)
		r = quadlet_own_args(q, &cmd, err);
	strv_addv(&cmd, files);
	quadlet_exec(q, "ExecStart", "", &cmd);
	return r;
}

static int convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	_cleanup_strv_ struct strv files = {0};
	bool notify;
	int r = quadlet_daemon(q, &notify, err);

	if (r == 0)
		r = paths(q, "Yaml", &files, err);
	if (r == 0 && !files.n)
		r = err_say(err, EINVAL, "no Yaml=");
	if (r == 0)
		r = add_play(set, q, &files, err);
	if (r == 0)
		r = add_down(set, q, &files, err);
	if (r == 0)
		r = quadlet_directory(q, "yaml", files.n == 1 ? files.v[0] : NULL, NULL, err);
	return r;
}

const struct quadlet_type quadlet_kube = {
	.ext = ".kube",
	.section = "Kube",
	.suffix = "",
	.keys = keys,
	.convert = convert,
};
