#include "storage/links.h"

#include "runtime/base/mem.h"

#include <stdint.h>
#include <stdlib.h>

/* where @ino is or would be */
static struct link *slot(const struct links *l, ino_t ino)
{
	size_t i;

	for (i = (ino * 0x9e3779b97f4a7c15ULL) & (l->size - 1); l->v[i].path;
		i = (i + 1) & (l->size - 1))
		if (l->v[i].ino == ino)
			break;
	return &l->v[i];
}

const char *links_find(const struct links *l, ino_t ino)
{
	return l->size ? slot(l, ino)->path : NULL;
}

void links_add(struct links *l, ino_t ino, const char *path)
{
	if (2 * l->n >= l->size) {
		struct links old = *l;

		l->size = old.size ? 2 * old.size : 64;
		l->v = xcalloc(l->size, sizeof(*l->v));
		for (size_t i = 0; i < old.size; i++)
			if (old.v[i].path)
				*slot(l, old.v[i].ino) = old.v[i];
		free(old.v);
	}
	*slot(l, ino) = (struct link){ino, xstrdup(path)};
	l->n++;
}

void links_done(struct links *l)
{
	for (size_t i = 0; i < l->size; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct links){0};
}
