#include "cmd/manifest_artifact.h"

#include "runtime/base/fd.h"
#include "storage/artifact.h"

#include <fcntl.h>
#include <sys/stat.h>

int manifest_artifact_check(const struct artifact_flags *f, bool all, struct err *err)
{
	if (f->wanted)
		return all ? err_say(err, ERR_USAGE, "--all and --artifact exclude each other") : 0;
	if (f->config || f->config_type || f->exclude_titles || f->layer_type || f->subject ||
		f->type)
		return err_say(err, ERR_USAGE, "options for artifacts need --artifact");
	return 0;
}

/* files, open */
struct files {
	int v[1 + ARTIFACT_FILES_MAX];
	size_t n;
};

static void files_done(struct files *f)
{
	while (f->n)
		fd_close(f->v[--f->n]);
}

static int add(struct files *f, const char *path, struct err *err)
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

static int open_all(
	const struct artifact_flags *o, const struct strv *args, struct files *f, struct err *err)
{
	int r = 0;

	if (args->n - 1 > ARTIFACT_FILES_MAX)
		return err_say(err, E2BIG, "an artifact has at most %d files", ARTIFACT_FILES_MAX);
	if (o->config)
		r = add(f, o->config, err);
	for (size_t i = 1; r == 0 && i < args->n; i++)
		r = add(f, args->v[i], err);
	return r;
}

int manifest_artifact_add(struct list_work *w, const struct artifact_flags *f,
	const struct strv *args, json_t *request, struct err *err)
{
	_cleanup_(files_done) struct files files = {0};
	json_t *what = json_pack(
		       "{s:b,s:b}", "config", f->config != NULL, "titles", !f->exclude_titles),
	       *names = json_array();
	int r = open_all(f, args, &files, err);

	for (size_t i = 1; i < args->n; i++)
		json_array_append_new(names, json_str(args->v[i]));
	json_object_set_new(what, "files", names);
	json_set_str(what, "type", f->type);
	json_set_str(what, "configType", f->config_type);
	json_set_str(what, "layerType", f->layer_type);
	json_object_set_new(request, "artifact", what);
	json_set_str(request, "op", "add-artifact");
	if (r == 0 && f->subject)
		r = list_work_subject(w, f->subject, request, err);
	if (r < 0)
		return r;
	w->files = files.v;
	w->n_files = files.n;
	r = manifest_change(w, args->v[0], request, err);
	w->files = NULL;
	w->n_files = 0;
	return r;
}
