#include "runtime/spec_parts.h"

#include "runtime/base/parse.h"
#include "userns/account.h"
#include "userns/mapspec.h"

#include <unistd.h>

static bool has_maps(const struct spec_opts *o)
{
	return o->uidmap.n || o->gidmap.n || o->subuidname || o->subgidname;
}

const char *spec_userns_mode(const struct spec_opts *o)
{
	const char *env = getenv("RL_USERNS");

	if (o->userns || has_maps(o))
		return str_empty(o->userns) ? NULL : o->userns;
	return str_empty(env) ? o->default_userns : env;
}

int spec_options(const char *mode, const char *options,
	int (*fn)(void *arg, const char *key, const char *value, struct err *err), void *arg,
	struct err *err)
{
	_cleanup_strv_ struct strv list = {0};
	int r = 0;

	if (str_empty(options))
		return 0;
	strv_split(&list, options, ",");
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		char *value = strchr(list.v[i], '=');

		if (!value)
			return err_set(err, ERR_USAGE, "--userns %s: option '%.80s' has no value",
				mode, list.v[i]);
		*value++ = '\0';
		r = fn(arg, list.v[i], value, err);
		if (r == -ENOENT)
			r = err_set(err, ERR_USAGE, "--userns %s: unknown option '%.40s'", mode,
				list.v[i]);
	}
	return r;
}

/* without subordinate ids there is nothing to choose from */
static int only_one_id(const struct userns *r, const char *mode, struct err *err)
{
	err_set(err, ERR_USAGE, "--userns %s needs subordinate ids", mode);
	return err_hint(err, "%s", r->why);
}

struct keep {
	uint64_t uid, gid, size;
	bool own;
};

static int keep_option(void *arg, const char *key, const char *value, struct err *err)
{
	struct keep *k = arg;
	uint64_t *v = str_eq(key, "uid")    ? &k->uid
		      : str_eq(key, "gid")  ? &k->gid
		      : str_eq(key, "size") ? &k->size
					    : NULL;

	if (!v)
		return -ENOENT;
	if (parse_u64_max(value, UINT32_MAX - 1, v) < 0 || (v == &k->size && !*v))
		return err_set(err, ERR_USAGE, "--userns keep-id: '%.40s' is not a %s", value,
			v == &k->size ? "number of ids" : "valid id");
	k->own = k->own && v == &k->size;
	return 0;
}

static int mode_keep(struct spec *s, const char *options, const struct userns *r, struct err *err)
{
	struct keep k = {.own = true};
	int n;

	if (r->mode != USERNS_ROOT) {
		k.uid = geteuid();
		k.gid = getegid();
	}
	n = spec_options("keep-id", options, keep_option, &k, err);
	if (n < 0)
		return n;
	if (r->mode == USERNS_ROOT && k.size)
		return err_set(err, ERR_USAGE,
			"--userns keep-id: size is for users whose subordinate ids are few");
	if (r->mode != USERNS_ROOT) {
		mapspec_keep(&r->maps.uid, (uint32_t)k.uid, (uint32_t)k.size, &s->maps.uid);
		mapspec_keep(&r->maps.gid, (uint32_t)k.gid, (uint32_t)k.size, &s->maps.gid);
	}
	s->kept = xasprintf("%llu:%llu", (unsigned long long)k.uid, (unsigned long long)k.gid);
	s->kept_own = k.own && r->mode != USERNS_ROOT;
	return 0;
}

static int mode_nomap(struct spec *s, const char *options, const struct userns *r, struct err *err)
{
	if (options)
		return err_set(err, ERR_USAGE, "--userns nomap has no options");
	if (r->mode == USERNS_ROOT) {
		err_set(err, ERR_USAGE, "--userns nomap is not for root");
		return err_hint(err, "use --userns auto, which leaves root's id out as well");
	}
	if (r->mode == USERNS_SINGLE)
		return only_one_id(r, "nomap", err);
	mapspec_nomap(&r->maps.uid, &s->maps.uid);
	mapspec_nomap(&r->maps.gid, &s->maps.gid);
	return 0;
}

static int mode_auto(struct spec *s, const char *options, const struct userns *r, struct err *err)
{
	return r->mode == USERNS_SINGLE ? only_one_id(r, "auto", err)
					: spec_auto(s, options, r, err);
}

static const struct {
	const char *name;
	int (*decide)(struct spec *s, const char *options, const struct userns *r, struct err *err);
} modes[] = {{"keep-id", mode_keep}, {"nomap", mode_nomap}, {"auto", mode_auto}};

/* the ranges of a user's subordinate ids, as they are in R */
static int subordinate(const char *flag, const char *user, enum mapspec_side side,
	const struct userns *r, struct idmap *ret, struct err *err)
{
	const struct idmap *parent = side == MAPSPEC_UID ? &r->maps.uid : &r->maps.gid;
	_cleanup_json_ json_t *account = NULL;
	_cleanup_strv_ struct strv specs = {0};
	json_int_t inside = 0;
	json_t *range;
	size_t i;
	int n = account_ask(user, &account, err);

	if (n < 0)
		return n;
	json_array_foreach (
		json_object_get(account, side == MAPSPEC_UID ? "uid" : "gid"), i, range) {
		json_int_t start = json_integer_value(json_array_get(range, 0));
		json_int_t count = json_integer_value(json_array_get(range, 1));

		strv_addf(&specs, "%lld:@%lld:%lld", (long long)inside, (long long)start,
			(long long)count);
		inside += count;
	}
	if (!specs.n)
		return err_set(
			err, ERR_USAGE, "%s %.80s: this user has no subordinate ids", flag, user);
	n = mapspec_parse(&specs, side, parent, false, ret, err);
	return n < 0 ? err_wrap(err, "%s %.80s", flag, user) : 0;
}

/* --uidmap and its relatives; what is given for one side alone is for the other as well */
static int explicit_maps(struct spec *s, const struct userns *r, struct err *err)
{
	const struct spec_opts *o = s->o;
	const struct strv *u = o->uidmap.n ? &o->uidmap : &o->gidmap,
			  *g = o->gidmap.n ? &o->gidmap : &o->uidmap;
	const char *subuid = o->subuidname ? o->subuidname : o->subgidname,
		   *subgid = o->subgidname ? o->subgidname : o->subuidname;
	bool fill = r->mode != USERNS_ROOT;
	int n;

	if (subuid && u->n)
		return err_set(err, ERR_USAGE,
			"--subuidname and --subgidname exclude --uidmap and --gidmap");
	if (subuid) {
		n = subordinate("--subuidname", subuid, MAPSPEC_UID, r, &s->maps.uid, err);
		return n < 0 ? n
			     : subordinate(
				       "--subgidname", subgid, MAPSPEC_GID, r, &s->maps.gid, err);
	}
	n = mapspec_parse(u, MAPSPEC_UID, &r->maps.uid, fill, &s->maps.uid, err);
	return n < 0 ? n : mapspec_parse(g, MAPSPEC_GID, &r->maps.gid, fill, &s->maps.gid, err);
}

/* Only ids of R can be given on; the other side of a map that was not named is R's own. */
static int complete(struct idmap *m, const struct idmap *r, const char *what, struct err *err)
{
	struct idmap split = {0};
	int n;

	if (!m->n)
		idmap_add(m, 0, 0, (uint32_t)idmap_count(r));
	n = idmap_split(m, r, &split, NULL);
	idmap_done(&split);
	if (n == 0)
		return 0;
	err_set(err, ERR_USAGE, "the mapping takes %s ids that you do not have", what);
	return err_hint(err,
		"ids 0 to %llu can be mapped; 'rl unshare cat /proc/self/%cid_map' shows which ids "
		"of the host they are",
		(unsigned long long)idmap_count(r) - 1, *what);
}

static int add_maps(struct spec *s, const struct userns *r, struct err *err)
{
	int n;

	if (!s->maps.uid.n && !s->maps.gid.n)
		return 0;
	n = complete(&s->maps.uid, &r->maps.uid, "user", err);
	if (n == 0)
		n = complete(&s->maps.gid, &r->maps.gid, "group", err);
	if (n < 0)
		return n;
	json_object_set_new(s->os, "uidMappings", idmap_to_json(&s->maps.uid));
	json_object_set_new(s->os, "gidMappings", idmap_to_json(&s->maps.gid));
	/* where R has one id, all files have it */
	if (r->mode != USERNS_SINGLE)
		json_object_set_new(s->record, "idMaps", idmaps_to_json(&s->maps));
	return 0;
}

/* its files are seen through the same map */
static int join(struct spec *s, const char *name, struct err *err)
{
	struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = container_find(s->cs, name, &c, err);

	if (r < 0)
		return err_wrap(err, "--userns container:%s", name);
	memcpy(s->joined, c.id, sizeof(s->joined));
	if (json_object_get(c.record, "idMaps"))
		json_object_set(s->record, "idMaps", json_object_get(c.record, "idMaps"));
	container_done(&c);
	s->ns[SPEC_NS_USER] = SPEC_NS_CONTAINER;
	return 0;
}

static int unknown_mode(const char *mode, struct err *err)
{
	if (str_after(mode, "ns:")) {
		err_set(err, ERR_USAGE, "--userns %s: only a container's namespace can be joined",
			mode);
		return err_hint(err, "use --userns container:NAME");
	}
	err_set(err, ERR_USAGE, "--userns '%.80s' is not known", mode);
	return err_hint(err, "known are host, private, keep-id, nomap, auto and container:NAME");
}

static int decide(struct spec *s, const char *mode, struct err *err)
{
	struct userns r = {0};
	int n = userns_query(s->cs->rundir, &r, err), i = 0;
	const char *rest = NULL;

	if (n < 0)
		return n;
	for (; mode && i < (int)ARRAY_SIZE(modes); i++) {
		rest = str_after(mode, modes[i].name);
		if (rest && (!*rest || *rest == ':'))
			break;
	}
	if (!mode)
		n = explicit_maps(s, &r, err);
	else if (i == ARRAY_SIZE(modes))
		n = unknown_mode(mode, err);
	else
		n = modes[i].decide(s, *rest ? rest + 1 : NULL, &r, err);
	if (n == 0)
		n = add_maps(s, &r, err);
	userns_done(&r);
	return n;
}

int spec_add_userns(struct spec *s, struct err *err)
{
	const char *mode = s->userns = spec_userns_mode(s->o), *name;

	s->ns[SPEC_NS_USER] = SPEC_NS_PRIVATE;
	if (mode && has_maps(s->o))
		return err_set(err, ERR_USAGE,
			"--userns excludes --uidmap, --gidmap, --subuidname and --subgidname");
	if (!mode && !has_maps(s->o))
		return 0;
	if (mode && str_eq(mode, "private"))
		return 0;
	if (mode && str_eq(mode, "host")) {
		s->ns[SPEC_NS_USER] = SPEC_NS_HOST;
		return 0;
	}
	name = mode ? str_after(mode, "container:") : NULL;
	return name ? join(s, name, err) : decide(s, mode, err);
}
