#include "cmd/target.h"

#include "network/port.h"
#include "runtime/base/parse.h"

#include <stdio.h>

struct port_cmd {
	bool all, latest;
	uint16_t wanted; /* 0 for every one */
	const char *proto;
};

/* PORT[/PROTOCOL] */
static int parse_wanted(const char *text, struct port_cmd *o, struct err *err)
{
	_cleanup_free_ char *number = xstrndup(text, strcspn(text, "/"));
	const char *slash = strchr(text, '/');
	uint64_t n;

	o->proto = !slash		      ? "tcp"
		   : str_eq(slash + 1, "tcp") ? "tcp"
		   : str_eq(slash + 1, "udp") ? "udp"
					      : NULL;
	if (!o->proto || parse_u64_max(number, UINT16_MAX, &n) < 0 || n == 0) {
		err_say(err, ERR_USAGE, "%.32s is not a port", text);
		return err_hint(err, "give a port of the container: 80, 80/tcp or 53/udp");
	}
	o->wanted = (uint16_t)n;
	return 0;
}

static void print_port(const struct port_cmd *o, const struct container *c, const struct port *p)
{
	const char *ip = *p->host_ip ? p->host_ip : "0.0.0.0";
	bool v6 = strchr(ip, ':');

	if (o->all)
		printf("%.12s\t", c->id);
	if (!o->wanted)
		printf("%u/%s -> ", p->ctr_port, p->proto);
	printf(v6 ? "[%s]:%u\n" : "%s:%u\n", ip, p->host_port);
}

static int port_one(struct target *t, void *arg, struct err *err)
{
	const struct port_cmd *o = arg;
	struct ports ports = {0};
	bool any = false;
	int r = 0;

	/* which ones were chosen is known while it runs */
	if (container_is_running(&t->c))
		r = port_from_json(json_object_get(t->c.state, "ports"), &ports, err);
	if (r < 0)
		return err_wrap(err, "container %s", t->name);
	for (size_t i = 0; i < ports.n; i++) {
		const struct port *p = &ports.v[i];

		if (o->wanted && (p->ctr_port != o->wanted || !str_eq(p->proto, o->proto)))
			continue;
		any = true;
		print_port(o, &t->c, p);
	}
	ports_done(&ports);
	if (any || !o->wanted)
		return 0;
	err_say(err, ENOENT, "container %s does not publish port %u/%s", t->name, o->wanted,
		o->proto);
	return err_hint(err,
		container_is_running(&t->c) ? "'rl port %s' lists those that it does"
					    : "'rl start %s': ports are published while it runs",
		t->name);
}

static int run_port(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct port_cmd *o = opts;
	const struct target_opts t = {
		.all = o->all, .latest = o->latest, .suitable = container_is_running};
	size_t names = o->all || o->latest ? 0 : 1;
	struct strv name = {.v = args->v, .n = args->n < names ? args->n : names};
	int r = 0;

	if (args->n > names + 1)
		return err_say(err, ERR_USAGE, "one container and one port are shown at a time");
	if (args->n > names && o->all)
		return err_say(err, ERR_USAGE, "--all and a port exclude each other");
	if (args->n > names)
		r = parse_wanted(args->v[names], o, err);
	return r < 0 ? r : target_each(ctx, &t, &name, 0, port_one, o, err);
}

#define O struct port_cmd
static const struct opt port_opts[] = {
	OPTION_BOOL('a', "all", O, all, "of all running containers"),
	OPTION_BOOL('l', "latest", O, latest, "of the newest container"),
	{0},
};

const struct cmd cmd_port = {
	.name = "port",
	.args = "[CONTAINER] [PORT[/PROTOCOL]]",
	.max = 2,
	.summary = "List the published ports of containers",
	.opts = port_opts,
	.opts_size = sizeof(struct port_cmd),
	.run = run_port,
};
