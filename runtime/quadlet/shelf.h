/*
 * shelf - the files of quadlets that `rl quadlet` installed: put there, found again, removed
 *
 * They are in the first directory that rl's generator reads and that is its caller's to change.  One file lies there by itself; what is
 * installed together (a directory, the sections of NAME.quadlets, a file with others that it needs) is an application: a directory of
 * that name, with a list of what was put there in ".app".  Only what is in the list is ever removed, so what the user added
 * to it stays.  The list is written first: what a crash leaves can be removed.
 */
#ifndef RL_QUADLET_SHELF_H
#define RL_QUADLET_SHELF_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/** shelf_dir() - where they are; NULL without a home; owned by the caller */
char *shelf_dir(bool user);

/**
 * struct shelf_item - what is to be installed together; shelf_item_done()
 * @app:   name of the application, NULL for one file by itself
 * @names, @texts: of the files
 */
struct shelf_item {
	char *app;
	struct strv names, texts;
};

void shelf_item_done(struct shelf_item *item);

/** shelf_read() - read what command-line arguments name: one file, a directory, NAME.quadlets; those behind the first are put beside it */
int shelf_read(const struct strv *paths, struct shelf_item *ret, struct err *err);

/**
 * shelf_install() - check the files as the generator would, and put them there: all or none
 * @replace: a quadlet of a name may be there already, if it is at the same place
 * @ret:     paths of the quadlets
 */
int shelf_install(
	bool user, const struct shelf_item *item, bool replace, struct strv *ret, struct err *err);

/** shelf_app() - name of the application that a file of a path belongs to, NULL for none; owned by the caller */
char *shelf_app(bool user, const char *path);

/** shelf_members() - append the paths of the quadlets of an application; Return: 0, or -ENOENT if there is none of the name */
int shelf_members(bool user, const char *app, struct strv *ret, struct err *err);

/** shelf_remove_app() - with all that was installed; @app: its name */
int shelf_remove_app(bool user, const char *app, struct err *err);

#endif
