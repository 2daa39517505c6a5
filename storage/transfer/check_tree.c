/*
 * Trees of meta/ (storage/meta.h, storage/owners.h): whether something needs them, whether they are whole, and whether the
 * contents of their files are where they say.
 */
#include "storage/transfer/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/meta.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 500

struct suspect {
	const struct store *s;
	const char *name;
};

static int discard(void *arg, struct err *err)
{
	const struct suspect *t = arg;

	return store_discard(t->s, "meta", t->name, err);
}

static void found(
	struct check *c, const struct store *s, const char *name, const char *what, bool force)
{
	struct check_finding f = {.mend = "remove it", .force = force};
	struct suspect t = {s, name};

	check_object(&f, "tree %.12s%.20s", name, strlen(name) > 64 ? name + 64 : "");
	check_what(&f, "%s", what);
	check_found(c, &f, discard, &t);
}

/* the links of owners.h, named by the inode that they have */
static bool links_fit(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	bool fit = d != NULL;
	struct dirent *de;

	while (d && fit && (de = readdir(d))) {
		char want[24];
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		fit = fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		snprintf(want, sizeof(want), "%llu", (unsigned long long)(fit ? st.st_ino : 0));
		fit = fit && S_ISREG(st.st_mode) && str_eq(want, de->d_name);
	}
	if (d)
		closedir(d);
	else
		fd_close(copy);
	return fit;
}

static const char *look_links(int dir)
{
	return links_fit(dir) ? NULL : "a file has the name of another one";
}

/* a file of names only: what it says must be there, and as long */
static bool file_fits(int dir, const char *name, int data)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st, there;
	char path[4096];
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	n = fgetxattr(fd, META_REDIRECT, path, sizeof(path) - 1);
	if (n < 0)
		return errno == ENODATA;
	path[n] = '\0';
	return n > 1 && path[0] == '/' &&
	       fstatat(data, path + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(there.st_mode) && there.st_size == st.st_size;
}

static bool tree_fits(int dirfd_, const char *name, int data, unsigned depth)
{
	int fd = openat(dirfd_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	bool fit = d != NULL;

	if (!d)
		fd_close(fd);
	while (d && fit && (de = readdir(d))) {
		if (str_eq(de->d_name, ".") || str_eq(de->d_name, ".."))
			continue;
		if (de->d_type == DT_REG)
			fit = file_fits(fd, de->d_name, data);
		else if (de->d_type == DT_DIR && depth < DEPTH_MAX)
			fit = tree_fits(fd, de->d_name, data, depth + 1);
	}
	if (d)
		closedir(d);
	return fit;
}

/* where the contents of its files are, as its record says; a shared store may be away, which is no fault of the tree */
static int open_data(const struct store *s, int dir)
{
	_cleanup_json_ json_t *record = NULL;
	const char *path;
	int fd;

	if (json_read_at(dir, "layer.json", &record, NULL) < 0)
		return -EBADMSG;
	path = json_get_str(record, "data", NULL);
	fd = path ? openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return fd < 0 ? -ENOENT : fd;
}

static const char *look_tree(const struct store *s, int dir, bool quick)
{
	bool only = faccessat(dir, META_NAMES, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	_cleanup_close_ int data = open_data(s, dir);

	if (data == -EBADMSG || (!only && faccessat(dir, "diff", F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return "it is not complete";
	if (quick || !only || data < 0)
		return NULL;
	return tree_fits(dir, META_NAMES, data, 0) ? NULL : "the contents of a file are missing";
}

void check_trees(const struct store *s, struct check *c)
{
	_cleanup_strv_ struct strv names = {0}, unneeded = {0};

	if (fs_list_at(s->fd, "meta", &names, NULL) < 0)
		return;
	/* an image or container that cannot be read may need any of them */
	meta_unneeded(s, &unneeded, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("meta/%s", name);
		_cleanup_close_ int dir = fs_opendir_at(s->fd, path, NULL);
		bool needed = !strv_has(&unneeded, name);
		const char *what = "nothing needs it";

		if (needed)
			what = str_ends(name, "-data") ? look_links(dir)
						       : look_tree(s, dir, c->quick);
		if (what)
			found(c, s, name, what, needed);
	}
}
