/*
 * check - finding what does not fit together in a store, and mending it
 *
 * A finding names an object, says what is wrong with it, and what would mend it.  Nothing is changed unless that was
 * asked for; what takes away a container, or an image with a name that can still be used, wants to be forced.
 * What needs no digest is looked at here; images and layers in rl-transfer (transfer/check.h), containers in
 * runtime/check.h.
 */
#ifndef RL_STORAGE_CHECK_H
#define RL_STORAGE_CHECK_H

#include "runtime/base/json.h"
#include "storage/store.h"

/**
 * struct check - what is asked for, and how it went
 * @quick:   do not read what is large: layers' files
 * @repair:  mend what can be mended
 * @force:   also where something is taken away that works
 * @max_age: seconds that a layer without an image may be there; it may be on its way
 * @report:  called with each finding and its outcome
 * @found, @mended: how many
 */
struct check {
	bool quick, repair, force;
	int64_t max_age;
	void (*report)(void *arg, const json_t *finding);
	void *arg;
	size_t found, mended;
};

/**
 * struct check_finding - a finding
 * @object: "image 0123456789ab", "name web"
 * @what:   what is wrong; a clause
 * @mend:   what mends it: "remove it"; NULL if only the user can, then @what says how
 * @force:  mending takes away something that works, or a container
 */
struct check_finding {
	char object[320], what[320];
	const char *mend;
	bool force;
};

/** check_found() - report a finding, after mending it with @fn if that is asked for */
void check_found(struct check *c, const struct check_finding *f,
	int (*fn)(void *arg, struct err *err), void *arg);

/** check_object() - fill @f->object */
void check_object(struct check_finding *f, const char *fmt, ...) _printf_(2, 3);
/** check_what() - fill @f->what */
void check_what(struct check_finding *f, const char *fmt, ...) _printf_(2, 3);

/** check_text() - a report as a line: "image 0123: what is wrong (--repair: remove it)"; the caller owns it */
char *check_text(const json_t *finding);

/**
 * check_frame() - the directory itself: owner, modes, version, driver, the directories in it
 * @s: open, by store_open_any()
 */
void check_frame(const struct store *s, struct check *c);

/** check_refs() - names of images */
void check_refs(const struct store *s, struct check *c);

/** check_volumes() - records of volumes, and what a killed container left while it filled one */
void check_volumes(const struct store *s, struct check *c);

/** check_leftovers() - half-written files, entries of tmp/ without a holder, and of trash/; in R */
void check_leftovers(const struct store *s, struct check *c);

#endif
