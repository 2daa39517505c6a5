/*
 * words - the words of a value in a unit file, as systemd.syntax(7) and systemd.service(5), "Command lines", define them
 *
 * Words are separated by white space.  Quotes of either kind group; inside and outside of them a backslash begins an
 * escape sequence as in C.  Specifiers (%h) and variables ($X) are left for systemd.
 */
#ifndef RL_RUNTIME_WORDS_H
#define RL_RUNTIME_WORDS_H

#include "runtime/base/str.h"

/* how words_split() treats a backslash */
enum words_escape {
	WORDS_UNESCAPE, /* replace escape sequences; an unknown one stays as it is */
	WORDS_RETAIN,	/* keep them, for whoever reads the word next */
};

/**
 * words_split() - append the words of @text
 * Return: 0, or -EINVAL for a quote that is not closed or a backslash at the end; @ret has the words before it
 */
int words_split(const char *text, enum words_escape how, struct strv *ret, struct err *err);

/** words_quote() - append @word so that words_split(WORDS_UNESCAPE) and systemd give it back */
void words_quote(struct buf *to, const char *word);

/** words_join() - all of @words, quoted where that is needed, with a space between; the caller owns it */
char *words_join(const struct strv *words);

#endif
