/*
 * rl-init - PID 1 of a container started with --init
 *
 * Starts the command, passes on every signal it gets, reaps what is orphaned, and ends with the command's exit
 * code (128 + n after signal n).  Static and self-contained: it runs inside any image.
 *
 * usage: rl-init [--] COMMAND [ARG...]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that tell of this process's own doings are not for the command; SIGTTIN and SIGTTOU must be
   ignored for handing over the terminal. */
static const int own[] = {
	SIGCHLD, SIGTTIN, SIGTTOU, SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};

static void start(char **argv, const sigset_t *old)
{
	/* a process group of its own, in the foreground if there is a terminal: so that a shell has job control, and
	   ^C reaches the command once, from the terminal */
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	int code;

	setpgid(0, 0);
	if (tty >= 0)
		tcsetpgrp(tty, getpid());
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_SETMASK, old, NULL);
	execvp(argv[0], argv);
	code = errno;
	fprintf(stderr, "rl-init: %s: %s\n", argv[0], strerror(code));
	_exit(code == ENOENT ? 127 : 126);
}

/* reaps all that is dead; Return: the command's exit code once it is among them, else -1 */
static int reap(pid_t command)
{
	int status, code = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command)
			code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return code;
}

int main(int argc, char **argv)
{
	sigset_t all, old;
	pid_t command;

	argv++;
	argc--;
	if (argc > 0 && strcmp(argv[0], "--") == 0) {
		argv++;
		argc--;
	}
	if (argc < 1) {
		fputs("usage: rl-init [--] COMMAND [ARG...]\n", stderr);
		return 125;
	}
	sigfillset(&all);
	for (size_t i = 3; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&all, own[i]);
	sigprocmask(SIG_SETMASK, &all, &old);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	command = fork();
	if (command < 0) {
		perror("rl-init: fork");
		return 126;
	}
	if (command == 0)
		start(argv, &old);
	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(&all, &info), code;

		if (sig < 0)
			continue;
		if (sig != SIGCHLD) {
			if (sig != SIGTTIN && sig != SIGTTOU)
				kill(-command, sig) < 0 ? kill(command, sig) : 0;
			continue;
		}
		code = reap(command);
		if (code >= 0)
			return code;
	}
}
