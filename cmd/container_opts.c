#include "cmd/container_opts.h"

#include "cmd/borrow.h"
#include "cmd/defaults.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/requires.h"
#include "runtime/secrets.h"
#include "runtime/zone.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct container_opts container_opts_defaults = {
	.spec = {.stop_timeout = -1, .read_only_tmpfs = true, .http_proxy = true, .passwd = true},
	.pull.access.retry = ACCESS_RETRY_DEFAULT,
	.sig_proxy = true,
};

/* what fill_files() needs */
struct fill {
	const struct store *store;
	const struct net_conf *net;
	const char *tz;
	bool containerenv, sandbox, privileged;
};

/* A shell can read it: what is not a letter of a name is quoted.  Only who may see the host anyway is told. */
static int fill_containerenv(int dirfd, const json_t *record, bool privileged, struct err *err)
{
	static const char *const names[][2] = {
		{"name", "name"}, {"id", "id"}, {"image", "image"}, {"imageid", "imageId"}};
	_cleanup_close_ int fd =
		openat(dirfd, "containerenv", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	_cleanup_buf_ struct buf b = {0};

	if (privileged)
		buf_adds(&b, "engine=\"rl-" RL_VERSION "\"\n");
	for (size_t i = 0; privileged && i < ARRAY_SIZE(names); i++) {
		buf_addf(&b, "%s=\"", names[i][0]);
		for (const char *s = json_get_str(record, names[i][1], ""); *s; s++)
			buf_addf(&b, strchr("\"\\$`", *s) ? "\\%c" : "%c", *s);
		buf_adds(&b, "\"\n");
	}
	if (privileged)
		buf_addf(&b, "rootless=%d\n", geteuid() != 0);
	/* whatever the umask */
	if (fd < 0 || fchmod(fd, 0644) < 0 || (b.len && fd_write_full(fd, b.data, b.len) < 0))
		return err_set(err, errno, "create containerenv");
	return 0;
}

/* files that are mounted into the container */
static int fill_files(int dirfd, const json_t *record, void *arg, struct err *err)
{
	const struct fill *f = arg;
	const char *hostname = json_get_str(json_object_get(record, "config"), "Hostname", "");
	int r;

	r = net_write_files(f->net, dirfd, hostname, json_get_str(record, "name", ""), err);
	if (r >= 0)
		r = secrets_write(f->store, record, dirfd, err);
	if (r >= 0 && f->tz)
		r = zone_copy(f->tz, dirfd, err);
	if (r >= 0 && f->sandbox)
		r = sandbox_fill(dirfd, err);
	return r < 0 || !f->containerenv ? r : fill_containerenv(dirfd, record, f->privileged, err);
}

static int replace_old(const struct containers *cs, const char *name, struct err *err)
{
	struct container old = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = container_find(cs, name, &old, NULL);

	if (r == -ERR_NO_OBJECT)
		return 0;
	/* an id that happens to begin like the name is somebody else's */
	if (r < 0 || !str_eq(old.name, name)) {
		container_done(&old);
		return 0;
	}
	r = container_remove(&old, true, 0, err);
	container_done(&old);
	return r < 0 ? err_wrap(err, "replace container %s", name) : 0;
}

/* Taken before anything else, so that two commands cannot both believe that the file is theirs. */
static int cidfile_open(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	err_set(err, errno, "--cidfile %s", path);
	if (errno == EEXIST)
		err_hint(err,
			"another container may have written it: remove it, or choose another file");
	return -errno;
}

/* with other owners than the image's; outside of spec_ids_lock(), for it may take a while */
static int give_owners(struct ctx *ctx, struct container *c, struct err *err)
{
	int r = borrow_owners(ctx, c, err);

	if (r < 0) {
		container_remove(c, true, 0, NULL);
		container_done(c);
	}
	return r;
}

#define REPLACE_ATTEMPTS 64

static int make_from(struct ctx *ctx, struct container_opts *o, const struct image *img,
	struct container *ret, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *config = NULL;
	_cleanup_(net_conf_done) struct net_conf net = {0};
	struct fill fill = {.store = &ctx->store,
		.net = &net,
		.tz = o->spec.tz,
		.containerenv = spec_needs_containerenv(&ctx->containers, &o->spec),
		.sandbox = o->spec.sandbox,
		.privileged = o->spec.privileged};
	_cleanup_close_ int ids = spec_ids_lock(&ctx->containers, &o->spec, err);
	struct err e = {0};
	json_t *argv;
	int r;

	if (ids < 0 && ids != -EBADF)
		return ids;
	r = spec_make(&ctx->containers, &o->spec, img, &record, &config, &net, err);
	if (r < 0)
		return r;
	if (net.unpublished)
		fputs("Note: no ports are published with this --network\n", stderr);
	fill.containerenv = fill.containerenv || json_get_bool(record, "systemd", false);
	argv = json_array();
	for (int i = 0; i < ctx->argc; i++)
		json_array_append_new(argv, json_str(ctx->argv[i]));
	json_object_set_new(record, "createCommand", argv);
	r = -EEXIST;
	/* of several that replace the same one at once, the last one stays */
	for (int i = 0; r == -EEXIST && i < (o->spec.replace ? REPLACE_ATTEMPTS : 1); i++) {
		e = (struct err){0};
		r = o->spec.replace ? replace_old(&ctx->containers, o->spec.name, &e) : 0;
		if (r >= 0)
			r = container_create(
				&ctx->containers, record, config, fill_files, &fill, ret, &e);
	}
	if (r < 0) {
		*err = e;
		return r;
	}
	return requires_note(ret, err);
}

/* what scripts write as NAME= with an empty variable is not given */
static void drop_empty(char **option)
{
	if (*option && !**option)
		free(take_ptr(*option));
}

static void drop_empties(struct spec_opts *o)
{
	char **const options[] = {&o->name, &o->hostname, &o->domainname, &o->workdir, &o->cidfile,
		&o->pidfile, &o->tz, &o->personality, &o->init_path, &o->stop_signal, &o->shm_size,
		&o->shm_size_systemd};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		drop_empty(options[i]);
	/* docker shows names with a slash in front, and takes them so */
	if (o->name && o->name[0] == '/')
		memmove(o->name, o->name + 1, strlen(o->name));
}

/* All of a container is done in a user namespace, where the value can only be raised (proc(5)).  Who asks for less gets
   what it is, as rootless podman has it: a compose file that does still comes up. */
static void clamp_oom(struct spec_opts *o)
{
	_cleanup_buf_ struct buf text = {.cap = 64};
	int64_t wanted, now;

	if (!o->oom_score_adj || parse_i64(o->oom_score_adj, &wanted) < 0 ||
		fs_read_at(AT_FDCWD, "/proc/self/oom_score_adj", &text, NULL) < 0)
		return;
	now = strtoll(buf_str(&text), NULL, 10);
	if (wanted >= now || wanted < -1000)
		return;
	fprintf(stderr, "Note: --oom-score-adj is %lld: it cannot be lowered in a user namespace\n",
		(long long)now);
	free(o->oom_score_adj);
	o->oom_score_adj = xasprintf("%lld", (long long)now);
}

static int check_opts(const struct container_opts *o, struct err *err)
{
	const char *authfile = o->pull.access.authfile;

	/* also where the image is there already: a script with a wrong path learns it now */
	if (authfile && access(authfile, R_OK) < 0)
		return err_set(err, errno, "--authfile %s", authfile);
	if (o->spec.replace && !o->spec.name)
		return err_set(err, ERR_USAGE, "--replace needs --name");
	strv_foreach (i, stream, &o->attach) {
		if (!str_eq(stream, "stdin") && !str_eq(stream, "stdout") &&
			!str_eq(stream, "stderr"))
			return err_set(err, ERR_USAGE,
				"--attach '%s' is not stdin, stdout or stderr", stream);
	}
	return 0;
}

/* Making, starting and removing a container take no more than these.  Where there are fewer, nothing is begun that could
   not be taken back. */
#define NEEDED_FDS 20

static int check_fds(struct err *err)
{
	int r = fd_spare(NEEDED_FDS);

	return r < 0 ? err_set(err, -r, "%d descriptors for a container", NEEDED_FDS) : 0;
}

/* by --pull; what is there already costs no look at the registry and no further process */
static int find_image(struct ctx *ctx, const struct container_opts *o, const char *name,
	struct image *ret, struct err *err)
{
	enum pull_policy policy = PULL_MISSING;
	char id[65];
	int r = o->spec.pull ? pull_policy_parse(o->spec.pull, &policy, err) : 0;

	if (r < 0)
		return r;
	if ((policy == PULL_MISSING || policy == PULL_NEVER) && !o->pull.platform && !o->pull.os &&
		!o->pull.arch && !o->pull.variant) {
		r = image_find(&ctx->store, name, ret, err);
		/* what is no reference may still be a file or directory */
		if (r != -EINVAL && (r != -ERR_NO_OBJECT || policy == PULL_NEVER))
			return r;
	}
	r = pull_image(ctx, &o->pull, policy, name, id, err);
	return r < 0 ? r : image_find(&ctx->store, id, ret, err);
}

int container_make(struct ctx *ctx, struct container_opts *o, const struct strv *args,
	struct container *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_close_ int cidfile = -EBADF;
	struct access access;
	bool no_image = o->spec.rootfs || o->spec.sandbox;
	int r;

	drop_empties(&o->spec);
	clamp_oom(&o->spec);
	r = check_opts(o, err);
	if (r >= 0)
		r = access_parse(&o->pull.access, &access, err);
	if (r >= 0)
		r = ctx_containers(ctx, err);
	if (r >= 0)
		r = check_fds(err);
	if (r >= 0 && !no_image) {
		r = find_image(ctx, o, args->v[0], &img, err);
		if (r >= 0)
			r = borrow_image(ctx, &img, err);
	}
	if (r < 0)
		return r;
	defaults_apply(ctx->defaults, &o->spec);
	if (o->at_once)
		userns_begin(ctx->containers.rundir);
	if (o->spec.cidfile) {
		cidfile = cidfile_open(o->spec.cidfile, err);
		if (cidfile < 0)
			return cidfile;
	}
	/* none is chosen before the first start: fine */
	store_driver(&ctx->store, false, NULL);
	/* borrowed: the option table does not know these members and does not free them */
	o->spec.image = args->v[0];
	o->spec.args = (struct strv){.v = args->v + 1, .n = args->n - 1};
	o->spec.rm |= o->spec.rmi;
	r = make_from(ctx, o, no_image ? NULL : &img, ret, err);
	if (r >= 0)
		r = give_owners(ctx, ret, err);
	o->spec.image = NULL;
	o->spec.args = (struct strv){0};
	strv_done(&o->spec.default_env);
	if (r >= 0 && cidfile >= 0 && fd_write_full(cidfile, ret->id, strlen(ret->id)) < 0) {
		r = err_set(err, errno, "--cidfile %s", o->spec.cidfile);
		container_remove(ret, true, 0, NULL);
		container_done(ret);
	}
	if (r < 0 && cidfile >= 0)
		unlink(o->spec.cidfile);
	return r;
}
