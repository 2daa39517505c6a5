/*
 * terminal - the user's terminal, in raw mode while it is lent to a container
 */
#ifndef RL_RUNTIME_TERMINAL_H
#define RL_RUNTIME_TERMINAL_H

#include "runtime/base/mem.h"

#include <stdbool.h>
#include <termios.h>

/**
 * struct terminal - a terminal's state
 * @fd:  borrowed; -EBADF if there is no terminal
 * @raw: it was changed, and @old is to be put back
 */
struct terminal {
	int fd;
	bool raw;
	struct termios old;
};

/** terminal_raw() - into raw mode; nothing happens if @fd is no terminal */
void terminal_raw(struct terminal *t, int fd);
/** terminal_again() - raw once more, after a shell has had the terminal (SIGCONT) */
void terminal_again(struct terminal *t);
/** terminal_restore() - as it was before; idempotent */
void terminal_restore(struct terminal *t);
/** terminal_size() - rows and columns of the first of two descriptors that is a terminal */
bool terminal_size(int a, int b, uint16_t ret[2]);

/** terminal_signals() - a signalfd for what a foreground client acts on; those are blocked, SIGPIPE ignored */
int terminal_signals(void);
/** terminal_die() - end this process as the signal would have */
_Noreturn void terminal_die(int sig);

#endif
