#include "runtime/why.h"

#include "network/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/cgroup.h"
#include "runtime/ctrlog.h"
#include "runtime/group.h"
#include "runtime/health_record.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define ANY	     (-1)
#define SHORT_S	     2 /* who ends in success so soon was not meant to */
#define LINE_MAX_LEN 300

/* ---- the table ---- */

static bool has_failed(const struct why *w)
{
	return w->status != CONTAINER_RUNNING && w->code != 0;
}

static bool when_oom(const struct why *w)
{
	return w->oom && has_failed(w) && w->code == 137;
}

/* of one that went on, and gave up then */
static bool when_oom_inside(const struct why *w)
{
	return w->oom && has_failed(w);
}

static bool when_pids(const struct why *w)
{
	return w->pids && has_failed(w);
}

static bool when_oom_now(const struct why *w)
{
	return w->oom && w->status == CONTAINER_RUNNING;
}

static bool when_pids_now(const struct why *w)
{
	return w->pids && w->status == CONTAINER_RUNNING;
}

static bool when_restarting(const struct why *w)
{
	return w->restarting;
}

/* the last try did not come as far as its command, or rl itself ended it */
static bool when_restart_fails(const struct why *w)
{
	return w->restarting && *w->error;
}

/* its command was never executed */
static bool when_failed(const struct why *w)
{
	return w->status == CONTAINER_CREATED && *w->error;
}

static bool when_exec_format(const struct why *w)
{
	return when_failed(w) && strstr(w->error, "not a program for this machine");
}

static bool when_denied(const struct why *w)
{
	return when_failed(w) && strstr(w->error, "Permission denied");
}

static bool when_port(const struct why *w)
{
	return when_failed(w) && (strstr(w->error, "port") || strstr(w->error, "in use"));
}

static bool when_broken(const struct why *w)
{
	return w->status == CONTAINER_EXITED && *w->error;
}

static bool when_lost(const struct why *w)
{
	return w->status == CONTAINER_EXITED && !w->recorded && w->has_state;
}

static bool when_gone(const struct why *w)
{
	return w->status == CONTAINER_EXITED && !w->recorded;
}

static bool when_forced(const struct why *w)
{
	return w->status == CONTAINER_EXITED && w->forced;
}

static bool when_asked(const struct why *w)
{
	return w->status == CONTAINER_EXITED && w->asked;
}

/* systemd says nothing where it can mount no groups */
static bool when_groupless(const struct why *w)
{
	return w->status == CONTAINER_EXITED && w->groupless;
}

static bool when_exited(const struct why *w)
{
	return w->status == CONTAINER_EXITED;
}

static bool when_short(const struct why *w)
{
	return w->status == CONTAINER_EXITED && w->ran >= 0 && w->ran < SHORT_S && !w->last;
}

static bool when_created(const struct why *w)
{
	return w->status == CONTAINER_CREATED;
}

static bool when_starting(const struct why *w)
{
	return w->status == CONTAINER_INITIALIZED;
}

static bool when_unhealthy(const struct why *w)
{
	return w->status == CONTAINER_RUNNING && str_eq(w->health, "unhealthy");
}

static bool when_healthy(const struct why *w)
{
	return w->status == CONTAINER_RUNNING && str_eq(w->health, "healthy");
}

static bool when_checked(const struct why *w)
{
	return w->status == CONTAINER_RUNNING && w->health && *w->health;
}

static bool when_cut_off(const struct why *w)
{
	return w->status == CONTAINER_RUNNING && w->network_lost;
}

static bool when_running(const struct why *w)
{
	return w->status == CONTAINER_RUNNING;
}

static bool when_stopping(const struct why *w)
{
	return w->status == CONTAINER_STOPPING;
}

static bool when_paused(const struct why *w)
{
	return w->status == CONTAINER_PAUSED;
}

static bool when_damaged(const struct why *w)
{
	return w->status == CONTAINER_DAMAGED;
}

/* The first row that applies is the answer.  @what NULL: the recorded error says it. */
static const struct cause {
	bool (*when)(const struct why *w);
	int code;
	struct why_answer answer;
} causes[] = {
	{when_damaged, ANY,
		{"damaged", "cannot be used", "its records cannot be read",
			"'rl rm -f NAME' removes it; 'rl system check' looks for more"}},
	{when_restart_fails, ANY,
		{"restarting", "ended", NULL,
			"it is tried again, as its restart policy says; 'rl stop NAME' ends that"}},
	{when_restarting, ANY,
		{"restarting", "ended",
			"it is going to be started again, as its "
			"restart policy says",
			"'rl logs NAME' shows why it ends; 'rl stop NAME' ends the restarts"}},
	{when_oom, ANY,
		{"memory", "exited",
			"it needed more memory than its limit, and the kernel "
			"killed it",
			"give it more with --memory, or let it use less"}},
	{when_oom_inside, ANY,
		{"memory", "exited",
			"the kernel had killed a process of it that needed more memory than its "
			"limit",
			"give it more with --memory, or let it use less"}},
	{when_pids, ANY,
		{"pids", "exited", "it was not allowed any more processes",
			"give it more with --pids-limit; many zombies need --init"}},
	{when_port, 125,
		{"port", "could not be started", NULL,
			"another process has the port: 'ss -ltnp' shows which; choose another one "
			"with -p"}},
	{when_exec_format, ANY,
		{"format", "could not be started", NULL,
			"the image is for another architecture (see 'rl image inspect'), or a "
			"script lacks "
			"its #! line"}},
	{when_denied, ANY,
		{"denied", "could not be started", NULL,
			"the command must be an executable file (chmod +x), on no mount with "
			"noexec, and "
			"open to the container's user"}},
	{when_failed, 127,
		{"not-found", "could not be started", NULL,
			"'rl inspect --format {{.Path}} NAME' shows the command: is it spelled "
			"right, in "
			"the image, and its interpreter too?"}},
	{when_failed, 126,
		{"not-executable", "could not be started", NULL,
			"the command must be a program, or a script with an interpreter that the "
			"image has"}},
	{when_failed, ANY,
		{"start", "could not be started", NULL, "mend that, and try 'rl start NAME'"}},
	{when_broken, ANY, {"broken", "exited", NULL, "'rl start NAME' starts it again"}},
	{when_lost, ANY,
		{"monitor", "ended", "its monitor was killed, and the container with it",
			"was memory short on the machine ('journalctl -k')? 'rl start NAME' starts "
			"it again"}},
	{when_gone, ANY,
		{"reboot", "ended", "the machine or your session ended while it ran",
			"'rl start NAME' starts it again"}},
	{when_forced, ANY,
		{"stop-timeout", "exited",
			"it was asked to stop, did not, and was "
			"killed when its time was up",
			"if it needs longer, use --stop-timeout; if it does "
			"not know the signal, --stop-signal; --init for a shell"}},
	{when_asked, ANY,
		{"stopped", "exited", "it was stopped", "'rl start NAME' starts it again"}},
	{when_short, 0,
		{"short", "exited", "its command had nothing more to do, and no output",
			"a container lives as long as its command: a server must stay in the "
			"foreground, a "
			"shell needs -it"}},
	{when_exited, 0, {"done", "exited", "its command was done", NULL}},
	{when_exited, 125,
		{"failed", "exited",
			"its command failed, with a code that container "
			"tools use for their own failures",
			NULL}},
	{when_exited, 126,
		{"command-not-executable", "exited",
			"something that its command "
			"called could not be executed",
			NULL}},
	{when_exited, 127,
		{"command-not-found", "exited",
			"something that its command called "
			"was not found",
			NULL}},
	{when_exited, 129, {"hangup", "exited", "its terminal was closed (SIGHUP)", NULL}},
	{when_exited, 130,
		{"interrupt", "exited", "it was interrupted (SIGINT), as by Ctrl-C",
			"'rl start NAME' starts it again"}},
	{when_exited, 131, {"quit", "exited", "it was quit (SIGQUIT)", NULL}},
	{when_exited, 132,
		{"illegal", "exited",
			"it used an instruction that this processor does "
			"not have (SIGILL)",
			"the program was built for a newer processor: look for "
			"another build"}},
	{when_exited, 133, {"trap", "exited", "it ended at a trap (SIGTRAP)", NULL}},
	{when_exited, 134, {"abort", "exited", "it gave up by itself (SIGABRT)", NULL}},
	{when_exited, 135,
		{"bus", "exited", "it used memory that its file does not have (SIGBUS)",
			"is /dev/shm too small? --shm-size makes it larger"}},
	{when_exited, 136,
		{"arithmetic", "exited",
			"it calculated what cannot be, such as a "
			"division by zero (SIGFPE)",
			NULL}},
	{when_exited, 137,
		{"killed", "exited", "it was killed (SIGKILL), and not by 'rl stop'",
			"'rl kill' does so, and the kernel where memory is short: 'journalctl -k' "
			"may tell"}},
	{when_exited, 139,
		{"segfault", "exited",
			"it crashed: it used memory that it does not "
			"have (SIGSEGV)",
			NULL}},
	{when_exited, 141,
		{"pipe", "exited", "it wrote where nobody reads any more (SIGPIPE)", NULL}},
	{when_exited, 142, {"alarm", "exited", "its own timer ended it (SIGALRM)", NULL}},
	{when_exited, 143,
		{"terminated", "exited",
			"it was asked to end (SIGTERM), and not by "
			"'rl stop'",
			"'rl kill -s TERM' does so, or it did it itself; 'rl start NAME' "
			"starts it again"}},
	{when_exited, 152,
		{"cpu-time", "exited", "it used up its processor time (SIGXCPU)",
			"a limit was set: --ulimit cpu=…, or 'ulimit -t' of the caller"}},
	{when_exited, 153,
		{"file-size", "exited", "it wrote a larger file than it may (SIGXFSZ)",
			"a limit was set: --ulimit fsize=…, or 'ulimit -f' of the caller"}},
	{when_exited, 159,
		{"seccomp", "exited", "it used a system call that is forbidden (SIGSYS)",
			"a profile that allows it is set with --security-opt seccomp=FILE"}},
	{when_groupless, 255,
		{"no-cgroup", "exited",
			"systemd needs control groups (v2), and the machine has none",
			"'rl doctor' tells how they are switched on; --systemd=false where the "
			"command is another one"}},
	{when_exited, ANY, {"failed", "exited", "its command failed", NULL}},
	{when_created, ANY,
		{"created", "was created", "it was never started", "'rl start NAME' starts it"}},
	{when_starting, ANY,
		{"starting", "is being started", "its root and its network are made",
			"'rl why NAME' in a moment tells more"}},
	{when_stopping, ANY,
		{"stopping", "is being stopped",
			"it has been asked to end, and has "
			"not yet",
			"'rl kill NAME' does not wait"}},
	{when_paused, ANY,
		{"paused", "is paused", "all its processes stand still",
			"'rl unpause NAME' lets them go on"}},
	{when_unhealthy, ANY,
		{"unhealthy", "is running", "its health check fails",
			"'rl inspect --format {{.State.Health}} NAME' shows what the check says"}},
	{when_cut_off, ANY,
		{"network", "is running",
			"but its network helper has ended: nothing "
			"comes in or goes out",
			"'rl restart NAME' starts both again"}},
	{when_oom_now, ANY,
		{"memory", "is running",
			"but the kernel has killed a process of it that needed more memory than "
			"its limit",
			"give it more with 'rl update --memory SIZE NAME'"}},
	{when_pids_now, ANY,
		{"pids", "is running", "but it was refused more processes",
			"give it more with 'rl update --pids-limit N NAME'; many zombies need "
			"--init"}},
	{when_healthy, ANY, {"healthy", "is running", "its health check succeeds", NULL}},
	{when_checked, ANY,
		{"checking", "is running", "its health check has not succeeded yet", NULL}},
	{when_running, ANY, {"running", "is running", "nothing is wrong that rl knows of", NULL}},
};

void why_answer(const struct why *w, struct why_answer *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		const struct cause *c = &causes[i];

		if ((c->code != ANY && c->code != w->code) || !c->when(w))
			continue;
		*ret = c->answer;
		if (!ret->what)
			ret->what = w->error;
		return;
	}
	*ret = (struct why_answer){"unknown", "is there", "rl does not know more", NULL};
}

/* ---- the facts ---- */

static char *last_line(struct container *c)
{
	struct ctrlog_query q = {.tail = 1};
	struct ctrlog_reader r = CTRLOG_READER_INIT;
	struct ctrlog_entry e;
	char *line = NULL;

	if (ctrlog_reader_open_of(&r, c->dirfd, c->record, &q, NULL) < 0)
		return NULL;
	ctrlog_reader_end(&r);
	while (ctrlog_read(&r, &e, NULL) > 0) {
		if (!e.len)
			continue;
		free(line);
		line = xstrndup(e.text, e.len < LINE_MAX_LEN ? e.len : LINE_MAX_LEN);
	}
	ctrlog_reader_done(&r);
	return line;
}

static char *ports_text(const struct container *c)
{
	_cleanup_(ports_done) struct ports ports = {0};
	_cleanup_buf_ struct buf b = {0};

	if (port_from_json(json_object_get(c->state, "ports"), &ports, NULL) < 0)
		return xstrdup("");
	for (size_t i = 0; i < ports.n; i++)
		buf_addf(&b, "%s%s:%u to %u/%s", i ? ", " : "",
			*ports.v[i].host_ip ? ports.v[i].host_ip : "0.0.0.0", ports.v[i].host_port,
			ports.v[i].ctr_port, ports.v[i].proto);
	return buf_take(&b);
}

static int64_t seconds_of(const char *rfc3339)
{
	struct tm tm = {0};

	return strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm) ? (int64_t)timegm(&tm) : -1;
}

static char *read_health(const struct container *c)
{
	_cleanup_json_ json_t *j = health_read(c);

	return j ? xstrdup(json_get_str(j, "Status", "")) : NULL;
}

static const char *since_of(const struct container *c)
{
	if (c->status == CONTAINER_CREATED && !c->exit)
		return json_get_str(c->record, "created", "");
	return json_get_str(c->exit, "finished",
		json_get_str(c->state, "finished",
			c->held ? json_get_str(c->state, "started", "") : ""));
}

/* what the kernel did because of a limit, in this run or in the last one */
static void read_group(const struct container *c, struct why *ret)
{
	_cleanup_close_ int group = cgroup_open(c, NULL);

	ret->oom = json_get_bool(c->exit, "oomKilled", false);
	ret->pids = json_get_int(c->exit, "pidsMax", 0) > 0;
	if (group < 0)
		return;
	ret->oom = group_value(group, "memory.events", "oom_kill") > 0;
	ret->pids = group_value(group, "pids.events", "max") > 0;
}

void why_gather(struct container *c, struct why *ret)
{
	const char *started = json_get_str(c->exit, "started", ""), *stop;
	int64_t begin = seconds_of(started), end;

	*ret = (struct why){.status = c->status, .ran = -1};
	ret->recorded = c->exit;
	ret->has_state = c->state;
	ret->restarting = json_get_bool(c->state, "restarting", false);
	ret->code = ret->restarting ? (int)json_get_int(c->state, "exitCode", 0)
		    : c->exit	    ? (int)json_get_int(c->exit, "exitCode", 0)
				    : c->exit_code;
	read_group(c, ret);
	ret->groupless = json_get_bool(c->record, "systemd", false) && !group_unified(CGROUP_ROOT);
	stop = json_get_str(c->exit, "stopped", "");
	ret->asked = *stop;
	ret->forced = str_eq(stop, "forced");
	ret->network_lost = json_get_bool(c->state, "networkLost", false);
	ret->restarts = json_get_int(c->exit ? c->exit : c->state, "restartCount", 0);
	ret->error = xstrdup(json_get_str(c->exit, "error", ""));
	ret->since = xstrdup(since_of(c));
	end = seconds_of(json_get_str(c->exit, "finished", ""));
	if (begin >= 0 && end >= 0)
		ret->ran = end - begin;
	ret->ports = ports_text(c);
	ret->health = read_health(c);
	ret->last = c->dirfd >= 0 ? last_line(c) : NULL;
}

void why_done(struct why *w)
{
	free(w->error);
	free(w->health);
	free(w->since);
	free(w->ports);
	free(w->last);
}
