/*
 * label_command - the command line in a label of an image, for `rl container runlabel`
 *
 * It comes from whoever made the image: it is split into words here and no shell ever sees it, what stands for names is
 * replaced in whole words after that, and the only program that it may name is this one, by its name or that of podman or docker.
 */
#ifndef RL_CMD_LABEL_COMMAND_H
#define RL_CMD_LABEL_COMMAND_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/** struct label_names - what stands for what: IMAGE, NAME, PWD and OPT1 to OPT3 */
struct label_names {
	const char *image, *name, *pwd, *opt[3];
};

/** label_words() - append the words of @text as a shell would see them: blanks, '…', "…" and \ count, nothing else does */
int label_words(const char *text, struct strv *ret, struct err *err);

/**
 * label_command() - append the arguments of this program: @text without its first word
 * Return: 0, or -EPERM where another program is named
 */
int label_command(
	const char *text, const struct label_names *names, struct strv *ret, struct err *err);

#endif
