/*
 * image_rows - images as `rl images` shows them: one row a name, or one object an image
 */
#ifndef RL_CMD_IMAGE_ROWS_H
#define RL_CMD_IMAGE_ROWS_H

#include "cmd/output.h"
#include "storage/family.h"

#define IMAGE_NONE "<none>"

/**
 * struct image_row - an image under one of its names
 * @i:    index in the family's list
 * @name: canonical; NULL: it has none; borrowed
 */
struct image_row {
	size_t i;
	const struct image *img;
	const char *name;
	char *repository, *tag;
};

struct image_rows {
	struct image_row *v;
	size_t n;
};

/** image_rows_add() - add image @i under @name, or NULL */
void image_rows_add(struct image_rows *rows, const struct family *all, size_t i, const char *name);

/**
 * image_rows_make() - what output_list() prints: typed values for JSON, text otherwise; a new reference
 * @once: each image once, whatever number of names
 */
json_t *image_rows_make(const struct image_rows *rows, const struct family *all,
	const struct output *o, bool once, bool no_trunc);

void image_rows_done(struct image_rows *rows);

/** image_repo_digests() - what image_digest_refs() says, as JSON; a new reference */
json_t *image_repo_digests(const struct image *img);

#endif
