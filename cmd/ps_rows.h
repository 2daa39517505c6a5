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
 * @size:  compute the size of the writable part, which takes time
 */
struct ps_row_opts {
	bool typed, full, size, namespaces;
};

/** ps_row() - one container; a new reference */
json_t *ps_row(const struct container *c, const struct ps_row_opts *o);

/** ps_size() - bytes in the container's writable part, as far as they can be read */
uint64_t ps_size(const struct container *c);

#endif
