/*
 * template - Go's text/template over JSON values, the language of --format
 *
 * text · trim markers · comments · pipelines · variables · if, else if, else · range, else, break, continue ·
 * with · define, template, block · fields of fields · literals · parentheses · and or not (short-circuit) len index slice
 * print printf println html js urlquery eq ne lt le gt ge · json join split title lower upper pad truncate.
 * Values print as Go's fmt prints them: maps "map[k:v]" with sorted keys, lists "[a b]", structs "{a b}",
 * what is missing "<no value>".
 *
 * JSON has no types, so which object is a struct and which a map follows a rule: an object is a struct
 * when it has members and each name begins with an upper-case letter, unless the member that it was reached
 * through is one of those that hold maps (Labels, Annotations, Options, Ports, Networks, …; template_exec.c
 * lists them).  A name that a struct lacks is an error that names it; one that a map lacks is "<no value>".
 * The data itself (the initial dot) is a struct.  Of a struct, `.ID` and `.Id`, `.HostIP` and `.HostIp` are the same name;
 * `.Label "x"` is the member x of `.Labels`, "" if there is none.  Times of a health check print as Go's durations ("1m30s").
 *
 * Depth of nesting, steps of execution and bytes of output are bounded; text and data may be hostile.
 */
#ifndef RL_CMD_TEMPLATE_H
#define RL_CMD_TEMPLATE_H

#include "runtime/base/json.h"

struct template;

/**
 * template_parse() - compile
 * @name: for messages: "template: NAME:LINE: …"
 * Return: 0 with *@ret owned by the caller (template_free), or -ERR_USAGE with the position in the message
 */
int template_parse(const char *text, const char *name, struct template **ret, struct err *err);
void template_free(struct template *t);

static inline void template_freep(struct template **t)
{
	template_free(*t);
}
#define _cleanup_template_ _cleanup_(template_freep)

/**
 * template_exec() - execute and append what it prints to @out
 * Return: 0 or -ERR_USAGE (a missing field, a wrong argument), -E2BIG beyond a bound; @out keeps what was printed before
 */
int template_exec(const struct template *t, const json_t *data, struct buf *out, struct err *err);

/** template_blanks_to_tabs() - podman's `table` rule: blanks of the text outside {{ }} separate columns */
void template_blanks_to_tabs(struct template *t);

/** template_ranges() - whether the text loops over the dot itself ({{range .}}), so wants all rows at once */
bool template_ranges(const struct template *t);

/**
 * template_headings() - append what stands for the values in a heading line: text as it is, and for each action the
 * heading of the last name of its first field
 * @heading: called for each name
 */
void template_headings(const struct template *t,
	void (*heading)(void *arg, const char *name, struct buf *out), void *arg, struct buf *out);

#endif
