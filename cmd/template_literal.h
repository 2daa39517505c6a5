/*
 * template_literal - numbers, strings and characters as Go writes them
 */
#ifndef RL_CMD_TEMPLATE_LITERAL_H
#define RL_CMD_TEMPLATE_LITERAL_H

#include "cmd/template_lex.h"
#include "cmd/template_value.h"

/** template_literal() - the value of a literal token; Return: NULL, or what is wrong with it (a static sentence) */
const char *template_literal(const struct token *tok, struct arena *a, struct value *ret);

#endif
