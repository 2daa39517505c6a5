#include "cmd/pull.h"

#include "cmd/progress.h"
#include "cmd/prompt.h"
#include "cmd/pull_archive.h"
#include "cmd/report.h"
#include "runtime/base/parse.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/pull.h"
#include "storage/ref.h"

#include <stdio.h>
#include <unistd.h>

struct pull_cmd {
	struct pull_flags f;
	char *policy;
	bool all_tags, no_trust;
};

int pull_policy_parse(const char *text, enum pull_policy *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum pull_policy policy;
	} names[] = {{"always", PULL_ALWAYS}, {"true", PULL_ALWAYS}, {"missing", PULL_MISSING},
		{"ifnotpresent", PULL_MISSING}, {"never", PULL_NEVER}, {"false", PULL_NEVER},
		{"newer", PULL_NEWER}, {"ifnewer", PULL_NEWER}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(text, names[i].name)) {
			*ret = names[i].policy;
			return 0;
		}
	err_say(err, ERR_USAGE, "unknown pull policy \"%s\"", text);
	return err_hint(err, "use always, missing, never or newer");
}

/* --platform, or --os, --arch and --variant; Return: 1 if anything was given, 0 if not, or a negative errno */
static int parse_platform(const struct pull_flags *f, struct platform *ret, struct err *err)
{
	int r;

	if (f->platform && (f->os || f->arch || f->variant))
		return err_say(
			err, ERR_USAGE, "--platform cannot be used with --os, --arch or --variant");
	if (f->platform) {
		r = platform_parse(f->platform, ret, err);
		return r < 0 ? r : 1;
	}
	if (!f->os && !f->arch && !f->variant)
		return 0;
	ret->os = xstrdup(f->os);
	if (f->arch)
		platform_set_arch(ret, f->arch);
	if (f->variant) {
		free(ret->variant);
		ret->variant = xstrdup(f->variant);
	}
	return 1;
}

static int make_request(const struct ctx *ctx, const struct pull_flags *f, struct pull_request *req,
	struct err *err)
{
	*req = (struct pull_request){.driver = ctx->storage_driver};
	return access_parse(&f->access, &req->access, err);
}

/* whether the image that is there is for the platform that was asked for */
static bool fits(const struct image *img, const struct platform *want)
{
	struct platform have = {.os = (char *)(uintptr_t)json_get_str(img->config, "os", ""),
		.arch = (char *)(uintptr_t)json_get_str(img->config, "architecture", ""),
		.variant = (char *)(uintptr_t)json_get_str(img->config, "variant", "")};
	struct platform full = {.os = want->os ? want->os : have.os,
		.arch = want->arch ? want->arch : have.arch,
		.variant = want->variant};

	return platform_rank(&full, &have) > 0;
}

/* by the name as given, then by what registries.conf makes of it */
static int find_local(struct ctx *ctx, const char *name, const struct platform *want,
	struct image *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	const char *plain = str_after(name, "docker://");
	struct err ignored;
	int r = image_find(&ctx->store, plain ? plain : name, ret, err);

	if (r == -ERR_NO_OBJECT && pull_names(name, &names, NULL) == 0)
		for (size_t i = 0; r == -ERR_NO_OBJECT && i < names.n; i++)
			r = image_find(&ctx->store, names.v[i], ret, &ignored);
	if (r == 0 && want && !fits(ret, want)) {
		image_done(ret);
		*ret = (struct image){0};
		return err_say(err, ERR_NO_OBJECT, "%s is there for another platform only", name);
	}
	return r;
}

/* a name without a registry that several may have */
static int choose(const char *name, const struct strv *names, size_t *ret, struct err *err)
{
	fprintf(stderr, "\"%s\" has no registry in it. Which one is meant?\n", name);
	strv_foreach (i, one, names)
		fprintf(stderr, "  %zu  %s\n", i + 1, one);
	for (;;) {
		_cleanup_free_ char *line = NULL;
		uint64_t n;
		int r = prompt_line("Number: ", false, &line, err);

		if (r < 0)
			return r;
		if (parse_u64_max(line, names->n, &n) == 0 && n > 0) {
			*ret = (size_t)n - 1;
			return 0;
		}
	}
}

static int pull(struct ctx *ctx, const char *name, struct pull_request *req, bool quiet,
	json_t **ret, struct err *err)
{
	struct progress progress;
	int r;

	progress_init(&progress, quiet);
	req->progress = progress_event;
	req->note = progress_note;
	req->arg = &progress;
	if (prompt_possible() && isatty(STDERR_FILENO))
		req->choose = choose;
	r = pull_run_worker(&ctx->store, ctx->rundir, name, req, ret, err);
	progress_finish(&progress);
	return r;
}

static int pull_checked(struct ctx *ctx, const struct pull_flags *f, const struct platform *want,
	enum pull_policy policy, const char *name, char ret_id[65], struct err *err)
{
	_cleanup_(image_done) struct image local = {0};
	_cleanup_json_ json_t *result = NULL;
	struct pull_request req;
	const char *id;
	int r = make_request(ctx, f, &req, err);

	if (r < 0)
		return r;
	req.platform = want;
	if (policy != PULL_ALWAYS) {
		r = find_local(ctx, name, want, &local, err);
		if (r < 0 && (r != -ERR_NO_OBJECT || policy == PULL_NEVER))
			return r;
		if (r == 0 && policy != PULL_NEWER) {
			memcpy(ret_id, local.id, 65);
			return 0;
		}
		req.have = r == 0 ? local.digest : NULL;
	}
	r = pull(ctx, name, &req, f->quiet, &result, err);
	if (r < 0 && r != -ERR_CANCELLED)
		event_write(&ctx->store, &(struct event){.type = "image",
						 .action = "pull-error",
						 .name = name,
						 .attr = {{"error", err ? err->msg : NULL}}});
	if (r < 0 && (!req.have || r == -ERR_CANCELLED))
		return r;
	id = json_get_str(result, "id", local.id);
	if (!str_is_hex(id, 64))
		return err_say(err, EIO, "the transfer worker told no image id");
	memcpy(ret_id, id, 65);
	event_image(&ctx->store, "pull", id, name);
	return 0;
}

/* out of a file or directory; one that is here under that very name goes first, as with names of registries */
static int pull_transport(struct ctx *ctx, const struct pull_flags *f, const struct platform *want,
	enum pull_policy policy, const char *name, const struct transport *t, char ret_id[65],
	struct err *err)
{
	_cleanup_(image_done) struct image local = {0};
	_cleanup_strv_ struct strv ids = {0};
	struct err ignored;
	int r;

	if (policy != PULL_ALWAYS && image_find(&ctx->store, name, &local, &ignored) == 0) {
		memcpy(ret_id, local.id, 65);
		return 0;
	}
	if (policy == PULL_NEVER)
		return err_say(err, ERR_NO_OBJECT, "%s is not in the store", name);
	r = pull_archive(ctx, t, true, want, f->quiet, &ids, err);
	if (r == 0) {
		memcpy(ret_id, ids.v[0], 65);
		event_image(&ctx->store, "pull", ret_id, name);
	}
	return r;
}

int pull_image(struct ctx *ctx, const struct pull_flags *f, enum pull_policy policy,
	const char *name, char ret_id[65], struct err *err)
{
	static const struct pull_flags none = {.access.retry = ACCESS_RETRY_DEFAULT};
	_cleanup_(platform_done) struct platform want = {0};
	_cleanup_(transport_done) struct transport t = {0};
	const struct platform *given;
	int r = ctx_store(ctx, err);

	if (!f)
		f = &none;
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r == 0)
		r = parse_platform(f, &want, err);
	if (r < 0)
		return r;
	given = r ? &want : NULL;
	r = transport_parse(name, &t, err);
	if (r > 0)
		return pull_transport(ctx, f, given, policy, name, &t, ret_id, err);
	return r < 0 ? r : pull_checked(ctx, f, given, policy, name, ret_id, err);
}

/* every tag of a repository; the ids are printed as they come */
static int pull_all_tags(struct ctx *ctx, const struct pull_flags *f, enum pull_policy policy,
	const char *name, struct err *err)
{
	_cleanup_json_ json_t *result = NULL;
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *base = NULL;
	_cleanup_strv_ struct strv tags = {0};
	const char *last = strrchr(name, '/');
	struct pull_request req;
	char id[65];
	int r;

	if (strpbrk(last ? last : name, ":@"))
		return err_say(
			err, ERR_USAGE, "%s: a tag or digest cannot be used with --all-tags", name);
	r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r == 0)
		r = make_request(ctx, f, &req, err);
	if (r < 0)
		return r;
	req.list_tags = true;
	r = pull(ctx, name, &req, f->quiet, &result, err);
	if (r == 0)
		r = ref_parse(json_get_str(result, "name", ""), &ref, err);
	if (r < 0)
		return r;
	base = ref_name(&ref);
	json_get_strv(result, "tags", &tags);
	if (!tags.n)
		return err_say(err, ERR_NO_OBJECT, "%s has no tags", base);
	strv_foreach (i, tag, &tags) {
		_cleanup_free_ char *one = xasprintf("%s:%s", base, tag);

		r = pull_image(ctx, f, policy, one, id, err);
		if (r < 0)
			return r;
		printf("%s\n", id);
	}
	return 0;
}

/* every image of a file or directory, or the one that is named */
static int pull_transport_all(struct ctx *ctx, const struct pull_flags *f, const char *name,
	const struct transport *t, struct err *err)
{
	_cleanup_(platform_done) struct platform want = {0};
	_cleanup_strv_ struct strv ids = {0};
	int r = parse_platform(f, &want, err);

	if (r >= 0)
		r = pull_archive(ctx, t, false, r ? &want : NULL, f->quiet, &ids, err);
	strv_foreach (i, id, &ids) {
		event_image(&ctx->store, "pull", id, name);
		printf("%s\n", id);
	}
	return r;
}

static int pull_one(struct ctx *ctx, const struct pull_cmd *o, enum pull_policy policy,
	const char *name, struct err *err)
{
	_cleanup_(transport_done) struct transport t = {0};
	char id[65];
	int r = transport_parse(name, &t, err);

	if (r > 0 && o->all_tags)
		return err_say(err, ERR_USAGE, "%s: --all-tags is for registries only", name);
	if (r > 0 && policy == PULL_ALWAYS)
		return pull_transport_all(ctx, &o->f, name, &t, err);
	if (r < 0)
		return r;
	if (o->all_tags)
		return pull_all_tags(ctx, &o->f, policy, name, err);
	r = pull_image(ctx, &o->f, policy, name, id, err);
	if (r < 0)
		return r;
	printf("%s\n", id);
	fflush(stdout);
	return 0;
}

/* one that fails does not keep the others away */
static int run_pull(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct pull_cmd *o = opts;
	enum pull_policy policy = PULL_ALWAYS;
	int r = o->policy ? pull_policy_parse(o->policy, &policy, err) : 0, code = 0;

	if (r < 0)
		return r;
	strv_foreach (i, name, args) {
		r = pull_one(ctx, o, policy, name, err);
		if (r < 0 && (args->n == 1 || r == -ERR_CANCELLED || r == -ERR_USAGE))
			return r;
		if (r < 0) {
			report(err);
			code = 125;
		}
	}
	return code;
}

#define O struct pull_cmd
static const struct opt pull_opts[] = {
	OPTION_BOOL('a', "all-tags", O, all_tags, "pull every tag of the repository"),
	OPTION_STR(0, "arch", O, f.arch, "ARCH", "architecture instead of this machine's"),
	ACCESS_AUTHFILE(O, f.access),
	ACCESS_CERT_DIR(O, f.access),
	ACCESS_CREDS(O, f.access),
	ACCESS_NO_TRUST(O, no_trust),
	OPTION_STR(0, "os", O, f.os, "OS", "operating system instead of linux"),
	OPTION_STR(0, "platform", O, f.platform, "OS/ARCH[/VARIANT]",
		"platform instead of this machine's"),
	OPTION_STR(0, "policy", O, policy, "always|missing|never|newer",
		"when to ask the registry (default: always)"),
	OPTION_BOOL('q', "quiet", O, f.quiet, "print the image id only"),
	ACCESS_RETRY(O, f.access),
	ACCESS_RETRY_DELAY(O, f.access),
	ACCESS_TLS_VERIFY(O, f.access),
	OPTION_STR(0, "variant", O, f.variant, "VARIANT", "variant of the architecture"),
	{0},
};

static const struct pull_cmd defaults = {.f.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_pull = {
	.name = "pull",
	.args = "IMAGE [IMAGE...]",
	.min = 1,
	.max = -1,
	.summary = "Get an image from a registry, a file or a directory",
	.details = "IMAGE is a name, or docker-archive:FILE[:NAME], oci-archive:FILE[:NAME], "
		   "oci:DIRECTORY[:NAME] or dir:DIRECTORY. Registries without TLS are used on "
		   "loopback addresses, where registries.conf "
		   "says insecure, and with "
		   "--tls-verify=false. A transfer that hardly moves for RL_STALL_TIMEOUT seconds "
		   "(default: 30) is given up.",
	.opts = pull_opts,
	.opts_size = sizeof(struct pull_cmd),
	.defaults = &defaults,
	.run = run_pull,
};
