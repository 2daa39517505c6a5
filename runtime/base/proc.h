/*
 * proc - child processes
 *
 * proc_spawn() executes a program; proc_call() runs a function of ours and brings its error back, with
 * proc_task_start() and proc_task_end() for several of them at once; proc_fork() is for what fits neither, and leaves
 * through _exit().  All leave signal handling at its defaults in the child.  A program gets no descriptor that was not
 * asked for; a function has all of ours.
 */
#ifndef RL_BASE_PROC_H
#define RL_BASE_PROC_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <stdbool.h>
#include <sys/types.h>

struct proc_fd {
	int from; /* descriptor here; borrowed */
	int to;	  /* its number in the child, 0–63 */
};

/**
 * struct proc_opts - how to execute a program
 * @path:      program; searched in PATH when it has no slash and @search is set
 * @argv:      NULL-terminated
 * @envp:      NULL-terminated, or NULL for this process's environment
 * @fds:       descriptors to pass; 0–2 not named here are /dev/null
 * @keep_stdio: descriptors 0–2 not named in @fds are inherited instead
 * @pdeathsig: signal when the parent dies, 0 for none
 * @setsid:    new session
 * @chdir:     working directory, or NULL
 */
struct proc_opts {
	const char *path;
	char *const *argv;
	char *const *envp;
	const struct proc_fd *fds;
	size_t nfds;
	const char *chdir;
	int pdeathsig;
	bool search, keep_stdio, setsid;
};

/**
 * proc_spawn() - start a program
 * Return: its pid (the caller reaps it), or a negative errno; -ENOENT means that it is not installed
 */
pid_t proc_spawn(const struct proc_opts *opts, struct err *err);

/** proc_fork() - fork; in the child, returns 0 with default signals; -errno on failure */
pid_t proc_fork(struct err *err);

/** proc_die_with() - in a child: get @sig when its parent dies; ends the child if @parent is dead already */
void proc_die_with(pid_t parent, int sig);

/**
 * struct proc_task - a function that runs in a child process
 * @pid:    the child, 0 when there is none
 * @report: pipe that is at its end when the function has returned, with an error in it (err_recv()) if it failed
 *
 * A caller who needs more than proc_task_end() may kill, reap and poll by these itself.
 */
struct proc_task {
	pid_t pid;
	int report;
};
#define PROC_TASK_INIT                                                                             \
	{                                                                                          \
		0, -EBADF                                                                          \
	}

/**
 * proc_task_start() - run @fn(@arg) in a child, which dies with this process
 * @fn: returns 0, or a negative errno with its error filled; SIGPIPE is ignored in it
 */
int proc_task_start(
	struct proc_task *ret, int (*fn)(void *arg, struct err *err), void *arg, struct err *err);

/**
 * proc_task_end() - wait until it has returned
 * @what: for the message when it was killed or crashed: "the process that WHAT died"
 * Return: 0, or a negative errno with the function's error
 */
int proc_task_end(struct proc_task *task, const char *what, struct err *err);

/** proc_task_kill() - end it at once and forget it; NULL or none is fine */
void proc_task_kill(struct proc_task *task);

/** proc_call() - proc_task_start() and proc_task_end() */
int proc_call(const char *what, int (*fn)(void *arg, struct err *err), void *arg, struct err *err);

/** proc_wait() - reap a child; Return: exit code, or 128 + signal, or a negative errno */
int proc_wait(pid_t pid);

/** proc_run() - proc_spawn() and proc_wait(); Return: exit code ≥ 0 or a negative errno */
int proc_run(const struct proc_opts *opts, struct err *err);

/** proc_reset_signals() - every signal to its default, none blocked */
void proc_reset_signals(void);

/**
 * proc_read_stat() - the text of PID/stat, proc_pid_stat(5)
 * @proc: /proc, or the directory of a process's threads; borrowed.  AT_FDCWD if @pid is a path
 * Return: 0, or -ESRCH if it is gone
 */
/* the whole line; the longest command has 64 bytes */
#define PROC_STAT_MAX 1024
int proc_read_stat(int proc, const char *pid, char ret[PROC_STAT_MAX]);

/** proc_start_time() - field 22 of /proc/PID/stat: with the pid it names a process for good; 0 if it is gone */
uint64_t proc_start_time(pid_t pid);

/** proc_pidfd() - pidfd_open(2); Return: descriptor or a negative errno */
int proc_pidfd(pid_t pid);

/** proc_pidfd_kill() - pidfd_send_signal(2); Return: 0 or a negative errno */
int proc_pidfd_kill(int pidfd, int sig);

/** proc_self_path() - path of the executable of this process; the caller owns it, NULL without /proc */
char *proc_self_path(void);

/**
 * proc_find_program() - path of a program in the absolute directories of PATH, else in the system's
 * Return: owned by the caller; NULL if it is missing
 */
char *proc_find_program(const char *name);

/**
 * proc_libexec() - path of one of our worker executables: beside this program, else in libexec
 * The caller owns it.
 */
char *proc_libexec(const char *name);

#endif
