/*
 * progress - what a transfer shows on standard error
 *
 * On a terminal a bar for each blob, redrawn in place; elsewhere one line for each blob that is done.
 */
#ifndef RL_CMD_PROGRESS_H
#define RL_CMD_PROGRESS_H

#include "runtime/base/json.h"

struct progress_item {
	char *id;
	enum {
		PROGRESS_WAITING,
		PROGRESS_MOVING,
		PROGRESS_UNPACKING,
		PROGRESS_COMPRESSING,
		PROGRESS_UPLOADING,
		PROGRESS_EXISTS,
		PROGRESS_MOUNTED,
		PROGRESS_DONE
	} state;
	uint64_t done, total;
	int64_t since; /* when bytes began to come, clock_ms() */
	bool printed;  /* its final line is above the bars */
};

/**
 * struct progress - the display; zeroed by progress_init()
 * @quiet: show nothing
 * @tty:   draw bars
 * @lines: how many lines of bars stand below the cursor's start
 */
struct progress {
	bool quiet, tty;
	unsigned lines;
	struct progress_item *v;
	size_t n;
	int64_t drawn; /* clock_ms() */
};

void progress_init(struct progress *p, bool quiet);
/** progress_event() - take one "progress" object of storage/transfer.h; @arg is the struct progress */
void progress_event(void *arg, const json_t *event);
/** progress_note() - print a sentence above the bars; @arg is the struct progress */
void progress_note(void *arg, const char *text);
/** progress_finish() - draw the last state and leave the cursor below it; the display is empty afterwards */
void progress_finish(struct progress *p);

#endif
