#include "cmd/top_fields.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/capname.h"
#include "runtime/user.h"
#include "userns/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX ((size_t)128 << 10)

typedef char *value_fn(const struct top_source *s, const struct procs_one *p);

/* Go's way to write a duration, "1h2m3.5s", as exact as the clock of processes is */
static char *duration(double seconds)
{
	unsigned long whole = seconds > 0 ? (unsigned long)seconds : 0;
	unsigned long part = seconds > 0 ? (unsigned long)((seconds - (double)whole) * 100) : 0;
	double rest = (double)(whole % 60) + (double)part / 100;

	if (whole >= 3600)
		return xasprintf("%luh%lum%.4gs", whole / 3600, whole / 60 % 60, rest);
	return whole >= 60 ? xasprintf("%lum%.4gs", whole / 60, rest) : xasprintf("%.4gs", rest);
}

static double ticks(uint64_t n)
{
	return (double)n / (double)sysconf(_SC_CLK_TCK);
}

static double age(const struct top_source *s, const struct procs_one *p)
{
	double t = s->now - ticks(p->start);

	return t > 0 ? t : 0;
}

/* a number where it has no name; one that the container does not have is the kernel's "nobody" */
static char *named(const struct idmap *map, const char *names, uint32_t id)
{
	uint32_t inside = 65534;
	char *name;

	idmap_to_inside(map, id, &inside);
	name = user_name(names, inside);
	return name ? name : xasprintf("%u", inside);
}

static char *all_groups(const struct top_source *s, const struct procs_one *p, bool outside)
{
	_cleanup_strv_ struct strv v = {0};
	char *text;

	for (size_t i = 0; i < p->ngroups; i++) {
		_cleanup_free_ char *name = outside ? xasprintf("%u", p->groups[i])
						    : named(&s->gids, s->group, p->groups[i]);

		strv_add(&v, name);
	}
	text = strv_join(&v, ",");
	return text ? text : xstrdup("");
}

static char *capabilities(uint64_t set)
{
	_cleanup_buf_ struct buf b = {0};
	uint64_t all = capname_all();

	if ((set & all) == 0)
		return xstrdup("none");
	if ((set & all) == all)
		return xstrdup("full");
	for (unsigned i = 0; i < 64; i++) {
		const char *name = set >> i & 1 ? capname_get(i) : NULL;

		if (name)
			buf_addf(&b, "%s%s", b.len ? "," : "", name + strlen("CAP_"));
	}
	return xstrdup(buf_str(&b));
}

static char *file_of(const struct procs_one *p, const char *file, size_t cap)
{
	_cleanup_buf_ struct buf b = {.cap = cap};
	_cleanup_close_ int fd = -EBADF;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)p->pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return xstrdup("");
	(void)!fd_read_all(fd, &b);
	/* arguments are separated by NUL */
	for (size_t i = 0; i + 1 < b.len; i++)
		if (b.data[i] == '\0')
			b.data[i] = ' ';
	return xstrdup(buf_str(&b));
}

static char *f_args(const struct top_source *s, const struct procs_one *p)
{
	char *text = file_of(p, "cmdline", ARGS_MAX);

	(void)s;
	/* it ended, or wiped its arguments out */
	if (*text)
		return text;
	free(text);
	return xasprintf("[%s]", p->comm);
}

static char *f_label(const struct top_source *s, const struct procs_one *p)
{
	char *text = file_of(p, "attr/current", 4096);

	(void)s;
	text[strcspn(text, "\n")] = '\0';
	if (*text)
		return text;
	free(text);
	return xstrdup("?");
}

static char *f_ppid(const struct top_source *s, const struct procs_one *p)
{
	for (size_t i = 0; i < s->procs->n; i++)
		if (s->procs->v[i].pid == p->parent)
			return xasprintf("%d", (int)s->procs->v[i].inner_pid);
	return xstrdup("0"); /* its parent is outside */
}

static char *f_pgid(const struct top_source *s, const struct procs_one *p)
{
	for (size_t i = 0; i < s->procs->n; i++)
		if (s->procs->v[i].pid == p->pgid)
			return xasprintf("%d", (int)s->procs->v[i].inner_pid);
	return xstrdup("0");
}

static char *f_pcpu(const struct top_source *s, const struct procs_one *p)
{
	double t = age(s, p);

	return xasprintf("%.3f", t > 0 ? 100 * ticks(p->utime + p->stime) / t : 0);
}

static char *f_etime(const struct top_source *s, const struct procs_one *p)
{
	return duration(age(s, p));
}

static char *f_time(const struct top_source *s, const struct procs_one *p)
{
	(void)s;
	return duration(ticks(p->utime + p->stime));
}

static char *f_stime(const struct top_source *s, const struct procs_one *p)
{
	time_t t = time(NULL) - (time_t)age(s, p);
	char text[32];
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return xstrdup(text);
}

static char *f_tty(const struct top_source *s, const struct procs_one *p)
{
	unsigned major = p->tty >> 8 & 0xfff, minor = (p->tty & 0xff) | (p->tty >> 12 & 0xfff00);

	(void)s;
	if (p->tty == 0)
		return xstrdup("?");
	if (major >= 136 && major <= 143)
		return xasprintf("pts/%u", (major - 136) * 256 + minor);
	return major == 4 ? xasprintf("tty%u", minor) : xasprintf("%u:%u", major, minor);
}

static char *f_seccomp(const struct top_source *s, const struct procs_one *p)
{
	(void)s;
	return xstrdup(p->seccomp == 2 ? "filter" : p->seccomp == 1 ? "strict" : "disabled");
}

static char *f_huser(const struct top_source *s, const struct procs_one *p)
{
	struct account a = {0};
	char *name;

	(void)s;
	/* the name service worker is not asked for each process: only its own user has a name */
	if (p->uid[1] == geteuid())
		account_find(p->uid[1], &a);
	name = a.name ? xstrdup(a.name) : xasprintf("%u", p->uid[1]);
	account_done(&a);
	return name;
}

#define VALUE(name, ...)                                                                           \
	static char *f_##name(const struct top_source *s, const struct procs_one *p)               \
	{                                                                                          \
		(void)s;                                                                           \
		return __VA_ARGS__;                                                                \
	}

VALUE(comm, xstrdup(p->comm))
VALUE(pid, xasprintf("%d", (int)p->inner_pid))
VALUE(hpid, xasprintf("%d", (int)p->pid))
VALUE(nice, xasprintf("%ld", p->nice))
VALUE(vsz, xasprintf("%llu", (unsigned long long)p->vsz))
VALUE(rss, xasprintf("%llu", (unsigned long long)p->rss >> 10))
VALUE(state, xasprintf("%c", p->state))
VALUE(user, named(&s->uids, s->passwd, p->uid[1]))
VALUE(ruser, named(&s->uids, s->passwd, p->uid[0]))
VALUE(group, named(&s->gids, s->group, p->gid[1]))
VALUE(rgroup, named(&s->gids, s->group, p->gid[0]))
VALUE(groups, all_groups(s, p, false))
VALUE(hgroup, xasprintf("%u", p->gid[1]))
VALUE(hgroups, all_groups(s, p, true))
VALUE(capamb, capabilities(p->caps[PROCS_AMB]))
VALUE(capinh, capabilities(p->caps[PROCS_INH]))
VALUE(capprm, capabilities(p->caps[PROCS_PRM]))
VALUE(capeff, capabilities(p->caps[PROCS_EFF]))
VALUE(capbnd, capabilities(p->caps[PROCS_BND]))

/* name, code of ps, heading, value */
#define FIELDS(X)                                                                                  \
	X(args, "%a", "COMMAND")                                                                   \
	X(capamb, "", "AMBIENT CAPS")                                                              \
	X(capbnd, "", "BOUNDING CAPS")                                                             \
	X(capeff, "", "EFFECTIVE CAPS")                                                            \
	X(capinh, "", "INHERITED CAPS")                                                            \
	X(capprm, "", "PERMITTED CAPS")                                                            \
	X(comm, "%c", "COMMAND")                                                                   \
	X(etime, "%t", "ELAPSED")                                                                  \
	X(group, "%G", "GROUP")                                                                    \
	X(groups, "", "GROUPS")                                                                    \
	X(hgroup, "", "HGROUP")                                                                    \
	X(hgroups, "", "HGROUPS")                                                                  \
	X(hpid, "", "HPID")                                                                        \
	X(huser, "", "HUSER")                                                                      \
	X(label, "", "LABEL")                                                                      \
	X(nice, "%n", "NI")                                                                        \
	X(pcpu, "%C", "%CPU")                                                                      \
	X(pgid, "%r", "PGID")                                                                      \
	X(pid, "%p", "PID")                                                                        \
	X(ppid, "%P", "PPID")                                                                      \
	X(rgroup, "%g", "RGROUP")                                                                  \
	X(rss, "", "RSS")                                                                          \
	X(ruser, "%u", "RUSER")                                                                    \
	X(seccomp, "", "SECCOMP")                                                                  \
	X(state, "", "STATE")                                                                      \
	X(stime, "", "STIME")                                                                      \
	X(time, "%x", "TIME")                                                                      \
	X(tty, "%y", "TTY")                                                                        \
	X(user, "%U", "USER")                                                                      \
	X(vsz, "%z", "VSZ")

#define X(name, code, heading) {#name, code, f_##name},
static const struct {
	const char *name, *code;
	value_fn *value;
} fields[] = {FIELDS(X)};
#undef X

#define X(name, code, heading) {#name, heading},
static const struct heading headings[] = {FIELDS(X){0}};
#undef X

const struct heading *top_headings(void)
{
	return headings;
}

const char *top_field(const char *descriptor)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcasecmp(descriptor, fields[i].name) == 0 ||
			(*fields[i].code && str_eq(descriptor, fields[i].code)))
			return fields[i].name;
	return NULL;
}

char *top_known(void)
{
	_cleanup_buf_ struct buf b = {0};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		buf_addf(&b, "%s%s", i ? " " : "", fields[i].name);
	return xstrdup(buf_str(&b));
}

json_t *top_row(const struct top_source *s, const struct procs_one *p)
{
	json_t *row = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		_cleanup_free_ char *text = fields[i].value(s, p);

		/* arguments may be any bytes */
		json_object_set_new(row, fields[i].name, json_str(text));
	}
	return row;
}

/* names are a convenience: a root that cannot be read gives numbers */
static char *read_names(int root, const char *path)
{
	_cleanup_buf_ struct buf b = {.cap = USER_FILE_CAP};
	struct err err = {0};

	return root >= 0 && user_file(root, path, &b, &err) == 0 ? xstrdup(buf_str(&b))
								 : xstrdup("");
}

int top_open(const struct container *c, const struct procs *procs, struct top_source *ret,
	struct err *err)
{
	struct top_source s = {.procs = procs};
	_cleanup_close_ int root = -EBADF;
	struct timespec now;
	char path[48];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)c->pid);
	r = idmap_read(path, &s.uids, err);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)c->pid);
	if (r == 0)
		r = idmap_read(path, &s.gids, err);
	if (r < 0) {
		top_close(&s);
		return r;
	}
	snprintf(path, sizeof(path), "/proc/%d/root", (int)c->pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s.passwd = read_names(root, "/etc/passwd");
	s.group = read_names(root, "/etc/group");
	clock_gettime(CLOCK_BOOTTIME, &now);
	s.now = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	*ret = s;
	return 0;
}

void top_close(struct top_source *s)
{
	idmap_done(&s->uids);
	idmap_done(&s->gids);
	free(s->passwd);
	free(s->group);
}
