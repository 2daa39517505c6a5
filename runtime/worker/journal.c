/*
 * rl-journal - print a container's messages from the journal of systemd
 *
 * rl-journal ID [since=USEC] [until=USEC] [tail=N] [follow]: lines of k8s-file (runtime/ctrlog.h) on standard output.  With
 * follow it goes on until standard input is closed, and then prints what still comes within a moment, as the journal
 * takes messages in later than they were sent.  A worker, so that nothing else links libsystemd.
 */
#include "runtime/base/clock.h"
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/str.h"

#include <poll.h>
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

/* how long the last messages are waited for */
#define LATE_MS 300

struct query {
	uint64_t since, until, tail;
	bool has_tail, follow;
};

static int parse_args(struct query *q, char **argv)
{
	for (; *argv; argv++) {
		const char *since = str_after(*argv, "since="), *until = str_after(*argv, "until=");
		const char *tail = str_after(*argv, "tail=");
		int r = 0;

		if (since)
			r = parse_u64(since, &q->since);
		else if (until)
			r = parse_u64(until, &q->until);
		else if (tail)
			r = parse_u64(tail, &q->tail);
		else if (str_eq(*argv, "follow"))
			q->follow = true;
		else
			r = -EINVAL;
		q->has_tail = q->has_tail || tail;
		if (r < 0)
			return r;
	}
	return 0;
}

/* a field's value, NULL if it is missing; valid until the next call */
static const char *field(sd_journal *j, const char *name, size_t *ret_len)
{
	const void *data;
	size_t len, head = strlen(name) + 1;

	if (sd_journal_get_data(j, name, &data, &len) < 0 || len < head)
		return NULL;
	*ret_len = len - head;
	return (const char *)data + head;
}

/* Return: 1, or 0 if it is behind the end */
static int print_message(sd_journal *j, const struct query *q)
{
	char stamp[CLOCK_TEXT_MAX];
	struct timespec t;
	uint64_t usec = 0;
	const char *p, *text;
	bool err, partial;
	size_t len;

	if (sd_journal_get_realtime_usec(j, &usec) < 0)
		return 1;
	if (q->until && usec > q->until)
		return 0;
	p = field(j, "PRIORITY", &len);
	err = p && len == 1 && *p == '3';
	partial = field(j, "CONTAINER_PARTIAL_MESSAGE", &len) != NULL;
	text = field(j, "MESSAGE", &len);
	if (!text)
		return 1;
	t = (struct timespec){
		.tv_sec = (time_t)(usec / 1000000), .tv_nsec = (long)(usec % 1000000 * 1000)};
	clock_text(&t, stamp);
	printf("%s %s %c ", stamp, err ? "stderr" : "stdout", partial ? 'P' : 'F');
	fwrite(text, 1, len, stdout);
	putchar('\n');
	return 1;
}

/* Go where the first message is to be: the next one is it. */
static int seek(sd_journal *j, const struct query *q)
{
	if (q->has_tail) {
		int r = sd_journal_seek_tail(j);

		/* the position is before the last N, or, where there are less, before the first */
		if (r >= 0 && q->tail > 0) {
			r = sd_journal_previous_skip(j, q->tail);
			if (r > 0)
				r = sd_journal_previous(j) > 0 ? 0 : sd_journal_seek_head(j);
		} else if (r >= 0) {
			r = sd_journal_previous(j);
		}
		return r;
	}
	return q->since ? sd_journal_seek_realtime_usec(j, q->since) : sd_journal_seek_head(j);
}

static int print_all(sd_journal *j, const struct query *q)
{
	int r;

	while ((r = sd_journal_next(j)) > 0) {
		uint64_t usec = 0;

		sd_journal_get_realtime_usec(j, &usec);
		if (q->since && usec < q->since)
			continue;
		if (print_message(j, q) == 0)
			return 1;
	}
	return fflush(stdout) == 0 ? r : -EPIPE;
}

static int follow(sd_journal *j, const struct query *q)
{
	int64_t last = 0;
	int r = 0;

	while (!last || clock_ms() < last) {
		struct pollfd p[2] = {{.fd = sd_journal_get_fd(j), .events = POLLIN},
			{.fd = last ? -1 : STDIN_FILENO}};

		poll(p, 2, last ? (int)(last - clock_ms()) : -1);
		if (p[1].revents)
			last = clock_ms() + LATE_MS;
		sd_journal_process(j);
		r = print_all(j, q);
		if (r != 0)
			return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct query q = {0};
	sd_journal *j = NULL;
	char match[128];
	int r;

	if (argc < 2 || parse_args(&q, argv + 2) < 0) {
		fputs("usage: rl-journal ID [since=USEC] [until=USEC] [tail=N] [follow]\n", stderr);
		return 2;
	}
	/* a message may have been written by anybody */
	confine_caps();
	confine_writes(-EBADF);
	snprintf(match, sizeof(match), "CONTAINER_ID_FULL=%.64s", argv[1]);
	r = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY);
	if (r >= 0)
		r = sd_journal_add_match(j, match, 0);
	/* the descriptor is made before the first look, so that nothing in between is missed */
	if (r >= 0 && q.follow)
		r = sd_journal_get_fd(j);
	if (r >= 0)
		r = seek(j, &q);
	if (r >= 0)
		r = print_all(j, &q);
	if (r == 0 && q.follow)
		r = follow(j, &q);
	if (r < 0)
		fprintf(stderr, "Error: the journal cannot be read: %s\n", strerror(-r));
	sd_journal_close(j);
	return r < 0;
}
