#include "storage/transfer/pack.h"

#include "runtime/base/fd.h"
#include "storage/transfer/kernelfs.h"
#include "storage/transfer/linkmap.h"
#include "storage/transfer/tarwrite.h"
#include "storage/transfer/whiteout.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#define NOBODY 65534

struct pack {
	struct tarwrite tar;
	struct linkmap links; /* where the first name of a file with several went */
	struct pack_facts facts;
	bool layer;
	const struct pack_copy *copy; /* instead of changes */
	bool in_kernel;		      /* what is copied is in a file system of the kernel's */
};

static void pack_done(struct pack *p)
{
	tarwrite_done(&p->tar);
	linkmap_done(&p->links);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "DIR/.wh.NAME": an empty file that says that the lower layers' NAME is gone */
static int pack_whiteout(struct pack *p, const char *path, struct err *err)
{
	const char *base = base_of(path);
	_cleanup_free_ char *marker = xasprintf("%.*s.wh.%s", (int)(base - path), path, base);
	struct tarwrite_entry e = {.path = marker, .type = '0'};

	return tarwrite_header(&p->tar, &e, err);
}

static int pack_opaque(struct pack *p, const char *dir, struct err *err)
{
	_cleanup_free_ char *marker = xasprintf("%s%s.wh..wh..opq", dir, *dir ? "/" : "");
	struct tarwrite_entry e = {.path = marker, .type = '0'};

	return tarwrite_header(&p->tar, &e, err);
}

static int pack_content(
	struct pack *p, struct tarwrite_entry *e, const struct node *n, struct err *err)
{
	_cleanup_close_ int fd = node_read(n, err);
	int r;

	if (fd < 0)
		return fd;
	e->size = (uint64_t)n->st.st_size;
	if (p->copy && kernelfs_is(n->fd)) {
		r = kernelfs_read(&fd, &e->size, err);
		if (r < 0)
			return r;
	}
	if (p->copy && p->copy->holes)
		return tarwrite_file(&p->tar, e, fd, err);
	r = tarwrite_header(&p->tar, e, err);
	return r < 0 ? r : tarwrite_content(&p->tar, fd, e->size, err);
}

/* Return: the type of entry, or '\0' for what an archive cannot hold */
static char type_of(struct pack *p, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return '0';
	case S_IFLNK:
		return '2';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	case S_IFCHR:
	case S_IFBLK:
		/* layers have none, see layer.h */
		if (!p->layer)
			return S_ISCHR(st->st_mode) ? '3' : '4';
		p->facts.devices++;
		return '\0';
	default:
		p->facts.sockets++;
		return '\0';
	}
}

/* an id that the map has no place for is nobody's there */
static void map_owner(const struct idmaps *owners, struct tarwrite_entry *e)
{
	if (!idmap_to_inside(&owners->uid, e->uid, &e->uid))
		e->uid = NOBODY;
	if (!idmap_to_inside(&owners->gid, e->gid, &e->gid))
		e->gid = NOBODY;
}

static int pack_node(struct pack *p, const char *path, const struct node *n, struct err *err)
{
	_cleanup_(xattrs_done) struct xattrs xattrs = {0};
	_cleanup_free_ char *dir = NULL, *target = NULL;
	const struct stat *st = &n->st;
	struct tarwrite_entry e = {
		.path = path,
		.type = type_of(p, st),
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim,
		.xattrs = &xattrs,
	};
	int r;

	if (!e.type)
		return 0;
	if (p->copy && p->copy->owners)
		map_owner(p->copy->owners, &e);
	e.link = st->st_nlink > 1 && e.type != '5' ? linkmap_get(&p->links, st) : NULL;
	if (e.link) {
		e.type = '1';
		return tarwrite_header(&p->tar, &e, err);
	}
	r = node_xattrs(n, &xattrs, err);
	if (r == 0 && e.type == '2')
		r = node_target(n, &target, err);
	if (r < 0)
		return r;
	if (e.type == '2')
		e.link = target;
	if (e.type == '5')
		e.path = dir = xasprintf("%s/", *path ? path : ".");
	if (e.type == '3' || e.type == '4') {
		e.major = major(st->st_rdev);
		e.minor = minor(st->st_rdev);
	}
	if (st->st_nlink > 1 && e.type != '5')
		linkmap_put(&p->links, st, path);
	return e.type == '0' ? pack_content(p, &e, n, err) : tarwrite_header(&p->tar, &e, err);
}

static int pack_one(void *arg, const struct change *c, struct err *err)
{
	struct pack *p = arg;
	int r;

	if (p->layer && str_after(base_of(c->path), ".wh.")) {
		err_say(err, EINVAL,
			"/%s cannot be in an image: .wh. means there that a file is deleted",
			c->path);
		return err_hint(err, "rename or remove it");
	}
	if (c->kind == CHANGE_DELETED)
		return pack_whiteout(p, c->path, err);
	r = pack_node(p, c->path, c->node, err);
	if (r == 0 && c->opaque)
		r = pack_opaque(p, c->path, err);
	return r < 0 ? err_wrap(err, "/%s", c->path) : 0;
}

int pack_changes(const struct changes_opts *o, enum pack_form form, int fd, struct pack_facts *ret,
	struct err *err)
{
	_cleanup_(pack_done) struct pack p = {.layer = form == PACK_LAYER};
	struct changes_opts opts = *o;
	int r;

	tarwrite_init(&p.tar, fd);
	opts.fn = pack_one;
	opts.arg = &p;
	r = changes_walk(&opts, err);
	if (r == 0)
		r = tarwrite_end(&p.tar, err);
	if (r == 0)
		*ret = p.facts;
	return r;
}

static int copy_one(void *arg, const struct change *c, struct err *err)
{
	struct pack *p = arg;
	const char *name = p->copy->name;
	_cleanup_free_ char *path =
		xasprintf("%s%s%s", name, *name && *c->path ? "/" : "", c->path);
	int r = pack_node(p, path, c->node, err);

	return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* /proc and the like, mounted below what is copied: no files, but the kernel's answers of a moment */
static bool copy_skip(void *arg, const struct node *dir)
{
	const struct pack *p = arg;

	return !p->in_kernel && kernelfs_is(dir->fd);
}

static int copy_dir(struct pack *p, const struct node *n, struct err *err)
{
	_cleanup_(view_done) struct view v = {.plain = true};
	struct changes_opts o = {
		.new = &v, .all = true, .skip = copy_skip, .fn = copy_one, .arg = p};
	int fd = openat(n->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno, "open %s", *p->copy->name ? p->copy->name : ".");
	view_push(&v, fd);
	return changes_walk(&o, err);
}

int pack_copy(const struct pack_copy *o, const struct node *n, int fd, struct pack_facts *ret,
	struct err *err)
{
	_cleanup_(pack_done) struct pack p = {.copy = o, .in_kernel = kernelfs_is(n->fd)};
	const struct change whole = {.kind = CHANGE_NONE, .path = "", .node = n};
	int r;

	tarwrite_init(&p.tar, fd);
	r = S_ISDIR(n->st.st_mode) ? copy_dir(&p, n, err) : copy_one(&p, &whole, err);
	if (r == 0)
		r = tarwrite_end(&p.tar, err);
	if (r == 0)
		*ret = p.facts;
	return r;
}
