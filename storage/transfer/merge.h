/*
 * merge - moving a tree over another one, on the same file system
 *
 * What has the same name is replaced, directories are joined.  Somebody may be using the target meanwhile: each directory
 * is reached from its parent's descriptor, and no link is followed.
 */
#ifndef RL_STORAGE_TRANSFER_MERGE_H
#define RL_STORAGE_TRANSFER_MERGE_H

#include "runtime/base/str.h"

/**
 * merge_tree() - move everything in the directory @from into the directory @to, both borrowed
 * @dirs: sorted paths of the directories whose owner, mode and times are to be those in @from also where they are in @to
 *        already; "." is the top
 */
int merge_tree(int from, int to, const struct strv *dirs, struct err *err);

#endif
