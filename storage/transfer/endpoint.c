#include "storage/transfer/endpoint.h"

int endpoint_open(
	const json_t *request, const json_t *endpoint, struct registry *r, struct err *err)
{
	const json_t *verify = json_object_get(request, "tlsVerify");
	_cleanup_strv_ struct strv certs = {0};
	int tls = json_is_boolean(verify)		       ? json_is_true(verify)
		  : json_get_bool(endpoint, "insecure", false) ? 0
							       : -1;
	int e = registry_init(r, json_get_str(endpoint, "host", ""),
		json_get_str(endpoint, "path", ""), tls, err);

	if (e < 0)
		return e;
	r->user = xstrdup(json_get_str(endpoint, "user", NULL));
	r->password = xstrdup(json_get_str(endpoint, "password", NULL));
	r->identity_token = xstrdup(json_get_str(endpoint, "identityToken", NULL));
	r->retry.max = (unsigned)json_get_int(request, "retry", r->retry.max);
	r->retry.delay_ms = (unsigned)json_get_int(request, "retryDelay", r->retry.delay_ms);
	json_get_strv(endpoint, "certs", &certs);
	strv_foreach (i, dir, &certs) {
		e = http_add_certs(&r->http, dir, err);
		if (e < 0)
			return e;
	}
	return 0;
}
