/*
 * defaults - what rl.conf says about containers whose flags do not
 */
#ifndef RL_CMD_DEFAULTS_H
#define RL_CMD_DEFAULTS_H

#include "runtime/spec.h"

/** defaults_apply() - fill in what was not given from the table [containers] (storage/config.h); @conf may be NULL */
void defaults_apply(const json_t *conf, struct spec_opts *o);

#endif
