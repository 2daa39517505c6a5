/*
 * template_lex - a template's text as tokens
 *
 * Outside {{ }} the whole text up to the next action is one token, white space trimmed as the markers
 * "{{- " and " -}}" say, comments left out.
 */
#ifndef RL_CMD_TEMPLATE_LEX_H
#define RL_CMD_TEMPLATE_LEX_H

#include "runtime/base/err.h"

#include <stdbool.h>

enum token_type {
	TOKEN_EOF,
	TOKEN_TEXT,
	TOKEN_LEFT,  /* {{ */
	TOKEN_RIGHT, /* }} */
	TOKEN_FIELD, /* .Name, without the dot */
	TOKEN_DOT,
	TOKEN_VAR, /* $name, with the dollar sign */
	TOKEN_IDENT,
	TOKEN_NUMBER,
	TOKEN_STRING, /* quoted, with its quotes */
	TOKEN_RAW,    /* in back quotes, with them */
	TOKEN_CHAR,   /* 'c', with its quotes */
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_LPAREN,
	TOKEN_RPAREN,
	TOKEN_DECLARE, /* := */
	TOKEN_ASSIGN,  /* = */
};

/**
 * struct token
 * @s, @len: its text, borrowed from the template's
 * @spaced:  white space stands before it
 */
struct token {
	enum token_type type;
	const char *s;
	size_t len;
	bool spaced;
};

/* Copying the struct is how the parser looks ahead. */
struct lexer {
	const char *text, *pos, *end;
	bool in_action, trim_next;
};

/** lexer_next() - Return: NULL, or what is wrong at *@ret's place (a static sentence) */
const char *lexer_next(struct lexer *l, struct token *ret);

#endif
