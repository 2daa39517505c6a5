#include "runtime/accounts.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/user.h"

#include <fcntl.h>
#include <sys/stat.h>

bool accounts_known(const char *text, const char *name, uint64_t id)
{
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_strv_ struct strv fields = {0};
		uint64_t n;

		strv_split(&fields, line, ":");
		if (str_eq(fields.v[0], name) ||
			(fields.n > 2 && parse_u64(fields.v[2], &n) == 0 && n == id))
			return true;
	}
	return false;
}

static bool wants_file(const json_t *list)
{
	json_t *entry;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)list, i, entry)
		if (json_get_bool(entry, "create", false))
			return true;
	return false;
}

/* Return: a descriptor, -ENOENT where there is no file and none is to be made, or another negative errno */
static int open_file(int root, const char *path, bool create, struct err *err)
{
	/* not blocking: it may be a FIFO */
	int fd = path_open_in_root(
		root, path, O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY, 0, create ? NULL : err);
	_cleanup_close_ int made = -EBADF;

	if (fd == -ENOENT && create) {
		made = path_open_in_root(
			root, path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0644, err);
		if (made >= 0 && fchmod(made, 0644) < 0)
			return err_set(err, errno, "create %s", path);
		fd = made < 0 ? made : take_fd(made);
	}
	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	return fd < 0 ? err_wrap(err, "add the user to %s", path) : fd;
}

static int add_lines(int root, const char *path, const json_t *list, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = USER_FILE_CAP}, more = {0};
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	json_t *entry;
	size_t i;
	int r;

	if (!json_array_size(list))
		return 0;
	fd = open_file(root, path, wants_file(list), err);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s of the container is not a regular file", path);
	r = fd_read_all(fd, &text);
	if (r < 0)
		return err_set(err, -r, "read %s of the container", path);
	if (text.len && text.data[text.len - 1] != '\n')
		buf_addc(&more, '\n');
	json_array_foreach ((json_t *)(uintptr_t)list, i, entry) {
		const char *name = json_get_str(entry, "name", "");

		if (accounts_known(buf_str(&text), name,
			    (uint64_t)json_get_int(entry, "id", UINT32_MAX)) ||
			(!st.st_size && !json_get_bool(entry, "create", false)))
			continue;
		buf_addf(&more, "%s\n", json_get_str(entry, "line", ""));
	}
	if (more.len < 2)
		return 0;
	r = fd_write_full(fd, more.data, more.len);
	return r < 0 ? err_set(err, -r, "add the user to %s of the container", path) : 0;
}

int accounts_add(int root, const json_t *user, struct err *err)
{
	const json_t *accounts = json_object_get(user, "accounts");
	int r = add_lines(root, "/etc/passwd", json_object_get(accounts, "passwd"), err);

	return r < 0 ? r : add_lines(root, "/etc/group", json_object_get(accounts, "group"), err);
}
