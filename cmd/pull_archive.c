#include "cmd/pull_archive.h"

#include "cmd/archive.h"
#include "runtime/base/fd.h"
#include "storage/policy.h"

#include <sys/stat.h>

/* what the place is must be clear before the worker looks into it, and messages should speak of the path */
static int open_place(const struct transport *t, int *ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r = archive_open("pull", t->path, "", &fd, err);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", t->path);
	if (S_ISDIR(st.st_mode) != t->dir)
		return err_say(err, ERR_USAGE, "%s: takes a %s, which %s is not", t->name,
			t->dir ? "directory" : "file", t->path);
	*ret = take_fd(fd);
	return 0;
}

int pull_archive(struct ctx *ctx, const struct transport *t, bool one, const struct platform *want,
	bool quiet, struct strv *ret_ids, struct err *err)
{
	_cleanup_json_ json_t *request = json_pack("{s:s,s:b}", "transport", t->name, "one", one),
			      *result = NULL;
	_cleanup_close_ int fd = -EBADF;
	json_t *policy = NULL, *image;
	size_t i;
	int r = open_place(t, &fd, err);

	if (r == 0)
		r = policy_for_load(t->path, &policy, err);
	if (r < 0)
		return r;
	json_object_set_new(request, "policy", policy);
	json_set_str(request, "source", t->path);
	json_set_str(request, "reference", t->reference);
	if (want) {
		json_set_str(request, "os", want->os);
		json_set_str(request, "arch", want->arch);
		json_set_str(request, "variant", want->variant);
	}
	r = archive_run(ctx, "load", request, fd, quiet, "an image of that kind", &result, err);
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(result, "images"), i, image) {
		const char *id = json_get_str(image, "id", "");

		if (str_is_hex(id, 64) && !strv_has(ret_ids, id))
			strv_add(ret_ids, id);
	}
	return ret_ids->n ? 0 : err_say(err, EIO, "the transfer worker told no image id");
}
