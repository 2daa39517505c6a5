#include "runtime/base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool enabled;

void log_enable(bool on)
{
	enabled = on;
}

void log_debug(const char *fmt, ...)
{
	struct timespec ts;
	char line[1024];
	va_list ap;
	size_t len;
	int n;

	if (!enabled)
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	n = snprintf(line, sizeof(line), "rl[%d] %lld.%06ld ", (int)getpid(), (long long)ts.tv_sec,
		ts.tv_nsec / 1000);
	len = n > 0 ? (size_t)n : 0;
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	len = strlen(line);
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
