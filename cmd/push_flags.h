/*
 * push_flags - the options of push and manifest push that say how layers are compressed and what is signed
 */
#ifndef RL_CMD_PUSH_FLAGS_H
#define RL_CMD_PUSH_FLAGS_H

#include "cmd/cmd.h"
#include "runtime/base/json.h"

/** struct push_flags - as given on the command line; strings may be NULL */
struct push_flags {
	char *compression, *level;
	char *sign_params, *sign_key, *passphrase_file;
	bool force, remove_signatures;
};

/* rows of an option table; @s is the command's struct, @m its member of type struct push_flags */
/* clang-format off */
#define PUSH_COMPRESSION_FORMAT(s, m) \
	OPTION_STR(0, "compression-format", s, m.compression, "gzip|zstd|zstd:chunked", \
		"compress layers like this, also those that are compressed in another way")
#define PUSH_COMPRESSION_LEVEL(s, m) \
	OPTION_STR(0, "compression-level", s, m.level, "N", "1 to 9 for gzip, 1 to 19 for zstd")
#define PUSH_FORCE_COMPRESSION(s, m) \
	OPTION_BOOL(0, "force-compression", s, m.force, "compress again what is compressed in another way")
#define PUSH_REMOVE_SIGNATURES(s, m) \
	OPTION_BOOL(0, "remove-signatures", s, m.remove_signatures, \
		"with a key: keep none of the signatures that the registry has of it (others are never pushed)")
#define PUSH_SIGN_PARAMS(s, m) \
	OPTION_STR(0, "sign-by-sigstore", s, m.sign_params, "FILE", \
		"sign as containers-sigstore-signing-params.yaml(5) says; with private keys only")
#define PUSH_SIGN_KEY(s, m) \
	OPTION_STR(0, "sign-by-sigstore-private-key", s, m.sign_key, "FILE", "sign with this key of cosign or openssl")
#define PUSH_SIGN_PASSPHRASE(s, m) \
	OPTION_STR(0, "sign-passphrase-file", s, m.passphrase_file, "FILE", "passphrase of the key")
/* clang-format on */

/**
 * push_flags_parse() - check the flags and read the key, as the user
 * @format:  of the manifest, "oci", "v2s2" or NULL
 * @request: gets "compression", "level", "force", "sign", "removeSignatures", where they are given
 */
int push_flags_parse(
	const struct push_flags *f, const char *format, json_t *request, struct err *err);

#endif
