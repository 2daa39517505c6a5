#include "runtime/service.h"

#include "runtime/base/mem.h"

#include <errno.h>

#define CIDFILE "--cidfile=%t/%n.ctr-id"

static void set_number(struct unitfile *u, const char *key, int64_t seconds)
{
	_cleanup_free_ char *text = xasprintf("%jd", (intmax_t)seconds);

	if (seconds >= 0)
		unitfile_add(u, "Service", key, text);
}

static void add_units(struct unitfile *u, const char *key, const struct strv *units)
{
	strv_foreach (i, unit, units)
		unitfile_add(u, "Unit", key, unit);
}

static void set_command(struct unitfile *u, const char *key, const struct strv *cmd)
{
	_cleanup_free_ char *line = words_join(cmd);

	unitfile_add(u, "Service", key, line);
}

/* a word of the shell's for systemd, which replaces %x and $X itself */
static void add_literal(struct strv *cmd, const char *word)
{
	_cleanup_buf_ struct buf b = {0};

	for (; *word; word++) {
		if (*word == '%' || *word == '$')
			buf_addc(&b, *word);
		buf_addc(&b, *word);
	}
	strv_add(cmd, buf_str(&b));
}

/* rl, what stands before the command, the command as run, our own options, and what it was made with */
static int add_create_command(
	const struct container *c, const struct service_opts *o, struct strv *cmd, struct err *err)
{
	static const char *const own[] = {
		"--rm", "--replace", "--detach", "--sdnotify=conmon", "--cgroups=split", CIDFILE};
	const json_t *argv = json_object_get(c->record, "createCommand");
	bool begun = false;

	strv_add(cmd, o->rl);
	for (size_t i = 1; i < json_array_size(argv); i++) {
		const char *word = json_string_value(json_array_get(argv, i));

		if (!word)
			continue;
		if (str_after(word, "--cidfile")) {
			err_say(err, EINVAL,
				"the container was made with --cidfile, which the service needs "
				"for itself");
			return err_hint(err, "make it again without, or leave out --new");
		}
		if (begun || (!str_eq(word, "run") && !str_eq(word, "create"))) {
			add_literal(cmd, word);
			continue;
		}
		begun = true;
		strv_add(cmd, "run");
		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			strv_add(cmd, own[k]);
	}
	if (begun)
		return 0;
	err_say(err, EINVAL, "how the container was made is not on record");
	return err_hint(err, "leave out --new");
}

/* "rl VERB -t SECONDS …": by its id file, or by what it is called */
static void add_stop(struct unitfile *u, const char *key, const char *verb,
	const struct service_opts *o, const char *name, int64_t seconds)
{
	_cleanup_strv_ struct strv cmd = {0};

	strv_add(&cmd, o->rl);
	strv_add(&cmd, verb);
	if (o->fresh) {
		strv_add(&cmd, "--ignore");
		strv_add(&cmd, CIDFILE);
	}
	if (str_eq(verb, "rm"))
		strv_add(&cmd, "--force");
	strv_add(&cmd, "-t");
	strv_addf(&cmd, "%jd", (intmax_t)seconds);
	if (!o->fresh)
		strv_add(&cmd, name);
	set_command(u, key, &cmd);
}

static int add_service(const struct container *c, const struct service_opts *o, const char *name,
	struct unitfile *u, struct err *err)
{
	int64_t stop = o->stop_timeout_s >= 0 ? o->stop_timeout_s
					      : json_get_int(c->record, "stopTimeout", 10);
	_cleanup_strv_ struct strv cmd = {0};
	int r = 0;

	strv_foreach (i, variable, o->env) {
		_cleanup_buf_ struct buf b = {0};

		words_quote(&b, variable);
		unitfile_add(u, "Service", "Environment", buf_str(&b));
	}
	unitfile_add(u, "Service", "Restart", o->restart ? o->restart : "on-failure");
	set_number(u, "RestartSec", o->restart_s);
	set_number(u, "TimeoutStartSec", o->start_timeout_s);
	/* systemd kills what rl still waits for */
	set_number(u, "TimeoutStopSec", stop + 60);
	if (o->fresh) {
		unitfile_add(u, "Service", "Type", "notify");
		unitfile_add(u, "Service", "NotifyAccess", "all");
		/* the container's group is below that of the service */
		unitfile_add(u, "Service", "Delegate", "yes");
		/* of a start whose end nobody saw */
		unitfile_add(u, "Service", "ExecStartPre", "rm -f %t/%n.ctr-id");
		r = add_create_command(c, o, &cmd, err);
	} else {
		/* rl stays, and ends with the exit code of the container: systemd sees a failure as such */
		unitfile_add(u, "Service", "Type", "exec");
		strv_add(&cmd, o->rl);
		strv_add(&cmd, "start");
		strv_add(&cmd, "--attach");
		strv_add(&cmd, name);
	}
	if (r < 0)
		return r;
	set_command(u, "ExecStart", &cmd);
	add_stop(u, "ExecStop", "stop", o, name, stop);
	add_stop(u, "ExecStopPost", o->fresh ? "rm" : "stop", o, name, stop);
	return 0;
}

int service_make(const struct container *c, const struct service_opts *o, struct unitfile *ret,
	struct err *err)
{
	const char *name = o->by_name ? container_label(c) : c->id;
	_cleanup_free_ char *description = xasprintf("Container %s of rl", container_label(c));
	_cleanup_(unitfile_done) struct unitfile u = {0};
	int r;

	if (o->template && !o->fresh)
		return err_say(err, ERR_USAGE,
			"--template needs --new: instances are containers of their own");
	u.name = xasprintf("%s%s%s%s.service", o->prefix, str_empty(o->prefix) ? "" : o->separator,
		name, o->template ? "@" : "");
	unitfile_add(&u, "Unit", "Description", description);
	unitfile_add(&u, "Unit", "Documentation", "man:rl-generate-systemd(1)");
	unitfile_add(&u, "Unit", "Wants", "network-online.target");
	unitfile_add(&u, "Unit", "After", "network-online.target");
	add_units(&u, "Wants", o->wants);
	add_units(&u, "Requires", o->requires);
	add_units(&u, "After", o->after);
	r = add_service(c, o, name, &u, err);
	if (r < 0)
		return r;
	unitfile_add(&u, "Install", "WantedBy", "default.target");
	*ret = u;
	u = (struct unitfile){0};
	return 0;
}
