#include "runtime/quadlet/shelf.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/quadlet/quadlet.h"
#include "runtime/quadlet/search.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST	 ".app"
#define FILE_MAX ((size_t)1 << 20)

char *shelf_dir(bool user)
{
	const char *chosen = getenv("QUADLET_UNIT_DIRS"), *config = getenv("XDG_CONFIG_HOME"),
		   *home = getenv("HOME");

	if (!str_empty(chosen))
		return xstrndup(chosen, strcspn(chosen, ":"));
	if (!user)
		return xstrdup("/etc/rl/systemd");
	if (!str_empty(config))
		return path_join(config, "rl/systemd");
	return str_empty(home) ? NULL : path_join(home, ".config/rl/systemd");
}

void shelf_item_done(struct shelf_item *item)
{
	free(item->app);
	strv_done(&item->names);
	strv_done(&item->texts);
	*item = (struct shelf_item){0};
}

/* ---- reading ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_text(struct shelf_item *item, const char *name, const char *text, struct err *err)
{
	if (!*name || *name == '.' || strchr(name, '/'))
		return err_say(err, EINVAL, "'%.80s' is not a name for a file of a quadlet", name);
	if (strv_has(&item->names, name))
		return err_say(err, EEXIST, "there are two files of the name %.80s", name);
	strv_add(&item->names, name);
	strv_add(&item->texts, text);
	return 0;
}

static int add_file(struct shelf_item *item, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = FILE_MAX};
	int r = fs_read_at(AT_FDCWD, path, &text, err);

	if (r < 0)
		return r;
	if (strlen(buf_str(&text)) != text.len)
		return err_say(err, EINVAL, "%s is not text", path);
	return add_text(item, base_name(path), buf_str(&text), err);
}

static int add_directory(struct shelf_item *item, const char *path, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(AT_FDCWD, path, &names, err);

	strv_foreach (i, name, &names) {
		_cleanup_free_ char *file = path_join(path, name);

		if (r == 0 && *name != '.')
			r = add_file(item, file, err);
	}
	return r;
}

/* "# FileName=web" and the first section name the file of a part */
static int add_part(struct shelf_item *item, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv lines = {0};
	_cleanup_free_ char *name = NULL, *section = NULL, *file = NULL;

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines) {
		const char *s = line + strspn(line, " \t");
		const char *value =
			*s == '#' ? str_after(s + 1 + strspn(s + 1, " \t"), "FileName=") : NULL;

		if (value && !name)
			name = xstrndup(value, strcspn(value, " \t\r"));
		if (*s == '[' && strchr(s, ']') && !section)
			section = xstrndup(s + 1, strcspn(s + 1, "]"));
	}
	if (!section && !name && !text[strspn(text, " \t\r\n")])
		return 0;
	if (!name || !section) {
		err_say(err, EINVAL, "a part has no %s",
			name ? "section that makes it a quadlet" : "name");
		return err_hint(err, "each part has a line '# FileName=NAME' and a section, such "
				     "as [Container]");
	}
	for (char *p = section; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	file = xasprintf("%s.%s", name, section);
	if (!quadlet_type_of(file))
		return err_say(err, EINVAL, "%.80s: no quadlet has a section [%.40s] first", name,
			section);
	return add_text(item, file, text, err);
}

static int add_parts(struct shelf_item *item, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = FILE_MAX}, part = {.cap = FILE_MAX};
	_cleanup_strv_ struct strv lines = {0};
	int r = fs_read_at(AT_FDCWD, path, &text, err);

	if (r < 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		size_t len = strspn(line, "-");

		if (len == 3 && !line[len + strspn(line + len, " \t\r")]) {
			r = add_part(item, buf_str(&part), err);
			part.len = 0;
		} else {
			buf_adds(&part, line);
			buf_adds(&part, "\n");
		}
		if (r < 0)
			return err_wrap(err, "%s", path);
	}
	r = add_part(item, buf_str(&part), err);
	return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* the name without what is behind its last point, or a slash at its end */
static char *stem_of(const char *path)
{
	_cleanup_free_ char *clean = path_clean(path);
	const char *name = base_name(clean), *dot = strrchr(name, '.');

	return dot && dot > name ? xstrndup(name, (size_t)(dot - name)) : xstrdup(name);
}

int shelf_read(const struct strv *paths, struct shelf_item *ret, struct err *err)
{
	const char *first = paths->v[0];
	struct shelf_item item = {0};
	struct stat st;
	int r = 0;

	if (strstr(first, "://")) {
		err_say(err, EOPNOTSUPP, "%s: an address cannot be installed", first);
		return err_hint(err, "download it and look at it first");
	}
	if (stat(first, &st) < 0)
		return err_set(err, errno, "%s", first);
	if (S_ISDIR(st.st_mode))
		r = add_directory(&item, first, err);
	else if (str_ends(first, ".quadlets"))
		r = add_parts(&item, first, err);
	else if (quadlet_type_of(base_name(first)))
		r = add_file(&item, first, err);
	else
		r = err_say(err, EINVAL, "%s is no quadlet", first);
	for (size_t i = 1; r == 0 && i < paths->n; i++)
		r = add_file(&item, paths->v[i], err);
	if (r == 0 && (item.names.n > 1 || S_ISDIR(st.st_mode) || str_ends(first, ".quadlets")))
		item.app = stem_of(first);
	if (r == 0 && item.app && (!*item.app || *item.app == '.' || strchr(item.app, '/')))
		r = err_say(err, EINVAL, "%s: that is no name for an application", first);
	if (r < 0) {
		shelf_item_done(&item);
		return r;
	}
	*ret = item;
	return 0;
}

/* ---- checking ---- */

/* whose faults count, and the first of them: the generator's complaints come without an argument */
static const struct shelf_item *checked;
static struct err fault;

static void complain(const char *name, const struct err *err)
{
	if (fault.code || !strv_has(&checked->names, base_name(name)))
		return;
	fault = *err;
	err_wrap(&fault, "%s", base_name(name));
}

static int refuse_twin(const struct quadlet *old, const char *path, bool replace, struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	if (!old || (replace && real && str_eq(real, old->source.path)))
		return 0;
	err_say(err, EEXIST, "there is a quadlet %s: %s", old->source.name, old->source.path);
	return err_hint(err,
		replace ? "it is somewhere else: remove it first" : "--replace takes its place");
}

static int add_new(struct quadlet_set *set, const struct quadlet_set *there, const char *dir,
	const char *name, const char *text, bool replace, struct err *err)
{
	_cleanup_(unitfile_done) struct unitfile u = {
		.name = xstrdup(name), .path = path_join(dir, name)};
	int r = refuse_twin(quadlet_find(there, name), u.path, replace, err);

	if (r == 0)
		r = unitfile_parse(&u, text, name, err);
	if (r == 0)
		quadlet_add(set, quadlet_type_of(name), &u);
	return r;
}

/* convert those that are to be beside those that are there, as the generator will, and look whether they come through */
static int check(
	bool user, const struct shelf_item *item, const char *dir, bool replace, struct err *err)
{
	_cleanup_(quadlet_set_done) struct quadlet_set set = {.user = user, .rl = "rl"},
						       there = {.user = user};
	_cleanup_strv_ struct strv dirs = {0};
	int r = 0;

	checked = item;
	fault = (struct err){0};
	search_dirs(user, &dirs);
	search_load(&there, &dirs, complain);
	fault = (struct err){0};
	for (size_t i = 0; r == 0 && i < item->names.n; i++)
		if (quadlet_type_of(item->names.v[i]))
			r = add_new(&set, &there, dir, item->names.v[i], item->texts.v[i], replace,
				err);
	if (r < 0)
		return r;
	if (set.n == 0)
		return err_say(err, EINVAL, "there is no quadlet among the files");
	for (size_t i = 0; i < there.n; i++)
		if (!strv_has(&item->names, there.v[i].source.name))
			quadlet_add(&set, there.v[i].type, &there.v[i].source);
	quadlet_convert(&set, complain);
	if (fault.code && err)
		*err = fault;
	return -fault.code;
}

/* ---- on the shelf ---- */

static char *place_of(bool user, const char *app)
{
	_cleanup_free_ char *shelf = shelf_dir(user);

	return shelf && app ? path_join(shelf, app) : take_ptr(shelf);
}

static int open_place(bool user, const char *app)
{
	_cleanup_free_ char *dir = place_of(user, app);

	return dir && *app && *app != '.' && !strchr(app, '/')
		       ? open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
		       : -1;
}

/* names in the list of an application; others than plain ones are nothing of ours */
static int read_list(int dirfd, struct strv *ret)
{
	_cleanup_buf_ struct buf text = {.cap = FILE_MAX};
	_cleanup_strv_ struct strv lines = {0};
	int r = fs_read_at(dirfd, LIST, &text, NULL);

	if (r < 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines)
		if (*line && *line != '.' && !strchr(line, '/'))
			strv_add(ret, line);
	return 0;
}

static int write_list(int dirfd, const struct strv *names, struct err *err)
{
	_cleanup_free_ char *text = strv_join(names, "\n");

	return fs_write_at(dirfd, LIST, text, strlen(text), 0644, 0, err);
}

static int put_files(int dirfd, const struct shelf_item *item, struct err *err)
{
	_cleanup_strv_ struct strv old = {0};
	int r = 0;

	read_list(dirfd, &old);
	if (item->app) {
		_cleanup_strv_ struct strv all = {0};

		/* those of before, until they are gone */
		strv_addv(&all, &item->names);
		strv_foreach (i, name, &old)
			if (!strv_has(&all, name))
				strv_add(&all, name);
		r = write_list(dirfd, &all, err);
	}
	for (size_t i = 0; r == 0 && i < item->names.n; i++)
		r = fs_write_at(dirfd, item->names.v[i], item->texts.v[i], strlen(item->texts.v[i]),
			0644, 0, err);
	if (r < 0 || !item->app)
		return r;
	strv_foreach (i, name, &old)
		if (!strv_has(&item->names, name))
			unlinkat(dirfd, name, 0);
	return write_list(dirfd, &item->names, err);
}

/* a directory that somebody else made is not ours to fill */
static int check_place(
	const char *dir, const struct shelf_item *item, bool replace, struct err *err)
{
	_cleanup_free_ char *list = path_join(dir, LIST);

	if (!item->app || access(dir, F_OK) < 0)
		return 0;
	if (access(list, F_OK) < 0)
		return err_say(err, EEXIST, "%s is there, and is no application", dir);
	if (replace)
		return 0;
	err_say(err, EEXIST, "there is an application %s", item->app);
	return err_hint(err, "--replace takes its place");
}

int shelf_install(
	bool user, const struct shelf_item *item, bool replace, struct strv *ret, struct err *err)
{
	_cleanup_free_ char *dir = place_of(user, item->app);
	_cleanup_close_ int dirfd = -EBADF;
	int r;

	if (!dir) {
		err_say(err, ENOENT, "there is no directory for the files of quadlets");
		return err_hint(err, "set HOME or XDG_CONFIG_HOME");
	}
	r = check_place(dir, item, replace, err);
	if (r == 0)
		r = check(user, item, dir, replace, err);
	if (r == 0)
		r = fs_mkdirs_at(AT_FDCWD, dir, 0755, err);
	if (r == 0)
		r = dirfd = fs_opendir_at(AT_FDCWD, dir, err);
	if (r >= 0)
		r = put_files(dirfd, item, err);
	if (r < 0)
		return r;
	strv_foreach (i, name, &item->names)
		if (quadlet_type_of(name))
			strv_take(ret, path_join(dir, name));
	return 0;
}

char *shelf_app(bool user, const char *path)
{
	_cleanup_free_ char *shelf = shelf_dir(user), *real = shelf ? realpath(shelf, NULL) : NULL;
	const char *rest = real ? str_after(path, real) : NULL, *slash;
	_cleanup_free_ char *app = NULL;
	_cleanup_close_ int dirfd = -EBADF;
	_cleanup_strv_ struct strv names = {0};

	slash = rest && *rest == '/' ? strchr(rest + 1, '/') : NULL;
	if (!slash)
		return NULL;
	app = xstrndup(rest + 1, (size_t)(slash - rest - 1));
	dirfd = open_place(user, app);
	return dirfd >= 0 && read_list(dirfd, &names) == 0 && strv_has(&names, slash + 1)
		       ? take_ptr(app)
		       : NULL;
}

/* @ret_names: what was put there; Return: its directory, or -ENOENT */
static int open_app(bool user, const char *app, struct strv *ret_names, struct err *err)
{
	_cleanup_close_ int dirfd = open_place(user, app);

	if (dirfd < 0 || read_list(dirfd, ret_names) < 0)
		return err_say(err, ENOENT, "there is no quadlet or application %s", app);
	return take_fd(dirfd);
}

int shelf_members(bool user, const char *app, struct strv *ret, struct err *err)
{
	_cleanup_free_ char *dir = place_of(user, app);
	_cleanup_strv_ struct strv names = {0};
	_cleanup_close_ int dirfd = open_app(user, app, &names, err);

	if (dirfd < 0)
		return dirfd;
	strv_foreach (i, name, &names)
		if (quadlet_type_of(name))
			strv_take(ret, path_join(dir, name));
	return 0;
}

int shelf_remove_app(bool user, const char *app, struct err *err)
{
	_cleanup_free_ char *dir = place_of(user, app);
	_cleanup_strv_ struct strv names = {0};
	_cleanup_close_ int dirfd = open_app(user, app, &names, err);

	if (dirfd < 0)
		return dirfd;
	strv_foreach (i, name, &names)
		if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
			return err_set(err, errno, "remove %s/%s", dir, name);
	unlinkat(dirfd, LIST, 0);
	/* what the user put there keeps it */
	rmdir(dir);
	return 0;
}
