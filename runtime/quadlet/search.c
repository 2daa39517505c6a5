#include "runtime/quadlet/search.h"

#include "runtime/base/fs.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* of one file, and of directories in each other */
#define FILE_MAX  ((size_t)1 << 20)
#define DEPTH_MAX 16

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* @path and what is below it, without drop-ins; of users/ the directories of other users are left out */
static void add_tree(const char *path, const char *skip, struct strv *ret, unsigned depth)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_free_ char *real = realpath(path, NULL);

	/* links may lead in circles */
	if (!real || strv_has(ret, real) || depth > DEPTH_MAX || !is_dir(real))
		return;
	strv_add(ret, real);
	fs_list_at(AT_FDCWD, real, &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *below = path_join(real, name);

		if (str_ends(name, ".d") || str_eq(name, skip) ||
			(str_eq(skip, "") && is_number(name)))
			continue;
		if (is_dir(below))
			add_tree(below, depth ? NULL : skip, ret, depth + 1);
	}
}

static void add_user_dirs(const char *tool, struct strv *ret)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *config = getenv("XDG_CONFIG_HOME"),
		   *home = getenv("HOME");
	static const char *const machine[] = {"/etc", "/usr/share"};

	if (!str_empty(runtime)) {
		_cleanup_free_ char *path = xasprintf("%s/%s/systemd", runtime, tool);

		add_tree(path, NULL, ret, 0);
	}
	if (!str_empty(config) || !str_empty(home)) {
		_cleanup_free_ char *path =
			xasprintf("%s%s/%s/systemd", str_empty(config) ? home : config,
				str_empty(config) ? "/.config" : "", tool);

		add_tree(path, NULL, ret, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++) {
		_cleanup_free_ char *all = xasprintf("%s/%s/systemd/users", machine[i], tool);
		_cleanup_free_ char *own = xasprintf("%s/%u", all, getuid());

		add_tree(own, NULL, ret, 0);
		add_tree(all, "", ret, 0);
	}
}

void search_dirs(bool user, struct strv *ret)
{
	static const char *const machine[] = {"/run", "/etc", "/usr/share"};
	const char *chosen = getenv("QUADLET_UNIT_DIRS");
	_cleanup_free_ char *podman =
		xasprintf("/usr/lib/systemd/%s-generators/podman-%s-generator",
			user ? "user" : "system", user ? "user" : "system");
	const char *const tools[] = {"rl", access(podman, F_OK) < 0 ? "containers" : NULL};

	if (!str_empty(chosen)) {
		_cleanup_strv_ struct strv dirs = {0};

		strv_split(&dirs, chosen, ":");
		strv_foreach (i, dir, &dirs)
			add_tree(dir, NULL, ret, 0);
		return;
	}
	for (size_t t = 0; t < ARRAY_SIZE(tools) && tools[t]; t++) {
		if (user) {
			add_user_dirs(tools[t], ret);
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(machine); i++) {
			_cleanup_free_ char *path =
				xasprintf("%s/%s/systemd", machine[i], tools[t]);

			add_tree(path, "users", ret, 0);
		}
	}
}

static int read_file(const char *path, struct unitfile *u, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = FILE_MAX};
	int r = fs_read_at(AT_FDCWD, path, &text, err);

	return r < 0 ? r : unitfile_parse(u, buf_str(&text), path, err);
}

/*
 * Directories of drop-ins, most special first: web-app@one.container.d, web-app@.container.d, web-@.container.d,
 * web-.container.d, container.d.
 */
static void drop_in_dirs(const char *name, const char *ext, struct strv *ret)
{
	size_t len = strlen(name) - strlen(ext);
	_cleanup_free_ char *base = xstrndup(name, len);
	char *at = strchr(base, '@');
	bool template = at != NULL, instance = template && at[1];

	strv_addf(ret, "%s.d", name);
	if (at)
		*at = '\0';
	if (instance)
		strv_addf(ret, "%s@%s.d", base, ext);
	for (char *dash = strrchr(base, '-'); dash; dash = strrchr(base, '-')) {
		dash[1] = '\0';
		if (template)
			strv_addf(ret, "%s@%s.d", base, ext);
		strv_addf(ret, "%s%s.d", base, ext);
		*dash = '\0';
	}
	strv_addf(ret, "%s.d", ext + 1);
}

/* *.conf of all of them, by name; the same name in a more special or more important directory hides the others */
static int add_drop_ins(
	struct unitfile *u, const char *ext, const struct strv *dirs, struct err *err)
{
	_cleanup_strv_ struct strv below = {0}, names = {0}, found = {0};

	drop_in_dirs(u->name, ext, &below);
	for (size_t b = 0; b < below.n; b++) {
		for (size_t d = 0; d < dirs->n; d++) {
			_cleanup_free_ char *dir = path_join(dirs->v[d], below.v[b]);
			_cleanup_strv_ struct strv files = {0};

			fs_list_at(AT_FDCWD, dir, &files, NULL);
			strv_foreach (i, file, &files) {
				if (!str_ends(file, ".conf") || strv_find_key(&found, file))
					continue;
				strv_add(&names, file);
				strv_addf(&found, "%s=%s/%s", file, dir, file);
			}
		}
	}
	strv_sort(&names);
	strv_foreach (i, name, &names) {
		int r = read_file(strv_find_key(&found, name), u, err);

		if (r < 0)
			return r;
	}
	return 0;
}

unsigned search_load(struct quadlet_set *set, const struct strv *dirs,
	void (*complain)(const char *name, const struct err *err))
{
	unsigned wrong = 0;

	strv_foreach (d, dir, dirs) {
		_cleanup_strv_ struct strv names = {0};

		fs_list_at(AT_FDCWD, dir, &names, NULL);
		strv_foreach (i, name, &names) {
			const struct quadlet_type *type = quadlet_type_of(name);
			_cleanup_(unitfile_done) struct unitfile u = {0};
			struct err err = {0};
			int r;

			if (!type || quadlet_find(set, name))
				continue;
			u.name = xstrdup(name);
			u.path = path_join(dir, name);
			r = read_file(u.path, &u, &err);
			if (r == 0)
				r = add_drop_ins(&u, type->ext, dirs, &err);
			if (r == 0) {
				quadlet_add(set, type, &u);
				continue;
			}
			if (complain)
				complain(u.path, &err);
			wrong++;
		}
	}
	return wrong;
}
