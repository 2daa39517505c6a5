/*
 * Theory of operation: both trees are walked side by side.  A directory is reported when it has changed itself, or
 * late, when something in it is: then all that lead to it are reported first (report_dir).
 *
 * There are two passes.  The first only looks at files with several names and remembers the inodes of those that are new
 * or changed; in the second a name of such an inode counts as changed although it looks the same.
 */
#include "storage/transfer/changes.h"

#include "runtime/base/fd.h"
#include "storage/transfer/linkmap.h"

#include <fcntl.h>

#define DEPTH_MAX 512

struct walk {
	const struct changes_opts *o;
	bool marking; /* the first pass */
	struct linkmap marked;
	struct buf path;
	unsigned depth;
};

/* a directory that is being walked */
struct frame {
	struct frame *up;
	struct node node;
	size_t path_len;
	enum change_kind kind;
	bool opaque, reported;
	bool place; /* rl's own unless something is in it */
	bool had_place; /* something of rl's was left out, which has changed the time of this directory */
};

static int walk_dir(struct walk *w, struct frame *f, const struct view_dir *new,
	const struct view_dir *old, struct err *err);

/* what is there, as an image has it */
static int look(
	const struct view *v, int dirfd, const char *name, struct node *ret, struct err *err)
{
	int r = name ? node_open(dirfd, name, ret, err) : node_of_dir(dirfd, ret, err);

	if (r == 0)
		view_owner(v, &ret->st);
	return r;
}

static void walk_done(struct walk *w)
{
	linkmap_done(&w->marked);
	buf_done(&w->path);
}

static int report_dir(struct walk *w, struct frame *f, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct change c = {.kind = f->kind, .node = &f->node, .opaque = f->opaque};
	int r = 0;

	if (f->reported)
		return 0;
	if (f->up)
		r = report_dir(w, f->up, err);
	if (r < 0)
		return r;
	f->reported = true;
	/* whatever is changed in a directory changes it */
	if (c.kind == CHANGE_NONE && !w->o->all)
		c.kind = CHANGE_MODIFIED;
	c.path = path = xstrndup(buf_str(&w->path), f->path_len);
	return w->o->fn(w->o->arg, &c, err);
}

static int report(struct walk *w, struct frame *f, enum change_kind kind, const struct node *node,
	struct err *err)
{
	struct change c = {.kind = kind, .path = buf_str(&w->path), .node = node};
	int r = report_dir(w, f, err);

	return r < 0 ? r : w->o->fn(w->o->arg, &c, err);
}

/* whether something is mounted at the path, or below it */
static bool leads_to(const struct strv *places, const char *path)
{
	for (size_t i = 0; places && i < places->n; i++) {
		const char *rest = str_after(places->v[i], path);

		if (rest && (!*rest || *rest == '/'))
			return true;
	}
	return false;
}

static bool leads_to_place(const struct walk *w)
{
	return leads_to(w->o->places, w->path.data);
}

/* as runtime/rootfs.c and mount_exec.c make them */
static bool is_bare(const struct node *n)
{
	_cleanup_(xattrs_done) struct xattrs x = {0};
	mode_t mode = n->st.st_mode;

	if (mode != (S_IFDIR | 0755) && mode != (S_IFDIR | 01777) &&
		(mode != (S_IFREG | 0644) || n->st.st_size))
		return false;
	return node_xattrs(n, &x, NULL) == 0 && x.n == 0;
}

static int compare(struct walk *w, const struct node *new, const struct node *old,
	enum change_kind *ret, struct err *err)
{
	int r;

	if (!old) {
		*ret = CHANGE_ADDED;
		return 0;
	}
	if (!w->marking && new->st.st_nlink > 1 && linkmap_get(&w->marked, &new->st)) {
		*ret = CHANGE_MODIFIED;
		return 0;
	}
	r = node_equal(new, old, err);
	if (r < 0)
		return err_wrap(err, "/%s", buf_str(&w->path));
	*ret = r ? CHANGE_NONE : CHANGE_MODIFIED;
	return 0;
}

static int walk_file(struct walk *w, struct frame *f, const struct node *new,
	const struct node *old, struct err *err)
{
	enum change_kind kind;
	int r;

	if (w->marking && (new->st.st_nlink < 2 || !S_ISREG(new->st.st_mode)))
		return 0;
	r = compare(w, new, old, &kind, err);
	if (r < 0)
		return r;
	if (w->marking) {
		if (kind != CHANGE_NONE)
			linkmap_put(&w->marked, &new->st, "");
		return 0;
	}
	if (!old && leads_to_place(w) && is_bare(new)) {
		f->had_place = true;
		return 0;
	}
	return kind == CHANGE_NONE && !w->o->all ? 0 : report(w, f, kind, new, err);
}

static bool same_time(const struct node *a, const struct node *b)
{
	return a->st.st_mtim.tv_sec == b->st.st_mtim.tv_sec &&
	       a->st.st_mtim.tv_nsec == b->st.st_mtim.tv_nsec;
}

/* after its content: a directory that has changed itself, or must be there */
static int finish_dir(struct walk *w, struct frame *f, const struct node *old, struct err *err)
{
	bool time_counts = f->up && !f->had_place;

	if (w->marking || f->reported)
		return 0;
	if (f->place && f->up) {
		f->up->had_place = true;
		return 0;
	}
	if (f->kind == CHANGE_NONE && time_counts && old && !same_time(&f->node, old))
		f->kind = CHANGE_MODIFIED;
	if (f->kind == CHANGE_NONE && !w->o->all && (f->up || !w->o->layer))
		return 0;
	return report_dir(w, f, err);
}

static int walk_subdir(struct walk *w, struct frame *up, const struct view_dir *new,
	const struct view_dir *old, const struct node *was, struct err *err)
{
	struct frame f = {.up = up, .path_len = w->path.len};
	_cleanup_(node_done) struct node before = {.fd = -EBADF};
	static const struct view_dir nothing;
	int r;

	if (w->depth >= DEPTH_MAX)
		return err_say(err, E2BIG, "directories are nested more than %d deep", DEPTH_MAX);
	if (!w->o->all && (up || !w->o->layer) && view_same(new, old))
		return 0;
	r = look(w->o->new, new->fd[0], NULL, &f.node, err);
	if (r == 0 && old->n) {
		r = look(w->o->old, old->fd[0], NULL, &before, err);
		if (r == 0)
			r = compare(w, &f.node, &before, &f.kind, err);
	} else if (r == 0) {
		f.kind = was ? CHANGE_MODIFIED : CHANGE_ADDED;
		f.place = up && !was && leads_to_place(w) && is_bare(&f.node);
	}
	/* an opaque directory's content is given whole: that is what the mark means */
	f.opaque = w->o->layer && new->opaque && old->n;
	if (f.opaque && f.kind == CHANGE_NONE)
		f.kind = CHANGE_MODIFIED;
	w->depth++;
	if (r == 0 && !(w->o->skip && up && w->o->skip(w->o->arg, &f.node)))
		r = walk_dir(w, &f, new, f.opaque ? &nothing : old, err);
	w->depth--;
	if (r == 0)
		r = finish_dir(w, &f, old->n ? &before : NULL, err);
	node_done(&f.node);
	return r;
}

static int enter_subdir(struct walk *w, struct frame *f, const struct view_dir *new,
	const struct view_name *name, const struct view_dir *old, const struct view_name *before,
	const struct node *was, struct err *err)
{
	_cleanup_(view_dir_done) struct view_dir in = {0}, from = {0};
	int r = view_enter(w->o->new, new, name, &in, err);

	if (r == 0 && was && S_ISDIR(was->st.st_mode)) {
		r = view_enter(w->o->old, old, before, &from, err);
		if (r == -ENOENT)
			return err_say(err, ESTALE, "/%s has vanished", buf_str(&w->path));
	}
	/* it became something else a moment ago */
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : walk_subdir(w, f, &in, &from, was, err);
}

static int walk_name(struct walk *w, struct frame *f, const struct view_dir *new,
	const struct view_name *name, const struct view_dir *old, const struct view_name *before,
	struct err *err)
{
	_cleanup_(node_done) struct node is = {.fd = -EBADF}, was = {.fd = -EBADF};
	int r = look(w->o->new, new->fd[name->at], name->name, &is, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && before)
		r = look(w->o->old, old->fd[before->at], before->name, &was, err);
	if (r < 0)
		return r == -ENOENT ? err_say(err, ESTALE, "/%s has vanished", buf_str(&w->path))
				    : r;
	if (S_ISDIR(is.st.st_mode))
		return enter_subdir(w, f, new, name, old, before, before ? &was : NULL, err);
	return walk_file(w, f, &is, before ? &was : NULL, err);
}

static bool was_place(struct walk *w, const struct view_dir *dir, const struct view_name *name);

static bool were_places(struct walk *w, const struct view_dir *dir, const struct view_name *name)
{
	_cleanup_(view_names_done) struct view_names names = {0};
	_cleanup_(view_dir_done) struct view_dir in = {0};
	size_t len = w->path.len;
	bool all = view_enter(w->o->old, dir, name, &in, NULL) == 0 &&
		   view_list(w->o->old, &in, &names, NULL) == 0;

	for (size_t i = 0; all && i < names.n; i++) {
		buf_addf(&w->path, "/%s", names.v[i].name);
		all = was_place(w, &in, &names.v[i]);
		w->path.data[w->path.len = len] = '\0';
	}
	return all;
}

/* whether what the old tree has at the path is there for mounts alone */
static bool was_place(struct walk *w, const struct view_dir *dir, const struct view_name *name)
{
	_cleanup_(node_done) struct node node = {.fd = -EBADF};

	if (!leads_to(w->o->old_places, w->path.data) ||
		look(w->o->old, dir->fd[name->at], name->name, &node, NULL) < 0 || !is_bare(&node))
		return false;
	return !S_ISDIR(node.st.st_mode) || were_places(w, dir, name);
}

/* the names that are not there any more; Return: 0 or a negative errno */
static int walk_deleted(struct walk *w, struct frame *f, const struct view_names *new,
	const struct view_dir *dir, const struct view_names *old, struct err *err)
{
	size_t len = w->path.len;
	int r = 0;

	for (size_t i = 0; r == 0 && i < old->n; i++) {
		if (view_find(new, old->v[i].name))
			continue;
		buf_addf(&w->path, "%s%s", len ? "/" : "", old->v[i].name);
		if (!was_place(w, dir, &old->v[i]))
			r = report(w, f, CHANGE_DELETED, NULL, err);
		w->path.data[w->path.len = len] = '\0';
	}
	return r;
}

static int walk_dir(struct walk *w, struct frame *f, const struct view_dir *new,
	const struct view_dir *old, struct err *err)
{
	_cleanup_(view_names_done) struct view_names is = {0}, was = {0};
	size_t len = w->path.len;
	int r = view_list(w->o->new, new, &is, err);

	if (r == 0 && old->n)
		r = view_list(w->o->old, old, &was, err);
	if (r == 0 && !w->marking && !w->o->all)
		r = walk_deleted(w, f, &is, old, &was, err);
	for (size_t i = 0; r == 0 && i < is.n; i++) {
		buf_addf(&w->path, "%s%s", len ? "/" : "", is.v[i].name);
		r = walk_name(w, f, new, &is.v[i], old, view_find(&was, is.v[i].name), err);
		w->path.data[w->path.len = len] = '\0';
	}
	return r;
}

int changes_walk(const struct changes_opts *o, struct err *err)
{
	static const struct view_dir nothing;
	_cleanup_(walk_done) struct walk w = {.o = o};
	const struct view_dir *old = o->old ? &o->old->root : &nothing;
	int r = 0;

	if (!o->new->root.n)
		return err_say(err, EINVAL, "there are no layers to look at");
	buf_adds(&w.path, "");
	/* where all is reported, names of one file find each other anyway */
	w.marking = !o->all;
	if (w.marking)
		r = walk_subdir(&w, NULL, &o->new->root, old, NULL, err);
	w.marking = false;
	return r < 0 ? r : walk_subdir(&w, NULL, &o->new->root, old, NULL, err);
}
