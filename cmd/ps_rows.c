#include "cmd/ps_rows.h"

#include "cmd/human.h"
#include "cmd/template_value.h"
#include "network/net.h"
#include "runtime/base/parse.h"
#include "runtime/base/utf8.h"
#include "runtime/health_record.h"

#include <stdio.h>
#include <sys/stat.h>

#define COMMAND_WIDTH 20

static const char *state_str(const struct container *c, const char *key)
{
	const char *s = json_get_str(c->exit, key, NULL);

	return s ? s : json_get_str(c->state, key, "");
}

/* "Up 2 minutes (healthy)", "Exited (0) 3 seconds ago", "Created"; the caller owns it */
static char *ps_status(const struct container *c, const char *health)
{
	char ago[HUMAN_MAX];
	const char *finished;
	int64_t up;

	switch (c->status) {
	case CONTAINER_CREATED:
		return xstrdup("Created");
	case CONTAINER_INITIALIZED:
		return xstrdup("Initialized");
	case CONTAINER_STOPPING:
		return xstrdup("Stopping");
	case CONTAINER_PAUSED:
		return xstrdup("Paused");
	case CONTAINER_DAMAGED:
		return xstrdup("Damaged");
	case CONTAINER_RUNNING:
		up = container_up_ms(c);
		if (up >= 0)
			human_ago(up / 1000, ago);
		else
			human_since(json_get_str(c->state, "started", ""), ago);
		if (str_ends(ago, " ago"))
			ago[strlen(ago) - 4] = '\0';
		return *health ? xasprintf("Up %s (%s)", ago, health) : xasprintf("Up %s", ago);
	case CONTAINER_RESTARTING:
		return xasprintf("Restarting (%d) %s", c->exit_code,
			human_since(json_get_str(c->state, "finished", ""), ago));
	case CONTAINER_EXITED:
	default:
		/* without exit.json its monitor was killed: nobody saw when */
		finished = json_get_str(c->exit, "finished", NULL);
		if (!finished)
			return xasprintf("Exited (%d)", c->exit_code);
		return xasprintf("Exited (%d) %s", c->exit_code, human_since(finished, ago));
	}
}

static char *command_text(const struct container *c, bool full)
{
	_cleanup_strv_ struct strv v = {0};
	_cleanup_free_ char *all = NULL;
	size_t n = 0;

	json_get_strv(c->record, "command", &v);
	if (v.n == 0)
		return xstrdup("");
	all = strv_join(&v, " ");
	if (full || strlen(all) <= COMMAND_WIDTH)
		return take_ptr(all);
	/* never cut within a character */
	while (n < COMMAND_WIDTH) {
		size_t k = utf8_len(all + n, strlen(all + n));

		k = k ? k : 1;
		if (n + k > COMMAND_WIDTH)
			break;
		n += k;
	}
	return xasprintf("%.*s...", (int)n, all);
}

/* an object for people too: `.Label "x"` looks into it */
static json_t *labels_of(const struct container *c)
{
	json_t *labels = json_object_get(c->record, "labels");

	return json_is_object(labels) ? json_incref(labels) : json_object();
}

/* runs of neighbouring ports become one object with a range, as other tools' readers of this know it */
static json_t *ports_typed(const struct ports *ports)
{
	json_t *list = json_array();

	for (size_t i = 0, n; i < ports->n; i += n) {
		const struct port *p = &ports->v[i];

		for (n = 1; i + n < ports->n; n++) {
			const struct port *q = &ports->v[i + n];

			if (!str_eq(p->proto, q->proto) || !str_eq(p->host_ip, q->host_ip) ||
				q->host_port != p->host_port + n || q->ctr_port != p->ctr_port + n)
				break;
		}
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:i, s:i, s:s}", "host_ip", p->host_ip,
				      "container_port", (int)p->ctr_port, "host_port",
				      (int)p->host_port, "range", (int)n, "protocol", p->proto));
	}
	return list;
}

/* a port that the image or --expose names: the record has them as "80/tcp" */
struct exposed {
	unsigned port;
	const char *proto;
};

static int by_proto(const void *va, const void *vb)
{
	const struct exposed *a = va, *b = vb;
	int r = strcmp(a->proto, b->proto);

	return r ? r : (int)a->port - (int)b->port;
}

/* sorted; the caller frees */
static struct exposed *exposed_of(const struct container *c, size_t *ret_n)
{
	const json_t *all = json_path(c->record, "config", "ExposedPorts", NULL);
	struct exposed *v = xcalloc(json_object_size(all) + 1, sizeof(*v));
	const char *key;
	json_t *unused;

	*ret_n = 0;
	json_object_foreach ((json_t *)(uintptr_t)all, key, unused) {
		char *end;
		unsigned long port = strtoul(key, &end, 10);

		if (port > 0 && port <= UINT16_MAX && *end == '/')
			v[(*ret_n)++] = (struct exposed){(unsigned)port, end + 1};
	}
	qsort(v, *ret_n, sizeof(*v), by_proto);
	return v;
}

static bool is_published(const struct ports *ports, const struct exposed *e)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].ctr_port == e->port && str_eq(ports->v[i].proto, e->proto))
			return true;
	return false;
}

/* what is published, then what only others of its network reach: "0.0.0.0:80->80/tcp, 90-92/tcp" */
static char *ports_text(const struct ports *ports, const struct exposed *v, size_t n)
{
	_cleanup_strv_ struct strv list = {0};

	if (ports->n)
		strv_take(&list, port_format(ports));
	for (size_t i = 0, len = 1; i < n; i += len, len = 1) {
		if (is_published(ports, &v[i]))
			continue;
		while (i + len < n && str_eq(v[i].proto, v[i + len].proto) &&
			v[i + len].port == v[i].port + len && !is_published(ports, &v[i + len]))
			len++;
		if (len > 1)
			strv_addf(&list, "%u-%u/%s", v[i].port, v[i + len - 1].port, v[i].proto);
		else
			strv_addf(&list, "%u/%s", v[i].port, v[i].proto);
	}
	return strv_join(&list, ", ");
}

static void add_ports(json_t *row, const struct container *c, bool typed)
{
	json_t *j = c->pid > 0 ? json_object_get(c->state, "ports") : NULL;
	size_t n;
	_cleanup_free_ struct exposed *exposed = exposed_of(c, &n);
	_cleanup_free_ char *text = NULL;
	struct ports ports = {0};

	if (!j)
		j = json_object_get(json_object_get(c->record, "network"), "ports");
	if (j && port_from_json(j, &ports, NULL) < 0)
		ports_done(&ports);
	if (typed) {
		json_object_set_new(row, "Ports", ports_typed(&ports));
	} else {
		text = ports_text(&ports, exposed, n);
		json_set_str(row, "Ports", text ? text : "");
	}
	ports_done(&ports);
}

static void add_mounts(json_t *row, const struct container *c, bool typed)
{
	const json_t *list = json_object_get(json_object_get(c->record, "hostConfig"), "Mounts");
	_cleanup_strv_ struct strv v = {0};
	_cleanup_free_ char *all = NULL;
	json_t *mount;
	size_t i;

	json_array_foreach (list, i, mount)
		strv_add(&v, json_get_str(mount, "Destination", ""));
	all = strv_join(&v, ",");
	if (typed)
		json_object_set_new(row, "Mounts", json_from_strv(&v));
	else
		json_set_str(row, "Mounts", all ? all : "");
}

/* what is open to others, published or not: "80/tcp, 443/tcp", and {"80": ["tcp"]} as podman's JSON has it */
static void add_exposed(json_t *row, const struct container *c, bool typed)
{
	size_t n;
	_cleanup_free_ struct exposed *v = exposed_of(c, &n);
	_cleanup_free_ char *all = NULL;
	const struct ports none = {0};
	json_t *ports;

	if (!typed) {
		all = ports_text(&none, v, n);
		json_set_str(row, "ExposedPorts", all ? all : "");
		return;
	}
	ports = json_object();
	for (size_t i = 0; i < n; i++) {
		char port[16];

		snprintf(port, sizeof(port), "%u", v[i].port);
		if (!json_object_get(ports, port))
			json_object_set_new(ports, port, json_array());
		json_array_append_new(json_object_get(ports, port), json_str(v[i].proto));
	}
	json_object_set_new(row, "ExposedPorts", ports);
}

static void add_size(json_t *row, uint64_t size, uint64_t image, bool typed)
{
	char own[HUMAN_MAX], all[HUMAN_MAX];

	if (typed)
		json_object_set_new(row, "Size",
			json_pack("{s:I, s:I}", "rootFsSize", (json_int_t)size + (json_int_t)image,
				"rwSize", (json_int_t)size));
	else
		json_object_set_new(row, "Size",
			json_sprintf("%s (virtual %s)", human_size(size, own),
				human_size(size + image, all)));
}

static void add_times(json_t *row, const struct container *c, bool typed)
{
	const char *created = json_get_str(c->record, "created", ""),
		   *started = state_str(c, "started");
	const char *finished = json_get_str(c->exit, "finished", "");
	char text[HUMAN_MAX], ago[HUMAN_MAX];

	human_time(created, text);
	human_since(created, ago);
	json_set_str(row, "CreatedAt", typed ? ago : text);
	json_set_str(row, "RunningFor", ago);
	json_object_set_new(
		row, "StartedAt", json_integer(*started ? human_unix(started) : -62135596800));
	json_object_set_new(
		row, "ExitedAt", json_integer(*finished ? human_unix(finished) : -62135596800));
	if (typed)
		json_object_set_new(row, "Created", json_integer(human_unix(created)));
	else
		json_set_str(row, "Created", ago);
}

/* what names the namespace of a process; "" if it has none any more */
static json_t *namespace_of(pid_t pid, const char *file)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, file);
	if (pid <= 0 || stat(path, &st) < 0)
		return json_string("");
	return json_sprintf("%llu", (unsigned long long)st.st_ino);
}

/* templates find them in .Namespaces and in the row; podman's JSON has them in the first only */
static void add_namespaces(json_t *row, const struct container *c, bool typed)
{
	static const struct {
		const char *member, *field, *other, *file;
	} ns[] = {{"Cgroup", "Cgroup", "CGROUPNS", "cgroup"}, {"Ipc", "IPC", NULL, "ipc"},
		{"Mnt", "MNT", NULL, "mnt"}, {"Net", "NET", NULL, "net"},
		{"Pidns", "PIDNS", NULL, "pid"}, {"User", "User", "USERNS", "user"},
		{"Uts", "UTS", NULL, "uts"}};
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
		json_t *number = namespace_of(c->pid, ns[i].file);

		json_object_set_new(all, ns[i].member, number);
		if (typed)
			continue;
		json_object_set(row, ns[i].field, number);
		if (ns[i].other)
			json_object_set(row, ns[i].other, number);
	}
	json_object_set_new(row, "Namespaces", all);
}

/* what no table shows but those that users write */
static void add_rest(json_t *row, const struct container *c, const struct ps_row_opts *o)
{
	char image[80];

	json_set_str(row, "ImageID",
		human_id(json_get_str(c->record, "imageId", ""), o->full || o->typed, image));
	if (!o->typed) {
		/* docker's fields, which are text there */
		json_object_set_new(row, "LocalVolumes",
			json_sprintf(
				"%zu", json_array_size(json_object_get(c->record, "volumes"))));
		json_set_str(row, "Platform", "linux");
		json_object_set_new(
			row, "Labels" VALUE_TEXT, json_pairs(json_object_get(c->record, "labels")));
	}
	json_set_str(row, "State", container_status_name(c->status));
	json_object_set_new(row, "Exited", json_boolean(c->status == CONTAINER_EXITED));
	json_object_set_new(row, "ExitCode", json_integer(c->exit_code));
	json_object_set_new(
		row, "AutoRemove", json_boolean(json_get_bool(c->record, "autoRemove", false)));
	json_object_set_new(row, "Restarts",
		json_integer(json_get_int(c->held ? c->state : c->exit, "restartCount", 0)));
	/* there are no pods: readers expect the fields all the same */
	json_object_set_new(row, "IsInfra", json_false());
	json_set_str(row, "Pod", "");
	json_set_str(row, "PodName", "");
	json_object_set_new(row, "Labels", labels_of(c));
	add_times(row, c, o->typed);
	add_exposed(row, c, o->typed);
	json_set_str(row, "CIDFile",
		json_get_str(json_object_get(c->record, "hostConfig"), "ContainerIDFile", ""));
	add_mounts(row, c, o->typed);
}

json_t *ps_row(
	const struct container *c, const struct ps_row_opts *o, uint64_t size, uint64_t image_size)
{
	const char *name = c->name ? c->name : "";
	const char *mode = json_get_str(json_object_get(c->record, "network"), "mode", "");
	char id[80], health[HEALTH_NAME_MAX], ago[HUMAN_MAX];
	_cleanup_free_ char *status = ps_status(c, health_shown(c, health)),
			    *command = command_text(c, o->full);
	json_t *row = json_object();

	json_set_str(row, o->typed ? "Id" : "ID", human_id(c->id, o->full || o->typed, id));
	json_set_str(row, "Image", json_get_str(c->record, "image", ""));
	if (o->typed) {
		json_t *v = json_object_get(c->record, "command");

		json_object_set_new(
			row, "Command", json_is_array(v) ? json_deep_copy(v) : json_array());
		json_object_set_new(row, "Names", json_pack("[o]", json_str(name)));
		json_object_set_new(row, "Networks", json_pack("[o]", json_str(mode)));
	} else {
		json_set_str(row, "Command", command);
		json_set_str(row, "Names", name);
		json_set_str(row, "Networks", mode);
	}
	human_since(json_get_str(c->record, "created", ""), ago);
	json_set_str(row, "CreatedHuman", ago);
	json_set_str(row, "Status", status);
	json_set_str(row, "HealthStatus", health);
	json_object_set_new(row, "Pid", json_integer(c->pid));
	add_ports(row, c, o->typed);
	if (!o->brief)
		add_rest(row, c, o);
	if (o->namespaces)
		add_namespaces(row, c, o->typed);
	else if (o->typed)
		json_object_set_new(row, "Namespaces", json_object());
	if (o->size)
		add_size(row, size, image_size, o->typed);
	return row;
}
