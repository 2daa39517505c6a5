/*
 * auth - what a registry asks for in WWW-Authenticate (RFC 9110 §11.6.1), and the token that answers it
 */
#ifndef RL_STORAGE_TRANSFER_AUTH_H
#define RL_STORAGE_TRANSFER_AUTH_H

#include "storage/transfer/http_retry.h"

/**
 * struct challenge - one way to authenticate
 * @scheme: as sent
 * @params: "key=value" with the key in lower case
 */
struct challenge {
	char *scheme;
	struct strv params;
};

struct challenges {
	struct challenge *v;
	size_t n;
};

/**
 * struct auth_login - who the user is; strings borrowed, NULL where there is none
 */
struct auth_login {
	const char *user, *password, *identity_token;
};

/** auth_parse() - append the challenges of one header's value; what is malformed is left out */
void auth_parse(const char *header, struct challenges *ret);
void challenges_done(struct challenges *c);

/** auth_basic() - value of Authorization for a user name and password; the caller owns it */
char *auth_basic(const char *user, const char *password);

/**
 * auth_answer() - the value of Authorization that answers a registry's challenges
 * Bearer is preferred; its token is fetched from the realm, which must be https unless @plain (the registry itself is
 * spoken to over plain HTTP).
 * @headers: values of WWW-Authenticate
 * @scope:   what is to be done, "repository:library/alpine:pull"; several are separated by blanks; "" for none
 * @ret:     owned by the caller
 * Return: 0, -EACCES if only credentials would help and there are none, or another negative errno
 */
int auth_answer(struct http *h, const struct strv *headers, const struct auth_login *login,
	const char *scope, bool plain, const struct http_retry *retry, char **ret, struct err *err);

#endif
