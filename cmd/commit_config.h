/*
 * commit_config - the configuration of an image that is made of a container
 */
#ifndef RL_CMD_COMMIT_CONFIG_H
#define RL_CMD_COMMIT_CONFIG_H

#include "runtime/container.h"
#include "storage/image.h"

/**
 * commit_config() - the image's "config" with what the container was started with
 * @img: its image, or NULL if that is gone
 * @volumes: the places of its bind mounts become volumes
 * @ret: a new reference
 */
int commit_config(const struct container *c, const struct image *img, bool volumes, json_t **ret,
	struct err *err);

/** commit_config_merge() - lay the object in a --config file over @config: lists of ports, labels, volumes and the environment
 * grow, other members are replaced */
int commit_config_merge(json_t *config, const char *path, struct err *err);

#endif
