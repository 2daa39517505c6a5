/*
 * tmpcopy - filling a fresh tmpfs with what the image has at its mount point ("tmpcopyup")
 */
#ifndef RL_RUNTIME_TMPCOPY_H
#define RL_RUNTIME_TMPCOPY_H

#include "runtime/base/err.h"

#include <stdbool.h>

/**
 * tmpcopy() - copy the content of a directory: files, directories, links, with owner, mode and times
 * Sockets, FIFOs and device nodes are left out.  Nothing is followed; the target is empty and nobody else's yet.
 * @from: descriptor of the directory; borrowed
 * @to:   its copy, a directory; borrowed
 * @mode, @owner: @to gets those of @from
 */
int tmpcopy(int from, int to, bool mode, bool owner, struct err *err);

#endif
