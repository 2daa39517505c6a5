/*
 * artifact_dir - the directory of an artifact while it is made (storage/artifact.h)
 */
#ifndef RL_STORAGE_TRANSFER_ARTIFACT_DIR_H
#define RL_STORAGE_TRANSFER_ARTIFACT_DIR_H

#include "storage/transfer/worker.h"

/** struct artifact_dir - initialise with ARTIFACT_DIR_INIT; @fd: it; @path: relative to the store */
struct artifact_dir {
	char *path;
	int fd;
};
#define ARTIFACT_DIR_INIT ((struct artifact_dir){.fd = -EBADF})

/** artifact_dir_begin() - make it, with an empty blobs/, below this process's entry of tmp/ */
int artifact_dir_begin(struct worker *w, struct artifact_dir *d, struct err *err);

/** artifact_dir_blob() - a new file that will be the blob @digest; Return: a descriptor of the caller's, or a negative errno */
int artifact_dir_blob(const struct artifact_dir *d, const char *digest, struct err *err);

/**
 * artifact_dir_publish() - write what is missing beside the blobs and let it be artifact @digest
 * It is pinned until this process ends: by then something should name it.
 * @text: bytes of the manifest, @len of them
 */
int artifact_dir_publish(struct worker *w, const struct artifact_dir *d, const char *text,
	size_t len, const char *digest, struct err *err);

/** artifact_dir_have() - whether an artifact is here; from now on it stays until this process ends; 1, 0, or a negative errno */
int artifact_dir_have(struct worker *w, const char *digest, struct err *err);

void artifact_dir_done(struct artifact_dir *d);

#endif
