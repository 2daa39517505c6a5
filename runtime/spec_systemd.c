/*
 * Systemd mode: what systemd, or another init, expects of the container that it is the first process of
 *
 * File systems of its own in memory, the variable container_uuid (spec_env.c), and the signal that it takes for "shut
 * down".  /sys/fs/cgroup is writable where the container has a group of its own (launch), which is given to it then (monitor_cgroup.c).
 */
#include "runtime/spec_parts.h"

#include "runtime/base/parse.h"

#include <strings.h>

#define STOP_SIGNAL "RTMIN+3"

static bool is_init(const char *command)
{
	static const char *const known[] = {"/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init"};
	const char *slash = strrchr(command, '/');

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(command, known[i]))
			return true;
	return str_eq(slash ? slash + 1 : command, "systemd");
}

/* the first process is what decides, so it must be the first one */
static int check_first(const struct spec *s, struct err *err)
{
	if (s->o->init)
		return err_say(err, ERR_USAGE, "--systemd always and --init exclude each other");
	if (s->ns[SPEC_NS_PID] != SPEC_NS_PRIVATE)
		return err_say(err, ERR_USAGE,
			"--systemd always needs a process namespace of the container's own (--pid "
			"private)");
	return 0;
}

static void set_stop_signal(struct spec *s)
{
	const char *image = json_get_str(s->image_config, "StopSignal", "");
	int sig;

	if (s->o->stop_signal || parse_signal(image, &sig) == 0 ||
		parse_signal(STOP_SIGNAL, &sig) < 0)
		return;
	json_object_set_new(s->record, "stopSignal", json_integer(sig));
}

int spec_add_systemd(struct spec *s, const char *command, struct err *err)
{
	const char *mode = s->o->systemd;
	bool always = mode && strcasecmp(mode, "always") == 0, detect = true;
	uint64_t size;
	int r = always ? check_first(s, err) : 0;

	if (r < 0)
		return r;
	if (mode && !always && parse_bool(mode, &detect) < 0) {
		err_set(err, ERR_USAGE, "--systemd '%.40s' is not known", mode);
		return err_hint(err, "known are true, false and always");
	}
	if (s->o->shm_size_systemd && parse_size(s->o->shm_size_systemd, &size) < 0) {
		err_set(err, ERR_USAGE, "--shm-size-systemd '%.40s' is not a size",
			s->o->shm_size_systemd);
		return err_hint(
			err, "write a number with a unit, such as 64m; 0 is half the memory");
	}
	s->systemd = always || (detect && !s->o->init && s->ns[SPEC_NS_PID] == SPEC_NS_PRIVATE &&
				       is_init(command));
	if (!s->systemd)
		return 0;
	json_object_set_new(s->record, "systemd", json_true());
	set_stop_signal(s);
	return 0;
}

void spec_systemd_tmpfs(const struct spec *s,
	void (*add)(void *arg, const char *dir, const char *options), void *arg)
{
	static const struct {
		const char *dir, *mode;
	} dirs[] = {{"/run", "0755"}, {"/run/lock", "1777"}, {"/tmp", "1777"},
		{"/var/log/journal", "0755"}};
	uint64_t size = 0;

	if (!s->systemd)
		return;
	if (s->o->shm_size_systemd)
		parse_size(s->o->shm_size_systemd, &size);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *options =
			size ? xasprintf("rw,nosuid,nodev,tmpcopyup,mode=%s,size=%ju", dirs[i].mode,
				       (uintmax_t)size)
			     : xasprintf("rw,nosuid,nodev,tmpcopyup,mode=%s", dirs[i].mode);

		add(arg, dirs[i].dir, options);
	}
}
