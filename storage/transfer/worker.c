#include "storage/transfer/worker.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PROGRESS_MS 100

static void send_line(const struct worker *w, json_t *j)
{
	_cleanup_free_ char *text = json_text(j), *line = xasprintf("%s\n", text);

	fd_write_full(w->reply, line, strlen(line));
	json_decref(j);
}

void worker_progress(
	const struct worker *w, const char *id, const char *state, uint64_t done, uint64_t total)
{
	send_line(w, json_pack("{s:{s:o,s:s,s:I,s:I}}", "progress", "id", json_str(id), "state",
			     state, "done", (json_int_t)done, "total", (json_int_t)total));
}

bool worker_progress_due(int64_t *last)
{
	int64_t now = clock_ms();

	if (*last && now - *last < PROGRESS_MS)
		return false;
	*last = now;
	return true;
}

void worker_note(const struct worker *w, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	send_line(w, json_pack("{s:o}", "note", json_str(text)));
}

pid_t worker_fork(struct err *err)
{
	pid_t parent = getpid(), pid = proc_fork(err);

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

struct platform worker_platform(const json_t *request)
{
	const char *os = json_get_str(request, "os", NULL),
		   *arch = json_get_str(request, "arch", NULL),
		   *variant = json_get_str(request, "variant", NULL);
	struct platform p;

	platform_host(&p);
	if (os) {
		free(p.os);
		p.os = xstrdup(os);
	}
	if (arch)
		platform_set_arch(&p, arch);
	if (variant) {
		free(p.variant);
		p.variant = xstrdup(variant);
	}
	return p;
}
