#include "storage/transfer/entry.h"

#include "runtime/base/path.h"
#include "runtime/base/str.h"

#include <limits.h>

int entry_refuse(struct err *err, const char *path, const char *why)
{
	return err_say(err, EBADMSG, "the archive is refused: \"%.200s\": %s", path, why);
}

int entry_clean_path(const char *raw, char **ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	size_t depth = 1;

	if (!raw || !*raw)
		return entry_refuse(err, "", "an entry has no name");
	if (strlen(raw) >= PATH_MAX)
		return entry_refuse(err, raw, "the name is too long");
	while (*raw == '/')
		raw++;
	path = path_clean(raw);
	if (str_eq(path, "..") || str_after(path, "../"))
		return entry_refuse(err, raw, "the name leads out of the image");
	for (const char *p = path; *p; p++)
		depth += *p == '/';
	if (depth > ENTRY_DEPTH_MAX)
		return entry_refuse(err, raw, "directories are nested too deeply");
	*ret = take_ptr(path);
	return 0;
}

mode_t entry_mode(const struct entry *en)
{
	return archive_entry_perm(en->e) & 07777;
}
