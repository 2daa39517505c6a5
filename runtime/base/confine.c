#include "runtime/base/confine.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* in newer headers only; ABI 2, 3, 5 */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

/* struct landlock_ruleset_attr as of ABI 6; what a kernel does not know must be zero or left out */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};

#define NET_BIND_TCP	      (1ULL << 0) /* ABI 4 */
#define NET_CONNECT_TCP	      (1ULL << 1)
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL	      (1ULL << 1)

#define WRITES                                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                    \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                        \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                      \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |                      \
		LANDLOCK_ACCESS_FS_REFER)

static bool allow_below(int ruleset, uint64_t access, int dirfd)
{
	struct landlock_path_beneath_attr below = {.allowed_access = access, .parent_fd = dirfd};

	return dirfd < 0 ||
	       syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0;
}

#define READS                                                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* @nothing: neither files nor network nor other processes; else what is read and connected to stays free */
static bool restrict_access(bool nothing, int dirfd, int second)
{
	struct ruleset_attr attr = {.fs = WRITES};
	_cleanup_close_ int ruleset = -EBADF;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	size_t size = sizeof(attr.fs);

	/* ABI 1 forbids every rename between directories, which taking a layer in needs */
	if (abi < 2)
		return false;
	if (nothing)
		attr.fs |= READS;
	if (abi >= 3)
		attr.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 4) {
		size = offsetof(struct ruleset_attr, scoped);
		attr.net = nothing ? NET_BIND_TCP | NET_CONNECT_TCP : NET_BIND_TCP;
	}
	if (abi >= 5)
		attr.fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi >= 6) {
		size = sizeof(attr);
		/* a worker signals its own children, which are not of its domain if they were there before */
		attr.scoped =
			nothing ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : SCOPE_ABSTRACT_SOCKET;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return false;
	if (!allow_below(ruleset, attr.fs, dirfd) || !allow_below(ruleset, attr.fs, second))
		return false;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define ARCH AUDIT_ARCH_RISCV64
#endif

#define X32_BIT 0x40000000u
#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
		CLONE_NEWCGROUP)

/* to run programs, to look into other processes, and what has no use but an attack on the kernel */
static const unsigned short refused[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_acct,
	SYS_personality,
	SYS_syslog,
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
#endif
};

#define LOAD(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(nr, n)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, (n))
#define ANSWER(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define ALLOW	     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* in the last part: the instruction that a socket(2) comes to first */
#define SOCKET_AT      8
#define FAMILY(family) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (family), 0, 1), ALLOW

/* Return: whether the kernel has it */
static bool restrict_calls(bool sockets)
{
#ifdef ARCH
	static const struct sock_filter first[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
		ANSWER(ENOSYS),
	};
	static const struct sock_filter last[] = {
		/* its flags are out of a filter's sight; libc takes clone() instead */
		IF(SYS_clone3, 1),
		ANSWER(ENOSYS),
		IF(SYS_clone, 4),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
		ANSWER(EPERM),
		ALLOW,
		/* what names and registries are asked with */
		IF(SYS_socket, 10),
		LOAD(args[0]),
		FAMILY(AF_UNIX),
		FAMILY(AF_INET),
		FAMILY(AF_INET6),
		FAMILY(AF_NETLINK),
		ANSWER(EAFNOSUPPORT),
		/* the terminal that standard error may be */
		IF(SYS_ioctl, 4),
		LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1),
		ANSWER(EPERM),
		ALLOW,
	};
	struct sock_filter code[ARRAY_SIZE(first) + 2 * ARRAY_SIZE(refused) + ARRAY_SIZE(last)];
	struct sock_fprog prog = {.filter = code, .len = ARRAY_SIZE(code)};
	size_t n = ARRAY_SIZE(first);

	memcpy(code, first, sizeof(first));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		code[n++] = (struct sock_filter)IF(refused[i], 1);
		code[n++] = (struct sock_filter)ANSWER(EPERM);
	}
	memcpy(code + n, last, sizeof(last));
	/* the answer to IF(SYS_socket) then comes before its families are looked at */
	if (!sockets)
		code[n + SOCKET_AT] = (struct sock_filter)ANSWER(EAFNOSUPPORT);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
#else
	return false;
#endif
}

static bool confine(bool nothing, int dirfd, int second)
{
	struct rlimit none = {0, 0};
	bool enforced = false;

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		enforced = restrict_access(nothing, dirfd, second);
		log_debug("system calls are %s",
			restrict_calls(!nothing) ? "confined" : "not confined (no seccomp)");
	}
	log_debug("%s %s", nothing ? "files are" : "writes are",
		enforced ? "confined" : "not confined (no Landlock)");
	return enforced;
}

bool confine_writes(int dirfd)
{
	return confine(false, dirfd, -EBADF);
}

bool confine_writes_in(int dirfd, int second)
{
	return confine(false, dirfd, second);
}

void confine_to_descriptors(void)
{
	confine_caps();
	confine(true, -EBADF, -EBADF);
}

void confine_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &head, none);
}
