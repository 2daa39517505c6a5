/*
 * output - how commands print lists and objects
 *
 * A list command makes one JSON object per row and calls output_list().  --format decides: nothing or "table" is the
 * default table, "table TEMPLATE" another one, "json" an indented array, "{{json .}}" a line of JSON for each row, anything
 * else a template executed for each row, a newline added where it has none.  Rows for templates and rows for JSON are not the same
 * (truncated ids and "2 hours ago" here, typed values there): ask output_is_json() which to make.
 *
 * Values come from images and users: in tables, and whenever standard output is a terminal, control
 * characters in them are shown as \x1b (\u001b beside JSON) and never sent.  What a template's own text says is the user's choice.
 *
 *	static const struct heading headings[] = {{"ID", "CONTAINER ID"}, {"RunningFor", "CREATED"}, {0}};
 *	struct output o = {.format = opts->format, .table = "{{.ID}}\t{{.Image}}\t{{.Names}}", .headings = headings,
 *		.noheading = opts->noheading, .quiet = opts->quiet ? "{{.ID}}" : NULL};
 *	json_t *rows = output_is_json(&o) ? typed_rows() : shown_rows();
 *	return output_list(&o, rows, err);
 */
#ifndef RL_CMD_OUTPUT_H
#define RL_CMD_OUTPUT_H

#include "runtime/base/json.h"

/* the heading of a field where it is not the field's name in upper-case words; a list ends with {0} */
struct heading {
	const char *field, *text;
};

/**
 * struct output - how a list is to be printed
 * @format:    --format, or NULL
 * @table:     the default table: a template with \t between the columns
 * @headings:  exceptions; may be NULL
 * @noheading: --noheading
 * @quiet:     with -q: the template of each line; wins over the default table, is refused beside @format
 */
struct output {
	const char *format, *table;
	const struct heading *headings;
	bool noheading;
	const char *quiet;
};

/** output_lost() - standard output could not be written, errno says why (0: it was an earlier part); Return: -errno */
int output_lost(struct err *err);

/** output_is_json() - whether whole rows will be printed as JSON: "json", "{{json}}" or "{{json .}}", blanks do not count */
bool output_is_json(const struct output *o);

/** output_is_template() - whether a template will be executed: another text than those */
bool output_is_template(const char *format);

/**
 * output_uses() - whether the field may be looked at: expensive ones need not be computed otherwise
 * True when the field's name occurs in the template, and for JSON.
 */
bool output_uses(const struct output *o, const char *field);

/**
 * output_list() - print rows to standard output
 * @rows: array of objects; borrowed, but strings in it may be replaced by printable ones
 * Return: 0 or a negative errno (a template that is wrong, a field that does not exist)
 */
int output_list(const struct output *o, json_t *rows, struct err *err);

/**
 * output_object() - print one object (info, version) or each of an array of them (inspect)
 * @format: --format: NULL or "json" prints indented JSON (a template prints a line for each object)
 */
int output_object(const char *format, json_t *value, struct err *err);

/** output_escape() - append @s with every control character, and bytes that are not UTF-8, made visible */
void output_escape(struct buf *out, const char *s);

/** output_printf() - to standard output, the formatted text escaped but for newlines and tabs */
void output_printf(const char *fmt, ...) _printf_(1, 2);

#endif
