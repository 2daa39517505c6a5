/*
 * probe - looks at a container from the inside, and tries what it must not be able to do
 *
 * A static program of the payload image; each subcommand prints lines "name value" that the CLI tests compare.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define X32 0x40000000L

static const char *result(long r)
{
	return r < 0 ? strerrorname_np(errno) : "ok";
}

/* capabilities, seccomp and the rest of what /proc/self/status tells */
static int cmd_status(void)
{
	static const char *const wanted[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:",
		"NoNewPrivs:", "Seccomp:", "Uid:", "Gid:", "Groups:", "Umask:"};
	char line[1024];
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, stdout);
	fclose(f);
	return 0;
}

static int cmd_ns(void)
{
	static const char *const names[] = {
		"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
	char path[64], target[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			return 1;
		target[n] = '\0';
		puts(target);
	}
	return 0;
}

/* open descriptors, without the one used for looking */
static int cmd_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;
	char target[4096];

	if (!dir)
		return 1;
	while ((de = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), de->d_name, target, sizeof(target) - 1);

		if (n < 0 || strtol(de->d_name, NULL, 10) == dirfd(dir))
			continue;
		target[n] = '\0';
		printf("%s %s\n", de->d_name, target);
	}
	closedir(dir);
	return 0;
}

static long try_clone_user(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long try_clone3(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .disabled = 1};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long try_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

#if defined(__x86_64__)
/* a system call of the 32-bit table; addresses must be below 4 GiB */
static long int80(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

/* a kernel without 32-bit emulation ends whoever asks */
static int has_int80(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int80(20, 0, 0, 0); /* getpid */
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}
#endif

static int cmd_syscalls(void)
{
#if defined(__x86_64__)
	/* before anything traces us, which would see the signal of the child that tries */
	int i386 = has_int80();
#endif
	char params[256] = {0};
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	printf("af_alg %s\n", result(socket(AF_ALG, SOCK_SEQPACKET, 0)));
	printf("af_vsock %s\n", result(socket(AF_VSOCK, SOCK_STREAM, 0)));
	printf("unshare_user %s\n", result(unshare(CLONE_NEWUSER)));
	printf("clone_user %s\n", result(try_clone_user(CLONE_NEWUSER)));
	printf("clone_ns %s\n", result(try_clone_user(CLONE_NEWNS)));
	printf("clone3 %s\n", result(try_clone3()));
	printf("mount %s\n", result(mount("none", "/tmp", "tmpfs", 0, NULL)));
	printf("umount %s\n", result(umount2("/proc", MNT_DETACH)));
	printf("pivot_root %s\n", result(syscall(SYS_pivot_root, "/", "/")));
	printf("fsopen %s\n", result(syscall(SYS_fsopen, "tmpfs", 0)));
	printf("open_tree %s\n", result(syscall(SYS_open_tree, AT_FDCWD, "/", 1)));
	printf("mount_setattr %s\n",
		result(syscall(SYS_mount_setattr, AT_FDCWD, "/proc", 0, params, 32)));
	printf("setns %s\n", result(setns(file, 0)));
	printf("keyctl %s\n",
		result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1)));
	printf("add_key %s\n",
		result(syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_PROCESS_KEYRING)));
	printf("io_uring_setup %s\n", result(syscall(SYS_io_uring_setup, 1, params)));
	printf("bpf %s\n", result(try_bpf()));
	printf("perf_event_open %s\n", result(try_perf()));
	printf("userfaultfd %s\n", result(syscall(SYS_userfaultfd, O_CLOEXEC)));
	printf("open_by_handle_at %s\n",
		result(syscall(SYS_open_by_handle_at, AT_FDCWD, params, 0)));
	printf("init_module %s\n", result(syscall(SYS_init_module, params, 0, "")));
	printf("kexec_load %s\n", result(syscall(SYS_kexec_load, 0, 0, NULL, 0)));
	printf("reboot %s\n", result(syscall(SYS_reboot, 0, 0, 0, NULL)));
	printf("swapon %s\n", result(syscall(SYS_swapon, "/x", 0)));
	printf("settimeofday %s\n", result(syscall(SYS_settimeofday, NULL, NULL)));
	printf("ptrace %s\n", result(syscall(SYS_ptrace, 0, 0, 0, 0)));
	printf("personality_noaslr_32 %s\n", result(personality(0x0400000)));
#if defined(__x86_64__)
	printf("x32_getpid %s\n", result(syscall(X32 | SYS_getpid)));
	printf("x32_keyctl %s\n", result(syscall(X32 | SYS_keyctl, 0, -3, 1)));
	if (i386) {
		printf("i386_unshare %s\n", result(int80(310, CLONE_NEWUSER, 0, 0)));
		printf("i386_keyctl %s\n", result(int80(288, 0, -3, 1)));
		printf("i386_clone3 %s\n", result(int80(435, 0, 0, 0)));
	}
#endif
	return 0;
}

/* look for a key of the session keyring */
static int cmd_key(const char *name)
{
	long id = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);

	printf("key %s\n", result(id));
	return 0;
}

/* with a key in a new session keyring, execute a command */
static int cmd_withkey(const char *name, char **argv)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
		syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		return 77;
	execvp(argv[0], argv);
	return 127;
}

/* push a character into the queue of terminal fd 0 in every way the kernel knew */
static int cmd_tiocsti(void)
{
	char c = 'X', paste[2] = {3, 0};

	printf("tiocsti %s\n", result(ioctl(0, TIOCSTI, &c)));
	printf("tiocsti_high %s\n", result(syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, &c)));
	printf("tioclinux %s\n", result(ioctl(0, TIOCLINUX, paste)));
	printf("tioclinux_high %s\n",
		result(syscall(SYS_ioctl, 0, 0x100000000UL | TIOCLINUX, paste)));
	return 0;
}

/* the image's own programs may be written when they do not run */
static int of_image(int fd)
{
	static const char *const own[] = {"/bin/probe", "/bin/busybox"};
	struct stat st, mine;

	if (fstat(fd, &st) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (stat(own[i], &mine) == 0 && mine.st_dev == st.st_dev &&
			mine.st_ino == st.st_ino)
			return 1;
	return 0;
}

/* for SECONDS, write to every /proc/N/exe; prints how often that worked */
static int cmd_overwrite(long seconds)
{
	unsigned long tries = 0, wins = 0;
	time_t end = time(NULL) + seconds;
	char path[64];

	while (time(NULL) < end) {
		DIR *dir = opendir("/proc");
		struct dirent *de;

		while (dir && (de = readdir(dir))) {
			int fd, held;

			if (de->d_name[0] < '0' || de->d_name[0] > '9' ||
				strtol(de->d_name, NULL, 10) == getpid())
				continue;
			snprintf(path, sizeof(path), "/proc/%.20s/exe", de->d_name);
			held = open(path, O_PATH | O_CLOEXEC);
			if (held < 0)
				continue;
			snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
			for (int i = 0; i < 20; i++) {
				tries++;
				fd = open(path, O_WRONLY | O_CLOEXEC);
				if (fd >= 0) {
					/* a sealed copy may be opened, but not written */
					wins += !of_image(fd) && write(fd, "x", 1) == 1;
					close(fd);
				}
			}
			close(held);
		}
		if (dir)
			closedir(dir);
	}
	printf("tries %lu\nwins %lu\n", tries, wins);
	return 0;
}

/* whether the process of directory @dir is still one of the launcher's, which are called rl */
static int is_launcher(int dir)
{
	int fd = openat(dir, "comm", O_RDONLY | O_CLOEXEC);
	char comm[32] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);

	close(fd);
	return n > 2 && (strcmp(comm, "rl\n") == 0 || strncmp(comm, "rl-m", 4) == 0);
}

/* for SECONDS, look into every process of the launcher that shows up; prints how often that worked */
static int cmd_spy(long seconds)
{
	static const char *const files[] = {"mem", "environ", "maps", "fd/0", "fd/3", "fd/4",
		"root/.", "cwd/.", "exe", "ns/mnt"};
	unsigned long seen = 0, wins = 0;
	time_t end = time(NULL) + seconds;
	char c;

	while (time(NULL) < end) {
		DIR *proc = opendir("/proc");
		struct dirent *de;

		while (proc && (de = readdir(proc))) {
			int dir = de->d_name[0] < '0' || de->d_name[0] > '9'
					  ? -1
					  : openat(dirfd(proc), de->d_name,
						    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (dir < 0)
				continue;
			for (size_t i = 0; is_launcher(dir) && i < sizeof(files) / sizeof(*files);
				i++) {
				int fd = openat(dir, files[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

				seen++;
				/* the maps of a process that is dying can be opened, and are empty */
				if (fd >= 0 && is_launcher(dir) &&
					(strcmp(files[i], "maps") != 0 || read(fd, &c, 1) == 1)) {
					wins++;
					printf("win %s\n", files[i]);
				}
				close(fd);
			}
			close(dir);
		}
		if (proc)
			closedir(proc);
	}
	printf("seen %lu\nwins %lu\n", seen, wins);
	return 0;
}

/* exchange two names for ever */
static int cmd_swap(const char *a, const char *b)
{
	for (;;)
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
			return 1;
}

static int cmd_clocks(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	printf("monotonic %lld\n", (long long)ts.tv_sec);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	printf("boottime %lld\n", (long long)ts.tv_sec);
	return 0;
}

static int cmd_winsize(void)
{
	struct winsize ws;

	if (ioctl(0, TIOCGWINSZ, &ws) < 0)
		return 1;
	printf("%d %d\n", ws.ws_row, ws.ws_col);
	return 0;
}

static int inet(const char *proto, const char *host, const char *port, struct sockaddr_in *sin)
{
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	inet_pton(AF_INET, host, &sin->sin_addr);
	return socket(
		AF_INET, (strcmp(proto, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
}

/* answer "echo:" and what came, for each connection or datagram */
static int cmd_echo(const char *proto, const char *host, const char *port)
{
	struct sockaddr_in sin = {0}, from;
	socklen_t len = sizeof(from);
	int s = inet(proto, host, port, &sin), one = 1;
	char data[1024] = "echo:";
	ssize_t n;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		return 1;
	if (strcmp(proto, "udp") == 0) {
		while ((n = recvfrom(s, data + 5, sizeof(data) - 5, 0, (struct sockaddr *)&from,
				&len)) >= 0)
			sendto(s, data, (size_t)n + 5, 0, (struct sockaddr *)&from, len);
		return 1;
	}
	if (listen(s, 16) < 0)
		return 1;
	for (;;) {
		int c = accept4(s, NULL, NULL, SOCK_CLOEXEC);

		if (c < 0)
			return 1;
		n = read(c, data + 5, sizeof(data) - 5);
		if (n >= 0 && write(c, data, (size_t)n + 5) < 0)
			return 1;
		close(c);
	}
}

/* send TEXT and print what comes back within 3 s */
static int cmd_ask(const char *proto, const char *host, const char *port, const char *text)
{
	struct timeval wait = {.tv_sec = 3};
	struct sockaddr_in sin = {0};
	int s = inet(proto, host, port, &sin);
	char data[1024];
	ssize_t n;

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
		send(s, text, strlen(text), 0) < 0 || (n = recv(s, data, sizeof(data), 0)) <= 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	printf("%.*s\n", (int)n, data);
	return 0;
}

/* an init that cannot be stopped politely */
static void cmd_stubborn(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* an init that does not die with its parent; with a child of its own */
static void cmd_orphan(void)
{
	if (fork() == 0)
		for (;;)
			pause();
	prctl(PR_SET_PDEATHSIG, 0);
	cmd_stubborn();
}

/* print each signal that comes; USR2 ends it with code 7 */
static volatile sig_atomic_t got;

static void note(int sig)
{
	got = sig;
}

static int cmd_signals(void)
{
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD)
			signal(sig, note);
	puts("ready");
	fflush(stdout);
	for (;;) {
		pause();
		printf("signal %d\n", (int)got);
		fflush(stdout);
		if (got == SIGUSR2)
			return 7;
	}
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	if (strcmp(cmd, "status") == 0)
		return cmd_status();
	if (strcmp(cmd, "ns") == 0)
		return cmd_ns();
	if (strcmp(cmd, "fds") == 0)
		return cmd_fds();
	if (strcmp(cmd, "syscalls") == 0)
		return cmd_syscalls();
	if (strcmp(cmd, "tiocsti") == 0)
		return cmd_tiocsti();
	if (strcmp(cmd, "clocks") == 0)
		return cmd_clocks();
	if (strcmp(cmd, "winsize") == 0)
		return cmd_winsize();
	if (strcmp(cmd, "stubborn") == 0)
		cmd_stubborn();
	if (strcmp(cmd, "orphan") == 0)
		cmd_orphan();
	if (strcmp(cmd, "signals") == 0)
		return cmd_signals();
	if (strcmp(cmd, "key") == 0 && argc == 3)
		return cmd_key(argv[2]);
	if (strcmp(cmd, "withkey") == 0 && argc > 3)
		return cmd_withkey(argv[2], argv + 3);
	if (strcmp(cmd, "overwrite") == 0 && argc == 3)
		return cmd_overwrite(strtol(argv[2], NULL, 10));
	if (strcmp(cmd, "spy") == 0 && argc == 3)
		return cmd_spy(strtol(argv[2], NULL, 10));
	if (strcmp(cmd, "swap") == 0 && argc == 4)
		return cmd_swap(argv[2], argv[3]);
	if (strcmp(cmd, "echo") == 0 && argc == 5)
		return cmd_echo(argv[2], argv[3], argv[4]);
	if (strcmp(cmd, "ask") == 0 && argc == 6)
		return cmd_ask(argv[2], argv[3], argv[4], argv[5]);
	fprintf(stderr, "probe: unknown subcommand %s\n", cmd);
	return 2;
}
