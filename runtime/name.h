/*
 * name - random names for containers that were not given one: "adjective_surname"
 */
#ifndef RL_RUNTIME_NAME_H
#define RL_RUNTIME_NAME_H

#include "runtime/base/mem.h"

/**
 * name_random() - a random name; the caller owns it
 * @attempt: how many were in use already: later ones get a number behind them, so that one is free soon
 */
char *name_random(unsigned attempt);

#endif
