/*
 * access - the options that every command which speaks to a registry has
 */
#ifndef RL_CMD_ACCESS_H
#define RL_CMD_ACCESS_H

#include "cmd/cmd.h"
#include "storage/access.h"

/**
 * struct access_flags - as given on the command line; strings may be NULL
 * @retry: ACCESS_RETRY_DEFAULT where it was not given
 */
struct access_flags {
	char *authfile, *cert_dir, *creds, *tls_verify, *retry_delay;
	int64_t retry;
};

#define ACCESS_RETRY_DEFAULT (-1)

/* rows of an option table; @s is the command's struct, @m its member of type struct access_flags */
/* clang-format off */
#define ACCESS_AUTHFILE(s, m) \
	OPTION_STR(0, "authfile", s, m.authfile, "FILE", "credentials file instead of the usual ones")
#define ACCESS_CERT_DIR(s, m) \
	OPTION_STR(0, "cert-dir", s, m.cert_dir, "DIR", "authorities (*.crt) and client certificate (*.cert, *.key)")
#define ACCESS_CREDS(s, m) \
	OPTION_STR(0, "creds", s, m.creds, "USER:PASSWORD", "credentials for the registry")
#define ACCESS_RETRY(s, m) \
	OPTION_INT(0, "retry", s, m.retry, "N", "further attempts after a failure that may pass (default: 3)")
#define ACCESS_RETRY_DELAY(s, m) \
	OPTION_STR(0, "retry-delay", s, m.retry_delay, "DURATION", \
		"pause before the first of them, doubled each time (default: 1s)")
#define ACCESS_TLS_VERIFY(s, m) \
	{0, "tls-verify", OPT_STR, OPT_CHECK(s, m.tls_verify, char *), "true|false", \
		"check certificates and use HTTPS only (default: as registries.conf says)", "true", false}
#define ACCESS_NO_TRUST(s, m) \
	OPTION_BOOL(0, "disable-content-trust", s, m, \
		"changes nothing: docker's content trust does not exist here, policy.json decides")
/* clang-format on */

/** access_parse() - check the flags; @ret borrows their strings */
int access_parse(const struct access_flags *f, struct access *ret, struct err *err);

#endif
