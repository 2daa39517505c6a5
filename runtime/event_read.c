#include "runtime/event.h"

/* how each line begins: unescaped quotes and the number are nowhere else in it, as labels are strings */
#define BEGIN "{\"v\":1,"

int event_reader_open(struct event_reader *r, const struct store *s, bool follow, struct err *err)
{
	int q;

	r->files = (struct rotated){.dirfd = s->fd,
		.name = EVENT_FILE,
		.old = EVENT_FILE_OLD,
		.follow = follow,
		.fd = -EBADF,
		.next = -EBADF};
	q = rotated_open(&r->files);
	return q < 0 ? err_set(err, -q, "open the log of events") : 0;
}

/* A disk that was full has cut a line short, and the next one was added to it: that one is whole. */
static const char *last_begin(const char *line, size_t len)
{
	const char *p = line, *next;

	while ((next = memmem(p + 1, len - (size_t)(p + 1 - line), BEGIN, sizeof(BEGIN) - 1)))
		p = next;
	return p;
}

static json_t *parse(const char *line, size_t len)
{
	const char *begin;
	_cleanup_json_ json_t *j = NULL;

	if (len == 0)
		return NULL;
	begin = last_begin(line, len);
	if (json_parse(begin, len - (size_t)(begin - line), "event", &j, NULL) < 0)
		return NULL;
	if (json_get_int(j, "time", -1) < 0 || !json_get_str(j, "type", NULL) ||
		!json_get_str(j, "action", NULL))
		return NULL;
	return take_ptr(j);
}

int event_read(struct event_reader *r, json_t **ret, struct err *err)
{
	char *line;
	size_t len;
	int q;

	while ((q = rotated_line(&r->files, &line, &len)) > 0) {
		json_t *j = parse(line, len);

		if (j) {
			*ret = j;
			return 1;
		}
	}
	return q < 0 ? err_set(err, -q, "read the log of events") : 0;
}

void event_reader_done(struct event_reader *r)
{
	rotated_done(&r->files);
}
