#include "cmd/doctor.h"

#include "cmd/output.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct doctor_opts {
	char *format;
};

static const struct {
	const char *name, *title;
	void (*run)(struct doctor *d, struct finding *f);
} probes[] = {
	{"userns", "user namespaces", doctor_userns},
	{"apparmor", "AppArmor", doctor_apparmor},
	{"subids", "subordinate ids", doctor_subids},
	{"newidmap", "newuidmap, newgidmap", doctor_newidmap},
	{"workers", "rl's own workers", doctor_workers},
	{"overlay", "overlay file system", doctor_overlay},
	{"fuse", "fuse-overlayfs", doctor_fuse},
	{"tun", "/dev/net/tun", doctor_tun},
	{"slirp4netns", "slirp4netns", doctor_slirp},
	{"cgroup", "cgroup delegation", doctor_cgroup},
	{"rundir", "runtime directory", doctor_rundir},
	{"linger", "lingering", doctor_linger},
	{"store", "store", doctor_store},
};

static const char *const status_names[] = {"ok", "warn", "fail"};

void finding_set(struct finding *f, enum finding_status status, const char *fmt, ...)
{
	va_list ap;

	f->status = status;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void finding_mend(struct finding *f, const char *fmt, ...)
{
	size_t len = strlen(f->mend);
	va_list ap;

	if (len && len + 1 < sizeof(f->mend)) {
		f->mend[len++] = '\n';
		f->mend[len] = '\0';
	}
	va_start(ap, fmt);
	vsnprintf(f->mend + len, sizeof(f->mend) - len, fmt, ap);
	va_end(ap);
}

void finding_err(struct finding *f, enum finding_status status, const struct err *err)
{
	finding_set(f, status, "%s", err->msg);
	/* other commands' hints send the user here */
	if (*err->hint && !strstr(err->hint, "rl doctor"))
		finding_mend(f, "%s", err->hint);
}

static void print_finding(const char *title, const struct finding *f, bool colour)
{
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
	_cleanup_strv_ struct strv lines = {0};

	printf("%s%-4s%s  ", colour ? colours[f->status] : "", status_names[f->status],
		colour ? "\033[0m" : "");
	output_printf("%-21s %s\n", title, f->text);
	if (!*f->mend)
		return;
	strv_split(&lines, f->mend, "\n");
	strv_foreach (i, line, &lines)
		output_printf("      %s\n", line);
}

static json_t *finding_json(const char *name, const struct finding *f)
{
	json_t *j = json_object();

	json_set_str(j, "Probe", name);
	json_set_str(j, "Status", status_names[f->status]);
	json_set_str(j, "Detail", f->text);
	json_set_str(j, "Mend", f->mend);
	return j;
}

/* A directory beside the runtime directory's own: nothing cached, and no R to join. */
static void open_rundir(struct doctor *d, char name[32])
{
	*name = '\0';
	d->rundir = -EBADF;
	if (ctx_run(d->ctx, NULL) < 0)
		return;
	snprintf(name, 32, "doctor-");
	fs_random_hex(name + strlen(name), 16);
	if (mkdirat(d->ctx->rundir, name, 0700) < 0)
		return;
	d->rundir = fs_opendir_at(d->ctx->rundir, name, NULL);
	if (d->rundir >= 0 && mkdirat(d->rundir, "userns", 0700) < 0)
		d->rundir = fd_close(d->rundir);
}

static void close_rundir(struct doctor *d, const char *name)
{
	d->rundir = fd_close(d->rundir);
	if (*name)
		fs_remove_tree_at(d->ctx->rundir, name, NULL);
}

static int run_doctor(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct doctor_opts *o = opts;
	const struct output out = {
		.format = o->format, .table = "{{.Status}}\t{{.Probe}}\t{{.Detail}}"};
	_cleanup_json_ json_t *rows = json_array();
	struct doctor d = {.ctx = ctx};
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int failed = 0, r = 0;
	char name[32];

	(void)args;
	open_rundir(&d, name);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		struct finding f = {0};

		/* what is printed must not be copied into the probes' children */
		fflush(stdout);
		probes[i].run(&d, &f);
		failed |= f.status == FINDING_FAIL;
		if (o->format)
			json_array_append_new(rows, finding_json(probes[i].name, &f));
		else
			print_finding(probes[i].title, &f, colour);
	}
	close_rundir(&d, name);
	if (o->format)
		r = output_list(&out, rows, err);
	return r < 0 ? r : failed;
}

#define O struct doctor_opts
static const struct opt doctor_opts[] = {
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.summary = "Check what this machine gives to rl, and say how to mend what is missing",
	.details = "Each line is one probe that was really tried: ok, warn (something is missing "
		   "or slower) or fail "
		   "(containers cannot run with the default options). Below a probe that is not ok "
		   "stand the commands "
		   "or file lines that mend it. The exit code is 0 if nothing failed, else 1.",
	.opts = doctor_opts,
	.opts_size = sizeof(struct doctor_opts),
	.run = run_doctor,
};
