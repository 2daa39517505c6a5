/*
 * attach - the stream between a monitor and a client (run, attach, start -a)
 *
 * A connected unix stream socket carries frames: one byte type, three bytes length (little endian), payload of
 * at most ATTACH_MAX bytes.  The monitor serves any number of clients; one that does not read is buffered up to a
 * bound; then the container's output waits only for clients that asked to be lossless (the foreground `run`),
 * any other is cut off with a message.
 */
#ifndef RL_RUNTIME_ATTACH_H
#define RL_RUNTIME_ATTACH_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTACH_MAX 65536

enum attach_frame {
	ATTACH_STDIN = 1,  /* client → monitor: bytes; empty: end of input */
	ATTACH_RESIZE = 2, /* client → monitor: struct winsize's rows and columns, two uint16 */
	ATTACH_STDOUT = 3, /* monitor → client */
	ATTACH_STDERR = 4,
	ATTACH_EXIT =
		5, /* monitor → client: exit code, int32; the last frame; sent when the container (with --rm) is gone */
	ATTACH_HELLO = 6, /* client → monitor, first: one byte of flags */
	ATTACH_STOP =
		7, /* client → monitor: begin the stop sequence; struct attach_stop, or its first member alone */
	ATTACH_PAUSE = 8, /* client → monitor: stop all processes; answered with ATTACH_RESULT */
	ATTACH_HOLD =
		9, /* client → monitor: the same, until ATTACH_UNPAUSE comes or this connection ends */
	ATTACH_UNPAUSE =
		10, /* client → monitor: the end of its own hold, else of the pause; answered with ATTACH_RESULT */
	ATTACH_RESULT = 11, /* monitor → client: struct err; code 0: it is done */
	ATTACH_RESTART =
		12, /* client → monitor: stop it and start it again; as ATTACH_STOP; answered with ATTACH_RESULT */
	ATTACH_START =
		13, /* client → monitor: wait no longer with the next start; answered as ATTACH_RESTART */
	ATTACH_KILLING =
		14, /* client → monitor: the client is about to send this signal (int32); answered with
				ATTACH_RESULT when the monitor knows what the end will mean */
	ATTACH_RELOAD =
		15, /* client → monitor: container.json has changed; answered with ATTACH_RESULT */
	ATTACH_HEALTH =
		16, /* client → monitor: check its health now; answered with ATTACH_RESULT when that is done, with
				HEALTH_E_FAILED if it is not well, HEALTH_E_STOPPED if it ended meanwhile */
};

/**
 * struct attach_stop - how to stop
 * @seconds: until SIGKILL; -1: as recorded
 * @signal:  instead of the recorded one; 0: that one
 * @keep:    not 0: it is not the user's wish that it stays stopped
 */
struct attach_stop {
	int32_t seconds, signal, keep;
};

/* flags of ATTACH_HELLO; without any, the client only learns the end.  The socket that container_start() returns
   counts as ATTACH_OUTPUT from the beginning, and is the one lossless client. */
enum {
	ATTACH_INPUT = 1 << 0,	/* its ATTACH_STDIN frames are wanted */
	ATTACH_OUTPUT = 1 << 1, /* send it the output */
};

/**
 * struct attach_opts - how a client behaves
 * @tty:         the container has a terminal: put ours into raw mode, follow its size
 * @stdin_fd:    -EBADF: input is not connected
 * @detach_keys: "ctrl-p,ctrl-q", "" for none
 * @redraw:      the container was running before us: make its program draw its screen again
 * @sig_proxy:   forward signals to the container (only without a tty)
 */
struct attach_opts {
	bool tty, redraw, sig_proxy;
	int stdin_fd, stdout_fd, stderr_fd;
	const char *detach_keys;
	int pidfd; /* of init, for forwarded signals; borrowed; -EBADF for none */
};

#define ATTACH_DETACH_KEYS "ctrl-p,ctrl-q"

enum attach_end { ATTACH_EXITED, ATTACH_DETACHED, ATTACH_LOST };

/**
 * attach_run() - be the client until the container ends, the user detaches or the monitor is gone
 * Restores the terminal in every case, also when a signal ends this process.  -EPIPE when standard output
 * is closed: then the container runs on.
 * @sock: consumed
 */
int attach_run(int sock, const struct attach_opts *o, enum attach_end *ret_end, int *ret_code,
	struct err *err);

/** attach_keys_parse() - check a --detach-keys argument: "ctrl-p,ctrl-q", single characters, "" for none */
int attach_keys_parse(const char *text, unsigned char keys[16], size_t *ret_n, struct err *err);

/**
 * struct attach_keys - watches typed bytes for the detach keys
 * What might become the sequence is held back until it is clear that it does not.
 */
struct attach_keys {
	unsigned char keys[16];
	size_t n, matched;
};

/**
 * attach_keys_feed() - take one byte
 * @out: at least 16 bytes; filled with what is to be sent on
 * Return: bytes in @out, or -ECANCELED when the sequence is complete
 */
ssize_t attach_keys_feed(struct attach_keys *k, unsigned char byte, unsigned char out[16]);

#endif
