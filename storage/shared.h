/*
 * shared - a store of images that many users run without copying them
 *
 * DIR, which belongs to one user and which others can only read:
 *     version               "shared 1"
 *     refs/, images/ID/     as in any store (storage/image.h)
 *     layers/HEX/           layer.json as in any store, and "tree": a tar archive, compressed with zstd, of the layer's
 *                           names, owners, modes, times and extended attributes.  Deletions are entries ".wh.NAME".
 *                           A file with content has no data there, but user.rl.object=NAME:SIZE
 *                           To give the layer out (transfer/lent.h): "record", and "blob" if it came compressed, as in any
 *                           store; "lost" is {"INODE": "NAME:SIZE"} of contents that the layer itself replaces
 *     objects/NAME          contents of files, 0444, each once.  NAME is the beginning of the SHA-256 in base64url:
 *                           132 bits, so that a reference to it fits into the inode of an ext4 file
 *     lock, tmp/            of the owner, who writes one after the other
 *
 * What is written appears by a rename, when it is complete and on the disk.  Readers lock nothing but images/ID/image.json
 * (shared), for as long as a container runs on the image: its owner then does not remove it unawares.
 *
 * To those who read it a shared store is somebody else's work, like an archive: links in it lead nowhere outside, and
 * whatever it says is checked.
 */
#ifndef RL_STORAGE_SHARED_H
#define RL_STORAGE_SHARED_H

#include "storage/store.h"

#define SHARED_OBJECT_DIGITS 22

/** shared_open() - open a shared store for reading; refuses one that every user can write */
int shared_open(const char *path, struct store *ret, struct err *err);

/**
 * shared_make() - make a shared store where there is none, and open it
 * Its directory may exist if it is empty; it must belong to the caller.
 * @group: GID that may read it, nobody else then; (gid_t)-1 to leave that as it is (new ones: everybody)
 */
int shared_make(const char *path, gid_t group, struct store *ret, struct err *err);

/** shared_may_write() - whether the caller owns the shared store @path, or could make it */
bool shared_may_write(const char *path);

/** shared_object_ok() - whether @name can be the name of an object */
bool shared_object_ok(const char *name);

/**
 * shared_hold() - keep an image from being removed unawares by the owner of its store
 * @path: of the shared store
 * @id:   of the image
 * Return: a descriptor to keep open, or a negative errno where the store is away or the image gone
 */
int shared_hold(const char *path, const char *id, struct err *err);

/** shared_take() - take image @id for removing; Return: a descriptor to keep open meanwhile, -EBUSY if somebody holds it */
int shared_take(const struct store *s, const char *id, struct err *err);

#endif
