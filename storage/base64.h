/*
 * base64 - RFC 4648, the standard alphabet
 */
#ifndef RL_STORAGE_BASE64_H
#define RL_STORAGE_BASE64_H

#include <stddef.h>

/** base64_encode() - with padding; the caller owns it */
char *base64_encode(const char *data, size_t len);

/** base64_decode() - padding is optional; NULL for anything else, also for a NUL inside; the caller owns it */
char *base64_decode(const char *s);

#endif
