/*
 * policy - which images may come in: containers-policy.json(5)
 *
 * Read is the user's ~/.config/containers/policy.json, else /etc/containers/policy.json; without either everything is
 * accepted.  Here is only decided which requirements apply to a place and are their keys read, as the user; they are met
 * or not where the image's manifest is known (transfer/sigstore.h).
 */
#ifndef RL_STORAGE_POLICY_H
#define RL_STORAGE_POLICY_H

#include "runtime/base/json.h"
#include "storage/ref.h"

/** struct policy - a parsed file; @file NULL: there is none; @what: its path, for errors */
struct policy {
	json_t *file;
	char *what;
};

/** policy_load_default() - read the file that counts; a malformed one is an error, so that it does not open everything */
int policy_load_default(struct policy *ret, struct err *err);

/** policy_parse() - check text and make a policy of it */
int policy_parse(
	const char *text, size_t len, const char *what, struct policy *ret, struct err *err);

/**
 * policy_for_ref() - the requirements for an image of a registry: the most specific scope of the transport "docker"
 * A scope is HOST/PATH:TAG or @DIGEST, HOST/PATH, a namespace of it, HOST, *.DOMAIN or "".
 * @ret: array of objects as in the file, all of which must be met; keyPath(s) are replaced by "keys": texts of PEM;
 *       NULL where nothing is required.  A new reference
 */
int policy_for_ref(const struct policy *p, const struct ref *ref, json_t **ret, struct err *err);

/** policy_for_archive() - the same for a file: @transport "docker-archive", "oci-archive", …; scopes are absolute paths */
int policy_for_archive(const struct policy *p, const char *transport, const char *path,
	json_t **ret, struct err *err);

/**
 * policy_for_load() - what applies to `load` of @path (NULL for standard input), whose format only its reader will know
 * @ret: {"docker-archive": requirements, "oci-archive": …}, or "dir" and "oci" of a directory, each left out where nothing is
 * required; a new reference
 */
int policy_for_load(const char *path, json_t **ret, struct err *err);

/** policy_check_unsigned() - whether @requirements (NULL for none) let in what has no signatures, such as an archive */
int policy_check_unsigned(const json_t *requirements, const char *what, struct err *err);

void policy_done(struct policy *p);

#endif
