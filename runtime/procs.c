#include "runtime/procs.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* a process may be in 65536 groups of ten digits each; more are not shown */
#define STATUS_MAX ((size_t)1 << 20)
#define STAT_MAX   1024

struct procs_place {
	char pid[12];
	struct members_place at;
};

static void one_done(struct procs_one *p)
{
	free(p->groups);
}

void procs_done(struct procs *p)
{
	for (size_t i = 0; i < p->n; i++)
		one_done(&p->v[i]);
	free(p->v);
	*p = (struct procs){0};
}

int procs_parse_stat(const char *text, struct procs_one *ret)
{
	/* the command in field 2 may hold anything: count from behind its last ')' */
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t field[25] = {0};
	const char *p = close;
	struct procs_one o = {.pid = (pid_t)strtol(text, NULL, 10)};

	if (!open || !close || close < open || o.pid <= 0)
		return -EBADMSG;
	snprintf(o.comm, sizeof(o.comm), "%.*s", (int)(close - open - 1), open + 1);
	for (size_t i = 3; i < ARRAY_SIZE(field); i++) {
		p = strchr(p, ' ');
		if (!p || !*++p)
			return -EBADMSG;
		if (i == 3)
			o.state = *p;
		else if (i == 19)
			o.nice = strtol(p, NULL, 10);
		else
			field[i] = strtoull(p, NULL, 10);
	}
	o.parent = (pid_t)field[4];
	o.pgid = (pid_t)field[5];
	o.session = (pid_t)field[6];
	o.tty = (unsigned)field[7];
	o.threads = (long)field[20];
	o.utime = field[14];
	o.stime = field[15];
	o.cutime = field[16];
	o.cstime = field[17];
	o.start = field[22];
	o.vsz = field[23];
	o.rss = field[24] * (uint64_t)sysconf(_SC_PAGESIZE);
	*ret = o;
	return 0;
}

/* numbers from @p to the end of its line; Return: how many there were, at most @max */
static size_t numbers(const char *p, uint32_t *v, size_t max)
{
	size_t n = 0;

	for (; n < max; n++) {
		p += strspn(p, " \t");
		if (!isdigit((unsigned char)*p))
			break;
		v[n] = (uint32_t)strtoul(p, NULL, 10);
		p += strspn(p, "0123456789");
	}
	return n;
}

static void take_groups(const char *p, struct procs_one *o)
{
	size_t max = strcspn(p, "\n") / 2 + 1;

	free(o->groups);
	o->groups = xcalloc(max, sizeof(*o->groups));
	o->ngroups = numbers(p, o->groups, max);
}

void procs_parse_status(const char *text, size_t level, struct procs_one *ret)
{
	static const char *const caps[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
	uint32_t pids[40];
	const char *v;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if ((v = str_after(line, "Uid:")))
			numbers(v, ret->uid, ARRAY_SIZE(ret->uid));
		else if ((v = str_after(line, "Gid:")))
			numbers(v, ret->gid, ARRAY_SIZE(ret->gid));
		else if ((v = str_after(line, "Groups:")))
			take_groups(v, ret);
		else if ((v = str_after(line, "Seccomp:")))
			ret->seccomp = (int)strtol(v, NULL, 10);
		else if ((v = str_after(line, "NSpid:")) &&
			 numbers(v, pids, ARRAY_SIZE(pids)) > level)
			ret->inner_pid = (pid_t)pids[level];
		for (size_t i = 0; i < PROCS_CAPS; i++)
			if ((v = str_after(line, caps[i])))
				ret->caps[i] = strtoull(v, NULL, 16);
	}
}

static int read_file(int proc, const char *pid, const char *file, struct buf *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char path[40];

	snprintf(path, sizeof(path), "%.20s/%s", pid, file);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd_read_all(fd, ret);
}

/* how deep the container's PID namespace is: its first process has its last number there */
static size_t level_of(int proc, pid_t init)
{
	_cleanup_buf_ struct buf text = {.cap = STATUS_MAX};
	char pid[16];
	const char *line;
	uint32_t pids[40];
	size_t n;

	snprintf(pid, sizeof(pid), "%d", (int)init);
	if (read_file(proc, pid, "status", &text) < 0)
		return 0;
	line = strstr(buf_str(&text), "\nNSpid:");
	n = line ? numbers(line + strlen("\nNSpid:"), pids, ARRAY_SIZE(pids)) : 0;
	return n ? n - 1 : 0;
}

void procs_table_done(struct procs_table *t)
{
	free(t->v);
	*t = (struct procs_table){0};
}

int procs_look(struct procs_table *ret, struct err *err)
{
	DIR *dir = opendir("/proc");
	struct dirent *de;
	size_t size = 0;

	if (!dir)
		return err_set(err, errno, "open /proc");
	while ((de = readdir(dir))) {
		struct procs_place *p;
		uint64_t pid;

		if (parse_u64_max(de->d_name, INT32_MAX, &pid) < 0)
			continue;
		if (ret->n == size) {
			size = size ? 2 * size : 64;
			ret->v = xreallocarray(ret->v, size, sizeof(*ret->v));
		}
		p = &ret->v[ret->n++];
		snprintf(p->pid, sizeof(p->pid), "%d", (int)pid);
		members_look(dirfd(dir), p->pid, &p->at);
	}
	closedir(dir);
	return 0;
}

/* 0 with *@ret filled, or a negative errno if it has ended */
static int read_one(int proc, const char *pid, bool full, size_t level, struct procs_one *ret)
{
	_cleanup_buf_ struct buf stat = {.cap = STAT_MAX}, status = {.cap = STATUS_MAX};
	struct procs_one o;

	if (read_file(proc, pid, "stat", &stat) < 0 || procs_parse_stat(buf_str(&stat), &o) < 0)
		return -ESRCH;
	if (full && read_file(proc, pid, "status", &status) < 0)
		return -ESRCH;
	procs_parse_status(buf_str(&status), level, &o);
	*ret = o;
	return 0;
}

static int read_all(const struct members *m, const struct procs_table *table, bool full,
	struct procs *ret, struct err *err)
{
	_cleanup_close_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t size = 0, level;

	if (proc < 0)
		return err_set(err, errno, "open /proc");
	level = full ? level_of(proc, m->init) : 0;
	for (size_t i = 0; i < table->n; i++) {
		const struct procs_place *p = &table->v[i];
		struct procs_one o;

		if (!members_in(m, &p->at, p->pid) || read_one(proc, p->pid, full, level, &o) < 0)
			continue;
		if (ret->n == size) {
			size = size ? 2 * size : 16;
			ret->v = xreallocarray(ret->v, size, sizeof(*ret->v));
		}
		ret->v[ret->n++] = o;
	}
	return 0;
}

/* by number outside: that is nearly by age, and the same each time */
static int by_pid(const void *a, const void *b)
{
	const struct procs_one *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void init_first(struct procs *p, pid_t init)
{
	for (size_t i = 1; i < p->n; i++)
		if (p->v[i].pid == init) {
			struct procs_one one = p->v[i];

			memmove(p->v + 1, p->v, i * sizeof(*p->v));
			p->v[0] = one;
			return;
		}
}

static ino_t userns_of(pid_t pid)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

int procs_list(const struct container *c, const struct procs_table *table, bool full,
	struct procs *ret, struct err *err)
{
	_cleanup_(procs_table_done) struct procs_table own = {0};
	_cleanup_(members_done) struct members m = MEMBERS_INIT;
	_cleanup_(procs_done) struct procs p = {0};
	_cleanup_close_ int pidfd = container_pidfd(c, err);
	const char *mode = json_get_str(json_object_get(c->record, "hostConfig"), "PidMode", "");
	ino_t outside = userns_of((pid_t)json_get_int(c->state, "monitor", 0));
	int r;

	if (pidfd < 0)
		return pidfd;
	/* the monitor is in R, where a container without a user namespace of its own is too */
	r = members_open(&m, c->pid, userns_of(c->pid) != outside,
		str_empty(mode) || str_eq(mode, "private"), err);
	if (r == 0 && !table)
		r = procs_look(&own, err);
	if (r == 0)
		r = read_all(&m, table ? table : &own, full, &p, err);
	if (r < 0)
		return err_wrap(err, "processes of container %s", container_label(c));
	if (p.n == 0)
		return err_set(err, ESRCH, "container %s is not running", container_label(c));
	qsort(p.v, p.n, sizeof(*p.v), by_pid);
	init_first(&p, c->pid);
	*ret = p;
	p = (struct procs){0};
	return 0;
}
