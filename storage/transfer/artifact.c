/*
 * rl-transfer artifact: artifacts with a name
 *
 *   {"op": "add", "name": canonical, "artifact": as for artifact_make(), "append", "replace": bool}
 *   {"op": "pull", "candidates": as for pull}
 *   {"op": "push", "digest", "endpoint", "tag", "name", "sign": as for push}
 * "tlsVerify" and the like as for pull.  The result is {"digest", "name", "replaced": whether the name was another one's}.
 */
#include "storage/transfer/worker.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/artifact.h"
#include "storage/refstore.h"
#include "storage/transfer/artifact_dir.h"
#include "storage/transfer/artifact_fetch.h"
#include "storage/transfer/artifact_make.h"
#include "storage/transfer/artifact_send.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/fetch.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/sign.h"

#include <stdio.h>

/* what a name leads to: "" for nothing */
static void find_named(const struct store *s, const char *name, char ret_digest[72])
{
	char hex[65];

	*ret_digest = '\0';
	if (refstore_get_in(s, REFSTORE_ARTIFACTS, name, hex, NULL) == 0)
		snprintf(ret_digest, 72, "sha256:%s", hex);
}

/* @digest is pinned */
static int give_name(
	struct worker *w, const char *name, const char *digest, json_t **ret, struct err *err)
{
	_cleanup_close_ int lock = store_lock(&w->store, LOCK_SHARED, err);
	char old[72];
	int r;

	if (lock < 0)
		return lock;
	find_named(&w->store, name, old);
	r = refstore_set_in(&w->store, REFSTORE_ARTIFACTS, name, digest + strlen("sha256:"), err);
	if (r == 0)
		*ret = json_pack("{s:s,s:s,s:b}", "digest", digest, "name", name, "replaced",
			*old && !str_eq(old, digest));
	return r;
}

static int check_name(const json_t *request, const char *name, const char *old, struct err *err)
{
	bool append = json_get_bool(request, "append", false);

	if (append && !*old) {
		err_say(err, ERR_NO_OBJECT, "no such artifact: %.300s", name);
		return err_hint(err, "leave --append out to make it");
	}
	if (append || !*old || json_get_bool(request, "replace", false))
		return 0;
	err_say(err, EEXIST, "there is an artifact %.300s already", name);
	return err_hint(err, "add to it with --append, or make it anew with --replace");
}

/* with the name's lock held: of two that add to it at once none loses anything */
static int add_locked(
	struct worker *w, const json_t *request, const char *name, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *what = json_deep_copy(json_object_get(request, "artifact")),
			      *made = NULL;
	char old[72];
	int r;

	find_named(&w->store, name, old);
	r = check_name(request, name, old, err);
	if (r < 0)
		return r;
	if (json_get_bool(request, "append", false)) {
		r = artifact_dir_have(w, old, err);
		if (r == 0)
			r = err_say(err, ERR_NO_OBJECT, "no such artifact: %.300s", name);
		if (r < 0)
			return r;
		json_set_str(what, "base", old);
	}
	json_object_set_new(what, "named", json_true());
	r = artifact_make(w, what, NULL, &made, err);
	return r < 0 ? r : give_name(w, name, json_get_str(made, "digest", ""), ret, err);
}

static int add(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const char *name = json_get_str(request, "name", "");
	_cleanup_free_ char *text = xasprintf("artifact %s", name);
	char digest[72];
	int lock, r;

	ingest_digest(text, strlen(text), digest);
	lock = fetch_lock(&w->store, digest + strlen("sha256:"), NULL, NULL, err);
	if (lock < 0)
		return lock;
	r = add_locked(w, request, name, ret, err);
	fetch_unlock(&w->store, digest + strlen("sha256:"), lock);
	return r;
}

static int pull_from(struct worker *w, const json_t *request, const json_t *candidate,
	const json_t *endpoint, json_t **ret, struct err *err)
{
	const char *name = json_get_str(candidate, "name", ""),
		   *by_digest = json_get_str(candidate, "digest", NULL);
	_cleanup_(registry_done) struct registry r = {0};
	char digest[72];
	int e = endpoint_open(request, endpoint, &r, err);

	if (e == 0)
		e = artifact_fetch(w, &r,
			by_digest ? by_digest : json_get_str(candidate, "tag", "latest"), name,
			json_object_get(candidate, "policy"), digest, err);
	return e < 0 ? e : give_name(w, name, digest, ret, err);
}

static int pull(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const json_t *candidate, *endpoint;
	int r = err_say(err, EINVAL, "nothing to pull");
	size_t i, k;

	json_array_foreach (json_object_get(request, "candidates"), i, candidate) {
		worker_note(w, "Trying to pull %s...", json_get_str(candidate, "name", ""));
		json_array_foreach (json_object_get(candidate, "endpoints"), k, endpoint) {
			r = pull_from(w, request, candidate, endpoint, ret, err);
			if (r == 0)
				return 0;
		}
	}
	return r;
}

static int push(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const char *digest = json_get_str(request, "digest", ""),
		   *name = json_get_str(request, "name", "");
	_cleanup_(registry_done) struct registry to = {0};
	_cleanup_(signer_done) struct signer signer = {0};
	struct pushed done;
	/* a wrong passphrase is found before anything is sent */
	int r = signer_open(request, &signer, err);

	if (r == 0)
		r = endpoint_open(request, json_object_get(request, "endpoint"), &to, err);
	if (r < 0)
		return r;
	to.push = true;
	r = artifact_send(w, &to, digest, json_get_str(request, "tag", "latest"), &done, err);
	if (r == 0)
		r = signer_sign(&signer, &to, name, done.digest, err);
	if (r == 0)
		*ret = json_pack(
			"{s:s,s:s,s:b}", "digest", done.digest, "name", name, "replaced", 0);
	return r;
}

int artifact_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const char *op = json_get_str(request, "op", "");

	confine_writes(w->store.fd);
	confine_caps();
	if (str_eq(op, "add"))
		return add(w, request, ret, err);
	if (str_eq(op, "pull"))
		return pull(w, request, ret, err);
	if (str_eq(op, "push"))
		return push(w, request, ret, err);
	return err_say(err, ERR_USAGE, "unknown operation %s", op);
}
