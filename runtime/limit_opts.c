#include "runtime/limit_opts.h"

#include "runtime/base/parse.h"
#include "runtime/cgroup_limits.h"

/* what the first process of a container needs beside its program, as docker has it */
#define MEMORY_MIN     (INT64_C(6) << 20)
#define PERIOD_DEFAULT 100000
#define SHARES_MAX     262144

bool limit_opts_given(const struct limit_opts *o)
{
	const char *const texts[] = {o->memory, o->memory_swap, o->memory_reservation, o->cpus,
		o->cpu_period, o->cpu_quota, o->cpu_shares, o->cpuset_cpus, o->cpuset_mems, o->pids,
		o->blkio_weight};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!str_empty(texts[i]))
			return true;
	return o->weight_device.n || o->read_bps.n || o->write_bps.n || o->read_iops.n ||
	       o->write_iops.n || o->conf.n;
}

json_t *limit_part(json_t *resources, const char *name)
{
	json_t *part = json_object_get(resources, name);

	if (!json_is_object(part)) {
		part = json_object();
		json_object_set_new(resources, name, part);
	}
	return part;
}

void limit_opts_defaults(const struct limit_opts *o, json_t *resources)
{
	int64_t pids = o->pids_default ? o->pids_default : LIMIT_PIDS_DEFAULT;

	json_object_set_new(resources, "pids",
		json_pack("{s:I, s:b}", "limit", (json_int_t)pids, "implied", true));
}

/* A number within bounds; @none stands for no limit, and is what a lower one of @also means, too. */
static int number(const char *flag, const char *text, int64_t min, int64_t max, int64_t none,
	int64_t *ret, struct err *err)
{
	int64_t v;
	int r = parse_i64(text, &v);

	if (r == 0 && (v == 0 || v == -1)) {
		*ret = none;
		return 0;
	}
	if (r == 0 && v >= min && v <= max) {
		*ret = v;
		return 0;
	}
	if (r == -EINVAL)
		err_say(err, ERR_USAGE, "%s '%.40s' is not a whole number", flag, text);
	else
		err_say(err, ERR_USAGE, "%s %.40s is out of range", flag, text);
	return err_hint(err, "it is from %lld to %lld, or 0 for no limit of its own",
		(long long)min, (long long)max);
}

/* bytes; -1 for no limit */
static int size(const char *flag, const char *text, int64_t *ret, struct err *err)
{
	uint64_t v;

	if (str_eq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (parse_size(text, &v) < 0 || v > INT64_MAX) {
		err_say(err, ERR_USAGE, "%s '%.40s' is not a size", flag, text);
		return err_hint(err, "write bytes with a unit, as 512m or 2g; -1 is no limit");
	}
	*ret = (int64_t)v;
	return 0;
}

/* ---- memory ---- */

/* @swap: memory and swap together, as in the runtime-spec; 0 for not said */
struct memory {
	int64_t limit, swap, low;
	bool implied;
};

static int read_memory(const struct limit_opts *o, struct memory *m, struct err *err)
{
	int r = 0;

	if (!str_empty(o->memory)) {
		r = size("--memory", o->memory, &m->limit, err);
		if (m->limit == 0)
			m->limit = -1;
	}
	if (r == 0 && !str_empty(o->memory_swap)) {
		r = size("--memory-swap", o->memory_swap, &m->swap, err);
		m->implied = m->swap == 0;
	}
	if (r == 0 && !str_empty(o->memory_reservation)) {
		r = size("--memory-reservation", o->memory_reservation, &m->low, err);
		if (m->low < 0)
			m->low = 0;
	}
	return r;
}

static int check_memory(const struct memory *m, struct err *err)
{
	if (m->limit > 0 && m->limit < MEMORY_MIN) {
		err_say(err, ERR_USAGE, "--memory: %lld bytes are not enough to start a container",
			(long long)m->limit);
		return err_hint(err, "give it 6m or more");
	}
	if (m->swap > 0 && m->limit <= 0) {
		err_say(err, ERR_USAGE, "--memory-swap without --memory");
		return err_hint(err, "it limits memory and swap together: give both, or "
				     "--memory-swap -1 for no limit");
	}
	if (m->swap > 0 && m->swap < m->limit) {
		err_say(err, ERR_USAGE,
			"--memory-swap: %lld bytes of memory and swap together are less than the "
			"%lld of --memory",
			(long long)m->swap, (long long)m->limit);
		return err_hint(err, "give at least as much: the same for no swap, -1 for any");
	}
	if (m->limit > 0 && m->low > m->limit) {
		err_say(err, ERR_USAGE,
			"--memory-reservation: %lld bytes are more than the %lld of --memory",
			(long long)m->low, (long long)m->limit);
		return err_hint(err, "reserve less, or raise --memory");
	}
	return 0;
}

static int apply_memory(const struct limit_opts *o, json_t *resources, struct err *err)
{
	json_t *obj;
	struct memory m;
	int r;

	if (str_empty(o->memory) && str_empty(o->memory_swap) && str_empty(o->memory_reservation))
		return 0;
	obj = limit_part(resources, "memory");
	m = (struct memory){.limit = json_get_int(obj, "limit", 0),
		.swap = json_get_int(obj, "swap", 0),
		.low = json_get_int(obj, "reservation", 0),
		.implied = json_get_bool(obj, "swapImplied", !json_object_get(obj, "swap"))};
	r = read_memory(o, &m, err);
	if (r < 0)
		return r;
	/* as much swap as memory, unless something was said of it */
	if (m.implied)
		m.swap = m.limit <= 0		   ? (m.limit < 0 ? -1 : 0)
			 : m.limit > INT64_MAX / 2 ? INT64_MAX
						   : 2 * m.limit;
	r = check_memory(&m, err);
	if (r < 0)
		return r;
	if (m.limit)
		json_object_set_new(obj, "limit", json_integer(m.limit));
	if (m.swap)
		json_object_set_new(obj, "swap", json_integer(m.swap));
	if (!str_empty(o->memory_reservation))
		json_object_set_new(obj, "reservation", json_integer(m.low));
	json_object_del(obj, "swapImplied");
	if (m.implied && m.swap)
		json_object_set_new(obj, "swapImplied", json_true());
	return 0;
}

/* ---- processors ---- */

static int cpus_value(const char *text, int64_t *ret, struct err *err)
{
	size_t n = strspn(text, "0123456789."), digits = strspn(text, "0123456789");
	double v = n == strlen(text) && n <= 16 ? strtod(text, NULL) : -1;

	/* one point at most, and a digit */
	if (v < 0 || strchr(text + digits, '.') != strrchr(text, '.') || str_eq(text, ".")) {
		err_say(err, ERR_USAGE, "--cpus '%.40s' is not a number of processors", text);
		return err_hint(err, "write --cpus 1.5 for one and a half; 0 is no limit");
	}
	*ret = v == 0 ? -1 : (int64_t)(v * PERIOD_DEFAULT + 0.5);
	if (v > 0 && (*ret < 1000 || v > 1e6)) {
		err_say(err, ERR_USAGE, "--cpus %.40s is out of range", text);
		return err_hint(err, "0.01 is the least");
	}
	return 0;
}

/* "0-3,5": numbers and ranges, separated by commas */
static int check_list(const char *flag, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, text, ",");
	strv_foreach (i, part, &parts) {
		_cleanup_strv_ struct strv ends = {0};
		uint64_t a, b;

		strv_split(&ends, part, "-");
		if (ends.n <= 2 && parse_u64_max(ends.v[0], UINT16_MAX, &a) == 0 &&
			parse_u64_max(ends.v[ends.n - 1], UINT16_MAX, &b) == 0 && a <= b)
			continue;
		err_say(err, ERR_USAGE, "%s '%.80s' is not a list of numbers", flag, text);
		return err_hint(err, "write numbers and ranges, as 0-3,5; -1 for all");
	}
	return 0;
}

static int apply_quota(const struct limit_opts *o, json_t *cpu, struct err *err)
{
	int64_t v;
	int r = 0;

	if (!str_empty(o->cpus)) {
		if (!str_empty(o->cpu_period) || !str_empty(o->cpu_quota)) {
			err_say(err, ERR_USAGE, "--cpus and %s exclude each other",
				str_empty(o->cpu_period) ? "--cpu-quota" : "--cpu-period");
			return err_hint(err, "--cpus N is N times the period as quota");
		}
		r = cpus_value(o->cpus, &v, err);
		if (r < 0)
			return r;
		json_object_set_new(cpu, "period", json_integer(PERIOD_DEFAULT));
		json_object_set_new(cpu, "quota", json_integer(v));
		return 0;
	}
	if (!str_empty(o->cpu_period)) {
		r = number("--cpu-period", o->cpu_period, 1000, 1000000, PERIOD_DEFAULT, &v, err);
		if (r == 0)
			json_object_set_new(cpu, "period", json_integer(v));
	}
	if (r == 0 && !str_empty(o->cpu_quota)) {
		r = number("--cpu-quota", o->cpu_quota, 1000, INT64_MAX / 1000, -1, &v, err);
		if (r == 0)
			json_object_set_new(cpu, "quota", json_integer(v));
	}
	return r;
}

static int apply_cpu(const struct limit_opts *o, json_t *resources, struct err *err)
{
	const struct {
		const char *flag, *text, *key;
	} lists[] = {{"--cpuset-cpus", o->cpuset_cpus, "cpus"},
		{"--cpuset-mems", o->cpuset_mems, "mems"}};
	_cleanup_json_ json_t *cpu = json_object();
	int64_t v;
	int r = apply_quota(o, cpu, err);

	if (r == 0 && !str_empty(o->cpu_shares)) {
		r = number("--cpu-shares", o->cpu_shares, 2, SHARES_MAX, 0, &v, err);
		if (r == 0)
			json_object_set_new(cpu, "shares", json_integer(v));
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++) {
		bool all = str_eq(lists[i].text, "-1");

		if (str_empty(lists[i].text))
			continue;
		r = all ? 0 : check_list(lists[i].flag, lists[i].text, err);
		if (r == 0)
			json_object_set_new(
				cpu, lists[i].key, json_string(all ? "" : lists[i].text));
	}
	if (r == 0 && json_object_size(cpu) > 0)
		json_object_update(limit_part(resources, "cpu"), cpu);
	return r;
}

/* ---- the rest ---- */

static int apply_conf(const struct strv *conf, json_t *resources, struct err *err)
{
	strv_foreach (i, text, conf) {
		const char *eq = strchr(text, '=');
		_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
		int r;

		if (!eq || !*key || !eq[1]) {
			err_say(err, ERR_USAGE, "--cgroup-conf '%.80s' is not FILE=VALUE", text);
			return err_hint(err, "for example memory.high=1073741824");
		}
		r = cgroup_file_check(key, err);
		if (r < 0)
			return err_wrap(err, "--cgroup-conf");
		json_set_str(limit_part(resources, "unified"), key, eq + 1);
	}
	return 0;
}

int limit_opts_apply(const struct limit_opts *o, json_t *resources, struct err *err)
{
	int64_t v;
	int r = apply_memory(o, resources, err);

	if (r == 0)
		r = apply_cpu(o, resources, err);
	if (r == 0 && !str_empty(o->pids)) {
		r = number("--pids-limit", o->pids, 1, INT32_MAX, -1, &v, err);
		if (r == 0)
			json_object_set_new(
				resources, "pids", json_pack("{s:I}", "limit", (json_int_t)v));
	}
	if (r == 0)
		r = limit_devices_apply(o, resources, err);
	return r < 0 ? r : apply_conf(&o->conf, resources, err);
}
