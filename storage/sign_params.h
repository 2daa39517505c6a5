/*
 * sign_params - containers-sigstore-signing-params.yaml(5), as far as it is about keys
 *
 * A file of lines "name: value".  What asks for certificates (fulcio) or a transparency log (rekorURL) is refused, as is what is
 * not known: nothing is signed in another way than the file says.
 */
#ifndef RL_STORAGE_SIGN_PARAMS_H
#define RL_STORAGE_SIGN_PARAMS_H

#include "runtime/base/err.h"

#include <stddef.h>

/** struct sign_params - @passphrase_file: NULL where the file names none */
struct sign_params {
	char *key_file, *passphrase_file;
};

/** sign_params_read() - read the file at @path */
int sign_params_read(const char *path, struct sign_params *ret, struct err *err);

/** sign_params_parse() - the same from its text; @what: its path, for errors */
int sign_params_parse(const char *text, const char *what, struct sign_params *ret, struct err *err);

void sign_params_done(struct sign_params *p);

#endif
