/*
 * When a container is started and ended, who is told, and whether it is well: --restart, --timeout, --requires, --rmi,
 * --sdnotify, --conmon-pidfile, --pidfile, --health-*.
 */
#include "runtime/base/path.h"
#include "runtime/health.h"
#include "runtime/requires.h"
#include "runtime/restart.h"
#include "runtime/sdnotify.h"
#include "runtime/spec_parts.h"

#include <unistd.h>

static int add_restart(struct spec *s, struct err *err)
{
	struct restart_policy p = {0};
	char text[RESTART_TEXT_MAX];
	int r = restart_parse(s->o->restart ? s->o->restart : "", &p, err);

	if (r < 0)
		return err_wrap(err, "--restart");
	if (p.when == RESTART_NO)
		return 0;
	/* with on-failure it is clear which end is the last one */
	if (s->o->rm && p.when != RESTART_ON_FAILURE) {
		err_say(err, ERR_USAGE, "--rm and --restart %s exclude each other",
			restart_name(p.when));
		return err_hint(err, "a container that is removed when it ends cannot be started "
				     "again; on-failure is fine");
	}
	json_set_str(s->record, "restart", restart_format(&p, text));
	return 0;
}

static int add_sdnotify(struct spec *s, struct err *err)
{
	const char *text = s->o->sdnotify;
	enum sdnotify_mode mode;
	struct health_conf check;

	if (str_empty(text))
		return 0;
	if (sdnotify_parse(text, &mode) < 0) {
		err_say(err, ERR_USAGE, "--sdnotify '%.40s' is not known", text);
		return err_hint(err, "known are container, conmon, healthy and ignore");
	}
	health_conf_read(s->record, &check);
	if (mode == SDNOTIFY_HEALTHY && !check.on) {
		err_say(err, ERR_USAGE, "--sdnotify healthy needs a health check");
		return err_hint(
			err, "give one with --health-cmd, or use container, conmon or ignore");
	}
	if (mode != SDNOTIFY_CONTAINER)
		json_set_str(s->record, "sdnotify", text);
	return 0;
}

/* the monitor writes it, whose working directory is another one */
static int add_pidfile(
	struct spec *s, const char *flag, const char *key, const char *path, struct err *err)
{
	_cleanup_free_ char *cwd = NULL, *full = NULL;

	if (str_empty(path))
		return 0;
	if (!path_is_abs(path)) {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return err_set(err, errno, "%s %s", flag, path);
		full = path_join(cwd, path);
	}
	json_set_str(s->record, key, full ? full : path);
	return 0;
}

int spec_add_life(struct spec *s, struct err *err)
{
	json_t *ids = NULL;
	int r = add_restart(s, err);

	health_opts_image(s->image_config, s->record);
	if (r == 0)
		r = health_opts_apply(&s->o->health, s->record, err);
	if (r == 0)
		r = add_sdnotify(s, err);
	if (r == 0)
		r = add_pidfile(s, "--conmon-pidfile", "conmonPidFile", s->o->conmon_pidfile, err);
	if (r == 0)
		r = add_pidfile(s, "--pidfile", "pidFile", s->o->pidfile, err);
	if (r < 0)
		return r;
	if (s->o->timeout > INT32_MAX)
		return err_say(err, ERR_USAGE, "--timeout: %ju is too many seconds",
			(uintmax_t)s->o->timeout);
	if (s->o->timeout)
		json_object_set_new(s->record, "timeout", json_integer((json_int_t)s->o->timeout));
	if (s->o->rmi)
		json_object_set_new(s->record, "removeImage", json_true());
	if (s->o->requires.n == 0)
		return 0;
	r = requires_resolve(s->cs, &s->o->requires, &ids, err);
	if (r == 0)
		json_object_set_new(s->record, "requires", ids);
	return r;
}
