#include "storage/authfile.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/base64.h"
#include "storage/credhelper.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTH_CAP   ((size_t)1 << 20)
#define DOCKER_HUB "https://index.docker.io/v1/"

/* an open file: its directory is locked */
struct authfile {
	char *path, *name; /* links followed; the last component, which points into @path */
	int dir;
	json_t *json;
};

static void authfile_done(struct authfile *f)
{
	free(f->path);
	fd_close(f->dir);
	json_decref(f->json);
}

char *authfile_default(void)
{
	const char *env = getenv("REGISTRY_AUTH_FILE"), *runtime = getenv("XDG_RUNTIME_DIR");
	_cleanup_strv_ struct strv files = {0};

	if (!str_empty(env))
		return xstrdup(env);
	/* /run/containers is not for everybody: without a session's directory the one that stays is taken */
	credentials_files(&files);
	return xstrdup(files.v[!path_is_abs(runtime) && files.n > 1 && getuid() != 0]);
}

static int open_dir(struct authfile *f, const char *path, bool make, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	char *slash;
	int r;

	/* a link stays a link: its target is what is replaced */
	f->path = realpath(path, NULL);
	if (!f->path)
		f->path = xstrdup(path);
	slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	dir = slash ? xstrndup(f->path, (size_t)(slash - f->path) + 1) : xstrdup(".");
	if (!*f->name)
		return err_set(err, EISDIR, "write %s", path);
	r = make ? fs_mkdirs_at(AT_FDCWD, dir, 0700, err) : 0;
	if (r < 0)
		return r;
	f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return err_set(err, errno, "open %s", dir);
	/* no file of ours beside theirs */
	while (flock(f->dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(err, errno, "lock %s", dir);
	return 0;
}

static int open_file(struct authfile *f, const char *path, bool make, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = AUTH_CAP};
	int r = open_dir(f, path, make, err);

	if (r < 0)
		return r;
	r = fs_read_at(f->dir, f->name, &b, err);
	if (r == -ENOENT && make)
		r = 0;
	if (r < 0)
		return err_wrap(err, "%s", path);
	if (b.len == 0) {
		f->json = json_object();
		return 0;
	}
	r = json_parse(b.data, b.len, path, &f->json, err);
	if (r == 0 && !json_is_object(f->json))
		r = err_say(err, ERR_REGISTRY, "%s is not a JSON object", path);
	return r;
}

/* as docker and podman write it: indented with tabs */
static char *pretty(const json_t *j)
{
	_cleanup_free_ char *text = json_dumps(j, JSON_INDENT(1));
	_cleanup_buf_ struct buf b = {.cap = AUTH_CAP};
	bool begin = true;

	if (!text)
		abort();
	for (const char *p = text; *p; p++) {
		buf_addc(&b, begin && *p == ' ' ? '\t' : *p);
		begin = *p == '\n' || (begin && *p == ' ');
	}
	explicit_bzero(text, strlen(text));
	return buf_take(&b);
}

static int write_file(struct authfile *f, struct err *err)
{
	_cleanup_free_ char *text = pretty(f->json);
	int r = fs_write_at(f->dir, f->name, text, strlen(text), 0600, FS_SYNC, err);

	explicit_bzero(text, strlen(text));
	return r < 0 ? err_wrap(err, "%s", f->path) : 0;
}

/* the helper that the file names for a registry; borrowed, NULL for none */
static const char *helper_of(const struct authfile *f, const char *key)
{
	json_t *helpers = json_object_get(f->json, "credHelpers"), *value;
	const char *name;

	json_object_foreach (helpers, name, value)
		if (json_is_string(value) && credentials_is_key(name, key))
			return json_string_value(value);
	name = json_get_str(f->json, "credsStore", "");
	/* helpers know hosts only */
	return *name && !strchr(key, '/') ? name : NULL;
}

static json_t *auths(struct authfile *f)
{
	json_t *j = json_object_get(f->json, "auths");

	if (json_is_object(j))
		return j;
	j = json_object();
	json_object_set_new(f->json, "auths", j);
	return j;
}

/* the entry's key as the file has it already; NULL if it has none */
static const char *existing(json_t *entries, const char *key)
{
	const char *name;
	json_t *value;

	json_object_foreach (entries, name, value)
		if (credentials_is_key(name, key))
			return name;
	return NULL;
}

static json_t *make_entry(const struct credentials *c)
{
	_cleanup_free_ char *plain = xasprintf("%s:%s", c->user, c->password);
	_cleanup_free_ char *coded = base64_encode(plain, strlen(plain));
	json_t *entry = json_object();

	json_set_str(entry, "auth", coded);
	explicit_bzero(plain, strlen(plain));
	explicit_bzero(coded, strlen(coded));
	return entry;
}

int authfile_set(const char *path, bool docker, const char *key, const struct credentials *c,
	struct err *err)
{
	_cleanup_(authfile_done) struct authfile f = {.dir = -EBADF};
	const char *helper, *name;
	json_t *entries, *entry;
	int r = open_file(&f, path, true, err);

	if (r < 0)
		return r;
	helper = helper_of(&f, key);
	if (helper) {
		r = credhelper_store(helper, key, c, err);
		if (r < 0)
			return r;
	}
	entries = auths(&f);
	name = existing(entries, key);
	if (!name)
		name = docker && str_eq(key, "docker.io") ? DOCKER_HUB : key;
	/* docker remembers by an empty entry that the helper has one */
	entry = helper ? json_object() : make_entry(c);
	json_object_set_new(entries, name, entry);
	return write_file(&f, err);
}

static int erase_helped(const struct authfile *f, const char *key, struct err *err)
{
	const char *helper = helper_of(f, key);

	return helper ? credhelper_erase(helper, key, err) : 0;
}

static int remove_all(struct authfile *f, struct err *err)
{
	json_t *entries = auths(f), *helpers = json_object_get(f->json, "credHelpers"), *value;
	bool any = json_object_size(entries) > 0;
	const char *name;

	json_object_foreach (entries, name, value) {
		int r = erase_helped(f, name, err);

		if (r < 0)
			return r;
	}
	json_object_foreach (helpers, name, value) {
		int r = erase_helped(f, name, err);

		if (r < 0)
			return r;
		any |= r > 0;
	}
	json_object_clear(entries);
	return any;
}

int authfile_remove(const char *path, const char *key, struct err *err)
{
	_cleanup_(authfile_done) struct authfile f = {.dir = -EBADF};
	const char *name;
	int r = open_file(&f, path, false, err), found;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	found = key ? erase_helped(&f, key, err) : remove_all(&f, err);
	if (found < 0)
		return found;
	while (key && (name = existing(auths(&f), key))) {
		json_object_del(auths(&f), name);
		found = 1;
	}
	r = found ? write_file(&f, err) : 0;
	return r < 0 ? r : found;
}
