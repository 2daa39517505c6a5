/*
 * str - strings: comparison, a growable buffer with a cap, and string vectors
 */
#ifndef RL_BASE_STR_H
#define RL_BASE_STR_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <string.h>

static inline bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool str_empty(const char *s)
{
	return !s || !*s;
}

/** str_after() - the rest of @s behind @prefix, or NULL if it does not begin with it */
const char *str_after(const char *s, const char *prefix);
/** str_ends() - whether @s ends with @suffix */
bool str_ends(const char *s, const char *suffix);
/** str_distance() - Damerau-Levenshtein distance, for "did you mean"; strings beyond 63 bytes are cut */
unsigned str_distance(const char *a, const char *b);
/** str_is_name() - whether @s is a valid object name: [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 253 bytes */
bool str_is_name(const char *s);
/** str_is_hex() - whether @s is exactly @len lower-case hexadecimal digits */
bool str_is_hex(const char *s, size_t len);

/** str_hex_digit() - value of a hexadecimal digit of either case, -1 if it is none */
int str_hex_digit(char c);

/* Bytes that grow.  Always NUL-terminated behind @len once data is set. */
struct buf {
	char *data;
	size_t len, size;
	size_t cap; /* hard limit of @len; 0 means BUF_CAP_DEFAULT */
	bool full;  /* something did not fit and was dropped */
};

#define BUF_CAP_DEFAULT ((size_t)64 << 20)

/** buf_add() - append bytes; Return: 0, or -E2BIG beyond the cap (then nothing is added and @full set) */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
/** buf_drop() - remove the first @n bytes */
void buf_drop(struct buf *b, size_t n);
/** buf_str() - the content as a string, "" when empty; borrowed, valid until the next change */
const char *buf_str(struct buf *b);
/** buf_take() - the content as a string that the caller owns; the buffer is empty afterwards */
char *buf_take(struct buf *b);
void buf_clear(struct buf *b);
void buf_done(struct buf *b);

#define _cleanup_buf_ _cleanup_(buf_done)

/* A vector of owned strings, always NULL-terminated once it has members. */
struct strv {
	char **v;
	size_t n;
};

void strv_add(struct strv *v, const char *s);
/** strv_take() - append a string, taking ownership of it */
void strv_take(struct strv *v, char *s);
void strv_addf(struct strv *v, const char *fmt, ...) _printf_(2, 3);
void strv_addv(struct strv *v, const struct strv *from);
bool strv_has(const struct strv *v, const char *s);
/** strv_equal() - whether both have the same members in the same order */
bool strv_equal(const struct strv *a, const struct strv *b);
/** strv_split() - append the parts of @s between any of @seps; empty parts are kept */
void strv_split(struct strv *v, const char *s, const char *seps);
/** strv_join() - all members with @sep between them; the caller owns it */
char *strv_join(const struct strv *v, const char *sep);
/** strv_sort() - by byte value */
void strv_sort(struct strv *v);
/** strv_find_key() - the member "KEY=…", as its value behind the '=', or NULL; borrowed */
const char *strv_find_key(const struct strv *v, const char *key);
/** strv_set_key() - replace or append "KEY=VALUE" */
void strv_set_key(struct strv *v, const char *key, const char *value);
void strv_done(struct strv *v);

#define _cleanup_strv_ _cleanup_(strv_done)

#define strv_foreach(i, s, vec)                                                                    \
	for (size_t i = 0; i < (vec)->n; i++)                                                      \
		for (const char *s = (vec)->v[i]; s; s = NULL)

#endif
