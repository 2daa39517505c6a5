#include "cmd/stats_rows.h"

#include "cmd/human.h"

#include <stdio.h>
#include <unistd.h>

#define NONE "--"

uint64_t stats_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* hundredths of the processor time that passed: 200 for two whole processors */
static double percent(uint64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static double cpu_percent(const struct stats_sample *now, const struct stats_sample *before)
{
	uint64_t had = before->at ? before->gauge.cpu_ns : 0;
	int64_t passed = before->at ? now->at - before->at : now->since;

	/* processes whose parents are outside took theirs with them */
	return now->gauge.cpu_ns > had ? percent(now->gauge.cpu_ns - had, passed) : 0;
}

static void add_pair(json_t *row, const char *key, uint64_t a, uint64_t b, bool known)
{
	char ta[HUMAN_MAX], tb[HUMAN_MAX];

	if (known)
		json_object_set_new(row, key,
			json_sprintf("%s / %s", human_size_short(a, ta), human_size_short(b, tb)));
	else
		json_set_str(row, key, NONE " / " NONE);
}

static json_t *links(const struct gauge *g)
{
	json_t *out = json_object();

	for (size_t i = 0; i < g->nlinks; i++) {
		const struct gauge_link *l = &g->links[i];

		json_object_set_new(out, l->name,
			json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "RxBytes",
				(json_int_t)l->rx_bytes, "RxDropped", (json_int_t)l->rx_dropped,
				"RxErrors", (json_int_t)l->rx_errors, "RxPackets",
				(json_int_t)l->rx_packets, "TxBytes", (json_int_t)l->tx_bytes,
				"TxDropped", (json_int_t)l->tx_dropped, "TxErrors",
				(json_int_t)l->tx_errors, "TxPackets", (json_int_t)l->tx_packets));
	}
	return out;
}

static void add_percent(json_t *row, const char *key, double value, bool known)
{
	if (known)
		json_object_set_new(row, key, json_sprintf("%.2f%%", value));
	else
		json_set_str(row, key, NONE);
}

static void add_cpu_time(json_t *row, const char *key, uint64_t ns, bool known)
{
	if (!known)
		json_set_str(row, key, NONE);
	else if (ns < 1000000000)
		json_object_set_new(
			row, key, json_sprintf("%llums", (unsigned long long)ns / 1000000));
	else if (ns < 60000000000)
		json_object_set_new(row, key, json_sprintf("%.2fs", (double)ns / 1e9));
	else
		json_object_set_new(row, key,
			json_sprintf("%llum%.2fs", (unsigned long long)ns / 60000000000,
				(double)(ns % 60000000000) / 1e9));
}

static json_t *stall(const struct gauge_stall *s)
{
	return json_pack("{s:f, s:f, s:f, s:I}", "Avg10", (double)s->avg10 / 100, "Avg60",
		(double)s->avg60 / 100, "Avg300", (double)s->avg300 / 100, "Total",
		(json_int_t)s->total);
}

/* .Pressure.Memory.Some.Avg10 and the like to compute with, .MemPressure to look at */
static void add_pressure(json_t *row, const struct gauge *g)
{
	static const char *const names[GAUGE_RESOURCES][2] = {[GAUGE_CPU] = {"CPU", "CPUPressure"},
		[GAUGE_MEMORY] = {"Memory", "MemPressure"},
		[GAUGE_IO] = {"IO", "IOPressure"}};
	json_t *all = json_object();

	for (size_t i = 0; i < GAUGE_RESOURCES; i++) {
		const struct gauge_pressure *p = &g->pressure[i];

		json_object_set_new(all, names[i][0],
			json_pack("{s:o, s:o}", "Some", stall(&p->some), "Full", stall(&p->full)));
		add_percent(row, names[i][1], (double)p->some.avg10 / 100, p->known);
	}
	json_object_set_new(row, "Pressure", all);
}

/* what can be computed with, as podman's templates have it */
static void add_numbers(json_t *row, const struct stats_sample *now, double cpu, double avg,
	double mem, uint64_t limit)
{
	const struct gauge *g = &now->gauge;

	json_object_set_new(row, "CPU", json_real(cpu));
	json_object_set_new(row, "AvgCPU", json_real(avg));
	json_object_set_new(row, "CPUNano", json_integer((json_int_t)g->cpu_ns));
	json_object_set_new(row, "CPUSystemNano", json_integer((json_int_t)g->system_ns));
	json_object_set_new(row, "SystemNano", json_integer(now->at));
	json_object_set_new(row, "MemLimit", json_integer((json_int_t)limit));
	json_object_set_new(row, "MemPercent", json_real(mem));
	json_object_set_new(row, "BlockInput", json_integer((json_int_t)g->read_bytes));
	json_object_set_new(row, "BlockOutput", json_integer((json_int_t)g->write_bytes));
	json_object_set_new(row, "Duration", json_integer((json_int_t)g->cpu_ns));
	json_object_set_new(row, "Network", links(g));
}

json_t *stats_row(const struct container *c, const struct stats_sample *now,
	const struct stats_sample *before, bool json, bool full)
{
	const struct gauge *g = &now->gauge;
	bool known = now->at != 0;
	uint64_t machine = stats_memory(), in = 0, out = 0;
	uint64_t limit = g->limit && g->limit < machine ? g->limit : machine;
	double cpu = cpu_percent(now, before), avg = percent(g->cpu_ns, now->since);
	double mem = percent(g->memory, (int64_t)limit);
	char id[80], used[HUMAN_MAX], most[HUMAN_MAX];
	json_t *row = json_object();

	for (size_t i = 0; i < g->nlinks; i++) {
		in += g->links[i].rx_bytes;
		out += g->links[i].tx_bytes;
	}
	json_set_str(row, json ? "id" : "ID", human_id(c->id, full, id));
	json_set_str(row, json ? "name" : "Name", c->name);
	add_cpu_time(row, json ? "cpu_time" : "UpTime", g->cpu_ns, known);
	add_percent(row, json ? "cpu_percent" : "CPUPerc", cpu, known);
	add_percent(row, json ? "avg_cpu" : "AVGCPU", avg, known);
	add_pair(row, json ? "mem_usage" : "MemUsage", g->memory, limit, known);
	add_percent(row, json ? "mem_percent" : "MemPerc", mem, known);
	add_pair(row, json ? "net_io" : "NetIO", in, out, g->nlinks > 0);
	add_pair(row, json ? "block_io" : "BlockIO", g->read_bytes, g->write_bytes, known);
	if (known)
		json_object_set_new(row, json ? "pids" : "PIDs",
			json_sprintf("%llu", (unsigned long long)g->threads));
	else
		json_set_str(row, json ? "pids" : "PIDs", NONE);
	if (json)
		return row;
	json_object_set(row, "PIDS", json_object_get(row, "PIDs"));
	json_object_set(row, "Up", json_object_get(row, "UpTime"));
	json_set_str(row, "ContainerID", c->id);
	json_set_str(row, "Container", id);
	json_object_set_new(row, "MemUsageBytes",
		known ? json_sprintf("%s / %s", human_size_iec(g->memory, used),
				human_size_iec(limit, most))
		      : json_string(NONE " / " NONE));
	add_numbers(row, now, cpu, avg, mem, limit);
	add_pressure(row, g);
	return row;
}
