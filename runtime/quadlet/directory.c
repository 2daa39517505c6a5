#include "runtime/quadlet/directory.h"

#include "runtime/base/mem.h"
#include "runtime/base/path.h"

#include <errno.h>
#include <strings.h>

bool quadlet_is_url(const char *s)
{
	return strstr(s, "://") || str_after(s, "git@") || str_after(s, "github.com/");
}

static void set_to(struct quadlet *q, const char *file)
{
	_cleanup_free_ char *path = quadlet_path(q, file);
	char *slash = strrchr(path, '/');

	if (slash && slash > path)
		*slash = '\0';
	quadlet_default(q, "WorkingDirectory", path);
}

int quadlet_directory(
	struct quadlet *q, const char *word, const char *file, char **ret_context, struct err *err)
{
	_cleanup_free_ char *value = quadlet_get(q, "SetWorkingDirectory");

	if (!value)
		return 0;
	if (strcasecmp(value, word) == 0) {
		if (!file)
			return err_say(err, EINVAL,
				"SetWorkingDirectory=%s: there is not one such file", word);
		set_to(q, file);
	} else if (strcasecmp(value, "unit") == 0) {
		set_to(q, q->source.name);
	} else if (!ret_context || strcasecmp(value, "yaml") == 0 ||
		   strcasecmp(value, "file") == 0) {
		return err_say(
			err, EINVAL, "SetWorkingDirectory=%.80s: write %s or unit", value, word);
	} else {
		if (!path_is_abs(value) && !quadlet_is_url(value))
			set_to(q, q->source.name);
		*ret_context = take_ptr(value);
	}
	return 0;
}
