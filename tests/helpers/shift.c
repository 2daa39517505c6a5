/*
 * shift - an image with other owners (storage/meta.h), for tests and measurements
 *
 * usage: shift [-c] ID MAP [COMMAND [ARG...]]: ID is an image of RL_ROOT (all 64 digits), MAP "INSIDE:OUTSIDE:SIZE[,…]" for
 *        users and groups.  Prints how long it took; runs COMMAND in R with the tree mounted, its path in ROOT.
 *        -c copies everything instead, as it would have to be done without data-only layers.
 * RL_ROOT is the store, RL_RUNROOT the runtime directory.
 */
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "storage/copy.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/owners.h"
#include "userns/rundir.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct job {
	struct store s;
	struct image img;
	struct idmaps maps;
	char **command;
	bool copy;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int parse_map(const char *text, struct idmaps *ret)
{
	char *copy = xstrdup(text), *rest = copy, *part;
	unsigned inside, outside, size;
	int r = 0;

	while ((part = strsep(&rest, ","))) {
		if (sscanf(part, "%u:%u:%u", &inside, &outside, &size) != 3)
			r = -1;
		idmap_add(&ret->uid, inside, outside, size);
		idmap_add(&ret->gid, inside, outside, size);
	}
	free(copy);
	return r;
}

/* the other way: each layer copied into one tree below tmp/, with its owners changed */
static int copy_all(const struct job *j, char ret[META_PATH_MAX], struct err *err)
{
	const struct copy_opts o = {.owners = &j->maps};
	_cleanup_close_ int to = -EBADF;
	int r;

	snprintf(ret, META_PATH_MAX, "shift-copy");
	if (mkdirat(j->s.fd, ret, 0700) < 0)
		return err_set(err, errno, "create %s", ret);
	to = fs_opendir_at(j->s.fd, ret, err);
	r = to < 0 ? to : 0;
	for (size_t i = 0; r == 0 && i < j->img.diff_ids.n; i++) {
		_cleanup_free_ char *path = xasprintf("layers/%s/diff", j->img.diff_ids.v[i] + 7);
		_cleanup_close_ int from = fs_opendir_at(j->s.fd, path, err);

		r = from < 0 ? from : copy_tree(from, to, &o, err);
	}
	if (r == 0 && syncfs(to) < 0)
		r = err_set(err, errno, "sync");
	return r;
}

static int set(int fs, const char *key, const char *value, struct err *err)
{
	return fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0) < 0
		       ? err_set(err, errno, "mount overlay: %s", key)
		       : 0;
}

/* read-only, for there is nothing to write */
static int mount_tree(
	const struct job *j, const struct owners *tree, const char *at, struct err *err)
{
	_cleanup_free_ char *names = xasprintf("%s/%s", j->s.path, tree->tree);
	_cleanup_free_ char *data =
		path_is_abs(tree->data) ? xstrdup(tree->data) : path_join(j->s.path, tree->data);
	_cleanup_close_ int fs = -EBADF, mnt = -EBADF;
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "unshare");
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	r = set(fs, "userxattr", NULL, err);
	if (r == 0)
		r = set(fs, "lowerdir+", names, err);
	if (r == 0)
		r = set(fs, "datadir+", data, err);
	if (r == 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = err_set(err, errno, "mount overlay");
	if (r < 0)
		return r;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return mnt < 0 || move_mount(mnt, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0
		       ? err_set(err, errno, "attach overlay")
		       : 0;
}

static int in_r(void *arg, struct err *err)
{
	struct job *j = arg;
	const struct owners_image img = {j->img.id, j->img.shared, &j->img.diff_ids};
	struct owners tree = {0};
	double begin = now();
	int r = store_driver(&j->s, true, err);

	if (r == 0)
		r = j->copy ? copy_all(j, tree.tree, err)
			    : owners_tree(&j->s, &img, &j->maps, &tree, err);

	if (r < 0)
		return r;
	fprintf(stderr, "%s: %.3f s\n", tree.tree, now() - begin);
	if (!*j->command || j->copy)
		return 0;
	{
		_cleanup_free_ char *at = tree.data[0]
						  ? xasprintf("%s/tmp-%d", j->s.path, (int)getpid())
						  : path_join(j->s.path, tree.tree);
		struct proc_opts o = {.path = j->command[0],
			.argv = j->command,
			.keep_stdio = true,
			.search = true};

		mkdir(at, 0700);
		r = tree.data[0] ? mount_tree(j, &tree, at, err) : 0;
		if (r < 0)
			return r;
		setenv("ROOT", at, 1);
		r = proc_run(&o, err);
		if (tree.data[0]) {
			umount2(at, MNT_DETACH);
			rmdir(at);
		}
		return r;
	}
}

int main(int argc, char **argv)
{
	struct job j = {.copy = argc > 1 && str_eq(argv[1], "-c")};
	_cleanup_free_ char *runpath = NULL;
	struct err err = {0};
	int rundir, r;

	argv += j.copy;
	argc -= j.copy;
	if (argc < 3 || parse_map(argv[2], &j.maps) < 0) {
		fprintf(stderr, "usage: shift [-c] ID MAP [COMMAND [ARG...]]\n");
		return 2;
	}
	j.command = argv + 3;
	rundir = rundir_open(getenv("RL_RUNROOT"), &runpath, &err);
	r = rundir < 0 ? rundir : store_open(&j.s, getenv("RL_ROOT"), &err);
	if (r == 0 && getenv("RL_ADDITIONAL_STORES"))
		strv_add(&j.s.shared, getenv("RL_ADDITIONAL_STORES"));
	if (r == 0)
		r = image_find(&j.s, argv[1], &j.img, &err);
	if (r == 0)
		r = userns_call(rundir, in_r, &j, &err);
	if (r < 0)
		fprintf(stderr, "shift: %s\n", err.msg);
	return r < 0 ? 125 : r;
}
