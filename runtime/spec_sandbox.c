/*
 * A sandbox has the host's own files in place of an image's.
 *
 * Its root is a directory of the container's own, read-only, with the links of the host's "/" and one bind mount,
 * read-only, for each of its directories, everything mounted below included.  Nothing more is needed: the user is the same
 * user inside, and cannot write there outside, either.  (An overlay over "/" would not help: the kernel copies no
 * file up whose owner is not mapped, and none whose parents are such, and it allows no layer with locked mounts below.)
 * What the user can write to, or what belongs to the session, is replaced: an empty home, empty /tmp, /var/tmp and
 * /run, new /dev, /proc and /sys.  The one directory that is chosen is mounted at its own path, on top of all that.
 */
#include "runtime/spec_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* not the host's: made anew, hidden, or left out */
static const char *const replaced[] = {
	"dev", "home", "lost+found", "proc", "root", "run", "sys", "tmp"};

/* of the caller's environment: how to show things, and who one is; nothing that leads to a service or is secret */
static const char *const passed[] = {"COLORTERM", "COLUMNS", "EDITOR", "HOME", "LANG", "LANGUAGE",
	"LC_*", "LESS", "LINES", "LOGNAME", "LS_COLORS", "MANPATH", "NO_COLOR", "PAGER", "PATH",
	"SHELL", "TERM", "TERMINFO", "TZ", "USER", "VISUAL"};

static bool is_replaced(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(replaced); i++)
		if (str_eq(replaced[i], name))
			return true;
	return false;
}

/* whether @path is @dir or below it */
static bool is_within(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest && (!*rest || *rest == '/' || str_eq(dir, "/"));
}

int sandbox_check(const struct sandbox *b, struct err *err)
{
	static const char *const refused[] = {"/dev", "/proc", "/sys"};

	if (str_eq(b->dir, "/")) {
		err_say(err, ERR_USAGE, "a sandbox of / would be none");
		return err_hint(err, "name the directory that you work in");
	}
	if (b->home && is_within(b->home, b->dir)) {
		err_say(err, ERR_USAGE, "%s holds your home directory, which a sandbox hides",
			b->dir);
		return err_hint(err, "name a directory in it: keys and settings stay outside then");
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (is_within(b->dir, refused[i]))
			return err_say(
				err, ERR_USAGE, "%s cannot be a sandbox's directory", b->dir);
	return 0;
}

int sandbox_fill(int dirfd, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_close_ int root = -EBADF;
	char target[4096];
	int r;

	if (mkdirat(dirfd, "root", 0755) < 0 || fchmodat(dirfd, "root", 0755, 0) < 0)
		return err_set(err, errno, "create the sandbox's root");
	root = fs_opendir_at(dirfd, "root", err);
	r = root < 0 ? root : fs_list_at(AT_FDCWD, "/", &names, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("/%s", names.v[i]);
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (symlinkat(target, root, names.v[i]) < 0)
			r = err_set(err, errno, "create the link %s", path);
	}
	return r < 0 ? r : 0;
}

static void add_mount(json_t *mounts, const char *path, const char *type, const char *options)
{
	_cleanup_strv_ struct strv list = {0};

	strv_split(&list, options, ",");
	json_array_append_new(mounts,
		json_pack("{s:s, s:s, s:s, s:o}", "destination", path, "type", type, "source",
			str_eq(type, "bind") ? path : type, "options", json_from_strv(&list)));
}

/* The host's directories, but for those that the user cannot enter. */
static int add_host(json_t *mounts, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(AT_FDCWD, "/", &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("/%s", names.v[i]);
		struct stat st;

		if (is_replaced(names.v[i]) || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
			access(path, X_OK) < 0)
			continue;
		add_mount(mounts, path, "bind", "rbind,rprivate,nosuid,nodev,ro");
	}
	return r < 0 ? r : 0;
}

static bool holds_homes(const char *dir)
{
	const char *name = strrchr(dir, '/');

	return name && (strcasecmp(name, "/home") == 0 || strcasecmp(name, "/homes") == 0 ||
			       strcasecmp(name, "/users") == 0);
}

/* What is empty inside; of homes, that of others as well. */
static void add_empty(json_t *mounts, const char *home)
{
	_cleanup_free_ char *parent = home ? xstrdup(home) : NULL;

	add_mount(mounts, "/run", "tmpfs", "nosuid,nodev,mode=755");
	add_mount(mounts, "/tmp", "tmpfs", "nosuid,nodev,mode=1777");
	if (access("/var/tmp", F_OK) == 0)
		add_mount(mounts, "/var/tmp", "tmpfs", "nosuid,nodev,mode=1777");
	add_mount(mounts, "/home", "tmpfs", "nosuid,nodev,mode=755");
	if (!home)
		return;
	*strrchr(parent, '/') = '\0';
	if (holds_homes(parent) && !str_eq(parent, "/home"))
		add_mount(mounts, parent, "tmpfs", "nosuid,nodev,mode=755");
	add_mount(mounts, home, "tmpfs", "nosuid,nodev,mode=700");
}

static void add_dir(struct spec *s, json_t *mounts)
{
	static const char *const options[] = {
		[SANDBOX_WRITABLE] = "rbind,rprivate,nosuid,nodev,rw",
		[SANDBOX_COPIED] = "nosuid,nodev",
		[SANDBOX_READ_ONLY] = "rbind,rprivate,nosuid,nodev,ro",
	};
	const struct sandbox *b = s->o->sandbox;

	add_mount(
		mounts, b->dir, b->mode == SANDBOX_COPIED ? "rl-layers" : "bind", options[b->mode]);
	if (b->mode != SANDBOX_COPIED)
		return;
	json_set_str(s->record, "base", b->dir);
	json_object_set_new(s->record, "baseBelow", json_true());
}

/* The user is who he is outside, and there is nobody else. */
static void add_maps(struct spec *s)
{
	const struct {
		const char *key;
		unsigned id;
	} maps[] = {{"uidMappings", geteuid()}, {"gidMappings", getegid()}};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		json_object_set_new(s->os, maps[i].key,
			json_pack("[{s:I, s:I, s:I}]", "containerID", (json_int_t)maps[i].id,
				"hostID", (json_int_t)0, "size", (json_int_t)1));
}

/* Records of containers, this one's among them, are not for what runs in it, wherever they are. */
static int hide_store(struct spec *s, struct err *err)
{
	const char *const paths[] = {s->cs->store->path, s->cs->runpath};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (is_within(s->o->sandbox->dir, paths[i])) {
			err_say(err, ERR_USAGE, "%s is part of %s, where rl keeps its records",
				s->o->sandbox->dir, paths[i]);
			return err_hint(err, "name a directory outside of it");
		}
		json_array_append_new(json_object_get(s->os, "maskedPaths"), json_str(paths[i]));
	}
	return 0;
}

int spec_add_sandbox(struct spec *s, json_t *mounts, struct err *err)
{
	const struct sandbox *b = s->o->sandbox;
	int r = add_host(mounts, err);

	if (r == 0)
		r = hide_store(s, err);
	if (r < 0)
		return r;
	add_empty(mounts, b->home);
	add_dir(s, mounts);
	if (!b->root)
		add_maps(s);
	return 0;
}

void spec_sandbox_env(const struct spec *s, struct strv *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		spec_env_pass(env, passed[i]);
	if (s->o->sandbox->root)
		strv_set_key(env, "USER", "root");
}
