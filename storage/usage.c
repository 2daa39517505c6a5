#include "storage/usage.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/shared.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* each level holds a descriptor */
#define DEPTH_MAX 256

/* how a file counts */
enum measure {
	BY_SIZE,
	BY_BLOCKS, /* directories, too */
};

/* inodes of files with several names that were counted: a hash table, 0 for a free place */
struct seen {
	ino_t *v;
	size_t n, size;
};

static bool put(struct seen *seen, ino_t ino)
{
	size_t at = (size_t)ino * 0x9e3779b97f4a7c15u & (seen->size - 1);

	for (; seen->v[at]; at = (at + 1) & (seen->size - 1))
		if (seen->v[at] == ino)
			return false;
	seen->v[at] = ino;
	seen->n++;
	return true;
}

static bool is_new(struct seen *seen, const struct stat *st)
{
	struct seen larger = {.size = seen->size ? seen->size * 2 : 1024};

	if (st->st_nlink < 2)
		return true;
	if (2 * seen->n >= seen->size) {
		larger.v = xcalloc(larger.size, sizeof(*larger.v));
		for (size_t i = 0; i < seen->size; i++)
			if (seen->v[i])
				put(&larger, seen->v[i]);
		free(seen->v);
		*seen = larger;
	}
	return put(seen, st->st_ino);
}

static uint64_t measured(const struct stat *st, enum measure by)
{
	return by == BY_BLOCKS ? (uint64_t)st->st_blocks * 512 : (uint64_t)st->st_size;
}

static uint64_t count(
	int dirfd_, const char *name, enum measure by, unsigned depth, struct seen *seen)
{
	int fd = openat(dirfd_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint64_t total = 0;
	struct dirent *e;

	if (!dir) {
		fd_close(fd);
		return 0;
	}
	while ((e = readdir(dir))) {
		struct stat st;

		if (str_eq(e->d_name, ".") || str_eq(e->d_name, "..") ||
			fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (by == BY_BLOCKS && S_ISDIR(st.st_mode))
			total += measured(&st, by);
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			total += count(fd, e->d_name, by, depth + 1, seen);
		else if (S_ISREG(st.st_mode) && is_new(seen, &st))
			total += measured(&st, by);
	}
	closedir(dir);
	return total;
}

uint64_t usage_tree(int dirfd_, const char *name)
{
	struct seen seen = {0};
	uint64_t total = count(dirfd_, name, BY_SIZE, 0, &seen);

	free(seen.v);
	return total;
}

uint64_t usage_writable(int dirfd_)
{
	/* overlay's writable layer; vfs has a whole copy */
	return usage_tree(dirfd_,
		faccessat(dirfd_, "upper", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? "upper" : "tree");
}

static bool read_size(const struct store *s, const char *diff_id, uint64_t *ret)
{
	_cleanup_free_ char *path =
		xasprintf("layers/%.64s/layer.json", diff_id + strlen("sha256:"));
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *record = NULL;
	int64_t size;

	if (store_read(s, path, &b, NULL) < 0 ||
		json_parse(buf_str(&b), b.len, "layer.json", &record, NULL) < 0)
		return false;
	size = json_get_int(record, "size", 0);
	*ret = size > 0 ? (uint64_t)size : 0;
	return true;
}

uint64_t usage_contents(const struct store *s, const char *diff_id)
{
	uint64_t size = 0;
	bool found = read_size(s, diff_id, &size);

	for (size_t i = 0; !found && i < s->shared.n; i++) {
		_cleanup_(store_done) struct store other = {.fd = -EBADF};

		found = shared_open(s->shared.v[i], &other, NULL) == 0 &&
			read_size(&other, diff_id, &size);
	}
	return size;
}

static uint64_t file_size(const struct store *s, const char *hex, const char *name)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", hex, name);
	struct stat st;

	return fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
		       ? (uint64_t)st.st_size
		       : 0;
}

static uint64_t layer_size(const struct store *s, const char *hex)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/layer.json", hex);
	_cleanup_json_ json_t *record = NULL;
	int64_t size = 0;

	if (json_read_at(s->fd, path, &record, NULL) == 0)
		size = json_get_int(record, "size", 0);
	return (size > 0 ? (uint64_t)size : 0) + file_size(s, hex, "record") +
	       file_size(s, hex, "blob");
}

static int by_hex(const void *a, const void *b)
{
	return strcmp(((const struct usage_layer *)a)->hex, ((const struct usage_layer *)b)->hex);
}

static struct usage_layer *find(const struct usage *u, const char *diff_id)
{
	struct usage_layer key = {0};
	const char *hex = str_after(diff_id, "sha256:");

	if (!hex || !str_is_hex(hex, 64) || !u->n)
		return NULL;
	memcpy(key.hex, hex, 65);
	return bsearch(&key, u->layers, u->n, sizeof(key), by_hex);
}

static void mark_active(const struct store *s, struct usage *u)
{
	_cleanup_strv_ struct strv ids = {0};

	fs_list_at(s->fd, "containers", &ids, NULL);
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_strv_ struct strv diff_ids = {0};
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(s->fd, path, &record, NULL) < 0)
			continue;
		json_get_strv(record, "diffIds", &diff_ids);
		strv_foreach (k, diff_id, &diff_ids) {
			struct usage_layer *l = find(u, diff_id);

			if (l)
				l->active = true;
		}
	}
}

/* Trees with contents elsewhere.  The hard links of owners.h are files of layers. */
static void add_meta(const struct store *s, struct usage *u)
{
	_cleanup_strv_ struct strv names = {0}, containers = {0}, used = {0};

	fs_list_at(s->fd, "meta", &names, NULL);
	fs_list_at(s->fd, "containers", &containers, NULL);
	strv_foreach (i, id, &containers) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(s->fd, path, &record, NULL) == 0)
			strv_add(&used, json_get_str(record, "imageId", ""));
	}
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("meta/%s", name),
				    *id = xasprintf("%.64s", name);
		struct seen seen = {0};
		uint64_t size =
			str_ends(name, "-data") ? 0 : count(s->fd, path, BY_BLOCKS, 0, &seen);

		free(seen.v);
		u->total += size;
		u->reclaimable += strv_has(&used, id) ? 0 : size;
	}
}

int usage_read(const struct store *s, const struct family *all, struct usage *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct usage u = {0};
	int r = fs_list_at(s->fd, "layers", &names, err);

	if (r < 0)
		return r;
	u.layers = xcalloc(names.n + 1, sizeof(*u.layers));
	strv_foreach (i, hex, &names) {
		if (!str_is_hex(hex, 64))
			continue;
		memcpy(u.layers[u.n].hex, hex, 65);
		u.layers[u.n++].size = layer_size(s, hex);
	}
	/* the names come sorted */
	for (size_t i = 0; i < all->list->n; i++) {
		const struct strv *ids = &all->list->v[i].diff_ids;

		strv_foreach (k, diff_id, ids) {
			struct usage_layer *l = find(&u, diff_id);
			bool again = false;

			for (size_t p = 0; p < k; p++)
				again = again || str_eq(ids->v[p], diff_id);
			if (l && !again)
				l->images++;
		}
	}
	mark_active(s, &u);
	for (size_t i = 0; i < u.n; i++) {
		u.total += u.layers[i].size;
		u.reclaimable += u.layers[i].active ? 0 : u.layers[i].size;
	}
	add_meta(s, &u);
	*ret = u;
	return 0;
}

void usage_of(
	const struct usage *u, const struct image *img, uint64_t *ret_shared, uint64_t *ret_unique)
{
	*ret_shared = *ret_unique = 0;
	strv_foreach (i, diff_id, &img->diff_ids) {
		const struct usage_layer *l = find(u, diff_id);
		bool again = false;

		for (size_t p = 0; p < i; p++)
			again = again || str_eq(img->diff_ids.v[p], diff_id);
		if (l && !again)
			*(l->images > 1 ? ret_shared : ret_unique) += l->size;
	}
}

void usage_done(struct usage *u)
{
	free(take_ptr(u->layers));
	u->n = 0;
}
