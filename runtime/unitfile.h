/*
 * unitfile - a file in the syntax of systemd units, systemd.syntax(7): sections of KEY=VALUE
 *
 * Lines keep their order; a continued line is one line here, and comments are dropped.  Drop-ins are appended with unitfile_merge(), which
 * makes them win where one value counts and add where all do; an empty value forgets those before it.
 */
#ifndef RL_RUNTIME_UNITFILE_H
#define RL_RUNTIME_UNITFILE_H

#include "runtime/words.h"

/* one KEY=VALUE; a line without a key is the beginning of a section, which may have no others */
struct unit_line {
	char *section, *key, *value;
};

/**
 * struct unitfile - a unit file in memory
 * @name: the file's name, "web.container"
 * @path: the file it was read from; NULL for one that is being made
 */
struct unitfile {
	char *name, *path;
	struct unit_line *lines;
	size_t n;
};

/** unitfile_parse() - append the lines of @text; @what names it in errors, which say the number of the line */
int unitfile_parse(struct unitfile *u, const char *text, const char *what, struct err *err);
/** unitfile_merge() - append the lines of @from */
void unitfile_merge(struct unitfile *u, const struct unitfile *from);
void unitfile_done(struct unitfile *u);

/** unitfile_last() - the value that counts, or NULL; borrowed */
const char *unitfile_last(const struct unitfile *u, const char *section, const char *key);
/** unitfile_get() - the same without a pair of double quotes around it; NULL if missing or empty; the caller owns it */
char *unitfile_get(const struct unitfile *u, const char *section, const char *key);
/** unitfile_all() - append all values that count, in their order */
void unitfile_all(const struct unitfile *u, const char *section, const char *key, struct strv *ret);
/** unitfile_words() - append the words of all values that count */
int unitfile_words(const struct unitfile *u, const char *section, const char *key,
	enum words_escape how, struct strv *ret, struct err *err);
/** unitfile_bool() - 1 or 0, or @otherwise if it is missing; -EINVAL for what is no boolean of systemd's */
int unitfile_bool(const struct unitfile *u, const char *section, const char *key, int otherwise,
	struct err *err);
/** unitfile_has() - whether the section is there */
bool unitfile_has(const struct unitfile *u, const char *section);

void unitfile_add(struct unitfile *u, const char *section, const char *key, const char *value);
/** unitfile_insert() - add before all lines */
void unitfile_insert(struct unitfile *u, const char *section, const char *key, const char *value);
/** unitfile_set() - one line instead of all of the key's */
void unitfile_set(struct unitfile *u, const char *section, const char *key, const char *value);
/** unitfile_remove() - all lines of the key */
void unitfile_remove(struct unitfile *u, const char *section, const char *key);
/** unitfile_rename() - another name for a section */
void unitfile_rename(struct unitfile *u, const char *section, const char *name);

/** unitfile_write() - append it as text, sections in the order in which they first came */
void unitfile_write(const struct unitfile *u, struct buf *to);

#endif
