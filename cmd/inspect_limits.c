/* HostConfig of `inspect`: what limits a container, from linux.resources of its config.json */
#include "cmd/inspect.h"

#define PERIOD_USUAL 100000
#define NANO	     1000000000

static int64_t number(const json_t *resources, const char *part, const char *key)
{
	return json_get_int(json_object_get(resources, part), key, 0);
}

static void set(json_t *out, const char *key, int64_t v)
{
	json_object_set_new(out, key, json_integer(v));
}

/* [{"Path", "Rate" or "Weight"}], without what was lifted again */
static json_t *devices(
	const json_t *resources, const char *list, const char *value, const char *name)
{
	const json_t *io = json_object_get(resources, "blockIO");
	json_t *out = json_array(), *one;
	size_t i;

	json_array_foreach (json_object_get(io, list), i, one)
		if (json_get_int(one, value, 0))
			json_array_append_new(
				out, json_pack("{s:s, s:I}", "Path", json_get_str(one, "path", ""),
					     name, (json_int_t)json_get_int(one, value, 0)));
	return out;
}

void inspect_limits(const struct container *c, const json_t *config, json_t *out)
{
	static const char *const rates[][2] = {{"BlkioDeviceReadBps", "throttleReadBpsDevice"},
		{"BlkioDeviceWriteBps", "throttleWriteBpsDevice"},
		{"BlkioDeviceReadIOps", "throttleReadIOPSDevice"},
		{"BlkioDeviceWriteIOps", "throttleWriteIOPSDevice"}};
	const json_t *resources = json_path(config, "linux", "resources", NULL);
	const json_t *cpu = json_object_get(resources, "cpu");
	const json_t *pids = json_object_get(resources, "pids");
	json_t *unified = json_object_get(resources, "unified");
	int64_t limit = number(resources, "memory", "limit");
	int64_t quota = json_get_int(cpu, "quota", 0), period = json_get_int(cpu, "period", 0);

	set(out, "Memory", limit > 0 ? limit : 0);
	set(out, "MemorySwap", number(resources, "memory", "swap"));
	set(out, "MemoryReservation", number(resources, "memory", "reservation"));
	set(out, "CpuShares", json_get_int(cpu, "shares", 0));
	set(out, "CpuPeriod", period);
	set(out, "CpuQuota", quota);
	set(out, "NanoCpus",
		quota > 0 && period == PERIOD_USUAL ? quota * (NANO / PERIOD_USUAL) : 0);
	json_set_str(out, "CpusetCpus", json_get_str(cpu, "cpus", ""));
	json_set_str(out, "CpusetMems", json_get_str(cpu, "mems", ""));
	/* the default, where it could not be had */
	if (json_get_bool(pids, "implied", false) && json_object_get(c->state, "cgroupNone"))
		pids = NULL;
	set(out, "PidsLimit", json_get_int(pids, "limit", 0));
	set(out, "BlkioWeight", number(resources, "blockIO", "weight"));
	json_object_set_new(
		out, "BlkioWeightDevice", devices(resources, "weightDevice", "weight", "Weight"));
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		json_object_set_new(
			out, rates[i][0], devices(resources, rates[i][1], "rate", "Rate"));
	json_object_set_new(out, "CgroupConf", unified ? json_incref(unified) : json_null());
}
