/*
 * template_value - what a pipeline computes, and how it prints
 *
 * Private to template_*.c.  JSON scalars become plain values; objects and arrays stay JSON, borrowed from the data;
 * new strings and lists live in the arena of the execution.
 */
#ifndef RL_CMD_TEMPLATE_VALUE_H
#define RL_CMD_TEMPLATE_VALUE_H

#include "cmd/arena.h"
#include "runtime/base/json.h"

enum value_kind {
	VALUE_MISSING, /* a map has no such key */
	VALUE_NIL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,   /* @items */
	VALUE_ARRAY,  /* JSON */
	VALUE_OBJECT, /* JSON */
};

/* whether an object is a struct: by its names, or known from where it was reached; a health check is one with durations */
enum value_shape { SHAPE_BY_NAMES, SHAPE_MAP, SHAPE_STRUCT, SHAPE_CHECK };

struct value {
	enum value_kind kind;
	enum value_shape shape;
	size_t len;	  /* of a string or list */
	const char *text; /* of an object that is printed as a string: that string; else NULL */
	bool duration;	  /* of a number: nanoseconds, printed as Go prints a duration */
	union {
		bool b;
		int64_t i;
		double f;
		const char *s; /* NUL-terminated as well */
		const struct value *items;
		const json_t *j;
	};
};

/** value_from_json() - a JSON value; @member: the name it was reached through, or NULL */
struct value value_from_json(const json_t *j, const char *member);
/**
 * value_member() - member @name of the object @obj; VALUE_MISSING if it has none
 * A string @name VALUE_TEXT beside an object is what that prints as, while `index` and `range` see the object.
 */
struct value value_member(const struct value *obj, const char *name);
/* no template can name such a member */
#define VALUE_TEXT ".text"
struct value value_string(const char *s, size_t len);
struct value value_int(int64_t i);
struct value value_bool(bool b);

/** value_truth() - whether it counts as true: neither false, 0, nil nor empty; a struct always does */
bool value_truth(const struct value *v);
/** value_is_struct() - the rule of template.h */
bool value_is_struct(const struct value *v);
/** value_len() - members of a list, array or object */
size_t value_len(const struct value *v);
/** value_at() - member @i < value_len() of a list or array */
struct value value_at(const struct value *v, size_t i);
/** value_type() - Go's name of the type, for messages and %T */
const char *value_type(const struct value *v);
/** value_keys() - the names of an object, sorted; an array in @a */
const char **value_keys(const struct value *v, struct arena *a, size_t *ret_n);

/** struct value_verb - a verb of printf with its flags; width and precision -1 when not given */
struct value_verb {
	char verb;
	bool minus, plus, sharp, space, zero;
	int width, prec;
};

/** value_format() - append as fmt's verb does; @v of a wrong kind prints "%!d(string=x)" */
void value_format(const struct value *v, const struct value_verb *verb, struct buf *out);
/** value_print() - append as fmt.Print does, "<nil>" for nil */
void value_print(const struct value *v, struct buf *out);
/** value_json() - append as compact JSON; Return: 0 or a negative errno */
int value_json(const struct value *v, struct buf *out);

#endif
