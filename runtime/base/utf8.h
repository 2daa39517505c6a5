/*
 * utf8 - text as characters, without a locale
 */
#ifndef RL_BASE_UTF8_H
#define RL_BASE_UTF8_H

#include "runtime/base/mem.h"

#include <stdbool.h>

/**
 * utf8_decode() - the character at the beginning of @len bytes
 * @ret: its code point
 * Return: its bytes, 1–4; 0 if they are no valid UTF-8 (overlong forms and surrogates are not); @len is not 0
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret);

/** utf8_len() - bytes of the valid sequence (RFC 3629) at @s, 0 if there is none within @max bytes;
 * a NUL ends the string where it is no first byte */
size_t utf8_len(const char *s, size_t max);

/** utf8_put() - write a code point (U+FFFD for an invalid one); Return: bytes written */
size_t utf8_put(uint32_t c, char buf[4]);

/** utf8_width() - columns of a terminal: 0 for combining marks, 2 for wide characters, else 1 */
unsigned utf8_width(uint32_t c);

/** utf8_is_control() - whether a terminal acts on it: C0, DEL, C1, and marks that reverse the direction of text */
bool utf8_is_control(uint32_t c);

#endif
