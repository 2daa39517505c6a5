/*
 * install - services and the links of their [Install] sections, written where systemd.generator(7) wants them
 */
#ifndef RL_QUADLET_INSTALL_H
#define RL_QUADLET_INSTALL_H

#include "runtime/quadlet/quadlet.h"

/**
 * install_unit() - write a converted service, and do what `systemctl enable` would: Alias, WantedBy, RequiredBy, UpheldBy
 * A template is enabled as its DefaultInstance.
 * @dirfd: the generator's directory; borrowed
 */
int install_unit(int dirfd, const struct quadlet *q, struct err *err);

#endif
