#include "storage/reclaim.h"

#include "runtime/base/fs.h"
#include "storage/image.h"
#include "storage/usage.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* one that is used is compiled again within milliseconds */
#define CACHE_AGE_MAX (24 * 3600)

/* compiled filters: a new version or another profile leaves the old ones behind */
static uint64_t drop_caches(const struct store *s)
{
	_cleanup_strv_ struct strv names = {0};
	uint64_t bytes = 0;

	fs_list_at(s->fd, "seccomp", &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("seccomp/%s", name);
		struct stat st;

		if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
			st.st_mtime < time(NULL) - CACHE_AGE_MAX && unlinkat(s->fd, path, 0) == 0)
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static void drop_temporary(const struct store *s)
{
	_cleanup_strv_ struct strv paths = {0};

	store_list_temporary(s, &paths);
	strv_foreach (i, path, &paths)
		unlinkat(s->fd, path, 0);
}

struct job {
	const struct store *s;
	uint64_t *bytes;
};

static int empty_trash(void *arg, struct err *err)
{
	const struct job *job = arg;

	(void)err;
	store_discard_stale(job->s);
	*job->bytes += usage_tree(job->s->fd, "trash");
	store_sweep(job->s);
	return 0;
}

int reclaim(const struct store *s, int rundir, uint64_t *ret_bytes, struct err *err)
{
	/* shared with the child that fills it */
	uint64_t *map =
		mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct job job = {s, map};
	int r, e;

	if (map == MAP_FAILED)
		return err_set(err, errno, "get memory");
	r = image_collect(s, NULL, err);
	drop_temporary(s);
	*map = drop_caches(s);
	/* where R cannot be entered, what belongs to the user alone can still be deleted */
	e = userns_call(rundir, empty_trash, &job, r < 0 ? NULL : err);
	if (e < 0)
		empty_trash(&job, NULL);
	*ret_bytes = *map;
	munmap(map, sizeof(*map));
	return r < 0 ? r : e;
}

static int sweep(void *arg, struct err *err)
{
	(void)err;
	store_sweep(arg);
	return 0;
}

void reclaim_trash(const struct store *s, int rundir)
{
	if (userns_call(rundir, sweep, (void *)(uintptr_t)s, NULL) < 0)
		store_sweep(s);
}
