/*
 * json - reading and writing JSON records, on top of jansson
 *
 * Input is hostile until proved otherwise: it has a size cap, duplicate keys
 * are refused (two readers must not see two different documents), and depth
 * is bounded.  The getters treat a missing member and one of another type
 * alike and return the default, so reading old or damaged records is safe.
 */
#ifndef RL_BASE_JSON_H
#define RL_BASE_JSON_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <jansson.h>
#include <stdbool.h>

#define _cleanup_json_ _cleanup_(json_decrefp)

#define JSON_RECORD_CAP ((size_t)4 << 20)

/**
 * json_parse() - parse bytes from outside
 * @what: named in the error ("manifest of alpine")
 * Return: 0 with *@ret owned by the caller, or a negative errno
 */
int json_parse(const char *data, size_t len, const char *what, json_t **ret, struct err *err);

/** json_read_at() - read and parse a file of at most JSON_RECORD_CAP bytes; -ENOENT if it is missing */
int json_read_at(int dirfd, const char *name, json_t **ret, struct err *err);

/**
 * json_write_at() - write a record atomically: temporary name, then rename
 * @flags: of fs_write_at()
 */
int json_write_at(int dirfd, const char *name, const json_t *j, unsigned flags, struct err *err);

/**
 * json_keep() - from now on, never give back the memory of JSON values, which is got in large blocks
 * For a process that reads very much at once, prints it and ends.  Called before the first value is made.
 */
void json_keep(void);

/** json_text() - compact text, keys in insertion order; the caller owns it */
char *json_text(const json_t *j);

const char *json_get_str(const json_t *obj, const char *key, const char *dflt);
int64_t json_get_int(const json_t *obj, const char *key, int64_t dflt);
bool json_get_bool(const json_t *obj, const char *key, bool dflt);
/** json_get_strv() - append the strings of an array; other members are skipped */
void json_get_strv(const json_t *obj, const char *key, struct strv *ret);
/** json_from_strv() - an array of strings; a new reference */
json_t *json_from_strv(const struct strv *v);
/** json_set_strv() - set member @key to an array of strings; an empty one is left out, as json_get_strv() reads it */
void json_set_strv(json_t *obj, const char *key, const struct strv *v);
/** json_set_str() - set a string; bytes that are not UTF-8 are replaced by U+FFFD; NULL sets nothing */
void json_set_str(json_t *obj, const char *key, const char *s);
/** json_str() - json_set_str()'s value as a new reference */
json_t *json_str(const char *s);
/** json_pairs() - the strings of an object as one, "a=1,b=2" in the order of the keys; a new reference */
json_t *json_pairs(const json_t *obj);
/** json_path() - follow member names from @j (NULL-terminated list); borrowed, NULL if one is missing */
const json_t *json_path(const json_t *j, ...) __attribute__((sentinel));

#endif
