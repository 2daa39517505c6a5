/*
 * template_func - the functions that templates can call
 *
 * Private to template_*.c.
 */
#ifndef RL_CMD_TEMPLATE_FUNC_H
#define RL_CMD_TEMPLATE_FUNC_H

#include "cmd/template_value.h"

/* a text that a function makes is at most so long */
#define TEMPLATE_STRING_MAX ((size_t)16 << 20)

/**
 * struct template_call - one call
 * @arena: for what is returned
 * @wrong: filled when the call fails: one sentence
 */
struct template_call {
	struct arena *arena;
	const struct value *args;
	size_t n;
	char wrong[160];
};

/**
 * struct template_func - a function
 * @min, @max: arguments; @max -1 for any number
 * @lazy: "and" or "or": arguments are evaluated one after the other until the result is known; @call is NULL
 * @call: Return: 0, or -1 with @wrong filled
 */
struct template_func {
	const char *name;
	int min, max;
	bool lazy;
	int (*call)(struct template_call *c, struct value *ret);
};

const struct template_func *template_func_find(const char *name, size_t len);

/** template_sprintf() - fmt.Sprintf: args[0] is the format */
int template_sprintf(struct template_call *c, struct value *ret);
/** template_call_fail() - fill @wrong; Return: -1 */
int template_call_fail(struct template_call *c, const char *fmt, ...) _printf_(2, 3);
/** template_call_string() - the content of @b as the result, moved into the arena; @b is released */
int template_call_string(struct template_call *c, struct buf *b, struct value *ret);

#endif
