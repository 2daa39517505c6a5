/* Volumes in a store (check.h). */
#include "storage/check.h"
#include "storage/volume.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <unistd.h>

struct suspect {
	const struct store *s;
	const char *name;
};

static bool has_data(const struct suspect *v)
{
	_cleanup_free_ char *path = xasprintf("volumes/%s/" VOLUME_DATA, v->name);

	return faccessat(v->s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Its files are what counts: with a new record they can be used again. */
static int write_record(void *arg, struct err *err)
{
	const struct suspect *v = arg;
	_cleanup_json_ json_t *record = volume_record(v->name, "local");
	_cleanup_free_ char *path = xasprintf("volumes/%s", v->name);
	_cleanup_close_ int dir = fs_opendir_at(v->s->fd, path, err);

	return dir < 0 ? dir : volume_write(dir, record, err);
}

static int discard(void *arg, struct err *err)
{
	const struct suspect *v = arg;

	return store_discard(v->s, "volumes", v->name, err);
}

void check_volumes(const struct store *s, struct check *c)
{
	_cleanup_strv_ struct strv names = {0};

	if (faccessat(s->fd, "volumes", F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
		fs_list_at(s->fd, "volumes", &names, NULL) < 0)
		return;
	strv_foreach (i, name, &names) {
		struct suspect v = {s, name};
		struct check_finding f = {0};
		_cleanup_json_ json_t *record = NULL;
		struct err why = {0};
		bool is_volume = str_is_name(name) && has_data(&v);
		int r = is_volume ? volume_read(s, name, &record, &why) : 0;

		if (is_volume && (r == 0 || r == -ERR_NO_OBJECT || err_is_lack(r)))
			continue;
		check_object(&f, "volume %.253s", name);
		check_what(&f, is_volume ? "its record cannot be read" : "is not a volume");
		f.mend = is_volume ? "make a new record" : "remove it";
		check_found(c, &f, is_volume ? write_record : discard, &v);
	}
}
