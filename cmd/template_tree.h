/*
 * template_tree - a parsed template
 *
 * Private to template_*.c.  Everything lives in the template's arena.  Variables are slots of a frame, numbered by
 * the parser; slot 0 is "$".  Positions are pointers into the template's own copy of its text.
 */
#ifndef RL_CMD_TEMPLATE_TREE_H
#define RL_CMD_TEMPLATE_TREE_H

#include "cmd/arena.h"
#include "cmd/template.h"
#include "cmd/template_value.h"

/* levels of nesting, in the text as in execution */
#define TEMPLATE_DEPTH_MAX 200

enum operand_type {
	OPERAND_DOT,	 /* with @fields: .A.B */
	OPERAND_VAR,	 /* $x, with @fields: $x.A */
	OPERAND_PIPE,	 /* (…), with @fields: (…).A */
	OPERAND_FUNC,	 /* a function's name */
	OPERAND_LITERAL, /* @value */
	OPERAND_NIL,
};

struct template_func;

struct operand {
	struct operand *next;
	enum operand_type type;
	const char *pos;
	const char **fields;
	size_t nfields;
	size_t slot;
	const struct template_func *func;
	struct value value;
	struct pipeline *pipe;
};

/* function or value, then arguments */
struct command {
	struct command *next;
	struct operand *operands;
};

/* [$a[, $b] :=] command | command …; @ndecl variables get the result */
struct pipeline {
	const char *pos;
	struct command *commands;
	size_t ndecl, decl[2];
};

enum node_type {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_TEMPLATE,
	NODE_BREAK,
	NODE_CONTINUE,
};

struct node {
	struct node *next;
	enum node_type type;
	const char *pos;
	const char *text; /* NODE_TEXT; NODE_TEMPLATE: its name */
	size_t len;
	struct pipeline *pipe;
	struct node *body, *otherwise;
};

struct definition {
	struct definition *next;
	const char *name;
	struct node *body;
	size_t slots;
};

struct template
{
	struct arena arena;
	char *text, *name;
	bool tabs; /* blanks of text nodes count as tabs */
	struct definition main;
	struct definition *definitions;
};

/** template_fail() - "template: NAME:LINE:COLUMN: …"; Return: -ERR_USAGE */
int template_fail(const struct template *t, const char *pos, struct err *err, const char *fmt, ...)
	_printf_(4, 5);

#endif
