/* How the monitor becomes a process of its own. */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The command line's descriptors, its terminal and pipes above all, must not be held open by us. */
void monitor_keep_only(int *keep, size_t n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), next = 3;

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		fd_close(null);
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if (keep[i] > next)
			close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
		next = keep[i] + 1;
	}
	fd_close_from(next);
}

/* What `ps` of the machine shows; the command line may hold what is nobody's business. */
static void set_title(const char *name)
{
	char cmdline[4096], title[128];
	_cleanup_close_ int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : fd_read_full(fd, cmdline, sizeof(cmdline));
	int len = snprintf(title, sizeof(title), "rl-monitor %s", name);

	prctl(PR_SET_NAME, "rl-monitor");
	process_no_core();
	if (n <= 0)
		return;
	/* argv[0] is where the kernel reads the command line from, up to the length it has now */
	memset(program_invocation_name, 0, (size_t)n);
	memcpy(program_invocation_name, title, (size_t)(len < n ? len : n - 1));
}

int monitor_detach(struct monitor *m, struct err *err)
{
	const struct monitor_job *j = m->job;
	int keep[10 + USERNS_BEGUN_FDS + PRESERVE_MAX] = {m->cs->store->fd, m->cs->rundir,
		m->c->dirfd, j->lock, j->runfd, j->status, j->attach};
	size_t n = 7 + userns_begun_fds(keep + 7);
	sigset_t set;

	for (int i = 0; m->log.format == CTRLOG_PASSTHROUGH && i < 3; i++) {
		m->through[i] = keep[n++] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		if (m->through[i] < 0)
			return err_set(err, errno, "keep descriptor %d", i);
	}
	for (size_t i = 0; j->preserve && i < j->preserve->n; i++)
		keep[n++] = j->preserve->fd[i];
	monitor_keep_only(keep, n);
	set_title(m->c->name);
	if (chdir("/") < 0)
		return err_set(err, errno, "change to /");
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	/* a log that meets the caller's limit of file sizes must end neither us nor the container */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SCOPE_STOP_SIGNAL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	m->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return m->sigfd < 0 ? err_set(err, errno, "create signalfd")
			    : relay_open(&m->relay, m->sigfd, err);
}
