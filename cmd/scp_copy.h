/*
 * scp_copy - an image from one store to another: `rl save` there, a pipe, `rl load` here
 *
 * Nothing is written on the way.  The receiver is started when the sender has begun to send, so that of a
 * sender that fails nothing else is heard; what the sender says is kept in memory until it is known whose fault it was.
 */
#ifndef RL_CMD_SCP_COPY_H
#define RL_CMD_SCP_COPY_H

#include "cmd/scp_place.h"

/**
 * struct scp_copy - a copy under way
 * @format: of what goes through the pipe: oci-archive or docker-archive
 * @pipe, @said: -EBADF before scp_copy_run(); @said takes what the sender prints on its standard error
 */
struct scp_copy {
	const struct ctx *ctx;
	struct scp_place from, to;
	const char *format;
	bool quiet;
	int pipe[2], said;
};

/** scp_copy_run() - copy from @t->from to @t->to; scp_copy_done() is for the caller, also on failure */
int scp_copy_run(struct scp_copy *t, struct err *err);
void scp_copy_done(struct scp_copy *t);

#endif
