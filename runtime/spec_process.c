#include "runtime/spec_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/capname.h"
#include "runtime/process.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --entrypoint takes a command or a JSON array of strings */
static void entrypoint_parse(const char *text, struct strv *ret)
{
	_cleanup_json_ json_t *array = NULL;

	if (!*text)
		return;
	if (*text == '[' && json_parse(text, strlen(text), "--entrypoint", &array, NULL) == 0 &&
		json_is_array(array)) {
		json_t *j;
		size_t i;
		bool strings = true;

		json_array_foreach (array, i, j)
			strings = strings && json_is_string(j);
		if (strings) {
			json_array_foreach (array, i, j)
				strv_add(ret, json_string_value(j));
			return;
		}
	}
	strv_add(ret, text);
}

int spec_args(const struct spec_opts *o, const json_t *image_config, struct strv *ret_entry,
	struct strv *ret_cmd, struct err *err)
{
	size_t before = ret_entry->n + ret_cmd->n;

	if (o->entrypoint)
		entrypoint_parse(o->entrypoint, ret_entry);
	else
		json_get_strv(image_config, "Entrypoint", ret_entry);
	/* the image's arguments belong to the image's entry point, so another one goes without them
	 */
	if (o->args.n > 0)
		strv_addv(ret_cmd, &o->args);
	else if (!o->entrypoint)
		json_get_strv(image_config, "Cmd", ret_cmd);
	if (ret_entry->n + ret_cmd->n == before) {
		err_set(err, ERR_USAGE, "no command: the image names none");
		return err_hint(err, "give the command behind the image name");
	}
	return 0;
}

static int group_add_json(const struct strv *groups, json_t *user, struct err *err)
{
	_cleanup_json_ json_t *gids = json_array(), *unresolved = json_array();

	strv_foreach (i, group, groups) {
		uint64_t gid;

		if (str_eq(group, "keep-groups") && groups->n > 1)
			return err_set(err, ERR_USAGE,
				"--group-add keep-groups excludes all other groups");
		if (str_eq(group, "keep-groups"))
			continue;
		if (parse_u64_max(group, UINT32_MAX - 1, &gid) == -ERANGE)
			return err_set(
				err, ERR_USAGE, "--group-add: %s is too large for a group", group);
		if (parse_u64_max(group, UINT32_MAX - 1, &gid) == 0)
			json_array_append_new(gids, json_integer((json_int_t)gid));
		else if (!str_is_name(group))
			return err_set(err, ERR_USAGE,
				"--group-add: '%s' is not a group's name or number", group);
		else
			json_array_append_new(unresolved, json_str(group));
	}
	if (json_array_size(gids) > 0)
		json_object_set(user, "additionalGids", gids);
	if (json_array_size(unresolved) > 0)
		json_object_set(user, "additionalGroups", unresolved);
	return 0;
}

int spec_user(const char *user, const struct strv *group_add, const char *umask, json_t **ret,
	struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_strv_ struct strv parts = {0};
	_cleanup_free_ char *whole = NULL;
	unsigned mask = 0022;
	int r;

	/* without a user it is root, without a group the user's */
	whole = xasprintf("%s%s", str_empty(user) || *user == ':' ? "0" : "", user ? user : "");
	if (str_ends(whole, ":"))
		whole[strlen(whole) - 1] = '\0';
	user = whole;
	strv_split(&parts, user, ":");
	if (parts.n > 2 || !*parts.v[0] || (parts.n == 2 && !*parts.v[1]) || strlen(user) > 255 ||
		strpbrk(user, "\n/ \t")) {
		err_set(err, ERR_USAGE, "'%.80s' is not a user", user);
		return err_hint(err, "write NAME, UID, NAME:GROUP or UID:GID");
	}
	/* numbers that need no look-up are filled in, for readers of the configuration */
	for (size_t i = 0; i < 2; i++) {
		uint64_t id = 0;

		if (i < parts.n && strspn(parts.v[i], "0123456789") == strlen(parts.v[i]) &&
			parse_u64_max(parts.v[i], UINT32_MAX - 1, &id) < 0)
			return err_set(err, ERR_USAGE, "user '%s': %s is not a valid id", user,
				parts.v[i]);
		json_object_set_new(j, i == 0 ? "uid" : "gid", json_integer((json_int_t)id));
	}
	if (umask && (parse_octal(umask, &mask) < 0 || mask > 0777)) {
		err_set(err, ERR_USAGE, "--umask '%s' is not a file mode mask", umask);
		return err_hint(err, "write an octal number such as 0022");
	}
	json_object_set_new(j, "umask", json_integer(mask));
	json_set_str(j, "username", user);
	r = group_add ? group_add_json(group_add, j, err) : 0;
	if (r < 0)
		return r;
	*ret = take_ptr(j);
	return 0;
}

static const struct limit {
	const char *name;
	int resource;
} limits[] = {{"as", RLIMIT_AS}, {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE}, {"locks", RLIMIT_LOCKS}, {"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE}, {"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS}, {"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK}};

static const struct limit *limit_find(const char *name, struct err *err)
{
	const struct limit *nearest = &limits[0];
	unsigned best = UINT32_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		unsigned d = str_distance(name, limits[i].name);

		if (d == 0)
			return &limits[i];
		if (d < best) {
			best = d;
			nearest = &limits[i];
		}
	}
	err_set(err, ERR_USAGE, "--ulimit: unknown limit '%.40s'", name);
	err_hint(err, "did you mean %s? ulimits are written NAME=SOFT[:HARD]", nearest->name);
	return NULL;
}

static int limit_value(const char *text, rlim_t *ret)
{
	uint64_t v;

	if (str_eq(text, "-1") || str_eq(text, "unlimited")) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	if (parse_u64_max(text, INT64_MAX, &v) < 0)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int limit_one(const char *text, json_t *array, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0}, values = {0};
	const struct limit *l;
	char type[32] = "RLIMIT_";
	rlim_t soft, hard;
	struct rlimit now;
	json_t *old;
	size_t k;

	strv_split(&parts, text, "=");
	l = limit_find(parts.v[0], err);
	if (!l)
		return -ERR_USAGE;
	if (parts.n == 2)
		strv_split(&values, parts.v[1], ":");
	if (values.n < 1 || values.n > 2 || limit_value(values.v[0], &soft) < 0 ||
		limit_value(values.v[values.n - 1], &hard) < 0) {
		err_set(err, ERR_USAGE, "--ulimit: '%.80s' is not NAME=SOFT[:HARD]", text);
		return err_hint(err, "for example nofile=1024:2048; -1 is as much as you may have");
	}
	if (soft > hard)
		return err_set(err, ERR_USAGE,
			"--ulimit %s: the soft limit is above the hard limit", text);
	/* only the host's root may raise a hard limit: say so now, not in the middle of the start.  -1 is as much as
	   there is to have. */
	if (geteuid() == 0 || getrlimit((__rlimit_resource_t)l->resource, &now) < 0)
		now.rlim_max = RLIM_INFINITY;
	soft = soft == RLIM_INFINITY ? now.rlim_max : soft;
	hard = hard == RLIM_INFINITY ? now.rlim_max : hard;
	if (soft > now.rlim_max || hard > now.rlim_max) {
		err_set(err, ERR_USAGE, "--ulimit %s: above your own hard limit of %ju", text,
			(uintmax_t)now.rlim_max);
		return err_hint(err, "`ulimit -H` shows your limits; an administrator raises them "
				     "in limits.conf(5)");
	}
	for (size_t i = 0; l->name[i]; i++)
		type[7 + i] = (char)(l->name[i] - 'a' + 'A');
	json_array_foreach (array, k, old) {
		if (str_eq(json_get_str(old, "type", ""), type)) {
			json_array_remove(array, k);
			break;
		}
	}
	/* RLIM_INFINITY does not fit JSON integers of jansson: the configuration's schema is
	 * unsigned, readers take -1 */
	json_array_append_new(array, json_pack("{s:s, s:I, s:I}", "type", type, "soft",
					     (json_int_t)soft, "hard", (json_int_t)hard));
	return 0;
}

int spec_ulimits(const struct strv *flags, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *array = json_array();

	strv_foreach (i, text, flags) {
		int r;

		if (str_eq(text, "host")) /* the default: what the caller has */
			continue;
		r = limit_one(text, array, err);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(array);
	return 0;
}

/* where the command starts: the flag must be absolute, the image's is taken as if it were */
static int process_cwd(const struct spec *s, struct err *err)
{
	const char *dir =
		s->o->workdir ? s->o->workdir : json_get_str(s->image_config, "WorkingDir", "");
	_cleanup_free_ char *rooted = NULL, *clean = NULL;

	if (s->o->workdir && !path_is_abs(s->o->workdir)) {
		err_set(err, ERR_USAGE, "--workdir '%s' is not an absolute path", s->o->workdir);
		return err_hint(err, "write a path inside the container that begins with /");
	}
	rooted = xasprintf("/%s", dir);
	clean = path_clean(rooted);
	json_set_str(s->process, "cwd", clean);
	return 0;
}

/* --init-path: executed in the container, where it must not need anything of the host's */
static int check_init(const struct spec_opts *o, struct err *err)
{
	const char *path = o->init_path;
	struct stat st;

	if (!path)
		return 0;
	if (!o->init) {
		err_set(err, ERR_USAGE, "--init-path needs --init");
		return err_hint(err, "add --init");
	}
	if (!path_is_abs(path) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		access(path, X_OK) < 0) {
		err_set(err, ERR_USAGE, "--init-path '%.200s' is not a program of the host", path);
		return err_hint(err, "write the absolute path of a statically linked init");
	}
	return 0;
}

static int process_args(struct spec *s, struct err *err)
{
	_cleanup_strv_ struct strv entry = {0}, cmd = {0}, args = {0};
	int r = spec_args(s->o, s->image_config, &entry, &cmd, err);

	if (r < 0)
		return r;
	r = check_init(s->o, err);
	if (r < 0)
		return r;
	if (s->o->init) {
		if (s->ns[SPEC_NS_PID] != SPEC_NS_PRIVATE)
			return err_set(err, ERR_USAGE,
				"--init needs a process namespace of the container's own (--pid "
				"private)");
		strv_add(&args, "/run/rl-init");
		strv_add(&args, "--");
	}
	strv_addv(&args, &entry);
	strv_addv(&args, &cmd);
	r = spec_add_systemd(s, entry.n ? entry.v[0] : cmd.v[0], err);
	if (r < 0)
		return r;
	json_object_set_new(s->process, "args", json_from_strv(&args));
	strv_addv(&entry, &cmd);
	json_object_set_new(s->record, "command", json_from_strv(&entry));
	return 0;
}

static int process_caps(struct spec *s, struct err *err)
{
	uint64_t base = s->o->privileged ? capname_all() : capname_default;
	_cleanup_json_ json_t *set = NULL;
	json_t *caps;
	int r = capname_apply(base, &s->o->cap_add, &s->o->cap_drop, &s->caps, err);

	if (r < 0)
		return r;
	set = capname_json(s->caps);
	/* inheritable and ambient stay empty: another user than root starts without any capability
	 */
	caps = json_pack("{s:O, s:O, s:O, s:[], s:[]}", "bounding", set, "effective", set,
		"permitted", set, "inheritable", "ambient");
	json_object_set_new(s->process, "capabilities", caps);
	return 0;
}

static int process_personality(struct spec *s, struct err *err)
{
	static const char *const known[] = {"LINUX", "LINUX32"};
	const char *text = s->o->personality;

	if (!text)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcasecmp(text, known[i]) != 0)
			continue;
		json_object_set_new(s->os, "personality", json_pack("{s:s}", "domain", known[i]));
		return 0;
	}
	err_set(err, ERR_USAGE, "--personality '%.40s' is not known", text);
	return err_hint(err, "known are LINUX and LINUX32");
}

static int process_oom(struct spec *s, struct err *err)
{
	const char *text = s->o->oom_score_adj;
	int64_t n;

	if (!text)
		return 0;
	if (parse_i64(text, &n) < 0 || n < -1000 || n > 1000)
		return err_set(err, ERR_USAGE,
			"--oom-score-adj '%.40s' is not a number from -1000 to 1000", text);
	json_object_set_new(s->process, "oomScoreAdj", json_integer(n));
	return 0;
}

int spec_add_process(struct spec *s, struct err *err)
{
	const char *user = s->o->user ? s->o->user
			   : s->kept  ? s->kept
				      : json_get_str(s->image_config, "User", "");
	json_t *j = NULL;
	int r;

	if (s->o->tty)
		json_object_set_new(s->process, "terminal", json_true());
	r = spec_user(user, &s->o->group_add, s->o->umask, &j, err);
	if (r < 0)
		return r;
	json_object_set_new(s->process, "user", j);
	r = process_args(s, err);
	if (r >= 0)
		r = spec_add_env(s, err);
	if (r >= 0)
		r = process_cwd(s, err);
	if (r >= 0)
		r = process_caps(s, err);
	if (r >= 0)
		r = process_oom(s, err);
	if (r >= 0)
		r = process_personality(s, err);
	if (r >= 0)
		r = spec_ulimits(&s->o->ulimit, &j, err);
	if (r < 0)
		return r;
	json_object_set_new(s->process, "rlimits", j);
	return 0;
}
