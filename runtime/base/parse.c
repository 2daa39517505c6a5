#include "runtime/base/parse.h"

#include "runtime/base/str.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>

#define NS_PER_S INT64_C(1000000000)

int parse_u64_max(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (str_empty(s))
		return -EINVAL;
	for (; *s; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (v > (max - d) / 10 || d > max)
			return -ERANGE;
		v = v * 10 + d;
	}
	*ret = v;
	return 0;
}

int parse_u64(const char *s, uint64_t *ret)
{
	return parse_u64_max(s, UINT64_MAX, ret);
}

int parse_i64(const char *s, int64_t *ret)
{
	bool neg = s && *s == '-';
	uint64_t v;
	int r;

	if (!s)
		return -EINVAL;
	r = parse_u64_max(s + neg, (uint64_t)INT64_MAX + neg, &v);
	if (r < 0)
		return r;
	*ret = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int parse_octal(const char *s, unsigned *ret)
{
	size_t n = s ? strspn(s, "01234567") : 0;
	unsigned long v;

	if (n == 0 || s[n] || n > 6)
		return -EINVAL;
	v = strtoul(s, NULL, 8);
	if (v > 07777)
		return -ERANGE;
	*ret = (unsigned)v;
	return 0;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq(s, yes[i]) || str_eq(s, no[i])) {
			*ret = str_eq(s, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

/* digits with an optional fraction; no sign, exponent, "inf" or hexadecimal as strtod() has them */
static int parse_decimal(const char *s, const char **end, double *ret)
{
	size_t n = strspn(s, "0123456789"), m = 0;

	if (s[n] == '.')
		m = 1 + strspn(s + n + 1, "0123456789");
	if (n == 0 && m <= 1)
		return -EINVAL;
	if (n + m > 40)
		return -ERANGE;
	*ret = strtod(s, NULL);
	*end = s + n + m;
	return 0;
}

static int size_in(const char *s, double step, uint64_t *ret)
{
	static const char units[] = "bkmgtp";
	const char *end, *u;
	double v;
	int r;

	if (str_empty(s))
		return -EINVAL;
	r = parse_decimal(s, &end, &v);
	if (r < 0)
		return r;
	while (*end == ' ')
		end++;
	if (!*end)
		return parse_u64(s, ret); /* plain bytes stay exact */
	u = strchr(units, tolower((unsigned char)*end));
	if (!u)
		return -EINVAL;
	end++;
	if (u != units && *end && strcasecmp(end, "b") != 0 && strcasecmp(end, "ib") != 0)
		return -EINVAL;
	if (u == units && *end)
		return -EINVAL;
	for (const char *i = units; i < u; i++)
		v *= step;
	if (v >= 18446744073709549568.0)
		return -ERANGE;
	*ret = (uint64_t)v;
	return 0;
}

int parse_size(const char *s, uint64_t *ret)
{
	return size_in(s, 1024, ret);
}

int parse_size_decimal(const char *s, uint64_t *ret)
{
	return size_in(s, 1000, ret);
}

int parse_duration(const char *s, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6}, {"s", 1e9},
		{"m", 60e9}, {"h", 3600e9}};
	bool neg = s && *s == '-';
	double total = 0;

	if (str_empty(s))
		return -EINVAL;
	if (*s == '-' || *s == '+')
		s++;
	if (str_eq(s, "0")) {
		*ret_ns = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		const char *end = s;
		size_t i;
		double v;
		int r = parse_decimal(s, &end, &v);

		if (r < 0)
			return r;
		for (i = 0; i < ARRAY_SIZE(units); i++) {
			s = str_after(end, units[i].unit);
			if (s && (!*s || *s == '.' || isdigit((unsigned char)*s)))
				break;
		}
		if (i == ARRAY_SIZE(units))
			return -EINVAL;
		total += v * units[i].ns;
	}
	if (total >= 9.2e18)
		return -ERANGE;
	*ret_ns = neg ? -(int64_t)total : (int64_t)total;
	return 0;
}

static int parse_fraction(const char **s, long *ret_ns)
{
	long ns = 0, scale = 100000000;

	/* a comma is what date(1) writes, as ISO 8601 has it */
	if (**s != '.' && **s != ',')
		return 0;
	(*s)++;
	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	for (; isdigit((unsigned char)**s); (*s)++, scale /= 10)
		ns += (**s - '0') * scale;
	*ret_ns = ns;
	return 0;
}

/* exactly @n digits between @min and @max, then whatever *@s is advanced to */
static bool digits(const char **s, int n, int min, int max, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return v >= min && v <= max;
}

static bool literal(const char **s, const char *any_of)
{
	if (!**s || !strchr(any_of, **s))
		return false;
	(*s)++;
	return true;
}

/* "Z", "+hh:mm", "-hh:mm" or nothing (local time) */
static int parse_zone(const char *s, struct tm *tm, time_t *ret)
{
	bool west = *s == '-';
	int hh, mm;

	if (!*s) {
		*ret = mktime(tm);
		return 0;
	}
	if (str_eq(s, "Z")) {
		*ret = timegm(tm);
		return 0;
	}
	if (!literal(&s, "+-") || !digits(&s, 2, 0, 23, &hh) || !literal(&s, ":") ||
		!digits(&s, 2, 0, 59, &mm) || *s)
		return -EINVAL;
	*ret = timegm(tm) + (west ? 1 : -1) * (hh * 3600 + mm * 60);
	return 0;
}

/* whether the month has such a day; mktime() would go on counting into the next */
static bool day_exists(const struct tm *tm)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = tm->tm_year + 1900;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return tm->tm_mday <= days[tm->tm_mon] + (leap && tm->tm_mon == 1);
}

static int parse_calendar(const char *s, struct timespec *ret)
{
	struct tm tm = {.tm_isdst = -1};
	long ns = 0;
	time_t t;

	if (!digits(&s, 4, 0, 9999, &tm.tm_year) || !literal(&s, "-") ||
		!digits(&s, 2, 1, 12, &tm.tm_mon) || !literal(&s, "-") ||
		!digits(&s, 2, 1, 31, &tm.tm_mday))
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (!day_exists(&tm))
		return -EINVAL;
	if (literal(&s, "T ")) {
		if (!digits(&s, 2, 0, 23, &tm.tm_hour) || !literal(&s, ":") ||
			!digits(&s, 2, 0, 59, &tm.tm_min))
			return -EINVAL;
		if (literal(&s, ":") && !digits(&s, 2, 0, 60, &tm.tm_sec))
			return -EINVAL;
		if (parse_fraction(&s, &ns) < 0)
			return -EINVAL;
	}
	if (parse_zone(s, &tm, &t) < 0)
		return -EINVAL;
	*ret = (struct timespec){.tv_sec = t, .tv_nsec = ns};
	return 0;
}

/* @sign: whether a duration lies before @now or after it */
static int time_from(const char *s, const struct timespec *now, int sign, struct timespec *ret)
{
	size_t n = s ? strspn(s, "0123456789") : 0;
	int64_t ns, sec;

	if (str_empty(s))
		return -EINVAL;
	if (!s[n] || (s[n] == '.' && !s[n + 1 + strspn(s + n + 1, "0123456789")])) {
		const char *rest = s + n;
		long frac = 0;

		if (n > 15 || parse_fraction(&rest, &frac) < 0)
			return -EINVAL;
		*ret = (struct timespec){.tv_sec = strtoll(s, NULL, 10), .tv_nsec = frac};
		return 0;
	}
	if (parse_calendar(s, ret) == 0)
		return 0;
	if (parse_duration(s, &ns) < 0)
		return -EINVAL;
	/* by parts: a duration may reach beyond what 64 bits of nanoseconds since 1970 hold */
	sec = (int64_t)now->tv_sec + sign * (ns / NS_PER_S);
	ns = now->tv_nsec + sign * (ns % NS_PER_S);
	if (ns < 0 || ns >= NS_PER_S) {
		sec += ns < 0 ? -1 : 1;
		ns += ns < 0 ? NS_PER_S : -NS_PER_S;
	}
	*ret = (struct timespec){.tv_sec = sec, .tv_nsec = ns};
	return 0;
}

int parse_time(const char *s, const struct timespec *now, struct timespec *ret)
{
	return time_from(s, now, -1, ret);
}

int parse_time_ahead(const char *s, const struct timespec *now, struct timespec *ret)
{
	return time_from(s, now, 1, ret);
}

int parse_signal(const char *s, int *ret)
{
	uint64_t n;

	if (str_empty(s))
		return -EINVAL;
	if (isdigit((unsigned char)*s)) {
		if (parse_u64_max(s, (uint64_t)SIGRTMAX, &n) < 0 || n == 0)
			return -EINVAL;
		*ret = (int)n;
		return 0;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	if (strncasecmp(s, "RTMIN", 5) == 0 || strncasecmp(s, "RTMAX", 5) == 0) {
		bool min = tolower((unsigned char)s[3]) == 'i';

		n = 0;
		if (s[5] && (s[5] != (min ? '+' : '-') || parse_u64_max(s + 6, 30, &n) < 0))
			return -EINVAL;
		*ret = min ? SIGRTMIN + (int)n : SIGRTMAX - (int)n;
		return 0;
	}
	if (strcasecmp(s, "CLD") == 0)
		s = "CHLD";
	if (strcasecmp(s, "IOT") == 0)
		s = "ABRT";
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		const char *abbrev = sigabbrev_np(sig);

		if (abbrev && strcasecmp(abbrev, s) == 0) {
			*ret = sig;
			return 0;
		}
	}
	return -EINVAL;
}

const char *parse_signal_name(int sig)
{
	static char name[24];
	const char *abbrev;

	if (sig >= SIGRTMIN && sig <= SIGRTMAX) {
		snprintf(name, sizeof(name), "SIGRTMIN+%d", sig - SIGRTMIN);
		return name;
	}
	abbrev = sigabbrev_np(sig);
	if (!abbrev)
		return NULL;
	snprintf(name, sizeof(name), "SIG%s", abbrev);
	return name;
}
