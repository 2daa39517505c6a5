/*
 * gauge - what a running container uses: processor time, memory, processes, bytes of its network and of devices
 *
 * The kernel counts it in the container's cgroup.  Memory is then what is charged to it, without files that are only cached and have
 * not been used for long (memory.current less inactive_file), as podman and docker show it.
 * What no controller there counts, and all of it where there is no cgroup, is added up over its processes.  The time and the bytes of those that have
 * ended are in their parents' sums, as far as the parents have waited for them; what `exec` added is gone with it.
 * Memory is the proportional share (PSS): pages that several processes share count once.  Where the kernel does not
 * tell it, the resident size counts.
 */
#ifndef RL_RUNTIME_GAUGE_H
#define RL_RUNTIME_GAUGE_H

#include "runtime/procs.h"

/**
 * struct gauge_link - a network interface
 */
struct gauge_link {
	char name[16];
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/**
 * struct gauge_stall - how long processes waited for something: hundredths of a percent of the last 10, 60 and 300 seconds, and
 * microseconds in all
 */
struct gauge_stall {
	uint64_t avg10, avg60, avg300, total;
};

enum gauge_resource { GAUGE_CPU, GAUGE_MEMORY, GAUGE_IO, GAUGE_RESOURCES };

/**
 * struct gauge_pressure - of a cgroup: waits of some of its processes, and of all of them at once
 */
struct gauge_pressure {
	bool known;
	struct gauge_stall some, full;
};

/**
 * struct gauge - one reading
 * @cpu_ns, @system_ns: processor time, all of it and the kernel's part
 * @threads: of all processes
 * @limit: of its memory; 0 for none
 * @links: interfaces of its network namespace without the loopback; none with the host's
 */
struct gauge {
	uint64_t cpu_ns, system_ns, memory, limit, threads, read_bytes, write_bytes;
	struct gauge_pressure pressure[GAUGE_RESOURCES];
	struct gauge_link *links;
	size_t nlinks;
};

/**
 * gauge_read() - read a running container; -ESRCH if it does not run
 * @table: filled by procs_look() when it is first needed; with a cgroup that counts everything it is not
 */
int gauge_read(
	const struct container *c, struct procs_table *table, struct gauge *ret, struct err *err);
void gauge_done(struct gauge *g);

/* what a group may not count */
enum {
	GAUGE_LACKS_CPU = 1 << 0,
	GAUGE_LACKS_MEMORY = 1 << 1,
	GAUGE_LACKS_THREADS = 1 << 2,
	GAUGE_LACKS_IO = 1 << 3,
	GAUGE_LACKS_ALL = (1 << 4) - 1,
};

/** gauge_group() - read the files of a cgroup; Return: GAUGE_LACKS_… of what is not there */
unsigned gauge_group(int dirfd, struct gauge *ret);

/** gauge_parse_pressure() - the text of cpu.pressure, memory.pressure or io.pressure */
void gauge_parse_pressure(const char *text, struct gauge_pressure *ret);

/** gauge_parse_links() - add the interfaces in the text of /proc/PID/net/dev */
void gauge_parse_links(const char *text, struct gauge *ret);

#endif
