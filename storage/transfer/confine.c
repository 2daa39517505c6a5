#include "storage/transfer/confine.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* in newer headers only; ABI 2 and 3 */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

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

static bool restrict_writes(int dirfd, int second)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = WRITES};
	_cleanup_close_ int ruleset = -EBADF;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	/* ABI 1 forbids every rename between directories, which taking a layer in needs */
	if (abi < 2)
		return false;
	if (abi >= 3)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return false;
	if (!allow_below(ruleset, attr.handled_access_fs, dirfd) ||
		!allow_below(ruleset, attr.handled_access_fs, second))
		return false;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool confine_writes(int dirfd)
{
	return confine_writes_in(dirfd, -EBADF);
}

bool confine_writes_in(int dirfd, int second)
{
	struct rlimit none = {0, 0};
	bool enforced = false;

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		enforced = restrict_writes(dirfd, second);
	log_debug("writes are %s", enforced ? "confined" : "not confined (no Landlock)");
	return enforced;
}

void confine_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &head, none);
}
