/*
 * cp_place - what the two paths of `rl cp` mean
 *
 *   SRC is    DST does not exist   DST is a file            DST is a directory
 *   a file    DST is made          DST is replaced          DST/NAME is made or replaced
 *   DIR       DST is made of it    refused (or replaced)    DST/NAME is made or added to
 *   DIR/.     DST is made of it    refused (or replaced)    what is in it is added to DST
 *
 * The directory that DST is in has to be there, and DST itself if it ends in a slash and SRC is no directory.  A link at
 * the end of DST is followed, also one that leads to nothing; one at the end of SRC is copied as a link, unless a slash
 * follows or it was asked for.  All of it is resolved below a root and never leaves it.
 */
#ifndef RL_STORAGE_TRANSFER_CP_PLACE_H
#define RL_STORAGE_TRANSFER_CP_PLACE_H

#include "storage/transfer/node.h"

/**
 * struct cp_source - what is copied
 * @name:     the last component of its path; "" where that is no name
 * @contents: a directory of which only what is in it is meant
 */
struct cp_source {
	struct node node;
	char *name;
	bool contents;
};

/** cp_source_open() - @root: borrowed; @follow: a link at the end of @path, too */
int cp_source_open(int root, const char *path, bool follow, struct cp_source *ret, struct err *err);
void cp_source_done(struct cp_source *s);

/**
 * struct cp_target - where it goes
 * @dir:  an O_PATH descriptor
 * @name: in @dir; "" for what is in the source
 */
struct cp_target {
	int dir;
	char *name;
};

/**
 * cp_target_open() - @root: borrowed
 * @src:     NULL for an archive, which goes into a directory that is there
 * @replace: a directory may take the place of something else
 */
int cp_target_open(int root, const char *path, const struct cp_source *src, bool replace,
	struct cp_target *ret, struct err *err);
void cp_target_done(struct cp_target *t);

#endif
