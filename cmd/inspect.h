/*
 * inspect - containers and images as `rl inspect` shows them: podman's names and types
 */
#ifndef RL_CMD_INSPECT_H
#define RL_CMD_INSPECT_H

#include "cmd/cmd.h"
#include "storage/image.h"

/**
 * inspect_container() - everything about a container; a new reference
 * @size: compute the size of its writable layer too (needs to enter its files)
 */
int inspect_container(
	struct ctx *ctx, const struct container *c, bool size, json_t **ret, struct err *err);

/** inspect_limits() - add to HostConfig what limits a container; @config: config.json */
void inspect_limits(const struct container *c, const json_t *config, json_t *out);
/** inspect_health() - State.Health, a new reference, or NULL without a check */
json_t *inspect_health(const struct container *c);

/** inspect_health_config() - add what is to be checked to Config */
void inspect_health_config(const json_t *record, json_t *out);

/** inspect_health_image() - Healthcheck of an image that is made of a container; a new reference, or NULL */
json_t *inspect_health_image(const json_t *record);

/** inspect_absent_container(), inspect_absent_image() - add what templates may name besides (cmd/absent.h) */
void inspect_absent_container(json_t *obj);
void inspect_absent_image(json_t *obj);

/** inspect_image() - everything about an image; a new reference */
json_t *inspect_image(const struct store *s, const struct image *img);

#endif
