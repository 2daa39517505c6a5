#include "cmd/artifact_files.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>

void artifact_files_done(struct artifact_files *f)
{
	while (f->n)
		fd_close(f->v[--f->n]);
}

static int add(struct artifact_files *f, const char *path, struct err *err)
{
	/* what is no file must not block */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_set(err, errno, "open %.300s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_say(err, EINVAL, "%.300s is not a regular file", path);
	f->v[f->n++] = take_fd(fd);
	return 0;
}

int artifact_files_open(const char *config, const struct strv *args, json_t *what,
	struct artifact_files *ret, struct err *err)
{
	json_t *names = json_array();
	int r = 0;

	json_object_set_new(what, "files", names);
	if (args->n - 1 > ARTIFACT_FILES_MAX)
		return err_say(err, E2BIG, "an artifact has at most %d files", ARTIFACT_FILES_MAX);
	if (config)
		r = add(ret, config, err);
	for (size_t i = 1; r == 0 && i < args->n; i++) {
		r = add(ret, args->v[i], err);
		json_array_append_new(names, json_str(args->v[i]));
	}
	return r;
}
