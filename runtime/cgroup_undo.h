/*
 * cgroup_undo - what the files of a group were before they were written
 *
 * Noted before each write, by the file and, where a file has a line for each device or resource, by that line; written back in
 * the opposite order.  The formats are those of the kernel's cgroup-v2.rst.  What cannot be read has no old value.
 */
#ifndef RL_RUNTIME_CGROUP_UNDO_H
#define RL_RUNTIME_CGROUP_UNDO_H

#include "runtime/base/str.h"

/**
 * struct cgroup_undo - zero for nothing; cgroup_undo_done()
 * @files, @texts: in the order of the writes: the file, and what to write into it
 */
struct cgroup_undo {
	struct strv files, texts;
};

void cgroup_undo_done(struct cgroup_undo *u);

/** cgroup_undo_note() - @text is about to be written into @file */
void cgroup_undo_note(struct cgroup_undo *u, int dirfd, const char *file, const char *text);

#endif
