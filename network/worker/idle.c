/*
 * rl-idle.so - preloaded into slirp4netns: a helper that waits gives its memory back
 *
 * slirp4netns and its libraries map some 900 KiB of code, of which an idle one uses little; where no other process maps
 * them, they count for the container alone.  Its main loop waits in g_poll(), which is poll(2), for a second at a time;
 * after the second wait in a row without an event the code is unmapped, once, until something happens again.
 */
#include "runtime/base/trim.h"

#include <poll.h>

#define IDLE_WAITS 1

int g_poll(struct pollfd *fds, unsigned n, int timeout);

int g_poll(struct pollfd *fds, unsigned n, int timeout)
{
	static unsigned waits;
	int r = poll(fds, n, timeout);

	if (r != 0)
		waits = 0;
	else if (waits <= IDLE_WAITS && ++waits == IDLE_WAITS)
		trim_text();
	return r;
}
