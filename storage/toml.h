/*
 * toml - the part of TOML v1.0 that container configuration files use, as JSON
 *
 * Tables, arrays of tables, bare, quoted and dotted keys, basic and literal strings, integers, booleans,
 * arrays and inline tables.  Multi-line strings, floats and dates are refused rather than guessed at;
 * so are keys that are defined twice.
 */
#ifndef RL_STORAGE_TOML_H
#define RL_STORAGE_TOML_H

#include "runtime/base/json.h"

/**
 * toml_parse() - parse a document
 * @text: NUL-terminated
 * @what: named in the error, with the line
 * @ret:  an object; a new reference
 * Return: 0 or a negative errno
 */
int toml_parse(const char *text, const char *what, json_t **ret, struct err *err);

/**
 * toml_parse_known() - the same for a file all of whose keys are known: any other is refused, with its line
 * @known: dotted keys and the names of tables on the way to them, NULL-terminated; without inline tables
 */
int toml_parse_known(const char *text, const char *what, const char *const *known, json_t **ret,
	struct err *err);

#endif
