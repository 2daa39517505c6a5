/*
 * volume_driver - what the options of a volume mean
 *
 * The driver "local" keeps a directory in the store; with type=bind and device= the volume is that directory of the host
 * instead, with type=tmpfs a tmpfs that each container gets for itself.  The driver "image" shows an image.
 */
#ifndef RL_RUNTIME_VOLUME_DRIVER_H
#define RL_RUNTIME_VOLUME_DRIVER_H

#include "runtime/base/json.h"
#include "runtime/mount_option.h"

/**
 * volume_driver_set() - put driver and options (KEY=VALUE) into the record of a volume to be
 * Return: 0, or -ERR_USAGE for what does not exist or cannot be had
 */
int volume_driver_set(json_t *record, const char *driver, const struct strv *opts, struct err *err);

/** volume_labels_set() - put labels (KEY=VALUE or KEY) into it */
int volume_labels_set(json_t *record, const struct strv *labels, struct err *err);

/** volume_driver_type() - how it is mounted: MOUNT_TYPE_VOLUME for a directory of the store */
enum mount_type volume_driver_type(const json_t *record);

/** volume_driver_options() - the mount options of its own, those in "o" */
int volume_driver_options(const json_t *record, struct mount_options *ret, struct err *err);

#endif
