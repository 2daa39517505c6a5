#include "storage/pull.h"

#include "storage/aliases.h"
#include "storage/policy.h"

static int resolve(const char *name, bool may_ask, struct candidates *ret, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	int r = registries_load_default(&conf, err);

	conf.may_ask = may_ask;
	return r < 0 ? r : registries_resolve(&conf, name, ret, err);
}

int pull_names(const char *name, struct strv *ret, struct err *err)
{
	_cleanup_(candidates_done) struct candidates all = {0};
	int r = resolve(name, false, &all, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		strv_add(ret, all.v[i].name);
	return 0;
}

/* what the signature policy requires of an image */
static int policy_json(const struct policy *policy, const char *name, json_t *j, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	json_t *requirements = NULL;
	int r = ref_parse(name, &ref, err);

	if (r == 0)
		r = policy_for_ref(policy, &ref, &requirements, err);
	if (requirements)
		json_object_set_new(j, "policy", requirements);
	return r;
}

static int candidate_json(const struct access *a, const struct policy *policy,
	const struct candidate *c, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	json_t *endpoints = json_array();
	int q = policy_json(policy, c->name, j, err);

	json_object_set_new(j, "endpoints", endpoints);
	if (q < 0)
		return q;
	json_set_str(j, "name", c->name);
	json_set_str(j, "tag", c->tag);
	json_set_str(j, "digest", c->digest);
	for (size_t i = 0; i < c->n; i++) {
		json_t *e;
		int r = access_endpoint(a, &c->endpoints[i], &e, err);

		if (r < 0)
			return r;
		json_array_append_new(endpoints, e);
	}
	*ret = take_ptr(j);
	return 0;
}

static int candidates_json(
	const struct access *a, const struct candidates *all, json_t *request, struct err *err)
{
	_cleanup_(policy_done) struct policy policy = {0};
	json_t *list = json_array();
	int r = policy_load_default(&policy, err);

	json_object_set_new(request, "candidates", list);
	for (size_t i = 0; r == 0 && i < all->n; i++) {
		json_t *c;

		r = candidate_json(a, &policy, &all->v[i], &c, err);
		if (r == 0)
			json_array_append_new(list, c);
	}
	return r;
}

int pull_candidates(const struct access *a, const char *name, json_t *request, struct err *err)
{
	_cleanup_(candidates_done) struct candidates all = {0};
	int r = resolve(name, false, &all, err);

	return r < 0 ? r : candidates_json(a, &all, request, err);
}

static void set_platform(json_t *j, const struct platform *p)
{
	if (!p)
		return;
	json_set_str(j, "os", p->os);
	json_set_str(j, "arch", p->arch);
	json_set_str(j, "variant", p->variant);
	json_object_set_new(j, "platformGiven", json_true());
}

/* where a name without a registry was looked for */
static void hint_places(const char *name, const struct candidates *all, struct err *err)
{
	_cleanup_strv_ struct strv places = {0};
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (strncmp(all->v[i].name, name, strcspn(name, ":@")) == 0)
			return;
		strv_add(&places, all->v[i].name);
	}
	list = strv_join(&places, ", ");
	err_hint(err, "%s was looked for as %s; write HOST/%s for another registry", name, list,
		name);
}

static void remember(const char *name, const char *chosen)
{
	const char *plain = str_after(name, "docker://");
	_cleanup_free_ char *key = NULL;

	name = plain ? plain : name;
	key = xstrndup(name, strcspn(name, ":@"));
	aliases_set(key, chosen, NULL);
}

/* have the user say which of the places is meant, and leave only that; @ret: what to remember, owned by the caller */
static int choose(const char *name, const struct pull_request *req, struct candidates *all,
	char **ret, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_strv_ struct strv names = {0};
	struct candidate first;
	size_t at = 0;
	int r;

	for (size_t i = 0; i < all->n; i++)
		strv_add(&names, all->v[i].name);
	r = req->choose(name, &names, &at, err);
	if (r == 0)
		r = ref_parse(names.v[at], &ref, err);
	if (r < 0)
		return r;
	first = all->v[0];
	all->v[0] = all->v[at];
	all->v[at] = first;
	while (all->n > 1) {
		struct candidates rest = {.v = xmemdup(&all->v[--all->n], sizeof(*all->v)), .n = 1};

		candidates_done(&rest);
	}
	*ret = ref_name(&ref);
	return 0;
}

int pull_run_worker(const struct store *s, int rundir, const char *name,
	const struct pull_request *req, json_t **ret, struct err *err)
{
	_cleanup_(candidates_done) struct candidates all = {0};
	_cleanup_json_ json_t *request = json_object();
	_cleanup_free_ char *chosen = NULL;
	struct transfer_opts opts = {.subcommand = "pull",
		.driver = req->driver,
		.request = request,
		.input = -EBADF,
		.progress = req->progress,
		.note = req->note,
		.arg = req->arg};
	int r = resolve(name, req->choose != NULL, &all, err);

	if (r == 0 && all.ask && req->choose)
		r = choose(name, req, &all, &chosen, err);
	if (r == 0)
		r = candidates_json(&req->access, &all, request, err);
	if (r < 0)
		return r;
	set_platform(request, req->platform);
	access_set(&req->access, request);
	json_set_str(request, "have", req->have);
	json_object_set_new(request, "listTags", json_boolean(req->list_tags));
	r = transfer_run(s, rundir, &opts, ret, err);
	/* what turned out to be right is not asked again; that it cannot be written down does no harm */
	if (r == 0 && chosen)
		remember(name, chosen);
	if (r == -ERR_NO_OBJECT || r == -EACCES || r == -ERR_REGISTRY)
		hint_places(name, &all, err);
	return r;
}
