/*
 * artifact_send - an artifact of the store to a repository
 */
#ifndef RL_STORAGE_TRANSFER_ARTIFACT_SEND_H
#define RL_STORAGE_TRANSFER_ARTIFACT_SEND_H

#include "storage/transfer/push.h"

/**
 * artifact_send() - send what the registry lacks of it, and its manifest, all as they are
 * @to:  open, for writing
 * @tag: NULL: by its digest only
 */
int artifact_send(struct worker *w, struct registry *to, const char *digest, const char *tag,
	struct pushed *ret, struct err *err);

#endif
