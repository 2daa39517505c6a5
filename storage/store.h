/*
 * store - the store's directory and what is common to everything in it
 *
 * PATH (0700): version, driver, refs/, images/ID/, layers/DIFFID/, containers/ID/, names/, tmp/, trash/, lock
 * and volumes/NAME/ (storage/volume.h).  meta/ holds trees of layers whose contents are elsewhere (storage/meta.h), secrets/
 * values for containers (storage/secret.h), artifacts/ and artifact-names/ files for other tools (storage/artifacts.h).
 * events and events.1 say what has happened (runtime/event.h).
 *
 * Adding holds the lock shared, deciding what to delete holds it exclusively, both for milliseconds;
 * readers hold nothing.  What is incomplete lives under tmp/ and becomes visible by one rename;
 * deleting is a rename into trash/, which is emptied afterwards.  Each entry of tmp/ is
 * a directory with a file "lock" held by its maker: without it, it is left over and swept.  Who is done within
 * milliseconds needs no such file, but keeps the store's lock (shared) as long as the entry exists.
 */
#ifndef RL_STORAGE_STORE_H
#define RL_STORAGE_STORE_H

#include "runtime/base/err.h"
#include "runtime/base/lock.h"
#include "runtime/base/str.h"

#include <stdbool.h>

struct driver;

/**
 * struct store - an open store
 * @fd:     its directory
 * @path:   its absolute path
 * @driver: how layers become a root file system; NULL until store_driver()
 * @wanted: name of the driver the user asks for (--storage-driver, RL_STORAGE_DRIVER); NULL for any; borrowed
 * @shared: paths of the shared stores whose images are looked at as well (storage/shared.h)
 * @is_shared: this is a shared store itself: others read it, and to them its files are somebody else's work
 * @no_events: what happens is not written down (runtime/event.h)
 */
struct store {
	int fd;
	char *path;
	const struct driver *driver;
	const char *wanted;
	struct strv shared;
	bool is_shared, no_events;
};

/** store_default_path() - --root / RL_ROOT (@override), else $XDG_DATA_HOME/rl, else ~/.local/share/rl (home from
 * the password database if HOME is unset); for real root /var/lib/rl; the caller owns it */
int store_default_path(const char *override, char **ret, struct err *err);

/**
 * store_open() - open a store, creating it (0700) and its directories if missing
 * Refuses a directory that another user owns or can write, and a newer format version.
 */
int store_open(struct store *s, const char *path, struct err *err);
void store_done(struct store *s);

/**
 * store_open_any() - open a store that may be damaged, to mend or to remove it: only that the directory is ours, and a store
 * Makes nothing.  -ENOENT if there is no such directory, -ENOTDIR if it is not a store.
 */
int store_open_any(struct store *s, const char *path, struct err *err);

/** store_parts - what a store's directory holds at most, ended by NULL: the STORE_DIRS directories first */
extern const char *const store_parts[];
#define STORE_DIRS    7
#define STORE_VERSION 1

/**
 * store_reopen() - open the store again after this process has got a mount namespace of its own
 * The kernel mounts nothing through descriptors of another one.  The numbers of the descriptors stay.
 * @dirfds: further directories below the store to open again; borrowed
 */
int store_reopen(struct store *s, const int *dirfds, size_t n, struct err *err);

/**
 * store_read() - append a file of the store to @ret
 * In a shared store links lead nowhere outside.
 */
int store_read(const struct store *s, const char *path, struct buf *ret, struct err *err);

/** store_lock() - take the store's lock; Return: descriptor (close to release) or a negative errno */
int store_lock(const struct store *s, enum lock_mode mode, struct err *err);

/**
 * store_driver() - the driver of this store: the one recorded in the file "driver", else (first use) the one
 * from @s->wanted, else the first of overlay, fuse_overlayfs, vfs whose
 * probe works; then recorded.  Must be called inside R or as root when nothing is recorded yet.
 * -ENODATA when nothing is recorded and @probe is false.
 */
int store_driver(struct store *s, bool probe, struct err *err);

/** store_tmp() - make a directory below tmp/ and lock it; @ret_name (64 bytes) gets its name relative to the store
 * Return: the descriptor of its lock file (keep it open while it is in use) or a negative errno */
int store_tmp(const struct store *s, char ret_name[64], struct err *err);

/** store_discard() - rename @dir/@name into trash/; fine if it is missing */
int store_discard(const struct store *s, const char *dir, const char *name, struct err *err);

/** store_discard_as() - the same; @ret_trash (64 bytes) gets its new name relative to the store, "" if nothing is left
 * of it: for whoever empties his own trash, with fs_remove_tree_at() */
int store_discard_as(const struct store *s, const char *dir, const char *name, char ret_trash[64],
	struct err *err);

/** store_discard_stale() - move what is left over in tmp/ to trash/; best effort */
void store_discard_stale(const struct store *s);

/** store_list_temporary() - append the paths of files that were being written (fs_write_at()) when their writer was killed */
void store_list_temporary(const struct store *s, struct strv *ret);

/** store_sweep() - empty trash/ and the left-overs of tmp/; in R, for files of subordinate ids; best effort */
void store_sweep(const struct store *s);

#endif
