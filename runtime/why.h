/*
 * why - why a container ended, does not start, or runs as it does, in plain words
 *
 * Facts are gathered from the container's records and log; a table of causes, the most certain one first, turns them into two
 * sentences: what happened, and what to do.  The table is pure, so that every cause can be tested.
 */
#ifndef RL_RUNTIME_WHY_H
#define RL_RUNTIME_WHY_H

#include "runtime/container.h"

/**
 * struct why - what is known
 * @code:    exit code, if it has ended
 * @recorded: its end was recorded, by a monitor that saw it
 * @has_state: the runtime directory knows it: the machine has not been started again since
 * @oom, @pids: the kernel killed a process of it for its memory limit, refused it a process for its limit
 * @groupless: it is in systemd mode, on a machine without control groups for that
 * @asked:   it was asked to stop; @forced: and killed when its time was up
 * @restarting: it has ended and is going to be started again
 * @error:   why it could not be started, or what ended it; "" for nothing
 * @health:  "healthy", "unhealthy", "starting"; NULL without a health check
 * @since:   RFC 3339 time that the answer is about; "" if nobody knows
 * @ran:     seconds that it ran; -1 if nobody knows
 * @ports:   published ports as text, "" for none
 * @last:    its last line of output; NULL for none
 */
struct why {
	enum container_status status;
	int code;
	bool recorded, has_state, oom, pids, groupless, asked, forced, restarting, network_lost;
	int64_t restarts, ran;
	char *error, *health, *since, *ports, *last;
};

/**
 * struct why_answer - the answer
 * @cause: one word for programs; static
 * @verb:  "exited", "is running", …: what the name begins and the time follows; static
 * @what:  what happened; static, or the error in struct why
 * @hint:  what to do, with "NAME" for its name; static; NULL where its last output says more
 */
struct why_answer {
	const char *cause, *verb, *what, *hint;
};

/** why_gather() - read the records, and the end of the log; what cannot be read is not known */
void why_gather(struct container *c, struct why *ret);

/** why_answer() - look it up in the table */
void why_answer(const struct why *w, struct why_answer *ret);

void why_done(struct why *w);

#endif
