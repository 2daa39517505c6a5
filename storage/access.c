#include "storage/access.h"

#include "storage/credentials.h"

/* later directories are read as well: authorities add up, the first client certificate counts */
static json_t *cert_dirs(const struct access *a, const char *host)
{
	_cleanup_free_ char *home = registries_config_dir();
	json_t *dirs = json_array();

	if (a->cert_dir) {
		json_array_append_new(dirs, json_str(a->cert_dir));
		return dirs;
	}
	if (home) {
		_cleanup_free_ char *dir = xasprintf("%s/certs.d/%s", home, host);

		json_array_append_new(dirs, json_str(dir));
	}
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *dir =
			xasprintf("/etc/%s/certs.d/%s", i ? "docker" : "containers", host);

		json_array_append_new(dirs, json_str(dir));
	}
	return dirs;
}

int access_endpoint(const struct access *a, const struct endpoint *e, json_t **ret, struct err *err)
{
	_cleanup_(credentials_done) struct credentials creds = {0};
	int r = a->creds ? credentials_parse(a->creds, &creds, err)
			 : credentials_find(a->authfile, e->host, e->path, &creds, err);
	json_t *j;

	if (r < 0)
		return r;
	j = json_object();
	json_set_str(j, "host", e->host);
	json_set_str(j, "path", e->path);
	json_object_set_new(j, "insecure", json_boolean(e->insecure));
	json_object_set_new(j, "certs", cert_dirs(a, e->host));
	json_set_str(j, "user", creds.user);
	json_set_str(j, "password", creds.password);
	json_set_str(j, "identityToken", creds.identity_token);
	*ret = j;
	return 0;
}

void access_set(const struct access *a, json_t *request)
{
	if (a->tls_verify >= 0)
		json_object_set_new(request, "tlsVerify", json_boolean(a->tls_verify));
	if (a->retry >= 0)
		json_object_set_new(request, "retry", json_integer(a->retry));
	if (a->retry_delay_ms >= 0)
		json_object_set_new(request, "retryDelay", json_integer(a->retry_delay_ms));
}
