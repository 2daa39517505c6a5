#include "runtime/spec_parts.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "storage/secret.h"

#define DIR	     "/run/secrets"
#define MODE_DEFAULT 0444

/** struct given - one --secret; members but @mode are borrowed from its fields */
struct given {
	const char *name, *type, *target;
	const char *uid, *gid, *mode;
	uint64_t u, g;
	unsigned m;
};

static int bad(const char *text, const char *why, struct err *err)
{
	err_say(err, ERR_USAGE, "--secret '%.80s': %s", text, why);
	return err_hint(
		err, "write NAME[,type=mount|env][,target=NAME][,uid=UID][,gid=GID][,mode=MODE]");
}

static int read_fields(
	const char *text, const struct strv *fields, struct given *g, struct err *err)
{
	const struct {
		const char *key;
		const char **value;
	} known[] = {{"source=", &g->name}, {"type=", &g->type}, {"target=", &g->target},
		{"uid=", &g->uid}, {"gid=", &g->gid}, {"mode=", &g->mode}};

	strv_foreach (i, field, fields) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_SIZE(known) && !found; k++) {
			const char *value = str_after(field, known[k].key);

			found = value != NULL;
			if (!found)
				continue;
			if (*known[k].value)
				return bad(text, "an option is given twice", err);
			if (!*value)
				return bad(text, "an option has no value", err);
			*known[k].value = value;
		}
		if (!found && i == 0 && !strchr(field, '=')) {
			g->name = field;
			found = true;
		}
		if (!found)
			return bad(text, "an option is not known", err);
	}
	return 0;
}

static int check_fields(const char *text, struct given *g, struct err *err)
{
	bool env = str_eq(g->type, "env");

	g->m = MODE_DEFAULT;
	if (str_empty(g->name))
		return bad(text, "no secret is named", err);
	if (g->type && !env && !str_eq(g->type, "mount"))
		return bad(text, "the type is neither mount nor env", err);
	if (env && (g->uid || g->gid || g->mode))
		return bad(text, "a variable has no owner and no mode", err);
	if (env && g->target && strchr(g->target, '='))
		return bad(text, "a variable's name has no '='", err);
	if (g->uid && parse_u64_max(g->uid, UINT32_MAX - 1, &g->u) < 0)
		return bad(text, "uid is not the number of a user", err);
	if (g->gid && parse_u64_max(g->gid, UINT32_MAX - 1, &g->g) < 0)
		return bad(text, "gid is not the number of a group", err);
	if (g->mode && (parse_octal(g->mode, &g->m) < 0 || g->m > 0777))
		return bad(text, "mode is not an octal number up to 0777", err);
	return 0;
}

/* where nothing of the user's is, the directory is in memory as well, and leaves nothing in the writable layer */
static void add_dir(struct spec *s)
{
	if (spec_has_mount(s, DIR, true))
		return;
	json_array_append_new(json_object_get(s->config, "mounts"),
		json_pack("{s:s, s:s, s:s, s:[s,s,s,s,s]}", "destination", DIR, "type", "tmpfs",
			"source", "tmpfs", "options", "nosuid", "nodev", "noexec", "mode=755",
			"size=64k"));
}

static int add_file(struct spec *s, const struct given *g, const char *id, struct err *err)
{
	const char *name = g->target ? g->target : g->name;
	_cleanup_free_ char *path = path_is_abs(name) ? xstrdup(name) : path_join(DIR, name),
			    *target = path_clean(path);

	if (!path_is_abs(name) && (!str_after(target, DIR "/") || strchr(name, '\n')))
		return bad(name, "the target is not a file's name", err);
	if (str_eq(target, "/") || str_ends(name, "/"))
		return bad(name, "the target is a directory", err);
	if (str_after(target, DIR "/"))
		add_dir(s);
	if (spec_has_mount(s, target, false))
		return err_say(err, ERR_USAGE, "--secret %s: something else has the target %s, too",
			g->name, target);
	json_array_append_new(json_object_get(s->config, "mounts"),
		json_pack("{s:s, s:s, s:o, s:[o,o,o,s,s,s,s]}", "destination", target, "type",
			"secret", "source", json_sprintf("@DIR@/secrets/%s", id), "options",
			json_sprintf("uid=%ju", (uintmax_t)g->u),
			json_sprintf("gid=%ju", (uintmax_t)g->g), json_sprintf("mode=%04o", g->m),
			"ro", "nosuid", "nodev", "noexec"));
	return 0;
}

static int add_variable(struct spec *s, const struct given *g, const char *id)
{
	json_t *env = json_object_get(s->process, "secretEnv");

	if (!env) {
		env = json_object();
		json_object_set_new(s->process, "secretEnv", env);
	}
	json_object_set_new(env, g->target ? g->target : g->name, json_sprintf("secrets/%s", id));
	return 0;
}

static int add_one(struct spec *s, const char *text, json_t *list, struct err *err)
{
	_cleanup_strv_ struct strv fields = {0};
	_cleanup_(secret_done) struct secret secret = {0};
	struct given g = {0};
	int r;

	strv_split(&fields, text, ",");
	r = read_fields(text, &fields, &g, err);
	if (r >= 0)
		r = check_fields(text, &g, err);
	if (r >= 0)
		r = secret_find(s->cs->store, g.name, &secret, err);
	if (r < 0)
		return r;
	/* an id may have been given */
	if (!g.target)
		g.target = secret.name;
	r = str_eq(g.type, "env") ? add_variable(s, &g, secret.id)
				  : add_file(s, &g, secret.id, err);
	if (r < 0)
		return r;
	json_array_append_new(
		list, json_pack("{s:s, s:s, s:I, s:I, s:i}", "Name", secret.name, "ID", secret.id,
			      "UID", (json_int_t)g.u, "GID", (json_int_t)g.g, "Mode", (int)g.m));
	return 0;
}

int spec_add_secrets(struct spec *s, struct err *err)
{
	json_t *list;

	if (s->o->secrets.n == 0)
		return 0;
	list = json_array();
	json_object_set_new(s->record, "secrets", list);
	strv_foreach (i, text, &s->o->secrets) {
		int r = add_one(s, text, list, err);

		if (r < 0)
			return r;
	}
	return 0;
}
