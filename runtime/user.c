#include "runtime/user.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void user_done(struct user *u)
{
	free(take_ptr(u->groups));
	free(take_ptr(u->home));
	u->ngroups = 0;
}

static void add_group(struct user *u, gid_t gid)
{
	for (size_t i = 0; i < u->ngroups; i++)
		if (u->groups[i] == gid)
			return;
	if (u->ngroups >= USER_GROUPS_MAX)
		return;
	u->groups = xreallocarray(u->groups, u->ngroups + 1, sizeof(*u->groups));
	u->groups[u->ngroups++] = gid;
}

/* Cuts the next line of *@text into @n fields at colons; false at the end.  Fields that a line does not
   have are "". */
static bool next_line(char **text, char **field, size_t n)
{
	char *line = *text, *end;

	if (!line || !*line)
		return false;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	for (size_t i = 0; i < n; i++) {
		char *colon = line && i + 1 < n ? strchr(line, ':') : NULL;

		field[i] = line ? line : (char[]){""};
		if (colon)
			*colon++ = '\0';
		line = colon;
	}
	for (size_t i = 0; i < n; i++)
		if (!field[i])
			return false;
	return true;
}

static bool parse_id(const char *s, uint32_t *ret)
{
	uint64_t v;

	/* the last id means "none" to the system calls */
	if (!s || parse_u64_max(s, UINT32_MAX - 1, &v) < 0)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* finds a user by name or id; Return: whether found */
static bool find_user(
	char *passwd, const char *name, bool by_id, uint32_t id, struct user *ret, char **ret_name)
{
	enum { NAME, PASS, UID, GID, GECOS, HOME, SHELL, N };
	char *field[N];

	while (next_line(&passwd, field, N)) {
		uint32_t uid, gid;

		if (!parse_id(field[UID], &uid))
			continue;
		if (!(name && str_eq(field[NAME], name)) && !(by_id && uid == id))
			continue;
		ret->uid = uid;
		if (parse_id(field[GID], &gid))
			ret->gid = gid;
		free(ret->home);
		ret->home = path_is_abs(field[HOME]) ? xstrdup(field[HOME]) : NULL;
		*ret_name = xstrdup(field[NAME]);
		return true;
	}
	return false;
}

static bool is_member(char *members, const char *name)
{
	char *save = NULL;

	for (char *m = strtok_r(members, ",", &save); m; m = strtok_r(NULL, ",", &save))
		if (str_eq(m, name))
			return true;
	return false;
}

static int find_group(char *group, const char *name, struct user *ret, struct err *err)
{
	enum { NAME, PASS, GID, MEMBERS, N };
	char *field[N];
	uint32_t id = 0, gid;
	bool by_id = parse_id(name, &id);

	while (next_line(&group, field, N)) {
		if (!parse_id(field[GID], &gid) || !str_eq(field[NAME], name))
			continue;
		ret->gid = gid;
		return 0;
	}
	if (!by_id) {
		err_set(err, ERR_EXEC_FAILED, "group %s is not in the container's /etc/group",
			name);
		return err_hint(err, "use a numeric group id, or a group that the image has");
	}
	ret->gid = id;
	return 0;
}

static void add_memberships(char *group, const char *name, struct user *ret)
{
	enum { NAME, PASS, GID, MEMBERS, N };
	char *field[N];
	uint32_t gid;

	while (next_line(&group, field, N))
		if (parse_id(field[GID], &gid) && is_member(field[MEMBERS], name))
			add_group(ret, gid);
}

int user_lookup(char *passwd, char *group, const char *spec, struct user *ret, struct err *err)
{
	_cleanup_free_ char *name = NULL, *copy = NULL;
	char *group_part;
	uint32_t id = 0;
	bool by_id;
	gid_t keep = ret->gid;

	if (str_empty(spec)) {
		find_user(passwd, NULL, true, ret->uid, ret, &name);
		ret->gid = keep;
		return 0;
	}
	copy = xstrdup(spec);
	group_part = strchr(copy, ':');
	if (group_part)
		*group_part++ = '\0';
	by_id = parse_id(copy, &id);
	ret->uid = id;
	ret->gid = 0;
	if (*copy && !find_user(passwd, copy, by_id, id, ret, &name) && !by_id) {
		err_set(err, ERR_EXEC_FAILED, "user %s is not in the container's /etc/passwd",
			copy);
		return err_hint(err, "use a numeric user id, or a user that the image has");
	}
	if (!str_empty(group_part))
		return find_group(group, group_part, ret, err);
	if (name)
		add_memberships(group, name, ret);
	return 0;
}

char *user_name(const char *text, uint32_t id)
{
	for (const char *line = text; line && *line;) {
		size_t len = strcspn(line, "\n"), name = strcspn(line, ":\n");
		const char *number = memchr(line, ':', len);

		number = number ? memchr(number + 1, ':', len - (size_t)(number + 1 - line)) : NULL;
		if (number && name > 0) {
			_cleanup_free_ char *word =
				xstrndup(number + 1, strcspn(number + 1, ":\n"));
			uint32_t found;

			if (parse_id(word, &found) && found == id)
				return xstrndup(line, name);
		}
		line = line[len] ? line + len + 1 : NULL;
	}
	return NULL;
}

int user_file(int root, const char *path, struct buf *ret, struct err *err)
{
	/* not blocking: it may be a FIFO */
	_cleanup_close_ int fd =
		path_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return err_wrap(err, "%s of the container", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s of the container is not a regular file", path);
	r = fd_read_all(fd, ret);
	return r < 0 ? err_set(err, -r, "read %s of the container", path) : 0;
}

/* the groups of --group-add that are given by name */
static int add_named(const char *group, const json_t *names, struct user *ret, struct err *err)
{
	json_t *entry;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)names, i, entry) {
		_cleanup_free_ char *copy = xstrdup(group);
		struct user found = {0};
		int r = find_group(
			copy, json_is_string(entry) ? json_string_value(entry) : "", &found, err);

		if (r < 0)
			return r;
		add_group(ret, found.gid);
	}
	return 0;
}

int user_resolve(int root, const json_t *object, struct user *ret, struct err *err)
{
	_cleanup_buf_ struct buf passwd = {.cap = USER_FILE_CAP}, group = {.cap = USER_FILE_CAP};
	_cleanup_(user_done) struct user u = {0};
	const char *spec = json_get_str(object, "username", NULL);
	json_t *list = json_object_get(object, "additionalGids"), *entry;
	const json_t *names = json_object_get(object, "additionalGroups");
	int64_t uid = json_get_int(object, "uid", 0), gid = json_get_int(object, "gid", 0);
	size_t i;
	int r;

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return err_set(err, EINVAL, "process.user: id out of range");
	u.uid = (uid_t)uid;
	u.gid = (gid_t)gid;
	r = user_file(root, "/etc/passwd", &passwd, err);
	/* root's memberships and a bare id's are nobody's: then the file of groups is not needed */
	if (r == 0 && (!str_empty(spec) || json_array_size(names)))
		r = user_file(root, "/etc/group", &group, err);
	buf_adds(&passwd, "");
	buf_adds(&group, "");
	if (r == 0)
		r = add_named(buf_str(&group), names, &u, err);
	if (r == 0)
		r = user_lookup(passwd.data, group.data, spec, &u, err);
	if (r < 0)
		return r;
	/* a file that denies this group and allows others must stay denied: the primary group is a
	   supplementary one too, so that it cannot be dropped by taking another (CVE-2022-2989) */
	if (!str_empty(spec))
		add_group(&u, u.gid);
	json_array_foreach (list, i, entry) {
		int64_t id = json_integer_value(entry);

		if (!json_is_integer(entry) || id < 0 || id >= UINT32_MAX)
			return err_set(
				err, EINVAL, "process.user.additionalGids: not a list of ids");
		add_group(&u, (gid_t)id);
	}
	*ret = u;
	u = (struct user){0};
	return 0;
}
