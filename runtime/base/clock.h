/*
 * clock - what time it is, and waiting
 *
 * Spans and deadlines are milliseconds of the monotonic clock; points in time that are recorded or
 * shown are struct timespec of the real-time clock, written as RFC 3339.
 */
#ifndef RL_BASE_CLOCK_H
#define RL_BASE_CLOCK_H

#include "runtime/base/mem.h"

#include <stdbool.h>
#include <time.h>

/** clock_ms() - monotonic milliseconds; only differences mean anything */
int64_t clock_ms(void);
/** clock_boot_ms() - milliseconds since the machine's start, also those in which it slept: the same for every process */
int64_t clock_boot_ms(void);
/** clock_sleep_ms() - pause; a signal may end it early */
void clock_sleep_ms(int64_t ms);
/** clock_before() - whether @a is an earlier point in time than @b */
bool clock_before(const struct timespec *a, const struct timespec *b);

#define CLOCK_TEXT_MAX 40
/** clock_text() - "2026-01-02T15:04:05.000000000Z" in UTC into @buf (CLOCK_TEXT_MAX); Return: @buf */
char *clock_text(const struct timespec *ts, char *buf);
/** clock_text_now() - clock_text() of this moment */
char *clock_text_now(char *buf);

#endif
