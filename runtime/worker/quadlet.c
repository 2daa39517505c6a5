/*
 * rl-quadlet - generator of systemd: services from the files of quadlets (runtime/quadlet/quadlet.h)
 *
 * rl-quadlet DIRECTORY…:      systemd.generator(7); services are written to the first one.  It works for a user where
 *                             its name has "user" in it, else for the machine.
 * rl-quadlet --dryrun [--user]: print the services instead.
 * What is wrong with a file is said on standard error, and the others are converted all the same; the exit code is 1 then.
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/mem.h"
#include "runtime/quadlet/install.h"
#include "runtime/quadlet/search.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static void complain(const char *name, const struct err *err)
{
	fprintf(stderr, "rl-quadlet: %s: %s%s%s%s\n", name, err->msg, err->hint[0] ? " (" : "",
		err->hint, err->hint[0] ? ")" : "");
}

static void print_all(const struct quadlet_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		_cleanup_buf_ struct buf text = {0};

		if (!set->v[i].done)
			continue;
		unitfile_write(&set->v[i].unit, &text);
		printf("---%s---\n%s\n", set->v[i].service, buf_str(&text));
	}
}

/* systemd gives a directory that is there.  One that is missing is made only for units that are to be written. */
static unsigned write_all(const struct quadlet_set *set, const char *to, int dirfd)
{
	_cleanup_close_ int made = -EBADF;
	struct err err = {0};
	unsigned wrong = 0;

	if (dirfd < 0) {
		if (fs_mkdirs_at(AT_FDCWD, to, 0755, &err) == 0)
			made = fs_opendir_at(AT_FDCWD, to, &err);
		if (made < 0) {
			complain(to, &err);
			return 1;
		}
		dirfd = made;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (!set->v[i].done || install_unit(dirfd, &set->v[i], &err) == 0)
			continue;
		complain(set->v[i].source.path, &err);
		wrong++;
	}
	return wrong;
}

static int usage(void)
{
	fprintf(stderr, "usage: rl-quadlet DIRECTORY…\n       rl-quadlet --dryrun [--user]\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *name = argc ? argv[0] : "", *slash = strrchr(name, '/'), *rl = getenv("RL"),
		   *to = NULL;
	struct quadlet_set set = {.rl = rl && *rl ? rl : RL_BINDIR "/rl"};
	_cleanup_strv_ struct strv dirs = {0};
	_cleanup_close_ int dirfd = -EBADF;
	bool dry = false;
	unsigned wrong;

	set.user = strstr(slash ? slash : name, "user") != NULL;
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--dryrun"))
			dry = true;
		else if (str_eq(argv[i], "--user"))
			set.user = true;
		else if (argv[i][0] == '-')
			return usage();
		else if (!to)
			to = argv[i];
	}
	if (!dry && !to)
		return usage();
	if (!dry)
		dirfd = fs_opendir_at(AT_FDCWD, to, NULL);
	/* for all users' units it runs as root, and early: it writes there and nowhere else */
	if (dry || dirfd >= 0)
		confine_writes(dirfd >= 0 ? dirfd : -EBADF);
	search_dirs(set.user, &dirs);
	wrong = search_load(&set, &dirs, complain);
	if (set.n) {
		wrong += quadlet_convert(&set, complain);
		if (dry)
			print_all(&set);
		else
			wrong += write_all(&set, to, dirfd);
	}
	quadlet_set_done(&set);
	return wrong ? 1 : 0;
}
