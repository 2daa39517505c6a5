/*
 * ps_rows - containers as rows of `ps`
 */
#ifndef RL_CMD_PS_ROWS_H
#define RL_CMD_PS_ROWS_H

#include "runtime/container.h"

/**
 * struct ps_row_opts - what to put in
 * @typed: values as JSON shows them (numbers, lists, whole ids); otherwise as people read them
 * @full:  nothing shortened
 * @size:  show the size of the writable part
 * @brief: only what the tables show that ps has of itself, which is a third of the work
 */
struct ps_row_opts {
	bool typed, full, size, namespaces, brief;
};

/**
 * ps_row() - one container; a new reference
 * @size, @image_size: bytes in its writable part and below it, shown where @o says so
 */
json_t *ps_row(
	const struct container *c, const struct ps_row_opts *o, uint64_t size, uint64_t image_size);

#endif
