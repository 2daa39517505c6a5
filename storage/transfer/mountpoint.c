#include "storage/transfer/mountpoint.h"

#include "storage/transfer/node.h"

#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own limit */
#define PARTS_MAX 256

/* a path on the way: what is resolved, and what is still to come, the next part last */
struct way {
	struct strv done, todo;
	unsigned links;
};

static void way_done(struct way *w)
{
	strv_done(&w->done);
	strv_done(&w->todo);
}

static void drop_last(struct strv *v)
{
	if (v->n) {
		free(v->v[--v->n]);
		v->v[v->n] = NULL;
	}
}

static void put_before(struct strv *todo, const char *path)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, path, "/");
	for (size_t i = parts.n; i-- > 0;)
		strv_add(todo, parts.v[i]);
}

/* Return: where the name leads if it is a link, owned by the caller; NULL if it is none, or is not there */
static char *link_in(const struct view *v, const struct view_dir *d, const char *name)
{
	_cleanup_(view_names_done) struct view_names names = {0};
	_cleanup_(node_done) struct node node = {.fd = -EBADF};
	const struct view_name *found;
	char *target = NULL;

	if (view_list(v, d, &names, NULL) < 0)
		return NULL;
	found = view_find(&names, name);
	if (!found || node_open(d->fd[found->at], name, &node, NULL) < 0 ||
		!S_ISLNK(node.st.st_mode) || node_target(&node, &target, NULL) < 0)
		return NULL;
	return target;
}

/* the same in the directory that @parents lead to, in which there are no links any more */
static char *link_below(const struct view *v, const struct view_dir *d, const struct strv *parents,
	size_t depth, const char *name)
{
	_cleanup_(view_names_done) struct view_names names = {0};
	_cleanup_(view_dir_done) struct view_dir next = {0};
	const struct view_name *found;

	if (depth == parents->n)
		return link_in(v, d, name);
	if (view_list(v, d, &names, NULL) < 0)
		return NULL;
	found = view_find(&names, parents->v[depth]);
	if (!found || view_enter(v, d, found, &next, NULL) < 0)
		return NULL;
	return link_below(v, &next, parents, depth + 1, name);
}

/* Return: whether the path can be followed */
static bool follow(const struct view *v, struct way *w)
{
	while (w->todo.n) {
		_cleanup_free_ char *part = xstrdup(w->todo.v[w->todo.n - 1]), *target = NULL;

		drop_last(&w->todo);
		if (!*part || str_eq(part, "."))
			continue;
		if (str_eq(part, "..")) {
			drop_last(&w->done);
			continue;
		}
		target = link_below(v, &v->root, &w->done, 0, part);
		if (!target) {
			strv_add(&w->done, part);
		} else {
			if (*target == '/')
				strv_done(&w->done);
			put_before(&w->todo, target);
			w->links++;
		}
		if (w->links > LINKS_MAX || w->done.n + w->todo.n > PARTS_MAX)
			return false;
	}
	return true;
}

void mountpoint_resolve(const struct view *v, struct strv *paths)
{
	for (size_t i = 0, n = paths->n; v->root.n && i < n; i++) {
		_cleanup_(way_done) struct way w = {0};
		_cleanup_free_ char *real = NULL;

		put_before(&w.todo, paths->v[i]);
		if (!follow(v, &w))
			continue;
		real = strv_join(&w.done, "/");
		if (!str_empty(real) && !strv_has(paths, real))
			strv_add(paths, real);
	}
}
