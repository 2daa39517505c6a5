#include "runtime/gauge.h"

#include "runtime/base/fd.h"
#include "runtime/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 << 10)
/* interfaces of one container, which it may add itself */
#define LINKS_MAX 64

void gauge_done(struct gauge *g)
{
	free(g->links);
	*g = (struct gauge){0};
}

/* a file of a process; empty where it cannot be read: it may have ended, or belong to nobody here */
static void read_file(pid_t pid, const char *file, struct buf *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, ret) < 0)
		buf_clear(ret);
}

/* the number behind "\nKEY:" */
static uint64_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void add_memory(const struct procs_one *p, struct gauge *g)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_MAX};

	read_file(p->pid, "smaps_rollup", &b);
	g->memory += b.len ? number_of(buf_str(&b), "\nPss:") * 1024 : p->rss;
}

static void add_io(const struct procs_one *p, struct gauge *g)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_MAX};

	read_file(p->pid, "io", &b);
	g->read_bytes += number_of(buf_str(&b), "\nread_bytes:");
	g->write_bytes += number_of(buf_str(&b), "\nwrite_bytes:");
}

void gauge_parse_links(const char *text, struct gauge *ret)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		struct gauge_link l = {0};
		unsigned long long v[12] = {0};

		line += *line == '\n';
		/* the name, eight numbers of what came in, then those of what went out; two lines of headings */
		if (sscanf(line,
			    " %15[^: \n]: %llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu",
			    l.name, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 9)
			continue;
		if (str_eq(l.name, "lo") || ret->nlinks >= LINKS_MAX)
			continue;
		l.rx_bytes = v[0];
		l.rx_packets = v[1];
		l.rx_errors = v[2];
		l.rx_dropped = v[3];
		l.tx_bytes = v[4];
		l.tx_packets = v[5];
		l.tx_errors = v[6];
		l.tx_dropped = v[7];
		ret->links = xreallocarray(ret->links, ret->nlinks + 1, sizeof(*ret->links));
		ret->links[ret->nlinks++] = l;
	}
}

static void add_links(const struct container *c, struct gauge *g)
{
	const json_t *network = json_object_get(c->record, "network");
	_cleanup_buf_ struct buf b = {.cap = FILE_MAX};

	if (str_eq(json_get_str(network, "mode", ""), "host"))
		return;
	read_file(c->pid, "net/dev", &b);
	gauge_parse_links(buf_str(&b), g);
}

static int add_procs(const struct container *c, struct procs_table *table, unsigned lacks,
	struct gauge *g, struct err *err)
{
	_cleanup_(procs_done) struct procs procs = {0};
	uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	int r = table->n ? 0 : procs_look(table, err);

	if (r == 0)
		r = procs_list(c, table, false, &procs, err);
	for (size_t i = 0; r == 0 && i < procs.n; i++) {
		const struct procs_one *p = &procs.v[i];

		if (lacks & GAUGE_LACKS_CPU) {
			g->cpu_ns += tick * (p->utime + p->stime + p->cutime + p->cstime);
			g->system_ns += tick * (p->stime + p->cstime);
		}
		if (lacks & GAUGE_LACKS_THREADS)
			g->threads += (uint64_t)p->threads;
		if (lacks & GAUGE_LACKS_MEMORY)
			add_memory(p, g);
		if (lacks & GAUGE_LACKS_IO)
			add_io(p, g);
	}
	return r;
}

int gauge_read(
	const struct container *c, struct procs_table *table, struct gauge *ret, struct err *err)
{
	_cleanup_close_ int group = cgroup_open(c, NULL);
	struct gauge g = {0};
	unsigned lacks = group < 0 ? GAUGE_LACKS_ALL : gauge_group(group, &g);
	int r = lacks ? add_procs(c, table, lacks, &g, err) : 0;

	if (r < 0)
		return r;
	add_links(c, &g);
	*ret = g;
	return 0;
}
