/*
 * overlay - the kernel's overlay file system, mounted with the container's own rights
 */
#ifndef RL_STORAGE_OVERLAY_H
#define RL_STORAGE_OVERLAY_H

#include "storage/driver.h"

/**
 * overlay_mount() - a detached overlay mount
 * @legacy: through mount(2) and one page of options, as kernels without "lowerdir+" (before 6.7) need it;
 *          otherwise that is tried when the kernel turns out to be one
 */
int overlay_mount(const struct rootfs *r, bool legacy, struct err *err);

#endif
