#include "runtime/event.h"

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* a rename takes microseconds: whoever keeps the lock longer than this has been stopped, and is not waited for */
#define WAIT_MS 100
/* how often the file may become another one between the look at its name and the write */
#define TRIES 8

static char *text_of(const struct event *e, bool labels)
{
	_cleanup_json_ json_t *j = json_object(), *attrs = json_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* first: a reader knows the beginning of a line by it */
	json_object_set_new(j, "v", json_integer(1));
	json_object_set_new(
		j, "time", json_integer((json_int_t)now.tv_sec * 1000000000 + now.tv_nsec));
	json_set_str(j, "type", e->type);
	json_set_str(j, "action", e->action);
	json_set_str(j, "id", e->id);
	json_set_str(j, "name", e->name);
	json_set_str(j, "image", e->image);
	if (e->has_exit)
		json_object_set_new(j, "exit", json_integer(e->exit_code));
	for (size_t i = 0; i < ARRAY_SIZE(e->attr) && e->attr[i].key; i++)
		json_set_str(attrs, e->attr[i].key, e->attr[i].value);
	if (json_object_size(attrs) > 0)
		json_object_set(j, "attrs", attrs);
	if (labels && json_object_size(e->labels) > 0)
		json_object_set(j, "labels", (json_t *)e->labels);
	return json_text(j);
}

static int open_log(const struct store *s)
{
	int fd = openat(s->fd, EVENT_FILE,
		O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	return fd < 0 ? -errno : fd;
}

/* Whoever comes first does it; where others are writing just now, the next one does. */
static void rotate(const struct store *s, int fd)
{
	if (lock_set(fd, LOCK_EXCLUSIVE, LOCK_NOW) < 0)
		return;
	if (fd_is_named(fd, s->fd, EVENT_FILE))
		renameat(s->fd, EVENT_FILE, s->fd, EVENT_FILE_OLD);
}

void event_write(const struct store *s, const struct event *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (s->no_events)
		return;
	text = text_of(e, true);
	len = strlen(text);
	if (len >= EVENT_LINE_MAX) {
		free(text);
		text = text_of(e, false);
		len = strlen(text);
		if (len >= EVENT_LINE_MAX)
			return;
	}
	/* the end of a string gives way to the end of a line */
	text[len] = '\n';
	for (int i = 0; i < TRIES; i++) {
		_cleanup_close_ int fd = open_log(s);
		struct stat st;
		int locked;

		if (fd < 0)
			return;
		locked = lock_set(fd, LOCK_SHARED, WAIT_MS);
		if (locked == 0 && !fd_is_named(fd, s->fd, EVENT_FILE))
			continue;
		/* one write: what a full disk does not take is not tried again, as others may have added to it */
		(void)!write(fd, text, len + 1);
		if (fstat(fd, &st) == 0 && st.st_size >= EVENT_LOG_MAX / 2)
			rotate(s, fd);
		return;
	}
}

void event_container(const struct container *c, const char *action, const struct event *more)
{
	struct event e = more ? *more : (struct event){0};

	e.type = "container";
	e.action = action;
	e.id = c->id;
	e.name = c->name;
	e.image = json_get_str(c->record, "image", NULL);
	if (str_empty(e.image))
		e.image = NULL;
	e.labels = json_object_get(c->record, "labels");
	event_write(c->cs->store, &e);
}

void event_object(const struct store *s, const char *type, const char *action, const char *id,
	const char *name)
{
	event_write(s, &(struct event){.type = type, .action = action, .id = id, .name = name});
}

void event_image(const struct store *s, const char *action, const char *id, const char *name)
{
	event_object(s, "image", action, id, name);
}

void event_volume(const struct store *s, const char *action, const char *name)
{
	event_object(s, "volume", action, NULL, name);
}

void event_image_report(const struct store *s, const struct strv *lines, const char *id)
{
	strv_foreach (i, line, lines) {
		const char *name = str_after(line, "Untagged: ");

		if (name)
			event_image(s, "untag", id, name);
		else if (str_eq(str_after(line, "Deleted: "), id))
			event_image(s, "remove", id, NULL);
	}
}
