/*
 * gauge - what a running container uses: processor time, memory, processes, bytes of its network and of devices
 *
 * Without a cgroup of the container's own it is added up over its processes.  The time and the bytes of those that have
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
 * struct gauge - one reading
 * @cpu_ns, @system_ns: processor time, all of it and the kernel's part
 * @threads: of all processes
 * @links: interfaces of its network namespace without the loopback; none with the host's
 */
struct gauge {
	uint64_t cpu_ns, system_ns, memory, threads, read_bytes, write_bytes;
	struct gauge_link *links;
	size_t nlinks;
};

/** gauge_read() - read a running container; -ESRCH if it does not run; @table: as procs_list() */
int gauge_read(const struct container *c, const struct procs_table *table, struct gauge *ret,
	struct err *err);
void gauge_done(struct gauge *g);

/** gauge_parse_links() - add the interfaces in the text of /proc/PID/net/dev */
void gauge_parse_links(const char *text, struct gauge *ret);

#endif
