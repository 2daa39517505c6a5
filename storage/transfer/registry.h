/*
 * registry - the distribution API of one repository (distribution-spec): manifests, blobs, tags
 *
 * HTTPS first.  Plain HTTP is spoken only to a registry that is marked insecure, or one on a loopback address (unless
 * --tls-verify=true was given), and only if it does not speak TLS; once HTTPS has answered there is no way back.
 * A 401 is answered once a request (tokens expire); failures that pass are tried again (struct http_retry).
 */
#ifndef RL_STORAGE_TRANSFER_REGISTRY_H
#define RL_STORAGE_TRANSFER_REGISTRY_H

#include "runtime/base/json.h"
#include "storage/transfer/auth.h"
#include "storage/transfer/http_retry.h"

#define REGISTRY_MANIFEST_CAP ((size_t)4 << 20)
#define REGISTRY_TAGS_MAX     10000

/**
 * struct registry - a repository on a registry
 * @http:   session
 * @host, @path: as named by the user or registries.conf
 * @base:   "https://registry-1.docker.io" once known
 * @auth:   current value of Authorization, or NULL
 * @user, @password, @identity_token: credentials, or NULL
 * @push:   writing is wanted, too
 * @from:   another repository there that a blob is to be mounted from, or NULL
 * @scope:  what a token is wanted for instead of the repository, or NULL
 * @challenges: what it last asked for in a 401
 * @may_plain: plain HTTP is allowed if it does not speak TLS
 * @settled: it has answered: @base stays
 * @retry:  how often to try, and how long to wait
 */
struct registry {
	struct http http;
	char *host, *path, *base, *auth, *user, *password, *identity_token;
	bool may_plain, settled, push;
	char *from, *scope;
	struct strv challenges;
	struct http_retry retry;
};

/**
 * registry_init() - prepare; nothing is sent yet
 * @tls: 1 for --tls-verify=true, 0 for false or insecure, -1 if nothing was said
 */
int registry_init(struct registry *r, const char *host, const char *path, int tls, struct err *err);
void registry_done(struct registry *r);

/**
 * registry_send() - one attempt at a request: finds out how to speak, authenticates if it is asked to
 * @target: "/v2/…", or a whole URL that the registry has named; credentials go to the registry itself only
 * @failure: as of http_send()
 * Return: 0 with any HTTP status in @resp, or a negative errno
 */
int registry_send(struct registry *r, struct http_req *req, const char *target,
	struct http_resp *resp, enum http_failure *failure, struct err *err);

/**
 * registry_ask() - registry_send() until an answer has one of the wanted statuses or trying again is of no use
 * @ok:   statuses, ended by 0
 * @what: named in the error
 */
int registry_ask(struct registry *r, struct http_req *req, const char *target, const long *ok,
	const char *what, struct http_resp *resp, struct err *err);

/** registry_status() - the error that an unwanted status means; @name: what was asked for; Return: negative */
int registry_status(
	const struct registry *r, const char *name, const struct http_resp *resp, struct err *err);

/**
 * registry_may_mount() - ask for the right to read repository @from as well
 * Return: whether it is worth trying
 */
bool registry_may_mount(struct registry *r, const char *from);

/**
 * registry_manifest() - fetch a manifest and check its digest
 * @ref:      tag or digest
 * @ret_body: its bytes, at most REGISTRY_MANIFEST_CAP
 * @ret_type: Content-Type without parameters, "" if there was none; owned by the caller
 * @ret_digest: "sha256:…" of the bytes, 72 bytes
 * Return: 0, -ERR_NO_OBJECT if there is none, -EACCES if it may not be read, or another negative errno
 */
int registry_manifest(struct registry *r, const char *ref, struct buf *ret_body, char **ret_type,
	char ret_digest[72], struct err *err);

/** registry_blob() - fetch a small blob whole, and check its digest and @size */
int registry_blob(
	struct registry *r, const char *digest, uint64_t size, struct buf *ret, struct err *err);

/**
 * registry_stream() - fetch a blob into a pipe, going on where a broken connection ended
 * The receiver checks the digest; exactly @size bytes are written, or it fails.
 */
int registry_stream(struct registry *r, const char *digest, uint64_t size, int fd, struct err *err);

/** registry_check() - whether the registry answers and takes the credentials; -EACCES if not */
int registry_check(struct registry *r, struct err *err);

/**
 * registry_pages() - fetch a list page by page, as the Link headers lead
 * @target: of the first page
 * @what:   named in errors
 * @page:   called with each; Return: 0 to go on, 1 if that is enough, or a negative errno
 */
int registry_pages(struct registry *r, const char *target, const char *what,
	int (*page)(void *arg, const json_t *list, struct err *err), void *arg, struct err *err);

/** registry_tags() - append all tags, following the pages */
int registry_tags(struct registry *r, struct strv *ret, struct err *err);

#endif
