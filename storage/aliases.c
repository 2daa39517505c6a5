#include "storage/aliases.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/toml.h"
#include "userns/account.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_CAP  ((size_t)1 << 20)
#define FILE_NAME "short-name-aliases.conf"

/* ~/.cache/containers; NULL where there is no home */
static char *cache_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME");
	_cleanup_free_ char *home = NULL;

	if (path_is_abs(xdg))
		return path_join(xdg, "containers");
	home = account_home();
	return home ? path_join(home, ".cache/containers") : NULL;
}

/* Return: 0 with a new reference, also if there is no file */
static int read_file(int dir, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_CAP};
	int r = fs_read_at(dir, FILE_NAME, &b, err);

	if (r == -ENOENT) {
		*ret = json_object();
		return 0;
	}
	if (r < 0)
		return err_wrap(err, "%s", FILE_NAME);
	if (strlen(buf_str(&b)) != b.len)
		return err_say(err, ERR_REGISTRY, "%s: is not text", FILE_NAME);
	return toml_parse(buf_str(&b), FILE_NAME, ret, err);
}

int aliases_load(json_t *aliases, struct err *err)
{
	_cleanup_free_ char *path = cache_dir();
	_cleanup_close_ int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	_cleanup_json_ json_t *conf = NULL;
	json_t *mine;
	int r;

	if (dir < 0)
		return 0;
	r = read_file(dir, &conf, err);
	if (r < 0)
		return r;
	mine = json_object_get(conf, "aliases");
	if (json_is_object(mine))
		json_object_update(aliases, mine);
	return 0;
}

static void add_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static int write_file(int dir, json_t *aliases, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_CAP};
	const char *name;
	json_t *value;

	buf_adds(&b, "[aliases]\n");
	json_object_foreach (aliases, name, value) {
		if (!json_is_string(value))
			continue;
		buf_adds(&b, "  ");
		add_quoted(&b, name);
		buf_adds(&b, " = ");
		add_quoted(&b, json_string_value(value));
		buf_addc(&b, '\n');
	}
	if (b.full)
		return err_say(err, E2BIG, "%s has become too large", FILE_NAME);
	return fs_write_at(dir, FILE_NAME, b.data, b.len, 0600, 0, err);
}

int aliases_set(const char *name, const char *reference, struct err *err)
{
	_cleanup_free_ char *path = cache_dir();
	_cleanup_json_ json_t *conf = NULL;
	_cleanup_close_ int dir = -EBADF;
	json_t *aliases;
	int r;

	if (!path)
		return err_say(err, ENOENT, "there is no home directory to keep aliases in");
	r = fs_mkdirs_at(AT_FDCWD, path, 0700, err);
	if (r < 0)
		return r;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(err, errno, "open %s", path);
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(err, errno, "lock %s", path);
	r = read_file(dir, &conf, err);
	if (r < 0)
		return r;
	aliases = json_object_get(conf, "aliases");
	if (!json_is_object(aliases)) {
		aliases = json_object();
		json_object_set_new(conf, "aliases", aliases);
	}
	json_set_str(aliases, name, reference);
	return write_file(dir, aliases, err);
}
