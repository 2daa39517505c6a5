/*
 * transport - places of images other than registries: containers-transports(5)
 *
 *   docker-archive:PATH[:NAME|:@N]   oci-archive:PATH[:NAME|:@N]   oci:DIR[:NAME|:@N]   dir:DIR
 * A path has no colon in it; the first one ends it.
 */
#ifndef RL_STORAGE_TRANSPORT_H
#define RL_STORAGE_TRANSPORT_H

#include "runtime/base/err.h"

#include <stdbool.h>

enum transport_kind {
	TRANSPORT_DOCKER_ARCHIVE,
	TRANSPORT_OCI_ARCHIVE,
	TRANSPORT_OCI,
	TRANSPORT_DIR,
};

/**
 * struct transport - a parsed place
 * @name: of the transport, as policy.json has it; borrowed from the program
 * @dir:  @path is a directory
 * @reference: what follows the path, or NULL
 */
struct transport {
	enum transport_kind kind;
	const char *name;
	bool dir;
	char *path, *reference;
};

/**
 * transport_parse() - recognise a place
 * Return: 1 with @ret filled, 0 where @text names something else (an image, a registry), or a negative errno: it is malformed, or
 * of a transport that rl has not
 */
int transport_parse(const char *text, struct transport *ret, struct err *err);

void transport_done(struct transport *t);

#endif
