/*
 * parse - numbers, sizes, times, signals, as users and files write them
 *
 * Every function reads the whole string or fails with -EINVAL (-ERANGE when it
 * does not fit), and touches its result only on success.
 */
#ifndef RL_BASE_PARSE_H
#define RL_BASE_PARSE_H

#include "runtime/base/mem.h"

#include <stdbool.h>
#include <time.h>

/** parse_u64() - decimal digits only: no sign, no blanks */
int parse_u64(const char *s, uint64_t *ret);
/** parse_i64() - like parse_u64() with an optional leading '-' */
int parse_i64(const char *s, int64_t *ret);
/** parse_u64_max() - parse_u64() with an upper bound; -ERANGE above it */
int parse_u64_max(const char *s, uint64_t max, uint64_t *ret);
/** parse_octal() - a mode such as "0755", at most 07777 */
int parse_octal(const char *s, unsigned *ret);
/** parse_bool() - as Go's strconv.ParseBool: 1 t T TRUE true True 0 f F FALSE false False */
int parse_bool(const char *s, bool *ret);
/** parse_size() - bytes with an optional unit b, k, m, g, t, p (×1024; "kb", "KiB" too); fractions allowed */
int parse_size(const char *s, uint64_t *ret);
/** parse_size_decimal() - the same with units of 1000 */
int parse_size_decimal(const char *s, uint64_t *ret);
/** parse_duration() - as Go's time.ParseDuration ("1h30m", "1.5s", "300ms", "0"); nanoseconds */
int parse_duration(const char *s, int64_t *ret_ns);
/**
 * parse_time() - a point in time: RFC 3339 with optional fraction and zone, a date, a unix time
 * with optional fraction, or a duration before @now ("10m")
 */
int parse_time(const char *s, const struct timespec *now, struct timespec *ret);
/** parse_time_ahead() - the same, but a duration ("3s") is after @now: for what is waited for */
int parse_time_ahead(const char *s, const struct timespec *now, struct timespec *ret);
/** parse_signal() - a signal's number (1–64) or name, with or without SIG, any case, RTMIN+n, RTMAX-n */
int parse_signal(const char *s, int *ret);
/** parse_signal_name() - "SIGTERM" for 15; "RTMIN+n" forms for real-time signals; NULL if invalid; static */
const char *parse_signal_name(int sig);

#endif
