/*
 * nosyscall NAME[,NAME...] COMMAND [ARG...] - run a command as on a kernel without these system calls
 *
 * They fail with ENOSYS.  Run it as root, before privileges are dropped: an unprivileged filter needs
 * no_new_privs, and with that newuidmap would not be set-uid any more.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned nr;
} known[] = {
	{"openat2", SYS_openat2},
	{"close_range", SYS_close_range},
	{"clone3", SYS_clone3},
	{"mount_setattr", SYS_mount_setattr},
	{"pidfd_open", SYS_pidfd_open},
	{"faccessat2", 439},
	{"fsopen", SYS_fsopen},
};

static int number(const char *name, unsigned *ret)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i].name, name) == 0) {
			*ret = known[i].nr;
			return 0;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct sock_filter code[64];
	struct sock_fprog prog = {.filter = code};
	unsigned short n = 0;
	char *rest, *name;

	if (argc < 3) {
		fprintf(stderr, "usage: nosyscall NAME[,NAME...] COMMAND [ARG...]\n");
		return 2;
	}
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	rest = argv[1];
	while ((name = strsep(&rest, ",")) && n < 60) {
		unsigned nr;

		if (number(name, &nr) < 0) {
			fprintf(stderr, "nosyscall: unknown system call %s\n", name);
			return 2;
		}
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = n;
	if (geteuid() != 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0) {
		perror("nosyscall");
		return 2;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
