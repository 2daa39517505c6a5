#include "storage/transfer/merge.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 400

struct merge {
	const struct strv *dirs;
	struct buf path; /* of the directory that is being merged; "" is the top */
	unsigned depth;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_listed(struct merge *m)
{
	const char *path = m->path.len ? buf_str(&m->path) : ".";

	return m->dirs->n && bsearch(&path, m->dirs->v, m->dirs->n, sizeof(*m->dirs->v), compare);
}

static int copy_attributes(struct merge *m, int from, int to, struct err *err)
{
	struct timespec times[2];
	struct stat st;

	if (!is_listed(m))
		return 0;
	if (fstat(from, &st) < 0)
		return err_set(err, errno, "stat a directory");
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0 ||
		futimens(to, times) < 0)
		return err_set(err, errno, "describe the directory %s", buf_str(&m->path));
	return 0;
}

static int merge_dir(struct merge *m, int from, int to, struct err *err);

static int merge_both(struct merge *m, int from, int to, const char *name, struct err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int in = openat(from, name, flags), out = openat(to, name, flags);

	if (in < 0 || out < 0)
		return err_set(err, errno, "open %s", name);
	return merge_dir(m, in, out, err);
}

static int merge_one(struct merge *m, int from, int to, const char *name, struct err *err)
{
	size_t len = m->path.len;
	struct stat a, b;
	int r;

	if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(err, errno, "move %s", name);
	if (fstatat(from, name, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, errno, "stat %s", name);
	if (S_ISDIR(a.st_mode) && fstatat(to, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(b.st_mode)) {
		buf_addf(&m->path, "%s%s", len ? "/" : "", name);
		r = merge_both(m, from, to, name, err);
		m->path.data[m->path.len = len] = '\0';
		return r;
	}
	/* a file over a file at once; where one of them is a directory, that has to make room */
	if (renameat(from, name, to, name) == 0)
		return 0;
	r = fs_remove_tree_at(to, name, err);
	if (r == 0 && renameat(from, name, to, name) < 0)
		r = err_set(err, errno, "move %s", name);
	return r;
}

static int merge_dir(struct merge *m, int from, int to, struct err *err)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		r = err_set(err, errno, "read directory");
		fd_close(fd);
		return r;
	}
	if (++m->depth > DEPTH_MAX)
		r = err_say(err, E2BIG, "directories are nested more than %d deep", DEPTH_MAX);
	while (r == 0 && (e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			r = merge_one(m, from, to, e->d_name, err);
	m->depth--;
	closedir(d);
	return r < 0 ? r : copy_attributes(m, from, to, err);
}

int merge_tree(int from, int to, const struct strv *dirs, struct err *err)
{
	struct merge m = {.dirs = dirs};
	int r;

	buf_adds(&m.path, "");
	r = merge_dir(&m, from, to, err);
	buf_done(&m.path);
	return r;
}
