#include "storage/transfer/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/transfer/rebuild.h"
#include "storage/usage.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* one directory of layers/, and who needs it */
struct suspect {
	const struct store *s;
	const char *hex;
	char diff_id[72];
	json_t *record;
	struct strv images, containers;
	bool has_name; /* one of the images */
	uint64_t size; /* of its tree */
};

static void suspect_done(struct suspect *l)
{
	json_decref(l->record);
	strv_done(&l->images);
	strv_done(&l->containers);
}

static char *path_in(const struct suspect *l, const char *name)
{
	return xasprintf("layers/%s/%s", l->hex, name);
}

static bool exists(const struct suspect *l, const char *name)
{
	_cleanup_free_ char *path = path_in(l, name);

	return faccessat(l->s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* all that may need layers, read once */
struct users {
	struct image_list images;
	bool sure; /* every image could be read */
	struct strv containers;
	struct strv *diff_ids; /* of each container */
};

static void users_done(struct users *u)
{
	for (size_t i = 0; i < u->containers.n; i++)
		strv_done(&u->diff_ids[i]);
	free(u->diff_ids);
	strv_done(&u->containers);
	image_list_done(&u->images);
}

static void users_read(struct users *u, const struct store *s)
{
	_cleanup_strv_ struct strv damaged = {0};

	image_list(s, &u->images, &damaged, NULL);
	u->sure = damaged.n == 0;
	fs_list_at(s->fd, "containers", &u->containers, NULL);
	u->diff_ids = xcalloc(u->containers.n + 1, sizeof(*u->diff_ids));
	strv_foreach (i, id, &u->containers) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(s->fd, path, &record, NULL) < 0)
			u->sure = false;
		else
			json_get_strv(record, "diffIds", &u->diff_ids[i]);
	}
}

static void find_users(struct suspect *l, const struct users *u)
{
	for (size_t i = 0; i < u->images.n; i++) {
		const struct image *img = &u->images.v[i];

		if (!strv_has(&img->diff_ids, l->diff_id))
			continue;
		strv_add(&l->images, img->id);
		l->has_name = l->has_name || img->names.n;
	}
	strv_foreach (i, id, &u->containers)
		if (strv_has(&u->diff_ids[i], l->diff_id))
			strv_add(&l->containers, id);
}

/* the layer goes with the last image that is made of it; containers are the command's to remove */
static int remove_layer(void *arg, struct err *err)
{
	const struct suspect *l = arg;
	_cleanup_close_ int lock = -EBADF;

	if (l->containers.n)
		return err_say(err, EBUSY, "container %.12s is made of it", l->containers.v[0]);
	strv_foreach (i, id, &l->images) {
		int r = image_remove(l->s, id, NULL, err);

		if (r < 0 && r != -ERR_NO_OBJECT)
			return r;
	}
	if (!exists(l, "."))
		return 0;
	/* by now only a pull can want it, which must not take it for good */
	lock = store_lock(l->s, LOCK_EXCLUSIVE, err);
	return lock < 0 ? lock : store_discard(l->s, "layers", l->hex, err);
}

static int collect(void *arg, struct err *err)
{
	const struct suspect *l = arg;

	return image_collect(l->s, NULL, err);
}

static uint64_t count_entries(int dirfd_, unsigned depth)
{
	_cleanup_strv_ struct strv names = {0};
	uint64_t n = 0;

	if (fs_list_at(dirfd_, ".", &names, NULL) < 0)
		return 0;
	strv_foreach (i, name, &names) {
		_cleanup_close_ int fd = openat(
			dirfd_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		n += 1 + (fd >= 0 && depth < 256 ? count_entries(fd, depth + 1) : 0);
	}
	return n;
}

/* What is known of the layer stays; what can be counted is counted. */
static int write_record(void *arg, struct err *err)
{
	const struct suspect *l = arg;
	_cleanup_json_ json_t *j = l->record ? json_copy(l->record) : json_object();
	_cleanup_free_ char *path = path_in(l, ".");
	_cleanup_close_ int dir = fs_opendir_at(l->s->fd, path, err), diff = -EBADF;

	if (dir < 0)
		return dir;
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "size", json_integer((json_int_t)usage_tree(dir, "diff")));
	if (!l->record) {
		diff = fs_opendir_at(dir, "diff", err);
		if (diff < 0)
			return diff;
		json_object_set_new(j, "entries", json_integer((json_int_t)count_entries(diff, 0)));
	}
	return json_write_at(dir, "layer.json", j, FS_SYNC, err);
}

static int forget_blob(void *arg, struct err *err)
{
	const struct suspect *l = arg;
	_cleanup_json_ json_t *j = json_copy(l->record);
	_cleanup_free_ char *path = path_in(l, "layer.json"), *blob = path_in(l, "blob");
	int r;

	json_object_del(j, "blob");
	r = json_write_at(l->s->fd, path, j, FS_SYNC, err);
	if (r == 0 && unlinkat(l->s->fd, blob, 0) < 0 && errno != ENOENT)
		r = err_set(err, errno, "remove %s", blob);
	return r;
}

/* a layer that cannot be used as it is */
static void check_bad(struct suspect *l, struct check *c, bool works, const char *what)
{
	struct check_finding f = {.force = (works && l->has_name) || l->containers.n};
	_cleanup_buf_ struct buf mend = {0};

	buf_adds(&mend, "remove it");
	strv_foreach (i, id, &l->images)
		buf_addf(&mend, "%s%.12s", i ? ", " : " and the images made of it: ", id);
	f.mend = buf_str(&mend);
	check_object(&f, "layer %.12s", l->hex);
	check_what(&f, "%s", what);
	check_found(c, &f, remove_layer, l);
	/* missing files are a fault of the container itself (runtime/check.h) */
	for (size_t i = 0; works && i < l->containers.n; i++) {
		struct check_finding user = {.mend = "remove it", .force = true};

		check_object(&user, "container %.64s", l->containers.v[i]);
		check_what(&user, "is made of the layer %.12s, which is damaged", l->hex);
		check_found(c, &user, NULL, NULL);
	}
}

static bool blob_fits(const struct suspect *l, bool quick)
{
	const json_t *blob = json_object_get(l->record, "blob");
	_cleanup_free_ char *path = path_in(l, "blob"), *data = xmalloc(1 << 16);
	_cleanup_close_ int fd = openat(l->s->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	EVP_MD_CTX *md;
	unsigned char sum[EVP_MAX_MD_SIZE];
	char digest[72] = "sha256:";
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size != json_get_int(blob, "size", -1))
		return false;
	if (quick)
		return true;
	md = EVP_MD_CTX_new();
	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		abort();
	while ((n = fd_read_full(fd, data, 1 << 16)) > 0)
		EVP_DigestUpdate(md, data, (size_t)n);
	EVP_DigestFinal_ex(md, sum, NULL);
	EVP_MD_CTX_free(md);
	for (size_t i = 0; i < 32; i++)
		snprintf(digest + 7 + 2 * i, 3, "%02x", sum[i]);
	return n == 0 && str_eq(digest, json_get_str(blob, "digest", ""));
}

/* Return: whether the tree is what it was; true where that cannot be told */
static bool tree_fits(const struct suspect *l, int null)
{
	int r = l->record && exists(l, "record") ? rebuild_tar(l->s, l->diff_id, null, NULL) : 0;

	/* anything else is trouble of this machine's, and no word about the layer */
	return r != -EBADMSG && r != -ENOENT && r != -ENOTDIR && r != -ELOOP && r != -EIO;
}

static void check_record(struct suspect *l, struct check *c, bool needed)
{
	struct check_finding f = {.mend = "write it anew"};

	check_object(&f, "layer %.12s", l->hex);
	if (!l->record && !needed) {
		/* what a removal on a full disk left when it was killed: some of the tree may be gone */
		check_what(&f, "layer.json cannot be read, and nothing needs it");
		f.mend = "remove it";
		check_found(c, &f, remove_layer, l);
		return;
	}
	if (!l->record) {
		check_what(&f, "layer.json cannot be read");
		check_found(c, &f, write_record, l);
		return;
	}
	if (json_get_int(l->record, "size", -1) < 0 ||
		(!c->quick && json_get_int(l->record, "size", -1) != (int64_t)l->size)) {
		check_what(&f, "layer.json records a size of %lld bytes",
			(long long)json_get_int(l->record, "size", -1));
		check_found(c, &f, write_record, l);
	}
	if (json_object_get(l->record, "blob") && !blob_fits(l, c->quick)) {
		check_what(&f, "the compressed copy is damaged");
		f.mend = "forget it";
		check_found(c, &f, forget_blob, l);
	}
}

static void check_needed(struct suspect *l, struct check *c)
{
	struct check_finding f = {.mend = "remove it"};
	_cleanup_free_ char *path = path_in(l, ".");
	struct stat st;

	if (l->images.n || l->containers.n || fstatat(l->s->fd, path, &st, 0) < 0 ||
		st.st_ctime > time(NULL) - c->max_age)
		return;
	check_object(&f, "layer %.12s", l->hex);
	check_what(&f, "nothing needs it");
	check_found(c, &f, collect, l);
}

static void check_one(struct suspect *l, const struct users *users, int null, struct check *c)
{
	_cleanup_free_ char *path = path_in(l, "layer.json"), *dir = path_in(l, ".");
	_cleanup_close_ int fd = fs_opendir_at(l->s->fd, dir, NULL);

	snprintf(l->diff_id, sizeof(l->diff_id), "sha256:%.64s", l->hex);
	find_users(l, users);
	if (json_read_at(l->s->fd, path, &l->record, NULL) < 0 || !json_is_object(l->record)) {
		json_decref(l->record);
		l->record = NULL;
	}
	if (fd < 0 || !exists(l, "diff")) {
		check_bad(l, c, false, "its files are missing");
		return;
	}
	if (!c->quick)
		l->size = usage_tree(fd, "diff");
	if (!c->quick && !tree_fits(l, null)) {
		check_bad(l, c, true, "its files have been changed");
		return;
	}
	/* what a damaged image needs is not known */
	check_record(l, c, !users->sure || l->images.n || l->containers.n);
	if (users->sure && l->record)
		check_needed(l, c);
}

void check_layers(const struct store *s, int null, struct check *c)
{
	_cleanup_(users_done) struct users users = {0};
	_cleanup_strv_ struct strv names = {0};

	users_read(&users, s);
	fs_list_at(s->fd, "layers", &names, NULL);
	strv_foreach (i, hex, &names) {
		_cleanup_(suspect_done) struct suspect l = {.s = s, .hex = hex};

		if (str_is_hex(hex, 64)) {
			check_one(&l, &users, null, c);
		} else {
			struct check_finding f = {.mend = "remove it"};

			check_object(&f, "%s/layers/%.250s", s->path, hex);
			check_what(&f, "is not a layer");
			check_found(c, &f, remove_layer, &l);
		}
	}
}
