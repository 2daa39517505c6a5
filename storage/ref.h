/*
 * ref - image references (distribution's reference grammar)
 *
 * [HOST[:PORT]/]PATH[:TAG][@DIGEST].  "alpine" normalises to docker.io/library/alpine:latest.
 */
#ifndef RL_STORAGE_REF_H
#define RL_STORAGE_REF_H

#include "runtime/base/err.h"

#include <stdbool.h>

/**
 * struct ref - a parsed reference; all strings are owned
 * @host:   registry with port ("docker.io", "localhost:5000", "[::1]:5000"); never NULL
 * @path:   repository ("library/alpine")
 * @tag:    NULL if a digest was given without one
 * @digest: "sha256:…" or NULL
 * @short_name: the text had no host: the registry is a guess that registries.conf may change
 */
struct ref {
	char *host, *path, *tag, *digest;
	bool short_name;
};

/** ref_parse() - parse and normalise; -EINVAL with the rule that was broken in the message */
int ref_parse(const char *text, struct ref *ret, struct err *err);
/** ref_format() - canonical text, tag or digest included; the caller owns it */
char *ref_format(const struct ref *r);
/** ref_name() - canonical text without tag and digest; the caller owns it */
char *ref_name(const struct ref *r);
void ref_done(struct ref *r);
/** ref_digest_ok() - whether @s is "sha256:" and 64 lower-case hexadecimal digits (the only algorithm taken) */
bool ref_digest_ok(const char *s);

#endif
