/*
 * rl-transfer search: images on a registry whose names contain a term
 *
 *   {"endpoint": {…, as for pull, with an empty "path"}, "term", "limit": number, "tlsVerify", "retry", "retryDelay"}
 * The result is {"images": [{"name", "description", "stars", "official", "automated"}]}.
 *
 * Docker's old search answers with descriptions and stars.  Registries without it have a catalogue of all
 * repositories, which is looked through here.
 */
#include "storage/transfer/worker.h"

#include "runtime/base/confine.h"

#include "storage/transfer/endpoint.h"

#include <ctype.h>
#include <strings.h>

#define RESULT_CAP ((size_t)4 << 20)
#define HUB_SEARCH "https://index.docker.io"

static json_t *make_image(const json_t *found, const char *name)
{
	json_t *j = json_object();

	json_set_str(j, "name", name);
	json_set_str(j, "description", json_get_str(found, "description", ""));
	json_object_set_new(j, "stars", json_integer(json_get_int(found, "star_count", 0)));
	json_object_set_new(
		j, "official", json_boolean(json_get_bool(found, "is_official", false)));
	json_object_set_new(
		j, "automated", json_boolean(json_get_bool(found, "is_automated", false)));
	return j;
}

static char *query(const char *term, int64_t limit)
{
	_cleanup_buf_ struct buf b = {0};

	buf_adds(&b, "/v1/search?q=");
	for (const unsigned char *p = (const unsigned char *)term; *p; p++)
		if (isalnum(*p) || strchr("-._~", *p))
			buf_addc(&b, (char)*p);
		else
			buf_addf(&b, "%%%02X", *p);
	buf_addf(&b, "&n=%lld", (long long)limit);
	return buf_take(&b);
}

/* Return: 1 if the registry has this kind of search, 0 if not, or a negative errno */
static int search_v1(
	struct registry *r, const char *term, int64_t limit, json_t *images, struct err *err)
{
	static const long ok[] = {200, 400, 401, 403, 404, 405, 406, 410, 501, 0};
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = query(term, limit);
	_cleanup_json_ json_t *answer = NULL;
	struct http_req req = {.method = "GET", .cap = RESULT_CAP};
	const json_t *results, *one;
	size_t i;
	int e = registry_ask(r, &req, target, ok, r->host, &resp, err);

	/* what it does not let us do may be allowed with its newer interface */
	if (e == -EACCES || (e == 0 && resp.status != 200))
		return 0;
	if (e < 0)
		return e;
	if (json_parse(buf_str(&resp.body), resp.body.len, "answer", &answer, NULL) < 0)
		return 0;
	results = json_object_get(answer, "results");
	if (!json_is_array(results))
		return 0;
	json_array_foreach (results, i, one) {
		const char *name = json_get_str(one, "name", "");

		if (*name && (int64_t)json_array_size(images) < limit)
			json_array_append_new(images, make_image(one, name));
	}
	return 1;
}

struct catalog {
	const char *term;
	int64_t limit;
	json_t *images;
};

static int take_page(void *arg, const json_t *list, struct err *err)
{
	struct catalog *c = arg;
	const json_t *one;
	size_t i;

	(void)err;
	json_array_foreach (json_object_get(list, "repositories"), i, one) {
		const char *name = json_string_value(one);

		if (!name || !strcasestr(name, c->term))
			continue;
		json_array_append_new(c->images, make_image(NULL, name));
		if ((int64_t)json_array_size(c->images) >= c->limit)
			return 1;
	}
	return 0;
}

static int search_v2(
	struct registry *r, const char *term, int64_t limit, json_t *images, struct err *err)
{
	struct catalog c = {term, limit, images};
	_cleanup_free_ char *what = xasprintf("%s: catalogue of repositories", r->host);

	free(r->auth);
	r->auth = NULL;
	r->scope = xstrdup("registry:catalog:*");
	return registry_pages(r, "/v2/_catalog?n=1000", what, take_page, &c, err);
}

int search_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(registry_done) struct registry r = {0};
	_cleanup_json_ json_t *images = json_array();
	const char *term = json_get_str(request, "term", "");
	int64_t limit = json_get_int(request, "limit", 25);
	int e;

	(void)w;
	confine_writes(-EBADF);
	confine_caps();
	e = endpoint_open(request, json_object_get(request, "endpoint"), &r, err);
	if (e == 0 && str_eq(r.host, "docker.io")) {
		free(r.base);
		r.base = xstrdup(HUB_SEARCH);
	}
	if (e == 0 && *term)
		e = search_v1(&r, term, limit, images, err);
	if (e == 0)
		e = search_v2(&r, term, limit, images, err);
	if (e < 0)
		return e;
	*ret = json_pack("{s:O}", "images", images);
	return 0;
}
