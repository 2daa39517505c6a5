/*
 * process - the last stages before a container's command runs; the same for init and for exec
 *
 * Everything here happens inside the container.  The order is what keeps it safe: what needs rights comes before
 * they are given up, what an image's files decide (names, PATH) comes after the process is the user it will be, and the
 * filter comes last.
 */
#ifndef RL_RUNTIME_PROCESS_H
#define RL_RUNTIME_PROCESS_H

#include "runtime/base/json.h"
#include "runtime/caps.h"
#include "runtime/lsm.h"
#include "runtime/preserve.h"
#include "runtime/seccomp.h"

#include <stdbool.h>
#include <sys/resource.h>

#define PROCESS_RLIMITS 16

/* annotation: the caller's supplementary groups stay */
#define PROCESS_KEEP_GROUPS "run.oci.keep_original_groups"

/* where commands are looked for if the environment has no PATH */
#define PROCESS_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/**
 * struct process - an OCI process object, checked
 * @oom: oom_score_adj, valid if @has_oom
 * @label: of AppArmor or SELinux; as @user, borrowed from the object
 */
struct process {
	const json_t *user, *console_size;
	struct strv args, env;
	const char *cwd;
	struct caps caps;
	struct lsm_label label;
	struct rlimit rlimit[PROCESS_RLIMITS];
	bool has_rlimit[PROCESS_RLIMITS];
	bool terminal, no_new_privs, has_oom, has_umask, keep_groups;
	int oom;
	unsigned umask;
	long personality; /* -1: unchanged */
};

/** process_parse() - read and check a process object; @config: for annotations and linux.personality */
int process_parse(const json_t *object, const json_t *config, struct process *ret, struct err *err);
void process_done(struct process *p);

/** process_set_oom() - write oom_score_adj, through /proc/self of the procfs that the launcher sees */
int process_set_oom(const struct process *p, struct err *err);

/**
 * process_no_core() - this process and its helpers leave no core dump; what process_become() executes has the limit of before
 * For one that stays beside a container, with secrets in its memory.
 */
void process_no_core(void);

/**
 * process_raise_limits() - raise the hard limits of process @pid (0: this one) to what is asked for
 * By a process outside of the container: only the real root may, and inside nobody is.
 */
void process_raise_limits(const struct process *p, pid_t pid);

/**
 * process_trampoline() - a sealed copy of rl-exec in memory, which executes the command (see there)
 * @label: SELinux's for its file, where the command gets a label: a type is entered only by files that the policy lists
 * Return: descriptor, or a negative errno
 */
int process_trampoline(const char *label, struct err *err);

/**
 * struct process_env - what the stages work with
 * @sync:    socket to the launcher
 * @trampoline: of process_trampoline()
 * @cwd:     descriptor of the working directory
 * @attr:    of lsm_open_attr(), where @label asks for something
 * @stdio:   for 0, 1, 2; with a terminal all three are @slave
 * @lent: @stdio is the caller's: its owner stays as it is
 * @preserve: further descriptors to pass; NULL for none
 * @die_with_parent: PDEATHSIG
 */
struct process_env {
	int sync, trampoline, cwd, attr;
	int stdio[3], slave;
	const struct seccomp *seccomp;
	const struct preserve *preserve;
	bool die_with_parent, lent;
};

/** process_become() - pass the last stages and execute; returns only on failure, with a negative errno */
int process_become(struct process *p, const struct process_env *e, struct err *err);

/** process_exec_error() - what a failed execve(2) of @name means to a user */
int process_exec_error(const char *name, int code, struct err *err);

#endif
