/*
 * platform - operating system, architecture and variant that an image is for, in Go's names
 */
#ifndef RL_STORAGE_PLATFORM_H
#define RL_STORAGE_PLATFORM_H

#include "runtime/base/err.h"

/**
 * struct platform - what an image is for; strings owned, NULL or "" where nothing is said
 */
struct platform {
	char *os, *arch, *variant;
};

/** platform_host() - this machine's; to be freed with platform_done() */
void platform_host(struct platform *ret);

/**
 * platform_parse() - "OS/ARCH[/VARIANT]" or "ARCH"; usual other names of architectures are understood
 */
int platform_parse(const char *text, struct platform *ret, struct err *err);

/** platform_set_arch() - set arch, and the variant that its name implies ("armhf" is arm v7) */
void platform_set_arch(struct platform *p, const char *arch);

/** platform_text() - "linux/arm/v7"; the caller owns it */
char *platform_text(const struct platform *p);

/**
 * platform_rank() - how well an image for @have runs on @want: 0 not at all, more is better
 */
unsigned platform_rank(const struct platform *want, const struct platform *have);

void platform_done(struct platform *p);

#endif
