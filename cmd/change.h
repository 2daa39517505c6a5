/*
 * change - instructions of --change: an image's configuration written as in a Containerfile
 */
#ifndef RL_CMD_CHANGE_H
#define RL_CMD_CHANGE_H

#include "runtime/base/json.h"

/**
 * change_apply() - apply one instruction to @config, the "config" object of an image
 * CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR, as "CMD …" or "CMD=…"
 */
int change_apply(json_t *config, const char *text, struct err *err);

#endif
