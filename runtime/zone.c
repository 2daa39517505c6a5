#include "runtime/zone.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#include <fcntl.h>
#include <stdlib.h>

#define ZONES	 "/usr/share/zoneinfo"
#define LOCAL	 "/etc/localtime"
#define MAGIC	 "TZif"
#define ZONE_CAP ((size_t)1 << 20)

static int no_such(const char *name, const char *dir, struct err *err)
{
	err_say(err, ERR_USAGE, "--tz '%.80s': there is no such time zone in %s", name, dir);
	return err_hint(
		err, "write it as Europe/Berlin, or 'local'; the host's package tzdata has them");
}

static int open_zone(const char *name, const char *dir, struct err *err)
{
	_cleanup_close_ int top = -EBADF;
	int fd;

	if (str_eq(name, "local")) {
		fd = open(LOCAL, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		return fd < 0 ? err_set(err, errno, "--tz local: open " LOCAL) : fd;
	}
	top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = top < 0 ? -ENOENT
		     : path_open_in_root(top, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, NULL);
	return fd < 0 ? no_such(name, dir, err) : fd;
}

int zone_copy(const char *name, int dirfd, struct err *err)
{
	const char *env = getenv("TZDIR"), *dir = path_is_abs(env) ? env : ZONES;
	_cleanup_buf_ struct buf b = {.cap = ZONE_CAP};
	_cleanup_close_ int fd = open_zone(name, dir, err);
	int r = fd;

	if (r < 0)
		return r;
	if (fd_read_all(fd, &b) < 0 || !str_after(buf_str(&b), MAGIC))
		return no_such(name, dir, err);
	return fs_write_at(dirfd, ZONE_FILE, b.data, b.len, 0644, FS_FRESH, err);
}
