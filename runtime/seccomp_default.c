#include "runtime/seccomp_default.h"

#include "runtime/capname.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#define ACT_ALLOW "SCMP_ACT_ALLOW"
#define ACT_ERRNO "SCMP_ACT_ERRNO"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

/* clone(2)'s flags share their lowest byte with the exit signal, where CLONE_NEWTIME lies, so that
 * is not among them */
#define CLONE_NAMESPACES                                                                           \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
		CLONE_NEWPID | CLONE_NEWNET)

/* system calls are separated by one blank, here and below */
static const char always[] =
	"accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown "
	"chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	"clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect "
	"copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old "
	"epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit "
	"exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir "
	"fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr "
	"flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 "
	"fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv "
	"futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid "
	"geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp "
	"getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 "
	"getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid "
	"gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents "
	"io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat "
	"listen listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr "
	"lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore "
	"mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr "
	"mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock "
	"munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat openat2 "
	"pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll "
	"ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 "
	"pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv "
	"recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat "
	"rename renameat renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction "
	"rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
	"rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam "
	"sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval "
	"sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	"sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop "
	"semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 "
	"setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority "
	"setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 "
	"setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid "
	"setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd "
	"signalfd4 sigprocmask sigreturn socketpair splice stat stat64 statfs statfs64 statmount "
	"statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create "
	"timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
	"timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
	"timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat "
	"uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid "
	"write writev";

/**
 * struct grant - system calls that a capability in the bounding set brings
 */
static const struct grant {
	unsigned cap;
	const char *calls;
} grants[] = {
	{CAP_DAC_READ_SEARCH, "open_by_handle_at"},
	{CAP_SYS_ADMIN,
		"bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie "
		"lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr "
		"move_mount "
		"open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns "
		"syslog "
		"umount umount2 unshare"},
	{CAP_SYS_BOOT, "reboot"},
	{CAP_SYS_CHROOT, "chroot"},
	{CAP_SYS_MODULE, "delete_module init_module finit_module"},
	{CAP_SYS_PACCT, "acct"},
	{CAP_SYS_PTRACE,
		"kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"},
	{CAP_SYS_RAWIO, "iopl ioperm"},
	{CAP_SYS_TIME, "settimeofday stime clock_settime clock_settime64"},
	{CAP_SYS_TTY_CONFIG, "vhangup"},
	{CAP_SYS_NICE, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
	{CAP_SYSLOG, "syslog"},
	{CAP_BPF, "bpf"},
	{CAP_PERFMON, "perf_event_open"},
};

/**
 * struct filter - a system call allowed for some values of one argument
 * @value2: for SCMP_CMP_MASKED_EQ, where @value is the mask
 */
struct filter {
	const char *call, *op;
	unsigned arg;
	uint64_t value, value2;
};

static const struct filter filters[] = {
	/* every address family but AF_ALG and AF_VSOCK, which reach parts of the kernel that few
	   programs need */
	{"socket", "SCMP_CMP_LT", 0, AF_ALG, 0},
	{"socket", "SCMP_CMP_EQ", 0, AF_ALG + 1, 0},
	{"socket", "SCMP_CMP_GT", 0, AF_VSOCK, 0},
	{"personality", "SCMP_CMP_EQ", 0, PER_LINUX, 0},
	{"personality", "SCMP_CMP_EQ", 0, PER_LINUX32, 0},
	{"personality", "SCMP_CMP_EQ", 0, UNAME26, 0},
	{"personality", "SCMP_CMP_EQ", 0, PER_LINUX32 | UNAME26, 0},
	{"personality", "SCMP_CMP_EQ", 0, 0xffffffff, 0},
};

#if defined(__x86_64__)
#define ARCH_NAME  "amd64"
#define ARCH_CALLS "arch_prctl modify_ldt"
static const char *const architectures[] = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__i386__)
#define ARCH_NAME  "x86"
#define ARCH_CALLS "modify_ldt"
static const char *const architectures[] = {"SCMP_ARCH_X86"};
#elif defined(__aarch64__)
#define ARCH_NAME "arm64"
#define ARCH_CALLS                                                                                 \
	"arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"
static const char *const architectures[] = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#elif defined(__arm__)
#define ARCH_NAME "arm"
#define ARCH_CALLS                                                                                 \
	"arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"
static const char *const architectures[] = {"SCMP_ARCH_ARM"};
#elif defined(__powerpc64__)
#define ARCH_NAME  "ppc64le"
#define ARCH_CALLS "sync_file_range2 swapcontext"
static const char *const architectures[] = {"SCMP_ARCH_PPC64LE"};
#elif defined(__s390x__)
#define ARCH_NAME  "s390x"
#define ARCH_CALLS "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"
static const char *const architectures[] = {"SCMP_ARCH_S390X", "SCMP_ARCH_S390"};
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_NAME  "riscv64"
#define ARCH_CALLS "riscv_flush_icache"
static const char *const architectures[] = {"SCMP_ARCH_RISCV64"};
#elif defined(__loongarch64)
#define ARCH_NAME  "loong64"
#define ARCH_CALLS ""
static const char *const architectures[] = {"SCMP_ARCH_LOONGARCH64"};
#else
#error "this architecture has no seccomp profile"
#endif

const char *seccomp_arch_name(void)
{
	return ARCH_NAME;
}

json_t *seccomp_architectures(void)
{
	json_t *array = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		json_array_append_new(array, json_string(architectures[i]));
	return array;
}

int seccomp_kernel_at_least(const char *version)
{
	unsigned major, minor, want_major, want_minor;
	struct utsname u;
	char rest;

	if (sscanf(version, "%4u.%4u%c", &want_major, &want_minor, &rest) != 2)
		return -EINVAL;
	if (uname(&u) < 0 || sscanf(u.release, "%4u.%4u", &major, &minor) != 2)
		return 0;
	return major > want_major || (major == want_major && minor >= want_minor);
}

static void names_add(json_t *names, const char *calls)
{
	while (*calls) {
		size_t n = strcspn(calls, " ");

		json_array_append_new(names, json_stringn_nocheck(calls, n));
		calls += n + (calls[n] == ' ');
	}
}

static void filter_add(json_t *syscalls, const struct filter *f)
{
	json_array_append_new(syscalls,
		json_pack("{s:[s], s:s, s:[{s:i, s:I, s:I, s:s}]}", "names", f->call, "action",
			ACT_ALLOW, "args", "index", (int)f->arg, "value", (json_int_t)f->value,
			"valueTwo", (json_int_t)f->value2, "op", f->op));
}

/*
 * The 32-bit multiplexer hides socket(2)'s arguments behind a pointer that no filter can follow, and libseccomp would
 * allow it beside socket(2).  It is "not implemented" here: programs make the plain calls, which Linux has since 4.3.
 */
static void socketcall_add(json_t *syscalls)
{
	json_array_append_new(syscalls, json_pack("{s:[s], s:s, s:i}", "names", "socketcall",
						"action", ACT_ERRNO, "errnoRet", ENOSYS));
}

/* clone(2) for processes and threads, but not for namespaces */
static void clone_add(json_t *syscalls)
{
#ifdef __s390x__
	const unsigned flags_arg = 1;
#else
	const unsigned flags_arg = 0;
#endif

	filter_add(syscalls,
		&(struct filter){"clone", "SCMP_CMP_MASKED_EQ", flags_arg, CLONE_NAMESPACES, 0});
	/* clone3(2)'s flags are in memory; told that it does not exist, C libraries use clone(2) */
	json_array_append_new(syscalls, json_pack("{s:[s], s:s, s:i}", "names", "clone3", "action",
						ACT_ERRNO, "errnoRet", ENOSYS));
}

json_t *seccomp_default(uint64_t caps)
{
	json_t *names = json_array(), *syscalls = json_array();

	socketcall_add(syscalls);
	names_add(names, always);
	names_add(names, ARCH_CALLS);
	if (seccomp_kernel_at_least("4.8") > 0)
		names_add(names, "process_vm_readv process_vm_writev ptrace");
	for (size_t i = 0; i < ARRAY_SIZE(grants); i++)
		if (caps & (UINT64_C(1) << grants[i].cap))
			names_add(names, grants[i].calls);
	json_array_append_new(
		syscalls, json_pack("{s:o, s:s}", "names", names, "action", ACT_ALLOW));
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		filter_add(syscalls, &filters[i]);
	if (!(caps & (UINT64_C(1) << CAP_SYS_ADMIN)))
		clone_add(syscalls);
	return json_pack("{s:s, s:i, s:o, s:o}", "defaultAction", ACT_ERRNO, "defaultErrnoRet",
		EPERM, "architectures", seccomp_architectures(), "syscalls", syscalls);
}
