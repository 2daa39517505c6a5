#include "storage/transfer/linkmap.h"

static struct linkmap_entry *place(const struct linkmap *m, dev_t dev, ino_t ino)
{
	size_t i = ((ino ^ (dev << 20)) * 0x9e3779b97f4a7c15ULL) & (m->size - 1);

	while (m->v[i].text && (m->v[i].ino != ino || m->v[i].dev != dev))
		i = (i + 1) & (m->size - 1);
	return &m->v[i];
}

static void grow(struct linkmap *m)
{
	struct linkmap old = *m;

	m->size = old.size ? 2 * old.size : 64;
	m->v = xcalloc(m->size, sizeof(*m->v));
	for (size_t i = 0; i < old.size; i++)
		if (old.v[i].text)
			*place(m, old.v[i].dev, old.v[i].ino) = old.v[i];
	free(old.v);
}

const char *linkmap_get(const struct linkmap *m, const struct stat *st)
{
	return m->size ? place(m, st->st_dev, st->st_ino)->text : NULL;
}

void linkmap_put(struct linkmap *m, const struct stat *st, const char *text)
{
	struct linkmap_entry *e;

	if (2 * m->n >= m->size)
		grow(m);
	e = place(m, st->st_dev, st->st_ino);
	if (e->text)
		return;
	*e = (struct linkmap_entry){st->st_dev, st->st_ino, xstrdup(text)};
	m->n++;
}

void linkmap_done(struct linkmap *m)
{
	for (size_t i = 0; i < m->size; i++)
		free(m->v[i].text);
	free(m->v);
	*m = (struct linkmap){0};
}
