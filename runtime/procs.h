/*
 * procs - the processes of a container, as /proc tells of them
 *
 * Read from outside, through the numbers of the machine: nothing runs in the container for it, and nothing there can
 * change what is seen.  Ids and numbers of the container are found through its maps and NSpid.
 */
#ifndef RL_RUNTIME_PROCS_H
#define RL_RUNTIME_PROCS_H

#include "runtime/container.h"
#include "runtime/members.h"

/* sets of capabilities, in the order in which the kernel lists them */
enum { PROCS_INH, PROCS_PRM, PROCS_EFF, PROCS_BND, PROCS_AMB, PROCS_CAPS };

/**
 * struct procs_one - one process
 * @pid, @parent, @pgid, @session: numbers outside
 * @inner_pid:    its number in the container, 0 if it is not known
 * @utime, @stime, @cutime, @cstime, @start: in clock ticks, as /proc/PID/stat has them
 * @vsz, @rss:    bytes
 * @uid, @gid:    real, effective, saved, of the file system; outside
 * @groups:       supplementary groups, outside; @ngroups of them
 * @seccomp:      0 none, 1 strict, 2 filter
 */
struct procs_one {
	pid_t pid, parent, pgid, session, inner_pid;
	char state, comm[64];
	unsigned tty;
	uint64_t utime, stime, cutime, cstime, start, vsz, rss;
	long nice, threads;
	uint32_t uid[4], gid[4], *groups;
	size_t ngroups;
	uint64_t caps[PROCS_CAPS];
	int seccomp;
};

struct procs {
	struct procs_one *v;
	size_t n;
};

/** procs_parse_stat() - the text of /proc/PID/stat; Return: 0 or -EBADMSG */
int procs_parse_stat(const char *text, struct procs_one *ret);

/**
 * procs_parse_status() - add what /proc/PID/status tells beside it
 * @level: which of the numbers in NSpid is the container's; 0 is the first
 */
void procs_parse_status(const char *text, size_t level, struct procs_one *ret);

/* the processes of the machine, and where they are */
struct procs_table {
	struct procs_place *v;
	size_t n;
};

/** procs_look() - read that once, for several containers */
int procs_look(struct procs_table *ret, struct err *err);
void procs_table_done(struct procs_table *t);

/**
 * procs_list() - all processes of a running container, its first one first, then by their number
 * @table: of procs_look(), from a moment ago; NULL to look now
 * @full: read /proc/PID/status too: identity, capabilities, inner numbers
 * Return: 0, -ESRCH if it has ended, -ENOTSUP where its processes cannot be told from others
 */
int procs_list(const struct container *c, const struct procs_table *table, bool full,
	struct procs *ret, struct err *err);

void procs_done(struct procs *p);

#endif
