#include "cmd/doctor.h"
#include "cmd/linger.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "userns/account.h"
#include "userns/limits.h"
#include "userns/newidmap.h"
#include "userns/subid.h"
#include "userns/userns.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* what an image may want: nobody is 65534, and the user itself is id 0 */
#define SUBIDS_WANTED 65536

static const char *user_name(char buf[64])
{
	struct account a;

	account_find(geteuid(), &a);
	if (str_empty(a.name))
		snprintf(buf, 64, "%u", (unsigned)geteuid());
	else
		snprintf(buf, 64, "%s", a.name);
	account_done(&a);
	return buf;
}

static bool is_root(void)
{
	struct userns u = {0};
	bool root = geteuid() == 0 && userns_query(-EBADF, &u, NULL) == 0 && u.mode == USERNS_ROOT;

	userns_done(&u);
	return root;
}

/* In a child: a user namespace, and in it something that needs its rights (AppArmor lets the first
   pass and takes the second). */
static int try_userns(void *arg, struct err *err)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER) < 0) {
		int code = errno;

		err_set(err, code, "create a user namespace");
		limits_explain(code, err);
		return -code;
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		    CLONE_NEWCGROUP) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		int code = errno;

		err_set(err, code, "use the rights of root in a user namespace");
		limits_explain(code, err);
		return -code;
	}
	return 0;
}

void doctor_userns(struct doctor *d, struct finding *f)
{
	struct err err = {0};

	(void)d;
	if (proc_call("makes a user namespace", try_userns, NULL, &err) < 0)
		finding_err(f, FINDING_FAIL, &err);
	else
		finding_set(f, FINDING_OK, "allowed, at most %ld",
			limits_sysctl("user/max_user_namespaces", -1));
}

static void mend_subids(struct finding *f)
{
	char name[64];

	user_name(name);
	finding_mend(f,
		"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
		name);
	finding_mend(
		f, "or add the line '%s:100000:65536' to /etc/subuid and to /etc/subgid", name);
	finding_mend(f, "(another range where these ids are taken by another user)");
}

void doctor_subids(struct doctor *d, struct finding *f)
{
	struct idmaps maps = {0};
	struct err err = {0};
	uint64_t uids, gids;

	if (is_root()) {
		finding_set(f, FINDING_OK, "not needed as root");
		return;
	}
	if (subid_maps(d->rundir, geteuid(), getegid(), &maps, &err) < 0) {
		finding_err(f, FINDING_WARN, &err);
		return;
	}
	uids = idmap_count(&maps.uid) - 1;
	gids = idmap_count(&maps.gid) - 1;
	idmaps_done(&maps);
	if (uids == 0 || gids == 0) {
		finding_set(f, FINDING_WARN,
			"no subordinate %s ids: containers have a single user, and images with "
			"files of others cannot be unpacked faithfully",
			uids == 0 ? "user" : "group");
		mend_subids(f);
	} else if (uids < SUBIDS_WANTED || gids < SUBIDS_WANTED) {
		finding_set(f, FINDING_WARN,
			"only %llu user and %llu group ids, images may want %d",
			(unsigned long long)uids, (unsigned long long)gids, SUBIDS_WANTED);
		mend_subids(f);
	} else {
		finding_set(f, FINDING_OK, "%llu user and %llu group ids", (unsigned long long)uids,
			(unsigned long long)gids);
	}
}

static int count_ids(void *arg, struct err *err)
{
	(void)arg;
	/* a second identity proves that the map is there: in single-id mode there is none */
	if (setresgid(1, 1, 1) < 0 || setresuid(1, 1, 1) < 0)
		return err_set(err, errno, "become user 1 in the new namespace");
	return 0;
}

void doctor_newidmap(struct doctor *d, struct finding *f)
{
	struct userns u = {0};
	struct err err = {0};
	int r;

	if (is_root()) {
		finding_set(f, FINDING_OK, "not needed as root");
		return;
	}
	r = newidmap_check(&err);
	if (r < 0) {
		finding_err(f, r == -ERR_NO_OBJECT ? FINDING_WARN : FINDING_FAIL, &err);
		return;
	}
	if (d->rundir < 0) {
		finding_set(f, FINDING_WARN,
			"installed, but not tried for lack of a runtime directory");
		return;
	}
	if (userns_query(d->rundir, &u, &err) == 0 && u.mode == USERNS_SINGLE) {
		finding_set(f, FINDING_WARN, "installed, but of no use without subordinate ids");
	} else if (userns_call(d->rundir, count_ids, NULL, &err) < 0) {
		finding_err(f, FINDING_FAIL, &err);
	} else {
		finding_set(f, FINDING_OK, "made a user namespace with all ids");
	}
	userns_done(&u);
}

void doctor_rundir(struct doctor *d, struct finding *f)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct err err = {0};

	if (ctx_run(d->ctx, &err) < 0) {
		finding_err(f, FINDING_FAIL, &err);
		return;
	}
	if (is_root() || !str_empty(d->ctx->runroot) || (xdg && str_after(d->ctx->runpath, xdg)) ||
		str_after(d->ctx->runpath, "/run/user/")) {
		finding_set(f, FINDING_OK, "%s", d->ctx->runpath);
		return;
	}
	finding_set(f, FINDING_WARN, "XDG_RUNTIME_DIR is %s; using %s",
		xdg ? "not a private directory of yours" : "not set", d->ctx->runpath);
	finding_mend(f, "log in through the login manager or ssh instead of su,");
	finding_mend(f,
		"or: export XDG_RUNTIME_DIR=/run/user/%u   (it must exist, belong to you and have "
		"mode 0700)",
		(unsigned)geteuid());
}

void doctor_linger(struct doctor *d, struct finding *f)
{
	char name[64];

	(void)d;
	if (is_root()) {
		finding_set(f, FINDING_OK, "not needed as root");
		return;
	}
	if (access("/run/systemd/system", F_OK) < 0) {
		finding_set(f, FINDING_OK, "not needed without systemd");
		return;
	}
	if (linger_enabled(user_name(name))) {
		finding_set(f, FINDING_OK, "enabled: containers survive your logout");
		return;
	}
	finding_set(f, FINDING_WARN, "not enabled: your last logout may end detached containers");
	finding_mend(f, "loginctl enable-linger %s", name);
}
