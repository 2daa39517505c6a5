#include "runtime/cgroup_limits.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/cgroup.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#define PERIOD_DEFAULT	 100000
#define CPU_WEIGHT_USUAL 100
#define CPUS_MAX	 65536

/* @why, @undo: as cgroup_apply() */
struct group {
	int dirfd;
	const char *why;
	struct cgroup_undo *undo;
};

static const struct controller {
	const char *name, *lack;
} controllers[] = {
	{"cpu", "processor time cannot be limited"},
	{"cpuset", "processors cannot be chosen"},
	{"io", "the use of block devices cannot be limited"},
	{"memory", "memory cannot be limited"},
	{"pids", "the number of processes cannot be limited"},
	{"hugetlb", "huge pages cannot be limited"},
	{"misc", "what the controller misc counts cannot be limited"},
	{"rdma", "RDMA cannot be limited"},
};

/* the controller that a file belongs to, or NULL */
static const struct controller *controller_of(const char *file)
{
	size_t len = strcspn(file, ".");

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		if (strlen(controllers[i].name) == len &&
			strncmp(controllers[i].name, file, len) == 0)
			return &controllers[i];
	return NULL;
}

int cgroup_file_check(const char *name, struct err *err)
{
	/* what else begins with "cgroup." moves and ends processes */
	static const char *const others[] = {"cgroup.max.depth", "cgroup.max.descendants"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_eq(name, others[i]))
			return 0;
	if (controller_of(name) && strchr(name, '.') && !strchr(name, '/'))
		return 0;
	err_say(err, EINVAL, "'%.80s' is not a file that limits a group", name);
	return err_hint(err, "such files begin with cpu., cpuset., io., memory., pids., hugetlb., "
			     "misc. or rdma.");
}

uint64_t cgroup_cpu_weight(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34));
}

uint64_t cgroup_io_weight(uint64_t weight)
{
	return 1 + (weight < 10 ? 0 : weight - 10) * 9999 / 990;
}

/* ---- files of the group ---- */

static int read_text(const struct group *g, const char *file, struct buf *ret)
{
	return g->dirfd < 0 ? -ENOENT : fs_read_at(g->dirfd, file, ret, NULL);
}

int cgroup_number(int dirfd, const char *file, int64_t *ret)
{
	_cleanup_buf_ struct buf b = {.cap = 4096};
	_cleanup_free_ char *text = NULL;
	int r = read_text(&(struct group){.dirfd = dirfd}, file, &b);

	if (r < 0)
		return r;
	text = xstrndup(buf_str(&b), strcspn(buf_str(&b), "\n"));
	if (str_eq(text, "max")) {
		*ret = INT64_MAX;
		return 0;
	}
	return parse_i64(text, ret);
}

static bool has_controller(const struct group *g, const char *name)
{
	_cleanup_buf_ struct buf b = {.cap = 4096};
	_cleanup_strv_ struct strv words = {0};

	if (read_text(g, "cgroup.controllers", &b) < 0)
		return false;
	strv_split(&words, buf_str(&b), " \n");
	return strv_has(&words, name);
}

static bool machine_has_controller(const char *name)
{
	_cleanup_close_ int fd = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return has_controller(&(struct group){.dirfd = fd}, name);
}

/* whether a hierarchy of version 1 has it: "name hierarchy groups enabled", where hierarchy 0 is version 2's (cgroups(7)) */
static bool is_version_1(const char *name)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	_cleanup_strv_ struct strv lines = {0};

	if (fs_read_at(AT_FDCWD, "/proc/cgroups", &b, NULL) < 0)
		return false;
	strv_split(&lines, buf_str(&b), "\n");
	strv_foreach (i, line, &lines) {
		const char *rest = str_after(line, name);

		if (rest && *rest == '\t')
			return strtol(rest, NULL, 10) > 0;
	}
	return false;
}

/* a file is not there, or not ours: why? */
static int lacking(const struct group *g, const char *file, int error, struct err *err)
{
	const struct controller *c = controller_of(file);

	if (!c)
		return err_set(err, error, "%s of the container's cgroup", file);
	if (has_controller(g, c->name)) {
		if (error != ENOENT)
			return err_set(err, error, "%s of the container's cgroup", file);
		err_say(err, EOPNOTSUPP, "%s: this kernel has no %s", c->lack, file);
		if (str_eq(file, "memory.swap.max"))
			err_hint(err, "it does not count swap: start it with swapaccount=1, or "
				      "leave --memory-swap out");
		else if (str_ends(file, "weight"))
			err_hint(err, "weights take the I/O scheduler BFQ, or the kernel's "
				      "iocost");
		return -EOPNOTSUPP;
	}
	if (g->why) {
		err_say(err, EOPNOTSUPP, "%s: %s", c->lack, g->why);
		return err_hint(err, "leave the limit out, or mend that: 'rl doctor' tells how");
	}
	/* not who we are: in the user's namespace everybody is root */
	if (machine_has_controller(c->name)) {
		err_say(err, EOPNOTSUPP, "%s: the cgroup controller '%s' is not delegated to you",
			c->lack, c->name);
		return err_hint(err,
			"as root, put the lines [Service] and Delegate=cpu cpuset io memory pids "
			"into /etc/systemd/system/user@.service.d/delegate.conf, execute "
			"'systemctl daemon-reload', and log in anew");
	}
	if (is_version_1(c->name)) {
		err_say(err, EOPNOTSUPP, "%s: the cgroup controller '%s' belongs to cgroup v1 here",
			c->lack, c->name);
		return err_hint(err, "boot with systemd.unified_cgroup_hierarchy=1 and without "
				     "cgroup v1 mounts");
	}
	err_say(err, EOPNOTSUPP, "%s: the cgroup controller '%s' is not there", c->lack, c->name);
	return err_hint(err, "was the kernel started with cgroup_disable=%s?", c->name);
}

static const char *reason(int r)
{
	switch (-r) {
	case EINVAL:
	case ERANGE:
	case EOVERFLOW:
		return "write other values; the kernel's cgroup-v2.rst has their meaning";
	case ENODEV:
	case ENXIO:
		return "it takes a whole block device that is there";
	default:
		return NULL;
	}
}

/* @optional: nobody misses it */
static int put(const struct group *g, const char *file, bool optional, struct err *err,
	const char *fmt, ...) _printf_(5, 6);

static int put(const struct group *g, const char *file, bool optional, struct err *err,
	const char *fmt, ...)
{
	_cleanup_close_ int fd = -EBADF;
	char text[512];
	const char *hint;
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_say(err, E2BIG, "the value for %s is too long", file);
	if (g->undo && g->dirfd >= 0)
		cgroup_undo_note(g->undo, g->dirfd, file, text);
	if (g->dirfd >= 0)
		fd = openat(g->dirfd, file, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return optional ? 0 : lacking(g, file, g->dirfd < 0 ? ENOENT : errno, err);
	r = fd_write_full(fd, text, (size_t)n);
	if (r == 0)
		return 0;
	err_set(err, -r, "write '%.80s' into %s of the container's cgroup", text, file);
	hint = reason(r);
	if (hint)
		err_hint(err, "%s", hint);
	return r;
}

/* a number, or "max" for what is not limited */
static int put_limit(
	const struct group *g, const char *file, int64_t v, bool optional, struct err *err)
{
	if (v < 0)
		return put(g, file, true, err, "max");
	return put(g, file, optional, err, "%lld", (long long)v);
}

/* ---- memory ---- */

/*
 * A limit below what is in use would have something killed.  memory.high makes the kernel take back what it can (files that
 * are only cached), and then it is known.
 */
static int make_room(int dirfd, int64_t limit, struct err *err)
{
	const struct group own = {.dirfd = dirfd}, *g = &own;
	int64_t used, high;

	if (cgroup_number(g->dirfd, "memory.current", &used) < 0 || used <= limit ||
		cgroup_number(g->dirfd, "memory.high", &high) < 0)
		return 0;
	put_limit(g, "memory.high", limit, true, NULL);
	cgroup_number(g->dirfd, "memory.current", &used);
	put_limit(g, "memory.high", high == INT64_MAX ? -1 : high, true, NULL);
	if (used <= limit)
		return 0;
	err_say(err, EBUSY,
		"the container uses %lld bytes of memory, more than the new limit of %lld",
		(long long)used, (long long)limit);
	return err_hint(err, "choose a higher limit, or let it use less first");
}

static int apply_swap(
	const struct group *g, const json_t *memory, int64_t limit, int64_t swap, struct err *err)
{
	bool implied = json_get_bool(memory, "swapImplied", false);

	if (swap == 0)
		return 0;
	if (swap > 0 && (limit <= 0 || swap < limit))
		return err_say(err, EINVAL,
			"linux.resources.memory: swap (%lld) is of memory and swap together, and "
			"limit is %lld",
			(long long)swap, (long long)limit);
	return put_limit(g, "memory.swap.max", swap < 0 ? -1 : swap - limit, implied, err);
}

static int apply_memory(const struct group *g, const json_t *memory, struct err *err)
{
	int64_t limit = json_get_int(memory, "limit", 0), swap = json_get_int(memory, "swap", 0);
	int64_t low = json_get_int(memory, "reservation", -1), now = 0;
	bool first;
	int r = 0;

	if (!memory)
		return 0;
	first = swap < 0 ||
		(cgroup_number(g->dirfd, "memory.swap.max", &now) == 0 && swap - limit > now);
	/* what does not fit any more goes into swap: there must be room in it first, or as long as needed */
	if (first)
		r = apply_swap(g, memory, limit, swap, err);
	if (r == 0 && limit > 0)
		r = make_room(g->dirfd, limit, err);
	if (r == 0 && limit != 0)
		r = put_limit(g, "memory.max", limit, false, err);
	if (r == 0 && !first)
		r = apply_swap(g, memory, limit, swap, err);
	if (r == 0 && low >= 0)
		r = put(g, "memory.low", low == 0, err, "%lld", (long long)low);
	return r;
}

/* ---- processors ---- */

/* numbers and ranges → a flag for each; what makes no sense is not there */
static void list_bits(const char *text, bool bits[CPUS_MAX])
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, text, ",\n");
	strv_foreach (i, part, &parts) {
		_cleanup_strv_ struct strv ends = {0};
		uint64_t a, b;

		strv_split(&ends, part, "-");
		if (parse_u64_max(ends.v[0], CPUS_MAX - 1, &a) < 0 ||
			parse_u64_max(ends.v[ends.n - 1], CPUS_MAX - 1, &b) < 0)
			continue;
		for (; a <= b; a++)
			bits[a] = true;
	}
}

/*
 * All that the group above has.  Nothing but an empty line says so for good, but kernels refuse that for a group with processes in it:
 * then it is the list as it is now.
 */
static int put_all(const struct group *g, const char *file, struct err *err)
{
	_cleanup_free_ char *above = xasprintf("../%s.effective", file);
	_cleanup_buf_ struct buf b = {.cap = 65536};
	int r = put(g, file, true, err, "\n");

	if (r != -ENOSPC || read_text(g, above, &b) < 0)
		return r;
	return put(g, file, true, err, "%s", buf_str(&b));
}

/* The kernel takes any number, and leaves out in silence what is not there. */
static int apply_set(const struct group *g, const char *file, const char *what, const char *list,
	struct err *err)
{
	_cleanup_free_ char *effective = xasprintf("%s.effective", file);
	_cleanup_free_ bool *want = xcalloc(CPUS_MAX, sizeof(bool)),
			    *have = xcalloc(CPUS_MAX, sizeof(bool));
	_cleanup_buf_ struct buf b = {.cap = 65536};
	int r = *list ? put(g, file, false, err, "%s", list) : put_all(g, file, err);

	/* a number that no processor of the machine can have is out of range for it */
	if ((r < 0 && r != -ERANGE) || read_text(g, effective, &b) < 0)
		return r;
	list_bits(list, want);
	list_bits(buf_str(&b), have);
	for (size_t i = 0; i < CPUS_MAX; i++) {
		if (!want[i] || have[i])
			continue;
		err_say(err, ENODEV, "%s %zu is not there, or not for you", what, i);
		/* the whole list stands there again when none is asked for */
		b.len = 0;
		put_all(g, file, NULL);
		read_text(g, effective, &b);
		return err_hint(
			err, "choose from %.*s", (int)strcspn(buf_str(&b), "\n"), buf_str(&b));
	}
	return r;
}

static int apply_cpu(const struct group *g, const json_t *cpu, struct err *err)
{
	int64_t shares = json_get_int(cpu, "shares", -1), quota = json_get_int(cpu, "quota", 0);
	int64_t period = json_get_int(cpu, "period", 0), burst = json_get_int(cpu, "burst", -1);
	int64_t idle = json_get_int(cpu, "idle", 0);
	const char *cpus = json_get_str(cpu, "cpus", NULL), *mems = json_get_str(cpu, "mems", NULL);
	int r = 0;

	if (shares >= 0)
		r = put(g, "cpu.weight", shares == 0, err, "%llu",
			(unsigned long long)(shares ? cgroup_cpu_weight((uint64_t)shares)
						    : CPU_WEIGHT_USUAL));
	if (r == 0 && quota > 0)
		r = put(g, "cpu.max", false, err, "%lld %lld", (long long)quota,
			(long long)(period ? period : PERIOD_DEFAULT));
	else if (r == 0 && (quota < 0 || period))
		r = put(g, "cpu.max", true, err, "max %lld",
			(long long)(period ? period : PERIOD_DEFAULT));
	if (r == 0 && burst >= 0)
		r = put(g, "cpu.max.burst", burst == 0, err, "%lld", (long long)burst);
	if (r == 0 && idle)
		r = put(g, "cpu.idle", false, err, "%lld", (long long)idle);
	if (r == 0 && cpus)
		r = apply_set(g, "cpuset.cpus", "processor", cpus, err);
	if (r == 0 && mems)
		r = apply_set(g, "cpuset.mems", "memory node", mems, err);
	return r;
}

/* ---- block devices ---- */

/*
 * Two schedulers have weights, each in a file of its own, and a kernel may have either or both.
 * @device: "MAJ:MIN ", or "" for all others
 */
static int put_weight(const struct group *g, const char *device, int64_t weight, struct err *err)
{
	uint64_t w = (uint64_t)weight;
	struct err first = {0}, second = {0};
	int a, b;

	if (weight == 0 && *device) {
		put(g, "io.bfq.weight", true, NULL, "%sdefault", device);
		put(g, "io.weight", true, NULL, "%sdefault", device);
		return 0;
	}
	a = put(g, "io.bfq.weight", weight == 0, &first, "%s%llu", device,
		(unsigned long long)(w ? w : 100));
	b = put(g, "io.weight", weight == 0, &second, "%s%llu", device,
		(unsigned long long)(w ? cgroup_io_weight(w) : 100));
	if (a == 0 || b == 0)
		return 0;
	if (err)
		*err = b == -EOPNOTSUPP ? first : second;
	return b == -EOPNOTSUPP ? a : b;
}

static int apply_io(const struct group *g, json_t *io, struct err *err)
{
	static const char *const rates[][2] = {{"throttleReadBpsDevice", "rbps"},
		{"throttleWriteBpsDevice", "wbps"}, {"throttleReadIOPSDevice", "riops"},
		{"throttleWriteIOPSDevice", "wiops"}};
	int64_t weight = json_get_int(io, "weight", -1);
	int r = weight < 0 ? 0 : put_weight(g, "", weight, err);
	json_t *one;
	size_t k;

	json_array_foreach (json_object_get(io, "weightDevice"), k, one) {
		_cleanup_free_ char *device =
			xasprintf("%lld:%lld ", (long long)json_get_int(one, "major", 0),
				(long long)json_get_int(one, "minor", 0));

		if (r == 0)
			r = put_weight(g, device, json_get_int(one, "weight", 0), err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		json_array_foreach (json_object_get(io, rates[i][0]), k, one) {
			long long rate = json_get_int(one, "rate", 0);
			char text[32] = "max";

			if (rate)
				snprintf(text, sizeof(text), "%lld", rate);
			if (r == 0)
				r = put(g, "io.max", !rate, err, "%lld:%lld %s=%s",
					(long long)json_get_int(one, "major", 0),
					(long long)json_get_int(one, "minor", 0), rates[i][1],
					text);
		}
	}
	return r;
}

/* ---- the rest ---- */

static int apply_huge(const struct group *g, json_t *limits, struct err *err)
{
	static const char letters[] = "0123456789KMGTB";
	json_t *one;
	size_t i;
	int r = 0;

	json_array_foreach (limits, i, one) {
		const char *page = json_get_str(one, "pageSize", "");
		_cleanup_free_ char *file = xasprintf("hugetlb.%s.max", page);
		_cleanup_free_ char *reserved = xasprintf("hugetlb.%s.rsvd.max", page);
		int64_t limit = json_get_int(one, "limit", 0);

		if (!*page || page[strspn(page, letters)])
			return err_say(err, EINVAL,
				"linux.resources.hugepageLimits: '%.40s' is not a size of pages",
				page);
		r = put_limit(g, file, limit, false, err);
		if (r == 0)
			r = put_limit(g, reserved, limit, true, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* a device has two kinds of resources; what is not named stays as it is */
static int apply_rdma(const struct group *g, json_t *rdma, struct err *err)
{
	static const char *const kinds[][2] = {
		{"hcaHandles", "hca_handle"}, {"hcaObjects", "hca_object"}};
	const char *device;
	json_t *limits;

	json_object_foreach (rdma, device, limits) {
		_cleanup_free_ char *text = xstrdup(device);

		if (!*device || device[strcspn(device, " \t\n/=")])
			return err_say(err, EINVAL,
				"linux.resources.rdma: '%.40s' is not the name of a device",
				device);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			int64_t limit = json_get_int(limits, kinds[i][0], -1);
			char *longer;

			if (limit < 0)
				continue;
			longer = xasprintf("%s %s=%lld", text, kinds[i][1], (long long)limit);
			free(text);
			text = longer;
		}
		if (!str_eq(text, device) && put(g, "rdma.max", false, err, "%s", text) < 0)
			return -err->code;
	}
	return 0;
}

static int apply_unified(const struct group *g, json_t *unified, struct err *err)
{
	const char *file;
	json_t *value;

	json_object_foreach (unified, file, value) {
		int r = cgroup_file_check(file, err);

		if (r == 0)
			r = put(g, file, false, err, "%s",
				json_is_string(value) ? json_string_value(value) : "");
		if (r < 0)
			return err_wrap(err, "linux.resources.unified");
	}
	return 0;
}

/* what v2 does not have: whoever writes it into a config.json expects that it is done */
static int check_old(const json_t *resources, struct err *err)
{
	static const char *const old[][2] = {{"memory", "kernel"}, {"memory", "kernelTCP"},
		{"memory", "swappiness"}, {"memory", "disableOOMKiller"}, {"cpu", "realtimePeriod"},
		{"cpu", "realtimeRuntime"}, {"blockIO", "leafWeight"}, {"network", "classID"},
		{"network", "priorities"}};

	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		const json_t *v = json_path(resources, old[i][0], old[i][1], NULL);

		if (!v || json_is_null(v) || json_is_false(v) ||
			(json_is_integer(v) && json_integer_value(v) == 0))
			continue;
		err_say(err, EOPNOTSUPP, "linux.resources.%s.%s is of cgroup v1 only", old[i][0],
			old[i][1]);
		return err_hint(err, "leave it out of config.json");
	}
	return 0;
}

int cgroup_apply(
	int dirfd, const char *why, const json_t *config, struct cgroup_undo *undo, struct err *err)
{
	const json_t *resources = json_path(config, "linux", "resources", NULL);
	const json_t *pids = json_object_get(resources, "pids");
	int64_t most = json_get_int(pids, "limit", 0);
	struct group g = {dirfd, why, undo};
	int r = check_old(resources, err);

	if (r == 0 && most)
		r = put_limit(&g, "pids.max", most, json_get_bool(pids, "implied", false), err);
	if (r == 0)
		r = apply_memory(&g, json_object_get(resources, "memory"), err);
	if (r == 0)
		r = apply_io(&g, json_object_get(resources, "blockIO"), err);
	if (r == 0)
		r = apply_cpu(&g, json_object_get(resources, "cpu"), err);
	if (r == 0)
		r = apply_huge(&g, json_object_get(resources, "hugepageLimits"), err);
	if (r == 0)
		r = apply_rdma(&g, json_object_get(resources, "rdma"), err);
	return r < 0 ? r : apply_unified(&g, json_object_get(resources, "unified"), err);
}

void cgroup_restore(int dirfd, const struct cgroup_undo *undo)
{
	const struct group g = {.dirfd = dirfd};

	for (size_t i = undo->files.n; i-- > 0;) {
		const char *file = undo->files.v[i], *text = undo->texts.v[i];
		_cleanup_free_ char *limit = xstrndup(text, strcspn(text, "\n"));
		int64_t bytes;

		if (str_eq(file, "memory.max") && parse_i64(limit, &bytes) == 0 &&
			make_room(dirfd, bytes, NULL) < 0)
			continue;
		if (str_after(file, "cpuset.") && !*limit)
			put_all(&g, file, NULL);
		else
			put(&g, file, true, NULL, "%s", text);
	}
}
