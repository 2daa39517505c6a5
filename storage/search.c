#include "storage/search.h"

#include "storage/registries.h"

int search_places(const char *term, struct strv *ret_hosts, char **ret_text, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	const char *plain = str_after(term, "docker://"), *slash;
	size_t len;
	int r;

	term = plain ? plain : term;
	slash = strchr(term, '/');
	len = slash ? (size_t)(slash - term) : 0;
	/* as in a reference: a host has a dot or a port, or is localhost */
	if (len && (memchr(term, '.', len) || memchr(term, ':', len) ||
			   (len == 9 && strncmp(term, "localhost", 9) == 0))) {
		strv_take(ret_hosts, xstrndup(term, len));
		*ret_text = xstrdup(slash + 1);
		return 0;
	}
	r = registries_load_default(&conf, err);
	if (r < 0)
		return r;
	strv_addv(ret_hosts, &conf.search);
	if (!conf.search.n)
		strv_add(ret_hosts, "docker.io");
	*ret_text = xstrdup(term);
	return 0;
}

/* names as they are pulled */
static void add_host(json_t *images, const char *host)
{
	json_t *one;
	size_t i;

	json_array_foreach (images, i, one) {
		const char *name = json_get_str(one, "name", "");
		bool library = str_eq(host, "docker.io") && !strchr(name, '/');
		_cleanup_free_ char *full =
			xasprintf("%s/%s%s", host, library ? "library/" : "", name);

		json_set_str(one, "name", full);
	}
}

int search_run_worker(const struct store *s, int rundir, const struct access *a, const char *host,
	const char *text, int64_t limit, json_t **ret, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	_cleanup_free_ char *name = xstrdup(host);
	struct endpoint e = {.host = name, .path = (char[]){""}};
	_cleanup_json_ json_t *request = json_object(), *result = NULL;
	struct transfer_opts opts = {.subcommand = "search", .request = request, .input = -EBADF};
	json_t *endpoint, *images;
	int r = registries_load_default(&conf, err);

	if (r < 0)
		return r;
	e.insecure = registries_insecure(&conf, host);
	r = access_endpoint(a, &e, &endpoint, err);
	if (r < 0)
		return r;
	json_object_set_new(request, "endpoint", endpoint);
	json_set_str(request, "term", text);
	json_object_set_new(request, "limit", json_integer(limit));
	access_set(a, request);
	r = transfer_run(s, rundir, &opts, &result, err);
	if (r < 0)
		return r;
	images = json_object_get(result, "images");
	add_host(images, host);
	*ret = json_incref(images);
	return 0;
}
