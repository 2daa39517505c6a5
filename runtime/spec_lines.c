#include "runtime/base/fd.h"
#include "runtime/spec_parts.h"

#include <fcntl.h>

#define LINES_FILE_CAP ((size_t)4 << 20)

int spec_lines(const char *flag, const char *path, spec_line_fn *add, void *arg, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = LINES_FILE_CAP};
	_cleanup_strv_ struct strv lines = {0};
	/* the user has named it: a pipe that the shell makes of <(command) is as good as a file */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : fd_read_all(fd, &b);

	if (r < 0)
		return err_set(err, -r, "%s %s", flag, path);
	if (memchr(buf_str(&b), '\0', b.len))
		return err_set(err, ERR_USAGE, "%s %s: not a text file", flag, path);
	strv_split(&lines, buf_str(&b), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		line += strspn(line, " \t");
		len = strcspn(line, "\r");
		if (len == 0 || *line == '#')
			continue;
		text = xstrndup(line, line[len + (line[len] == '\r')] ? strlen(line) : len);
		if (strcspn(text, " \t") < strcspn(text, "="))
			return err_set(err, ERR_USAGE, "%s %s, line %zu: white space in a name",
				flag, path, i + 1);
		if (add(arg, text, err) < 0)
			return err_wrap(err, "%s %s, line %zu", flag, path, i + 1);
	}
	return 0;
}
