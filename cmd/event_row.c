#include "cmd/event_row.h"

#include "cmd/human.h"
#include "cmd/output.h"

#include "runtime/base/clock.h"

#include <stdio.h>

/* what a field is called in JSON where podman spells it otherwise there */
static const struct field {
	const char *name, *json, *from;
	bool attr; /* one of the event's attributes */
} fields[] = {{"ID", "ID", "id", false}, {"Image", "Image", "image", false},
	{"Name", "Name", "name", false}, {"Network", "network", "network", true},
	{"HealthStatus", "health_status", "health", true}, {"Error", "Error", "error", true},
	{"PodID", "PodID", "pod", true}};

/* docker's view: everything about the object as strings */
static json_t *actor(const json_t *e, const json_t *attributes)
{
	json_t *all = json_copy((json_t *)attributes), *a = json_object();
	char code[16];

	json_set_str(all, "image", json_get_str(e, "image", NULL));
	json_set_str(all, "name", json_get_str(e, "name", NULL));
	if (json_object_get(e, "exit")) {
		snprintf(code, sizeof(code), "%d", (int)json_get_int(e, "exit", 0));
		json_set_str(all, "exitCode", code);
	}
	/* a volume has no id but its name */
	json_set_str(a, "ID", json_get_str(e, "id", json_get_str(e, "name", "")));
	json_object_set_new(a, "Attributes", all);
	return a;
}

json_t *event_row(const json_t *e, bool typed)
{
	json_t *row = json_object(), *attributes = json_object();
	json_int_t ns = (json_int_t)json_get_int(e, "time", 0);
	const json_t *code = json_object_get(e, "exit"), *attrs = json_object_get(e, "attrs");
	const char *action = json_get_str(e, "action", "");

	json_object_update(attributes, (json_t *)json_object_get(e, "labels"));
	json_object_update(attributes, (json_t *)attrs);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		const char *v = json_get_str(f->attr ? attrs : e, f->from, typed ? NULL : "");

		json_set_str(row, typed ? f->json : f->name, v);
		if (f->attr)
			json_object_del(attributes, f->from);
	}
	if (code)
		json_object_set(row, "ContainerExitCode", (json_t *)code);
	else if (!typed)
		json_object_set_new(row, "ContainerExitCode", json_null());
	json_set_str(row, "Status", action);
	json_set_str(row, "Type", json_get_str(e, "type", ""));
	json_object_set_new(row, typed ? "time" : "Time", json_integer(ns / 1000000000));
	json_object_set_new(row, typed ? "timeNano" : "TimeNano", json_integer(ns));
	json_set_str(row, "Action", action);
	json_object_set_new(row, "Actor", actor(e, attributes));
	json_set_str(row, typed ? "scope" : "Scope", "local");
	if (!typed)
		json_set_str(row, "From", json_get_str(e, "image", ""));
	if (!typed || json_object_size(attributes) > 0)
		json_object_set(row, "Attributes", attributes);
	json_decref(attributes);
	return row;
}

static void add_pair(struct buf *out, bool *first, const char *key, const char *value)
{
	buf_adds(out, *first ? " (" : ", ");
	*first = false;
	output_escape(out, key);
	buf_addc(out, '=');
	output_escape(out, value);
}

void event_row_line(const json_t *row, bool full_id, struct buf *out)
{
	static const char *const optional[][2] = {{"Network", "network"}, {"PodID", "pod_id"},
		{"HealthStatus", "health_status"}, {"Error", "error"}};
	const char *type = json_get_str(row, "Type", ""), *name = json_get_str(row, "Name", "");
	bool first = true, container = str_eq(type, "container") || str_eq(type, "pod");
	const json_t *code = json_object_get(row, "ContainerExitCode");
	json_int_t ns = (json_int_t)json_get_int(row, "TimeNano", 0);
	struct timespec at = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	char stamp[CLOCK_TEXT_MAX], shown[HUMAN_MAX], id[80];
	const char *key;
	json_t *value;

	buf_addf(out, "%s ", human_time(clock_text(&at, stamp), shown));
	output_escape(out, type);
	buf_addc(out, ' ');
	output_escape(out, json_get_str(row, "Status", ""));
	if (*json_get_str(row, "ID", "")) {
		buf_addc(out, ' ');
		output_escape(out, human_id(json_get_str(row, "ID", ""), full_id, id));
	}
	if (container) {
		add_pair(out, &first, "image", json_get_str(row, "Image", ""));
		add_pair(out, &first, "name", name);
	} else if (*name) {
		buf_addc(out, ' ');
		output_escape(out, name);
	}
	if (json_is_integer(code)) {
		snprintf(shown, sizeof(shown), "%d", (int)json_integer_value(code));
		add_pair(out, &first, "exit_code", shown);
	}
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		if (*json_get_str(row, optional[i][0], ""))
			add_pair(
				out, &first, optional[i][1], json_get_str(row, optional[i][0], ""));
	json_object_foreach (json_object_get(row, "Attributes"), key, value)
		add_pair(out, &first, key, json_string_value(value));
	if (!first)
		buf_addc(out, ')');
}
