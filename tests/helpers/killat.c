/*
 * killat - a preloaded library that ends a program at its N-th system call of those that change something
 *
 * KILLAT=N       at which one (counted over all processes that share the counter); 0 only counts
 * KILLAT_FILE    the counter, a file of at least 8 bytes
 * KILLAT_GROUP=1 all processes of the group die, as when the machine is cut off; otherwise the caller alone
 *
 * A set-uid program ignores it, which is wanted: newuidmap is not what is tested.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned *counter, victim;
static int group;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("KILLAT_FILE"), *n = getenv("KILLAT");
	int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	int fd = file ? real_open(file, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return;
	counter = map;
	victim = n ? (unsigned)strtoul(n, NULL, 10) : 0;
	group = getenv("KILLAT_GROUP") != NULL;
}

static void step(void)
{
	if (!counter || __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST) != victim)
		return;
	if (group)
		kill(0, SIGKILL);
	kill(getpid(), SIGKILL);
}

#define WRAP(type, name, params, ...)                                                              \
	type name params                                                                           \
	{                                                                                          \
		static __typeof__(&name) real;                                                     \
                                                                                                   \
		if (!real)                                                                         \
			real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                         \
		step();                                                                            \
		return real(__VA_ARGS__);                                                          \
	}

#define WRAP_OPEN(name)                                                                            \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		static int (*real)(const char *, int, ...);                                        \
		va_list ap;                                                                        \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(ap, flags);                                                               \
		mode = va_arg(ap, mode_t);                                                         \
		va_end(ap);                                                                        \
		if (!real)                                                                         \
			real = dlsym(RTLD_NEXT, #name);                                            \
		step();                                                                            \
		return real(path, flags, mode);                                                    \
	}

#define WRAP_OPENAT(name)                                                                          \
	int name(int dir, const char *path, int flags, ...)                                        \
	{                                                                                          \
		static int (*real)(int, const char *, int, ...);                                   \
		va_list ap;                                                                        \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(ap, flags);                                                               \
		mode = va_arg(ap, mode_t);                                                         \
		va_end(ap);                                                                        \
		if (!real)                                                                         \
			real = dlsym(RTLD_NEXT, #name);                                            \
		step();                                                                            \
		return real(dir, path, flags, mode);                                               \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
WRAP(ssize_t, write, (int fd, const void *data, size_t n), fd, data, n)
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t at), fd, data, n, at)
WRAP(int, renameat, (int a, const char *from, int b, const char *to), a, from, b, to)
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned f), a, from, b, to,
	f)
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int f), a, from, b, to, f)
WRAP(int, symlinkat, (const char *to, int dir, const char *path), to, dir, path)
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), dir, path, mode)
WRAP(int, unlinkat, (int dir, const char *path, int flags), dir, path, flags)
WRAP(int, fsync, (int fd), fd)
WRAP(int, fdatasync, (int fd), fd)
WRAP(int, syncfs, (int fd), fd)
WRAP(int, ftruncate, (int fd, off_t n), fd, n)
WRAP(int, mount, (const char *s, const char *t, const char *type, unsigned long f, const void *d),
	s, t, type, f, d)
WRAP(int, move_mount, (int a, const char *from, int b, const char *to, unsigned f), a, from, b, to,
	f)
