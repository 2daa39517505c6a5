#include "runtime/cgroup_undo.h"

#include "runtime/base/fs.h"

#include <stdlib.h>

void cgroup_undo_done(struct cgroup_undo *u)
{
	strv_done(&u->files);
	strv_done(&u->texts);
}

/* the line of @text that begins with @key and a space; owned by the caller, NULL if there is none */
static char *line_of(const char *text, const char *key)
{
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines) {
		const char *rest = str_after(line, key);

		if (rest && *rest == ' ')
			return xstrdup(line);
	}
	return NULL;
}

/* what takes away the line that @key gets now; NULL where there always is one */
static char *none_of(const char *file, const char *key)
{
	if (str_eq(file, "io.max"))
		return xasprintf("%s rbps=max wbps=max riops=max wiops=max", key);
	if (str_eq(file, "io.latency"))
		return xasprintf("%s target=max", key);
	if (str_ends(file, "weight"))
		return xasprintf("%s default", key);
	return NULL;
}

static bool has_lines(const char *file)
{
	return str_after(file, "io.") || str_after(file, "rdma.") || str_after(file, "misc.");
}

/* Return: what to write, owned by the caller, or NULL for nothing */
static char *text_back(const char *file, const char *old, const char *text)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, " "));
	bool of_device = has_lines(file) && text[strlen(key)];
	char *line = has_lines(file) ? line_of(old, of_device ? key : "default") : NULL;

	if (line)
		return line;
	if (of_device)
		return none_of(file, key);
	/* an empty list of processors is a line, too */
	return *old ? xstrdup(old) : xstrdup("\n");
}

void cgroup_undo_note(struct cgroup_undo *u, int dirfd, const char *file, const char *text)
{
	_cleanup_buf_ struct buf old = {.cap = 65536};
	_cleanup_free_ char *back = NULL;

	if (fs_read_at(dirfd, file, &old, NULL) < 0)
		return;
	back = text_back(file, buf_str(&old), text);
	if (!back)
		return;
	strv_add(&u->files, file);
	strv_add(&u->texts, back);
}
