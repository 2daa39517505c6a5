#include "cmd/access.h"

#include "runtime/base/parse.h"

#define DELAY_MAX_MS 3600000

int access_parse(const struct access_flags *f, struct access *ret, struct err *err)
{
	struct access a = {.authfile = f->authfile,
		.cert_dir = f->cert_dir,
		.creds = f->creds,
		.tls_verify = -1,
		.retry = f->retry,
		.retry_delay_ms = -1};
	int64_t delay;
	bool verify;

	if (f->tls_verify) {
		if (parse_bool(f->tls_verify, &verify) < 0)
			return err_say(err, ERR_USAGE, "--tls-verify is true or false, not \"%s\"",
				f->tls_verify);
		a.tls_verify = verify;
	}
	if (f->retry > 100)
		return err_say(err, ERR_USAGE, "--retry: at most 100 attempts");
	if (f->retry_delay) {
		if (parse_duration(f->retry_delay, &delay) < 0 || delay < 0 ||
			delay / 1000000 > DELAY_MAX_MS)
			return err_say(err, ERR_USAGE,
				"--retry-delay: \"%s\" is not a duration up to one hour",
				f->retry_delay);
		a.retry_delay_ms = delay / 1000000;
	}
	*ret = a;
	return 0;
}
