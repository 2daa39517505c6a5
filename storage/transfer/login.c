/*
 * rl-transfer login: does a registry take these credentials?
 *
 *   {"endpoint": {…, as for pull, with an empty "path"}, "tlsVerify", "retry", "retryDelay"}
 * The result is {}.
 */
#include "storage/transfer/worker.h"

#include "runtime/base/confine.h"

#include "storage/transfer/endpoint.h"

int login_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(registry_done) struct registry r = {0};
	int e;

	(void)w;
	confine_writes(-EBADF);
	confine_caps();
	e = endpoint_open(request, json_object_get(request, "endpoint"), &r, err);
	if (e == 0)
		e = registry_check(&r, err);
	if (e == 0)
		*ret = json_object();
	return e;
}
