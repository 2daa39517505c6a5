/*
 * rl-exec - the last step into a container: execve(2) of the command, and nothing else
 *
 * Whoever executes the container's command is, at that moment, what /proc/self/exe names inside the container.  If
 * that were rl, an image whose entry point is "#!/proc/self/exe" would run rl with the image's own dynamic linker, get
 * hold of the file and overwrite it.  So the launcher executes a sealed copy of this program in memory, and
 * this program executes the command: there is nothing to overwrite, and no library to load.  It is freestanding to be
 * a page or two.
 *
 * argv: PATH FD ARG0 [ARG...]: executes PATH with ARG0…; a failure is written to FD, a socket, as a message of
 * sync.h's SYNC_ERRNO kind.
 */
#include <linux/fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

__attribute__((noreturn, used)) void start(long *sp);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall "
	"start\n");

static long sys3(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tb start\n");

static long sys3(long nr, long a, long b, long c)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#else
#error "the entry point is written for x86_64 and aarch64"
#endif

static const char refusal[] =
	"Error: the command is /proc/self/exe, which is nothing of the container's\n";

void start(long *sp)
{
	char **argv = (char **)(sp + 1), **envp = argv + sp[0] + 1;
	struct {
		char type, pad[3];
		int32_t value;
	} report = {.type = 'n'};
	const char *p = sp[0] >= 3 ? argv[1] : "";
	long fd = 0;

	while (*p >= '0' && *p <= '9')
		fd = fd * 10 + (*p++ - '0');
	if (fd > 2 && !*p) {
		/* a filter of the user's may forbid even that; then nobody hears of a failure, but nothing leaks */
		if (sys3(SYS_fcntl, fd, F_SETFD, 1 /* FD_CLOEXEC */) < 0)
			sys3(SYS_close, fd, 0, 0);
		report.value =
			(int32_t)-sys3(SYS_execve, (long)argv[0], (long)(argv + 2), (long)envp);
		sys3(SYS_write, fd, (long)&report, sizeof(report));
	} else {
		/* a command that is /proc/self/exe, or a script that wants it as its interpreter */
		sys3(SYS_write, 2, (long)refusal, sizeof(refusal) - 1);
	}
	for (;;)
		sys3(SYS_exit_group, 127, 0, 0);
}
