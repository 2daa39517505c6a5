#include "runtime/spec_parts.h"

#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/user.h"
#include "userns/account.h"

#include <fcntl.h>
#include <unistd.h>

/**
 * struct who - a user or a group that a container's files get
 * @wanted: asked for by a flag: the file is made if there is none
 */
struct who {
	const char *name, *full, *home, *members;
	uint64_t uid, gid;
	bool wanted;
};

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* one pass: what is put in is not looked at again */
static char *replaced(const char *text, const char *const vars[][2], size_t n)
{
	struct buf out = {0};

	while (*text) {
		size_t i;

		for (i = 0; i < n && !str_after(text, vars[i][0]); i++)
			;
		if (i == n) {
			buf_addc(&out, *text++);
			continue;
		}
		buf_adds(&out, vars[i][1]);
		text += strlen(vars[i][0]);
	}
	return buf_take(&out);
}

static void add(json_t *list, const struct who *w, const char *name, uint64_t id, const char *line)
{
	/* what came from a directory service must not be two lines, or other fields */
	if (strchr(line, '\n'))
		return;
	json_array_append_new(
		list, json_pack("{s:o, s:I, s:o, s:b}", "name", json_str(name), "id",
			      (json_int_t)id, "line", json_str(line), "create", w->wanted));
}

static void add_user(const struct spec *s, json_t *list, const struct who *w)
{
	_cleanup_free_ char *uid = xasprintf("%llu", (unsigned long long)w->uid),
			    *gid = xasprintf("%llu", (unsigned long long)w->gid), *line = NULL;
	const char *const vars[][2] = {{"$USERNAME", w->name}, {"$UID", uid}, {"$GID", gid},
		{"$NAME", w->full}, {"$HOME", w->home}};

	line = s->o->passwd_entry
		       ? replaced(s->o->passwd_entry, vars, ARRAY_SIZE(vars))
		       : xasprintf("%s:*:%s:%s:%s:%s:/bin/sh", w->name, uid, gid, w->full, w->home);
	add(list, w, w->name, w->uid, line);
}

static void add_group(const struct spec *s, json_t *list, const struct who *w)
{
	_cleanup_free_ char *gid = xasprintf("%llu", (unsigned long long)w->gid), *line = NULL;
	const char *const vars[][2] = {
		{"$GROUPNAME", w->name}, {"$GID", gid}, {"$USERLIST", w->members}};

	line = s->o->group_entry ? replaced(s->o->group_entry, vars, ARRAY_SIZE(vars))
				 : xasprintf("%s:x:%s:%s", w->name, gid, w->members);
	add(list, w, w->name, w->gid, line);
}

/* A home of the host is one in the container only if it is mounted there. */
static const char *home_of(const struct spec *s, const char *home)
{
	json_t *m;
	size_t i;

	json_array_foreach (json_object_get(s->config, "mounts"), i, m) {
		const char *target = json_get_str(m, "destination", ""),
			   *rest = home && !str_eq(target, "/") ? str_after(home, target) : NULL;

		if (rest && (!*rest || *rest == '/'))
			return home;
	}
	return json_get_str(s->process, "cwd", "/");
}

/* the name that the host has for a group; NULL if /etc/group does not say */
static char *host_group(uint64_t gid)
{
	_cleanup_buf_ struct buf text = {.cap = USER_FILE_CAP};
	_cleanup_strv_ struct strv lines = {0};

	if (fs_read_at(AT_FDCWD, "/etc/group", &text, NULL) < 0)
		return NULL;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_strv_ struct strv f = {0};
		uint64_t n;

		strv_split(&f, line, ":");
		if (f.n > 2 && parse_u64(f.v[2], &n) == 0 && n == gid)
			return xstrdup(f.v[0]);
	}
	return NULL;
}

static int host_user(const struct spec *s, json_t *users, const char *user, struct err *err)
{
	_cleanup_json_ json_t *account = NULL;
	const char *name;
	struct who w = {.wanted = true};
	int r = account_ask(user, &account, err);

	if (r < 0)
		return r;
	name = json_get_str(account, "name", NULL);
	if (!name)
		return err_set(err, ERR_USAGE, "--hostuser: there is no user '%.80s' here", user);
	w.name = name;
	w.full = json_get_str(account, "full", w.name);
	w.home = home_of(s, json_get_str(account, "home", NULL));
	w.uid = (uint64_t)json_get_int(account, "id", geteuid());
	w.gid = (uint64_t)json_get_int(account, "group", getegid());
	add_user(s, users, &w);
	return 0;
}

/* keep-id: the host's user, as the host knows it */
static void kept_user(const struct spec *s, json_t *users, json_t *groups)
{
	struct account a;
	struct who u = {.uid = geteuid(), .gid = getegid(), .wanted = true}, g = u;
	_cleanup_free_ char *number = xasprintf("%u", (unsigned)u.uid), *group = host_group(u.gid);

	account_find(geteuid(), &a);
	u.name = u.full = a.name ? a.name : number;
	u.home = home_of(s, a.home);
	add_user(s, users, &u);
	g.name = group ? group : u.name;
	g.members = u.name;
	add_group(s, groups, &g);
	account_done(&a);
}

/* --user, or the image's: numbers that the files may not know */
static void numbered_user(const struct spec *s, json_t *users, json_t *groups)
{
	const char *text = json_get_str(json_object_get(s->process, "user"), "username", "");
	_cleanup_strv_ struct strv parts = {0};
	struct who u = {.full = "container user",
			   .home = json_get_str(s->process, "cwd", "/"),
			   .wanted = s->o->passwd_entry != NULL},
		   g;

	strv_split(&parts, text, ":");
	if (parts.n == 0)
		return;
	if (is_number(parts.v[0]) && parse_u64_max(parts.v[0], UINT32_MAX - 1, &u.uid) < 0)
		return;
	if (parts.n > 1 && is_number(parts.v[1]))
		parse_u64_max(parts.v[1], UINT32_MAX - 1, &u.gid);
	g = u;
	u.name = parts.v[0];
	if (is_number(u.name) && (u.uid || s->o->passwd_entry))
		add_user(s, users, &u);
	g.name = parts.n > 1 ? parts.v[1] : is_number(u.name) ? "0" : "";
	g.members = parts.v[0];
	g.wanted = s->o->group_entry != NULL;
	if (is_number(g.name) && (g.gid || s->o->group_entry))
		add_group(s, groups, &g);
}

static int check_line(const char *flag, const char *line, struct err *err)
{
	if (!line || (*line && !strchr(line, '\n')))
		return 0;
	return err_set(err, ERR_USAGE, "%s is one line", flag);
}

int spec_add_accounts(struct spec *s, struct err *err)
{
	_cleanup_json_ json_t *users = json_array(), *groups = json_array();
	int r = check_line("--passwd-entry", s->o->passwd_entry, err);

	if (r == 0)
		r = check_line("--group-entry", s->o->group_entry, err);
	if (r < 0 || !s->o->passwd)
		return r;
	strv_foreach (i, user, &s->o->hostuser) {
		r = host_user(s, users, user, err);
		if (r < 0)
			return r;
	}
	if (s->kept_own && !s->o->user)
		kept_user(s, users, groups);
	else
		numbered_user(s, users, groups);
	if (json_array_size(users) + json_array_size(groups) > 0)
		json_object_set_new(json_object_get(s->process, "user"), "accounts",
			json_pack("{s:O, s:O}", "passwd", users, "group", groups));
	return 0;
}
