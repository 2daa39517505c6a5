#include "storage/transfer/lent.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/ref.h"
#include "storage/transfer/object.h"
#include "storage/transfer/tree.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

void lent_done(struct lent *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].path);
		free(l->v[i].link);
		free(l->v[i].object);
	}
	free(l->v);
	json_decref(l->facts);
	json_decref(l->lost);
	store_done(&l->from);
	*l = (struct lent)LENT_INIT;
}

static int open_regular(const struct lent *l, const char *path)
{
	_cleanup_close_ int fd = path_open_in_root(l->from.fd, path, FLAGS, 0, NULL);
	struct stat st;

	if (fd < 0)
		return fd;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? take_fd(fd) : -EBADMSG;
}

int lent_file(const struct lent *l, const char *name)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", l->hex, name);

	return open_regular(l, path);
}

static int read_json(const struct lent *l, const char *name, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", l->hex, name);
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	int r = store_read(&l->from, path, &b, err);

	return r < 0 ? r : json_parse(buf_str(&b), b.len, name, ret, err);
}

int lent_open(const struct store *s, const char *diff_id, struct lent *ret, struct err *err)
{
	if (!ref_digest_ok(diff_id))
		return err_say(err, EINVAL, "bad DiffID %.100s", diff_id);
	strv_foreach (i, path, &s->shared) {
		_cleanup_(lent_done) struct lent l = LENT_INIT;

		memcpy(l.hex, diff_id + strlen("sha256:"), sizeof(l.hex));
		if (shared_open(path, &l.from, NULL) < 0 ||
			read_json(&l, "layer.json", &l.facts, NULL) < 0)
			continue;
		*ret = l;
		l = (struct lent)LENT_INIT;
		return 0;
	}
	return err_say(err, ENOENT, "layer %.19s is in no store", diff_id);
}

bool lent_has(const struct store *s, const char *diff_id)
{
	_cleanup_(lent_done) struct lent l = LENT_INIT;

	return lent_open(s, diff_id, &l, NULL) == 0;
}

static void add(void *arg, const char *path, const char *link, const char *object)
{
	struct lent *l = arg;

	/* twice as long each time */
	if ((l->n & (l->n - 1)) == 0)
		l->v = xreallocarray(l->v, l->n ? 2 * l->n : 1, sizeof(*l->v));
	l->v[l->n++] = (struct lent_file){
		xstrdup(path), link ? xstrdup(link) : NULL, object ? xstrdup(object) : NULL};
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct lent_file *)a)->path, ((const struct lent_file *)b)->path);
}

/* which content each name has, and what the layer itself replaced; when the first content is asked for */
static int read_names(struct lent *l)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (l->n)
		return 0;
	fd = lent_file(l, "tree");
	if (fd < 0)
		return fd;
	r = tree_names(fd, add, l, NULL);
	if (r < 0)
		return r;
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_path);
	read_json(l, "lost", &l->lost, NULL);
	return 0;
}

static const struct lent_file *find(const struct lent *l, const char *path)
{
	const struct lent_file key = {.path = (char *)(uintptr_t)path};

	return l->n ? bsearch(&key, l->v, l->n, sizeof(key), by_path) : NULL;
}

int lent_content(struct lent *l, const char *path, uint64_t inode)
{
	_cleanup_free_ char *at = NULL;
	const struct lent_file *f;
	const char *object, *text;
	char key[24], name[OBJECT_NAME_MAX];
	uint64_t size;
	int r = read_names(l);

	if (r < 0)
		return r;
	snprintf(key, sizeof(key), "%" PRIu64, inode);
	text = json_get_str(l->lost, key, NULL);
	if (text) {
		if (!object_parse(text, strlen(text), name, &size))
			return -EBADMSG;
		object = name;
	} else {
		f = find(l, path);
		if (f && f->link)
			f = find(l, f->link);
		object = f ? f->object : NULL;
	}
	if (!object)
		return -ENOENT;
	at = xasprintf("objects/%s", object);
	return open_regular(l, at);
}
