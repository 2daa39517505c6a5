/* What the kernel counts in a container's cgroup (gauge.h). */
#include "runtime/gauge.h"

#include "runtime/base/fs.h"
#include "runtime/cgroup_limits.h"
#include "runtime/group.h"

#include <stdio.h>

#define FILE_MAX ((size_t)256 << 10)

static bool has(int dirfd, const char *file, int64_t *ret)
{
	return cgroup_number(dirfd, file, ret) == 0;
}

static unsigned read_cpu(int dirfd, struct gauge *g)
{
	uint64_t used = group_value(dirfd, "cpu.stat", "usage_usec");

	/* a container that has not needed a microsecond has not been started */
	if (used == 0)
		return GAUGE_LACKS_CPU;
	g->cpu_ns = used * 1000;
	g->system_ns = group_value(dirfd, "cpu.stat", "system_usec") * 1000;
	return 0;
}

static unsigned read_memory(int dirfd, struct gauge *g)
{
	int64_t used, limit;
	uint64_t idle;

	if (!has(dirfd, "memory.current", &used) || used < 0)
		return GAUGE_LACKS_MEMORY;
	idle = group_value(dirfd, "memory.stat", "inactive_file");
	g->memory = (uint64_t)used > idle ? (uint64_t)used - idle : 0;
	if (has(dirfd, "memory.max", &limit) && limit > 0 && limit < INT64_MAX)
		g->limit = (uint64_t)limit;
	return 0;
}

/* lines of "8:0 rbytes=1 wbytes=2 rios=3 …", one for each device that it has used */
static unsigned read_io(int dirfd, struct gauge *g)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_MAX};
	_cleanup_strv_ struct strv words = {0};

	if (fs_read_at(dirfd, "io.stat", &b, NULL) < 0)
		return GAUGE_LACKS_IO;
	strv_split(&words, buf_str(&b), " \n");
	strv_foreach (i, word, &words) {
		const char *in = str_after(word, "rbytes="), *out = str_after(word, "wbytes=");

		if (in)
			g->read_bytes += strtoull(in, NULL, 10);
		if (out)
			g->write_bytes += strtoull(out, NULL, 10);
	}
	return 0;
}

static void parse_stall(const char *line, struct gauge_stall *ret)
{
	double a, b, c;
	unsigned long long total;

	if (!line || sscanf(line, "%*s avg10=%lf avg60=%lf avg300=%lf total=%llu", &a, &b, &c,
			     &total) != 4)
		return;
	*ret = (struct gauge_stall){.avg10 = (uint64_t)(a * 100 + 0.5),
		.avg60 = (uint64_t)(b * 100 + 0.5),
		.avg300 = (uint64_t)(c * 100 + 0.5),
		.total = total};
}

void gauge_parse_pressure(const char *text, struct gauge_pressure *ret)
{
	const char *some = strstr(text, "some "), *full = strstr(text, "full ");

	*ret = (struct gauge_pressure){.known = some};
	parse_stall(some, &ret->some);
	parse_stall(full, &ret->full);
}

unsigned gauge_group(int dirfd, struct gauge *ret)
{
	static const char *const files[GAUGE_RESOURCES] = {[GAUGE_CPU] = "cpu.pressure",
		[GAUGE_MEMORY] = "memory.pressure",
		[GAUGE_IO] = "io.pressure"};
	unsigned lacks = read_cpu(dirfd, ret) | read_memory(dirfd, ret) | read_io(dirfd, ret);
	int64_t threads;

	if (has(dirfd, "pids.current", &threads))
		ret->threads = (uint64_t)threads;
	else
		lacks |= GAUGE_LACKS_THREADS;
	for (size_t i = 0; i < GAUGE_RESOURCES; i++) {
		_cleanup_buf_ struct buf b = {.cap = FILE_MAX};

		/* a kernel may be built or started without it */
		if (fs_read_at(dirfd, files[i], &b, NULL) == 0)
			gauge_parse_pressure(buf_str(&b), &ret->pressure[i]);
	}
	return lacks;
}
