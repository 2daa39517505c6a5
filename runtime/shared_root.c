#include "runtime/shared_root.h"

#include "runtime/base/fs.h"
#include "storage/shared.h"

#include <fcntl.h>

int shared_root(const struct store *s, const json_t *record, struct rootfs *root,
	char tree[META_PATH_MAX], int *ret_image, struct err *err)
{
	const char *id = json_get_str(record, "imageId", ""),
		   *shared = json_get_str(record, "sharedStore", "");
	enum meta_kind kind = meta_find(s, id, shared, tree);
	_cleanup_free_ char *objects = NULL;

	if (kind == META_NONE) {
		err_say(err, ERR_NO_OBJECT, "the tree of image %.12s is missing from the store",
			id);
		return err_hint(err, "make the container again of its image");
	}
	strv_done(&root->diff_ids);
	strv_add(&root->diff_ids, id);
	root->tree = tree;
	if (kind == META_PLAIN)
		return 0;
	if (!s->driver->probe_data)
		return err_say(
			err, EOPNOTSUPP, "image %.12s was prepared for the driver overlay", id);
	*ret_image = shared_hold(shared, id, err);
	if (*ret_image < 0)
		return *ret_image;
	objects = xasprintf("%s/objects", shared);
	root->data = fs_opendir_at(AT_FDCWD, objects, err);
	return root->data < 0 ? root->data : 0;
}
