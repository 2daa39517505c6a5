#include "storage/login.h"

#include "storage/registries.h"

int login_key(const char *registry, char **ret, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *key = NULL, *probe = NULL;
	const char *rest;
	int r;

	if (!registry) {
		r = registries_load_default(&conf, err);
		if (r < 0)
			return r;
		*ret = xstrdup(conf.search.n ? conf.search.v[0] : "docker.io");
		return 0;
	}
	rest = str_after(registry, "https://");
	if (!rest)
		rest = str_after(registry, "http://");
	/* a URL's path says nothing: docker's own is https://index.docker.io/v1/ */
	key = rest ? xstrndup(rest, strcspn(rest, "/")) : xstrdup(registry);
	if (credentials_same_host(key, "docker.io")) {
		free(key);
		key = xstrdup("docker.io");
	}
	/* the grammar of a reference */
	probe = strchr(key, '/') ? xstrdup(key) : xasprintf("%s/x", key);
	r = ref_parse(probe, &ref, NULL);
	if (r < 0 || strpbrk(strchr(probe, '/'), ":@")) {
		err_say(err, ERR_USAGE, "\"%s\" is not a registry", registry);
		return err_hint(err, "name it as HOST[:PORT] or HOST[:PORT]/NAMESPACE");
	}
	*ret = take_ptr(key);
	return 0;
}

int login_check(const struct store *s, int rundir, const struct access *a, const char *key,
	const struct credentials *c, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	_cleanup_free_ char *creds = xasprintf("%s:%s", c->user, c->password),
			    *host = xstrndup(key, strcspn(key, "/"));
	struct endpoint e = {.host = host, .path = (char[]){""}};
	struct access mine = *a;
	_cleanup_json_ json_t *request = json_object(), *result = NULL;
	struct transfer_opts opts = {.subcommand = "login", .request = request, .input = -EBADF};
	json_t *endpoint;
	int r = registries_load_default(&conf, err);

	if (r < 0)
		return r;
	e.insecure = registries_insecure(&conf, key);
	mine.creds = creds;
	r = access_endpoint(&mine, &e, &endpoint, err);
	explicit_bzero(creds, strlen(creds));
	if (r < 0)
		return r;
	json_object_set_new(request, "endpoint", endpoint);
	access_set(a, request);
	return transfer_run(s, rundir, &opts, &result, err);
}
