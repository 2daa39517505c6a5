#include "storage/push.h"

#include "storage/registries.h"

/* @ret: the one place that @destination means: no mirrors, and short names are docker.io's */
static int resolve(const char *destination, struct candidates *ret, struct err *err)
{
	_cleanup_(registries_done) struct registries conf = {0};
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *full = NULL;
	const char *plain = str_after(destination, "docker://");
	int r;

	destination = plain ? plain : destination;
	r = ref_parse(destination, &ref, err);
	if (r == 0 && ref.digest)
		r = err_say(err, ERR_USAGE,
			"%s: the digest of what is pushed cannot be chosen, only its tag",
			destination);
	if (r == 0)
		r = registries_load_default(&conf, err);
	if (r < 0)
		return r;
	full = ref_format(&ref);
	return registries_resolve(&conf, full, ret, err);
}

int push_endpoint(const struct access *a, const char *destination, json_t *request, struct err *err)
{
	_cleanup_(candidates_done) struct candidates all = {0};
	const struct candidate *to;
	json_t *endpoint;
	int r = resolve(destination, &all, err);

	if (r < 0)
		return r;
	to = &all.v[0];
	r = access_endpoint(a, &to->endpoints[to->n - 1], &endpoint, err);
	if (r < 0)
		return r;
	json_object_set_new(request, "endpoint", endpoint);
	json_set_str(request, "tag", to->tag);
	json_set_str(request, "name", to->name);
	return 0;
}

int push_run_worker(const struct store *s, int rundir, const char *destination,
	const struct push_request *req, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *request = json_object();
	struct transfer_opts opts = {.subcommand = "push",
		.driver = req->driver,
		.request = request,
		.input = -EBADF,
		.progress = req->progress,
		.note = req->note,
		.arg = req->arg};
	int r = push_endpoint(&req->access, destination, request, err);

	if (r < 0)
		return r;
	json_set_str(request, "id", req->id);
	json_set_str(request, "format", req->format);
	if (req->how)
		json_object_update(request, (json_t *)(uintptr_t)req->how);
	access_set(&req->access, request);
	return transfer_run(s, rundir, &opts, ret, err);
}
