/*
 * ingest - taking layers and images in; linked into the transfer worker only (libarchive, libcrypto)
 *
 * Runs in R.  Nothing is visible before the image is committed; a crash leaves only tmp/, which is swept.
 */
#ifndef RL_STORAGE_TRANSFER_INGEST_H
#define RL_STORAGE_TRANSFER_INGEST_H

#include "storage/image.h"
#include "storage/transfer/stream.h"

#include <openssl/evp.h>

/**
 * struct ingest_layer - one layer on its way in
 * @digest:  expected digest of the stream as it comes, "sha256:…", or NULL if unknown (import)
 * @diff_id: expected digest of the uncompressed tar, or NULL if unknown
 * @size:    expected bytes of the stream, 0 if unknown
 * @range:   the part of @fd to read, or NULL for what follows from where it stands
 * @progress: called with (bytes of the stream so far, unpacked bytes so far); may be NULL
 */
struct ingest_layer {
	const char *digest, *diff_id;
	uint64_t size;
	const struct stream_range *range;
	void (*progress)(void *arg, uint64_t read, uint64_t unpacked);
	void *arg;
};

/**
 * ingest_layer() - hash, decompress (by content: gzip, zstd, xz, bzip2 or none), hash again and unpack a stream
 * Unpacks under tmp/, syncs and renames to layers/HEX.  A layer that exists already is only verified as far as the stream
 * is read (a caller that knows the DiffID asks ingest_has_whole_layer() first and skips the download).
 * @fd:          stream; borrowed, read to its end
 * @ret_diff_id: "sha256:…" of the tar, 72 bytes
 * Return: 0, or a negative errno: -EBADMSG for a wrong digest, DiffID or size or a malformed archive
 */
int ingest_layer(const struct store *s, int fd, const struct ingest_layer *l, char ret_diff_id[72],
	struct err *err);

/**
 * ingest_has_layer() - whether the layer is there; from then on it stays until this process and the children
 * that it forks afterwards have ended, also if it comes only later.  So call it before forking a worker for the layer.
 */
bool ingest_has_layer(const struct store *s, const char *diff_id);

/** ingest_need_layer() - the same; Return: 0, -EBADMSG if it is missing, or why it cannot be kept (a full disk) */
int ingest_need_layer(const struct store *s, const char *diff_id, struct err *err);

/**
 * ingest_has_whole_layer() - the same, and its archive can be given back: false for one that lost its record, or comes from
 * a version that made none.  Taking such a layer in again completes it.
 */
bool ingest_has_whole_layer(const struct store *s, const char *diff_id);

/** ingest_is_single_id() - whether everything belongs to the user, for there are no subordinate ids */
bool ingest_is_single_id(void);

/** ingest_digest() - "sha256:…" of bytes, into @ret (72 bytes) */
void ingest_digest(const void *data, size_t len, char ret[72]);

/** ingest_digest_fd() - the same of a whole file, read with pread(2) */
int ingest_digest_fd(int fd, char ret[72], struct err *err);

/** ingest_digest_end() - the same of what a SHA-256 context has been given; frees it */
void ingest_digest_end(EVP_MD_CTX *hash, char ret[72]);

/**
 * ingest_image() - check that manifest and configuration are what they should be, then image_add()
 * Refuses: a configuration whose rootfs.diff_ids do not match @diff_ids, an artifact, another architecture's
 * missing layers, labels and sizes beyond the caps.
 * @manifest: exact bytes; NULL to have one made (docker-archive, import): then @diff_ids and layer sizes describe it
 */
int ingest_image(const struct store *s, const struct buf *config, const struct buf *manifest,
	const struct strv *diff_ids, const struct strv *names, char ret_id[65], struct err *err);

#endif
