#include "cmd/human.h"

#include "runtime/base/parse.h"
#include "runtime/base/str.h"

#include <stdio.h>

/* @round: what would be printed as a whole step moves on to the next unit */
static const char *scale(
	double *value, double step, double round, const char *const *units, size_t n)
{
	size_t i = 0;

	while (*value >= step - round && i + 1 < n) {
		*value /= step;
		i++;
	}
	return units[i];
}

static const char *const decimal[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

char *human_size(uint64_t bytes, char buf[HUMAN_MAX])
{
	double value = (double)bytes;
	const char *unit = scale(&value, 1000, 0.5, decimal, ARRAY_SIZE(decimal));

	snprintf(buf, HUMAN_MAX, "%.3g %s", value, unit);
	return buf;
}

char *human_size_short(uint64_t bytes, char buf[HUMAN_MAX])
{
	double value = (double)bytes;
	const char *unit = scale(&value, 1000, 0.05, decimal, ARRAY_SIZE(decimal));

	snprintf(buf, HUMAN_MAX, "%.4g%s", value, unit);
	return buf;
}

char *human_size_iec(uint64_t bytes, char buf[HUMAN_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	const char *unit = scale(&value, 1024, 0.05, units, ARRAY_SIZE(units));

	snprintf(buf, HUMAN_MAX, "%.4g%s", value, unit);
	return buf;
}

char *human_duration(int64_t s, char buf[HUMAN_MAX])
{
	int64_t hours = s / 3600;

	if (s < 1)
		snprintf(buf, HUMAN_MAX, "Less than a second");
	else if (s < 60)
		snprintf(buf, HUMAN_MAX, "%d second%s", (int)s, s == 1 ? "" : "s");
	else if (s < 120)
		snprintf(buf, HUMAN_MAX, "About a minute");
	else if (s < 3600)
		snprintf(buf, HUMAN_MAX, "%d minutes", (int)(s / 60));
	else if (s < 5400)
		snprintf(buf, HUMAN_MAX, "About an hour");
	else if (s < 48 * 3600)
		snprintf(buf, HUMAN_MAX, "%d hours", (int)((s + 1800) / 3600));
	else if (hours < 24 * 7 * 2)
		snprintf(buf, HUMAN_MAX, "%d days", (int)(hours / 24));
	else if (hours < 24 * 30 * 2)
		snprintf(buf, HUMAN_MAX, "%d weeks", (int)(hours / 24 / 7));
	else if (hours < 24 * 365 * 2)
		snprintf(buf, HUMAN_MAX, "%d months", (int)(hours / 24 / 30));
	else
		snprintf(buf, HUMAN_MAX, "%lld years", (long long)(hours / 24 / 365));
	return buf;
}

/* append @n / 10^@digits and the unit, without zeros at the end of the fraction */
static void add_decimal(char *buf, uint64_t n, int digits, const char *unit)
{
	size_t len = strlen(buf);
	uint64_t one = 1;

	for (int i = 0; i < digits; i++)
		one *= 10;
	len += (size_t)snprintf(buf + len, HUMAN_MAX - len, "%llu", (unsigned long long)(n / one));
	if (n % one > 0) {
		len += (size_t)snprintf(buf + len, HUMAN_MAX - len, ".%0*llu", digits,
			(unsigned long long)(n % one));
		while (buf[len - 1] == '0')
			len--;
	}
	snprintf(buf + len, HUMAN_MAX - len, "%s", unit);
}

char *human_exact(int64_t ns, char buf[HUMAN_MAX])
{
	static const uint64_t second = 1000000000;
	uint64_t n = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, minutes = n / second / 60;
	size_t len;

	snprintf(buf, HUMAN_MAX, "%s", ns < 0 ? "-" : "");
	len = strlen(buf);
	if (minutes >= 60)
		snprintf(buf + len, HUMAN_MAX - len, "%lluh%llum",
			(unsigned long long)(minutes / 60), (unsigned long long)(minutes % 60));
	else if (minutes > 0)
		snprintf(buf + len, HUMAN_MAX - len, "%llum", (unsigned long long)minutes);
	if (n == 0 || n >= second)
		add_decimal(buf, n - minutes * 60 * second, 9, "s");
	else if (n >= second / 1000)
		add_decimal(buf, n, 6, "ms");
	else if (n >= 1000)
		add_decimal(buf, n, 3, "\u00b5s");
	else
		add_decimal(buf, n, 0, "ns");
	return buf;
}

char *human_ago(int64_t seconds, char buf[HUMAN_MAX])
{
	size_t len = strlen(human_duration(seconds, buf));

	snprintf(buf + len, HUMAN_MAX - len, " ago");
	return buf;
}

static int read_time(const char *rfc3339, struct timespec *ret)
{
	struct timespec now = {0};

	if (str_empty(rfc3339))
		return -EINVAL;
	return parse_time(rfc3339, &now, ret);
}

char *human_since(const char *rfc3339, char buf[HUMAN_MAX])
{
	struct timespec then, now;

	buf[0] = '\0';
	if (read_time(rfc3339, &then) < 0)
		return buf;
	clock_gettime(CLOCK_REALTIME, &now);
	return human_ago((int64_t)(now.tv_sec - then.tv_sec), buf);
}

char *human_time(const char *rfc3339, char buf[HUMAN_MAX])
{
	struct timespec ts;
	struct tm tm;
	size_t len;

	buf[0] = '\0';
	if (read_time(rfc3339, &ts) < 0 || !gmtime_r(&ts.tv_sec, &tm))
		return buf;
	len = strftime(buf, HUMAN_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	if (ts.tv_nsec) {
		len += (size_t)snprintf(buf + len, HUMAN_MAX - len, ".%09ld", ts.tv_nsec);
		/* as Go does: no zeros at the end of a fraction */
		while (buf[len - 1] == '0')
			len--;
	}
	snprintf(buf + len, HUMAN_MAX - len, " +0000 UTC");
	return buf;
}

int64_t human_unix(const char *rfc3339)
{
	struct timespec ts;

	return read_time(rfc3339, &ts) < 0 ? 0 : (int64_t)ts.tv_sec;
}

char *human_id(const char *id, bool full, char buf[80])
{
	const char *hex = str_after(id, "sha256:");

	snprintf(buf, 80, full ? "%.79s" : "%.12s", hex ? hex : id);
	return buf;
}
