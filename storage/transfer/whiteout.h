/*
 * whiteout - a layer's deletions: ".wh.NAME" and ".wh..wh..opq" in archives, overlay's markers on disk
 */
#ifndef RL_STORAGE_TRANSFER_WHITEOUT_H
#define RL_STORAGE_TRANSFER_WHITEOUT_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

enum whiteout_kind {
	WHITEOUT_NONE,	 /* an ordinary name */
	WHITEOUT_FILE,	 /* hides NAME */
	WHITEOUT_OPAQUE, /* hides all that lower layers have in the directory */
	WHITEOUT_SKIP,	 /* aufs's own records */
	WHITEOUT_BAD,	 /* hides nothing that could be a name */
};

/** whiteout_parse() - what the last component of a path means; @ret_name: points behind the prefix for WHITEOUT_FILE */
enum whiteout_kind whiteout_parse(const char *base, const char **ret_name);

/** whiteout_is() - whether @st is a whiteout's marker */
bool whiteout_is(const struct stat *st);

/** whiteout_make() - hide @name in @dirfd, which may be O_PATH; what this layer has under the name stays visible */
int whiteout_make(int dirfd, const char *name, struct err *err);

/** whiteout_set_opaque() - mark the directory @fd, which may be O_PATH */
int whiteout_set_opaque(int fd, struct err *err);

/** whiteout_xattr_allowed() - whether an archive may set the extended attribute @name */
bool whiteout_xattr_allowed(const char *name);

#endif
