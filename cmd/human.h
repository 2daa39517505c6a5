/*
 * human - sizes, times and ids as people read them
 */
#ifndef RL_CMD_HUMAN_H
#define RL_CMD_HUMAN_H

#include "runtime/base/mem.h"

#include <stdbool.h>

#include <time.h>

#define HUMAN_MAX 48

/** human_size() - decimal units, three digits that count: "7.95 MB"; Return: @buf */
char *human_size(uint64_t bytes, char buf[HUMAN_MAX]);
/** human_size_short() - decimal units, four digits that count, no blank: "7.951MB"; Return: @buf */
char *human_size_short(uint64_t bytes, char buf[HUMAN_MAX]);
/** human_size_iec() - binary units: "1.205MiB"; Return: @buf */
char *human_size_iec(uint64_t bytes, char buf[HUMAN_MAX]);
/** human_duration() - "Less than a second", "42 seconds", "About an hour", "3 days"; Return: @buf */
char *human_duration(int64_t seconds, char buf[HUMAN_MAX]);
/** human_exact() - nanoseconds as Go prints a duration: "1h30m0s", "1.5s", "300ms", "0s"; Return: @buf */
char *human_exact(int64_t ns, char buf[HUMAN_MAX]);
/** human_ago() - human_duration() with " ago" */
char *human_ago(int64_t seconds, char buf[HUMAN_MAX]);
/** human_since() - human_ago() of an RFC 3339 time until now; "" if it cannot be read */
char *human_since(const char *rfc3339, char buf[HUMAN_MAX]);
/** human_time() - "2026-01-02 15:04:05.123456789 +0000 UTC" of an RFC 3339 time, as Go prints one */
char *human_time(const char *rfc3339, char buf[HUMAN_MAX]);
/** human_unix() - seconds since 1970 of an RFC 3339 time; 0 if it cannot be read */
int64_t human_unix(const char *rfc3339);
/** human_id() - the first twelve digits of an id, "sha256:" dropped; with @full all of it; Return: @buf */
char *human_id(const char *id, bool full, char buf[80]);

#endif
