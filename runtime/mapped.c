#include "runtime/mapped.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/shared.h"
#include "storage/volume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int mapped_maps(const json_t *record, struct idmaps *ret, struct err *err)
{
	const json_t *maps = json_object_get(record, "idMaps");
	struct idmaps m = {0};
	int r;

	if (!maps)
		return 0;
	r = idmaps_from_json(maps, &m, err);
	if (r < 0)
		return err_wrap(err, "the container's record");
	if (idmaps_identical(&m)) {
		idmaps_done(&m);
		return 0;
	}
	*ret = m;
	return 1;
}

/* an image as owners.h wants it; @ids holds what @ret borrows */
static void image_of(const json_t *record, struct strv *ids, struct owners_image *ret)
{
	json_get_strv(record, "diffIds", ids);
	*ret = (struct owners_image){json_get_str(record, "imageId", ""),
		json_get_str(record, "sharedStore", NULL), ids};
}

bool mapped_ready(const struct store *s, const json_t *record)
{
	_cleanup_(idmaps_done) struct idmaps maps = {0};
	_cleanup_strv_ struct strv ids = {0};
	struct owners_image img;
	struct owners found;
	struct err err = {0};

	if (mapped_maps(record, &maps, &err) <= 0 || !json_object_get(record, "diffIds"))
		return true;
	image_of(record, &ids, &img);
	return s->driver && owners_find(s, &img, &maps, &found);
}

/* what the user can do about an owner that the map has no place for */
static int explain(const json_t *record, int r, struct err *err)
{
	const char *mode = json_string_value(json_path(record, "hostConfig", "UsernsMode", NULL));

	if (r != -EINVAL || !err || err->hint[0])
		return r;
	if (mode && str_after(mode, "auto"))
		return err_hint(err, "give the container more ids: --userns auto:size=65536");
	return err_hint(err, "map that id too: add a range to /etc/subuid and /etc/subgid, or to "
			     "the mapping");
}

int mapped_tree(const struct store *s, const json_t *record, struct owners *ret, struct err *err)
{
	_cleanup_(idmaps_done) struct idmaps maps = {0};
	_cleanup_strv_ struct strv ids = {0};
	struct owners_image img;
	int r = mapped_maps(record, &maps, err);

	if (r <= 0 || !json_object_get(record, "diffIds"))
		return r < 0 ? r : 0;
	image_of(record, &ids, &img);
	r = owners_tree(s, &img, &maps, ret, err);
	return r < 0 ? explain(record, r, err) : 1;
}

int mapped_open(const json_t *record, struct rootfs *rootfs, char tree[META_PATH_MAX],
	int *ret_hold, struct err *err)
{
	const char *id = json_get_str(record, "imageId", ""),
		   *shared = json_get_str(record, "sharedStore", NULL);
	struct owners found;
	int r = mapped_tree(rootfs->store, record, &found, err);

	if (r <= 0)
		return r;
	strv_done(&rootfs->diff_ids);
	strv_add(&rootfs->diff_ids, id);
	memcpy(tree, found.tree, META_PATH_MAX);
	rootfs->tree = tree;
	if (!found.data[0])
		return 1;
	if (shared) {
		r = shared_hold(shared, id, err);
		if (r < 0)
			return r;
		*ret_hold = r;
	}
	/* an absolute path stays one */
	rootfs->data = fs_opendir_at(rootfs->store->fd, found.data, err);
	return rootfs->data < 0 ? rootfs->data : 1;
}

/* the ids of R that the container's root has; Return: 1, 0 if they are R's own or there are none, or a negative errno */
static int root_of(const json_t *record, uint32_t *uid, uint32_t *gid, struct err *err)
{
	_cleanup_(idmaps_done) struct idmaps maps = {0};
	int r = mapped_maps(record, &maps, err);

	if (r <= 0)
		return r;
	return idmap_to_outside(&maps.uid, 0, uid) && idmap_to_outside(&maps.gid, 0, gid);
}

int mapped_give(const json_t *record, int dirfd, struct err *err)
{
	static const char *const files[] = {"hosts", "resolv.conf", "hostname"};
	uint32_t uid = 0, gid = 0;
	int r = root_of(record, &uid, &gid, err);

	for (size_t i = 0; r == 1 && i < ARRAY_SIZE(files); i++)
		if (fchownat(dirfd, files[i], uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_set(err, errno, "give %s to the container", files[i]);
	return r < 0 ? r : 0;
}

int mapped_give_volumes(const struct store *s, const json_t *record, struct err *err)
{
	uint32_t uid = 0, gid = 0;
	json_t *v;
	size_t i;
	int r = json_object_get(record, "volumes") ? root_of(record, &uid, &gid, err) : 0;

	if (r <= 0)
		return r;
	json_array_foreach (json_object_get(record, "volumes"), i, v) {
		r = volume_give(s, json_get_str(v, "name", ""), uid, gid, err);
		if (r < 0)
			return r;
	}
	return 0;
}

void mapped_give_fd(const json_t *record, int fd)
{
	uint32_t uid = 0, gid = 0;
	struct stat st;

	/* never /dev/null, which is the host's */
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && root_of(record, &uid, &gid, NULL) == 1)
		(void)!fchown(fd, uid, gid);
}
