/*
 * doctor - one probe each for what rl needs from the machine, really tried
 *
 * A probe fills a finding: whether it works, one sentence of what was seen, and, if it does not, the exact
 * commands or file lines that mend it.  FAIL means that containers cannot run with the default options; WARN means
 * that something is missing or slower.
 */
#ifndef RL_CMD_DOCTOR_H
#define RL_CMD_DOCTOR_H

#include "cmd/cmd.h"

enum finding_status { FINDING_OK, FINDING_WARN, FINDING_FAIL };

/**
 * struct finding - what a probe found
 * @text: one sentence without a full stop
 * @mend: one or more lines, empty if all is well
 */
struct finding {
	enum finding_status status;
	char text[512];
	char mend[512];
};

/** finding_set() - fill a finding but for its @mend; control characters in what others wrote are escaped on output */
void finding_set(struct finding *f, enum finding_status status, const char *fmt, ...)
	_printf_(3, 4);
/** finding_mend() - append one line that mends it */
void finding_mend(struct finding *f, const char *fmt, ...) _printf_(2, 3);
/** finding_err() - fill a finding from an error: message and hint */
void finding_err(struct finding *f, enum finding_status status, const struct err *err);

/**
 * struct doctor - what the probes share
 * @rundir: an empty runtime directory of the doctor's own: what it makes there is made from scratch; -EBADF
 *          if there is none
 */
struct doctor {
	struct ctx *ctx;
	int rundir;
};

void doctor_userns(struct doctor *d, struct finding *f);
void doctor_apparmor(struct doctor *d, struct finding *f);
void doctor_subids(struct doctor *d, struct finding *f);
void doctor_newidmap(struct doctor *d, struct finding *f);
void doctor_rundir(struct doctor *d, struct finding *f);
void doctor_linger(struct doctor *d, struct finding *f);
void doctor_workers(struct doctor *d, struct finding *f);
void doctor_overlay(struct doctor *d, struct finding *f);
void doctor_fuse(struct doctor *d, struct finding *f);
void doctor_tun(struct doctor *d, struct finding *f);
void doctor_slirp(struct doctor *d, struct finding *f);
void doctor_cgroup(struct doctor *d, struct finding *f);
void doctor_store(struct doctor *d, struct finding *f);

#endif
