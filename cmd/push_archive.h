/*
 * push_archive - an image into a file or directory, for push
 */
#ifndef RL_CMD_PUSH_ARCHIVE_H
#define RL_CMD_PUSH_ARCHIVE_H

#include "cmd/cmd.h"
#include "storage/image.h"
#include "storage/transport.h"

/**
 * push_archive() - write an image where a transport says
 * An oci: directory may have images already; a dir: one with an image is replaced.
 * @typed:   the name that the image was asked for by, or NULL: what a docker-archive calls it, unless @to says otherwise
 * @format:  "oci", "v2s2" or NULL for what it has
 * @request: "compress", and what push_flags_parse() has set
 * @ret:     {"digest"} of its manifest as it was written; a new reference
 */
int push_archive(struct ctx *ctx, const struct image *img, const char *typed,
	const struct transport *to, const char *format, json_t *request, bool quiet, json_t **ret,
	struct err *err);

#endif
