#include "runtime/spec_parts.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/requires.h"
#include "runtime/sysctl.h"

#include <ctype.h>
#include <sched.h>
#include <unistd.h>

/**
 * struct ns_flag - one namespace and the flag that chooses it
 * @json:     type in linux.namespaces
 * @mode:     what inspect calls the choice; NULL without a flag
 * @shared:   "container:NAME" is possible
 */
static const struct ns_flag {
	const char *json, *flag, *mode;
	bool shared;
} flags[SPEC_NS_COUNT] = {
	[SPEC_NS_USER] = {"user", "--userns", "UsernsMode", true},
	[SPEC_NS_MOUNT] = {"mount", NULL, NULL, false},
	[SPEC_NS_PID] = {"pid", "--pid", "PidMode", true},
	[SPEC_NS_NETWORK] = {"network", "--network", "NetworkMode", true},
	[SPEC_NS_IPC] = {"ipc", "--ipc", "IpcMode", true},
	[SPEC_NS_UTS] = {"uts", "--uts", "UTSMode", true},
	[SPEC_NS_CGROUP] = {"cgroup", "--cgroupns", "CgroupMode", true},
	[SPEC_NS_TIME] = {"time", "--time", "TimeMode", true},
};

static bool has_namespace(const json_t *config, const char *type)
{
	json_t *ns;
	size_t i;

	json_array_foreach (json_path(config, "linux", "namespaces", NULL), i, ns)
		if (str_eq(json_get_str(ns, "type", ""), type))
			return true;
	return false;
}

/* share a namespace of the container @name; one that has the host's shares that */
static int ns_share(
	struct spec *s, enum spec_ns ns, const char *name, char ret_id[65], struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_json_ json_t *config = NULL;
	int r = container_find(s->cs, name, &c, err);

	if (r == 0)
		r = container_config(&c, &config, err);
	if (r < 0)
		return r;
	if (ns == SPEC_NS_IPC &&
		str_eq(json_get_str(json_object_get(c.record, "hostConfig"), "IpcMode", NULL),
			"private")) {
		err_say(err, EPERM, "container %s has its IPC namespace for itself", name);
		return err_hint(
			err, "it was made with --ipc private; make it with --ipc shareable");
	}
	memcpy(ret_id, c.id, 65);
	s->ns[ns] = has_namespace(config, flags[ns].json) ? SPEC_NS_CONTAINER : SPEC_NS_HOST;
	return 0;
}

/* parse host, private or container:NAME; @id: filled for a container */
static int ns_parse(struct spec *s, enum spec_ns ns, const char *text, char id[65], struct err *err)
{
	const struct ns_flag *f = &flags[ns];
	const char *name;
	int r;

	if (str_empty(text) || str_eq(text, "private") ||
		(ns == SPEC_NS_IPC && (str_eq(text, "shareable") || str_eq(text, "none")))) {
		s->ns[ns] = SPEC_NS_PRIVATE;
		return 0;
	}
	if (str_eq(text, "host")) {
		s->ns[ns] = SPEC_NS_HOST;
		return 0;
	}
	name = str_after(text, "container:");
	if (!name || !f->shared) {
		err_set(err, ERR_USAGE, "%s '%s' is not known", f->flag, text);
		return err_hint(err, "known are host, private and container:NAME");
	}
	r = ns_share(s, ns, name, id, err);
	return r < 0 ? err_wrap(err, "%s %s", f->flag, text) : 0;
}

/* one --network; more than one needs networks of the user's own */
static int ns_network(struct spec *s, char id[65], struct err *err)
{
	struct net_conf *net = s->net;
	int r;

	if (s->o->network.n > 1) {
		err_set(err, ERR_USAGE, "--network can be given once");
		return err_hint(err, "a container cannot be on several networks");
	}
	r = net_parse(s->o->network.n ? s->o->network.v[0] : "slirp4netns", net, err);
	if (r < 0)
		return r;
	if (net->mode == NET_CONTAINER) {
		r = ns_share(s, SPEC_NS_NETWORK, net->container, id, err);
		if (r < 0)
			return err_wrap(err, "--network container:%s", net->container);
		free(net->container);
		net->container = xstrdup(id);
		return 0;
	}
	s->ns[SPEC_NS_NETWORK] = net->mode == NET_HOST ? SPEC_NS_HOST : SPEC_NS_PRIVATE;
	return 0;
}

/* --expose; the ports are listed with those of the image, and --publish-all publishes them as well */
static int net_expose(struct spec *s, json_t *exposed, struct err *err)
{
	strv_foreach (i, text, &s->o->expose) {
		_cleanup_(ports_done) struct ports ports = {0};
		int r = strchr(text, ':')
				? err_set(err, ERR_USAGE,
					  "exposed port '%.80s': a port of the container's "
					  "alone is wanted",
					  text)
				: port_parse(text, &ports, err);

		if (r < 0)
			return r;
		for (size_t k = 0; k < ports.n; k++) {
			char key[16];

			snprintf(key, sizeof(key), "%u/%s", ports.v[k].ctr_port, ports.v[k].proto);
			json_object_set_new(exposed, key, json_object());
		}
	}
	return 0;
}

static int net_ports(struct spec *s, struct err *err)
{
	json_t *exposed = json_object_get(s->image_config, "ExposedPorts"), *unused;
	struct net_conf *net = s->net;
	const char *port;
	int r;

	s->exposed = json_is_object(exposed) ? json_copy(exposed) : json_object();
	r = net_expose(s, s->exposed, err);
	if (r < 0)
		return r;
	strv_foreach (i, text, &s->o->publish) {
		r = port_parse(text, &net->ports, err);
		if (r < 0)
			return r;
	}
	if (s->o->publish_all) {
		json_object_foreach (s->exposed, port, unused) {
			/* only "80" and "80/tcp": the image must not choose a host's port or
			 * address */
			if (strchr(port, ':'))
				continue;
			r = port_parse(port, &net->ports, err);
			if (r < 0)
				return err_wrap(
					err, "--publish-all: port '%.40s' of the image", port);
		}
	}
	if (net->ports.n > 0 && net->mode != NET_SLIRP) {
		ports_done(&net->ports);
		net->unpublished = true;
	}
	return 0;
}

/* --hosts-file FILE|none; what begins the file without it is none of the host's names either */
static int net_hosts_file(struct spec *s, struct err *err)
{
	const char *path = s->o->hosts_file;

	if (s->o->no_hosts)
		return err_set(err, ERR_USAGE, "--no-hosts and --hosts-file exclude each other");
	if (s->net->mode == NET_CONTAINER)
		return err_set(err, ERR_USAGE,
			"--hosts-file belongs to the container that owns the network");
	if (str_eq(path, "none"))
		return 0;
	if (!path_is_abs(path)) {
		err_set(err, ERR_USAGE, "--hosts-file '%.80s' is not an absolute path", path);
		return err_hint(err, str_eq(path, "image")
					     ? "--no-hosts leaves the image's /etc/hosts as it is"
					     : "write the path of a file of the host, or none");
	}
	s->net->hosts_file = xstrdup(path);
	return 0;
}

static int net_flags(struct spec *s, struct err *err)
{
	struct net_conf *net = s->net;

	if (strv_has(&s->o->dns, "none")) {
		s->no_resolv = true;
		if (s->o->dns.n > 1 || s->o->dns_search.n > 0 || s->o->dns_option.n > 0)
			return err_set(err, ERR_USAGE,
				"--dns none and other options of the resolver exclude each other");
	} else {
		strv_addv(&net->dns, &s->o->dns);
	}
	strv_addv(&net->dns_search, &s->o->dns_search);
	strv_addv(&net->dns_option, &s->o->dns_option);
	strv_addv(&net->add_host, &s->o->add_host);
	net->no_hosts = s->o->no_hosts;
	if (!str_empty(s->o->hosts_file)) {
		int r = net_hosts_file(s, err);

		if (r < 0)
			return r;
	}
	if (net->no_hosts && net->add_host.n > 0)
		return err_set(err, ERR_USAGE, "--no-hosts and --add-host exclude each other");
	if (net->mode == NET_CONTAINER &&
		net->dns.n + net->dns_search.n + net->dns_option.n + net->add_host.n > 0)
		return err_set(err, ERR_USAGE,
			"--dns and --add-host belong to the container that owns the network");
	return net_ports(s, err);
}

static bool hostname_ok(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 64 || *name == '-' || *name == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.' && *name != '_')
			return false;
	return true;
}

static int ns_hostname(struct spec *s, struct err *err)
{
	const char *name = s->o->hostname, *domain = s->o->domainname;

	if (s->ns[SPEC_NS_UTS] != SPEC_NS_PRIVATE) {
		if (name || domain)
			return err_set(err, ERR_USAGE,
				"--%s needs a host name of the container's own (--uts private)",
				name ? "hostname" : "domainname");
		if (gethostname(s->hostname, sizeof(s->hostname)) < 0)
			return err_set(err, errno, "gethostname");
		s->hostname[sizeof(s->hostname) - 1] = 0;
		return 0;
	}
	if ((name && !hostname_ok(name)) || (domain && !hostname_ok(domain))) {
		err_set(err, ERR_USAGE, "'%.80s' is not a %s name",
			name && !hostname_ok(name) ? name : domain,
			name && !hostname_ok(name) ? "host" : "domain");
		return err_hint(err, "letters, digits, '-' and '.', at most 64 of them");
	}
	if (name)
		memcpy(s->hostname, name, strlen(name) + 1);
	else
		memcpy(s->hostname, s->id, 12); /* the rest is zero */
	json_set_str(s->config, "hostname", s->hostname);
	json_set_str(s->config, "domainname", domain);
	return 0;
}

static int time_offset(json_t *offsets, const char *clock, const char *text, struct err *err)
{
	int64_t ns, secs;

	if (!text)
		return 0;
	if (parse_duration(text, &ns) < 0) {
		err_set(err, ERR_USAGE, "the time offset '%s' is not a duration", text);
		return err_hint(err, "write it as 90s, 36h or -1h30m");
	}
	/* the kernel wants the nanoseconds positive */
	secs = ns / 1000000000 - (ns % 1000000000 < 0);
	json_object_set_new(offsets, clock,
		json_pack("{s:I, s:I}", "secs", (json_int_t)secs, "nanosecs",
			(json_int_t)(ns - secs * 1000000000)));
	return 0;
}

static int ns_time(struct spec *s, struct err *err)
{
	_cleanup_json_ json_t *offsets = json_object();
	int r = time_offset(offsets, "monotonic", s->o->time_monotonic, err);

	if (r >= 0)
		r = time_offset(offsets, "boottime", s->o->time_boottime, err);
	if (r < 0)
		return r;
	if (json_object_size(offsets) == 0)
		return 0;
	if (s->ns[SPEC_NS_TIME] != SPEC_NS_PRIVATE)
		return err_set(err, ERR_USAGE,
			"time offsets need clocks of the container's own (--time private)");
	json_object_set(s->os, "timeOffsets", offsets);
	return 0;
}

/* --sysctl, and what lets a program of any user listen on port 80 and send echo requests */
static int ns_sysctl(struct spec *s, struct err *err)
{
	static const unsigned clones[SPEC_NS_COUNT] = {[SPEC_NS_USER] = CLONE_NEWUSER,
		[SPEC_NS_IPC] = CLONE_NEWIPC,
		[SPEC_NS_NETWORK] = CLONE_NEWNET,
		[SPEC_NS_UTS] = CLONE_NEWUTS};
	_cleanup_json_ json_t *params = json_object();
	unsigned own = 0;
	int r;

	for (int i = 0; i < SPEC_NS_COUNT; i++)
		own |= s->ns[i] == SPEC_NS_PRIVATE ? clones[i] : 0;
	if (s->net->mode == NET_SLIRP) {
		json_object_set_new(
			params, "net.ipv4.ip_unprivileged_port_start", json_string("0"));
		/* the one group that there is */
		json_object_set_new(params, "net.ipv4.ping_group_range",
			s->o->sandbox && !s->o->sandbox->root
				? json_sprintf("%u %u", getegid(), getegid())
				: json_string("0 0"));
	}
	strv_foreach (i, text, &s->o->sysctl) {
		_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));

		if (!*key || !text[strlen(key)]) {
			err_set(err, ERR_USAGE, "--sysctl '%.80s' is not NAME=VALUE", text);
			return err_hint(err, "for example net.ipv4.ip_forward=1");
		}
		json_set_str(params, key, text + strlen(key) + 1);
	}
	r = sysctl_check(params, own, err);
	if (r < 0)
		return r;
	if (json_object_size(params) > 0)
		json_object_set(s->os, "sysctl", params);
	return 0;
}

/* by its id: the name may be another one's later */
static void note_shared(struct spec *s, enum spec_ns ns, const char *id)
{
	requires_add(s->record, id);
	json_object_set_new(json_object_get(s->record, "hostConfig"), flags[ns].mode,
		json_sprintf("container:%s", id));
}

int spec_add_namespaces(struct spec *s, struct err *err)
{
	const struct spec_opts *o = s->o;
	const char *const text[SPEC_NS_COUNT] = {[SPEC_NS_PID] = o->pid,
		[SPEC_NS_IPC] = o->ipc,
		[SPEC_NS_UTS] = o->uts,
		[SPEC_NS_CGROUP] = o->cgroupns,
		[SPEC_NS_TIME] = o->time};
	char ids[SPEC_NS_COUNT][65] = {0};
	json_t *array = json_array();
	int r;

	json_object_set_new(s->os, "namespaces", array);
	memcpy(ids[SPEC_NS_USER], s->joined, sizeof(s->joined));
	for (int i = 0; i < SPEC_NS_COUNT; i++) {
		if (i == SPEC_NS_USER)
			continue;
		r = i == SPEC_NS_NETWORK ? ns_network(s, ids[i], err)
					 : ns_parse(s, (enum spec_ns)i, text[i], ids[i], err);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < SPEC_NS_COUNT; i++) {
		json_t *ns;

		if (ids[i][0])
			note_shared(s, (enum spec_ns)i, ids[i]);
		if (s->ns[i] == SPEC_NS_HOST)
			continue;
		ns = json_pack("{s:s}", "type", flags[i].json);
		if (s->ns[i] == SPEC_NS_CONTAINER)
			json_object_set_new(ns, "path", json_sprintf("container:%s", ids[i]));
		json_array_append_new(array, ns);
	}
	r = ns_hostname(s, err);
	if (r >= 0)
		r = ns_time(s, err);
	if (r >= 0)
		r = net_flags(s, err);
	if (r >= 0)
		r = ns_sysctl(s, err);
	return r;
}
