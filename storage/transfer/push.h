/*
 * push - an image of the store to a repository
 */
#ifndef RL_STORAGE_TRANSFER_PUSH_H
#define RL_STORAGE_TRANSFER_PUSH_H

#include "storage/transfer/push_layer.h"
#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/**
 * struct pushed - the manifest that the registry has now
 * @docker: it is in Docker's format
 */
struct pushed {
	char digest[72];
	uint64_t size;
	bool docker;
};

/** push_read_wish() - "compression", "level" and "force" of a request; @ret->docker is left false */
void push_read_wish(const json_t *request, struct push_wish *ret);

/**
 * push_image() - send what the registry lacks of an image, and its manifest
 * @request: "format", "compression", "level", "force" as for push_run()
 * @r:   open, for writing
 * @tag: NULL: by its digest only
 */
int push_image(struct worker *w, const json_t *request, struct registry *r, const char *id,
	const char *tag, struct pushed *ret, struct err *err);

#endif
