#include "storage/writable.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/usage.h"
#include "storage/volume.h"
#include "userns/userns.h"

#include <sys/mman.h>

struct job {
	const struct store *s;
	const struct strv *ids;
	uint64_t *sizes;
	uint64_t (*size)(const struct store *s, const char *id);
};

static uint64_t container_size(const struct store *s, const char *id)
{
	_cleanup_free_ char *path = xasprintf("containers/%s", id);
	_cleanup_close_ int fd = fs_opendir_at(s->fd, path, NULL);

	return fd < 0 ? 0 : usage_writable(fd);
}

static uint64_t volume_size(const struct store *s, const char *name)
{
	_cleanup_free_ char *path = xasprintf("volumes/%s/" VOLUME_DATA, name);

	return usage_tree(s->fd, path);
}

static int size_all(void *arg, struct err *err)
{
	const struct job *job = arg;

	(void)err;
	strv_foreach (i, id, job->ids)
		job->sizes[i] = job->size(job->s, id);
	return 0;
}

static int sizes_in_r(int rundir, struct job job, uint64_t *sizes, struct err *err)
{
	const struct strv *ids = job.ids;
	size_t len = (ids->n + 1) * sizeof(*sizes);
	/* shared with the child that fills it */
	uint64_t *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (map == MAP_FAILED)
		return err_set(err, errno, "get memory");
	job.sizes = map;
	r = ids->n ? userns_call(rundir, size_all, &job, err) : 0;
	if (r == 0)
		memcpy(sizes, map, ids->n * sizeof(*sizes));
	munmap(map, len);
	return r;
}

int writable_sizes(
	const struct store *s, int rundir, const struct strv *ids, uint64_t *sizes, struct err *err)
{
	return sizes_in_r(
		rundir, (struct job){.s = s, .ids = ids, .size = container_size}, sizes, err);
}

int writable_volume_sizes(const struct store *s, int rundir, const struct strv *names,
	uint64_t *sizes, struct err *err)
{
	return sizes_in_r(
		rundir, (struct job){.s = s, .ids = names, .size = volume_size}, sizes, err);
}
