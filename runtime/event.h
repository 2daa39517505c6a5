/*
 * event - what has happened to containers, images and the rest: one line of a file for each event
 *
 * There is no daemon to tell it, so everybody who does something appends a line to the file "events" of the store (0600),
 * and `events` reads it.  A line is one JSON object of at most EVENT_LINE_MAX bytes, written with one write(2) to a file
 * opened with O_APPEND, so lines never mix:
 *   {"v":1,"time":ns since 1970,"type","action","id","name","image","exit":number,"attrs":{…},"labels":{…}}
 * with what is not known left out.  Values of environment variables and secrets never get there.
 *
 * At half of EVENT_LOG_MAX the file becomes events.1 (replacing an older one).  Who writes holds the file's lock shared, who
 * renames it holds it exclusively and waits for nobody; a writer that gets the lock looks whether the file still has its
 * name.  So nothing is added to a file after its successor exists, and a reader that has read it to its end goes on
 * with the successor without losing or doubling a line.  A line that a full disk cut short is recognised by the
 * beginning of the next one.
 *
 * An event that cannot be written is lost; what it tells of has happened all the same.
 */
#ifndef RL_RUNTIME_EVENT_H
#define RL_RUNTIME_EVENT_H

#include "runtime/container.h"
#include "runtime/rotated.h"

#define EVENT_LINE_MAX 8192
#define EVENT_LOG_MAX  ((int64_t)4 << 20)
#define EVENT_FILE     "events"
#define EVENT_FILE_OLD "events.1"

/**
 * struct event - one event; members that are NULL are not known
 * @type:      "artifact", "container", "image", "volume", "network", "pod", "secret" or "system"
 * @action:    "create", "start", "died", "remove", … : podman's words (docs/events.md lists them)
 * @image:     of a container: its image as it was named
 * @labels:    object of strings; left out where the line would be too long
 * @has_exit:  whether @exit_code means anything
 * @attr:      what else there is to say, such as {"signal", "15"}; ends where a key is NULL
 */
struct event {
	const char *type, *action, *id, *name, *image;
	const json_t *labels;
	bool has_exit;
	int exit_code;
	struct {
		const char *key, *value;
	} attr[3];
};

/** event_write() - append an event to the store's log; does nothing where the configuration says so */
void event_write(const struct store *s, const struct event *e);

/**
 * event_container() - event_write() of a container: type, id, name, image and labels are filled in
 * @more: the other members; NULL for none
 */
void event_container(const struct container *c, const char *action, const struct event *more);

/** event_object() - event_write() of anything else; @id and @name may be NULL */
void event_object(const struct store *s, const char *type, const char *action, const char *id,
	const char *name);

/** event_image(), event_volume() - event_object() of these types; a volume is known by its name */
void event_image(const struct store *s, const char *action, const char *id, const char *name);
void event_volume(const struct store *s, const char *action, const char *name);

/** event_image_report() - what the lines say that image_drop() reported: "untag" and "remove" */
void event_image_report(const struct store *s, const struct strv *lines, const char *id);

/* the log of a store, being read */
struct event_reader {
	struct rotated files;
};

/** event_reader_open() - begin with the oldest event that is kept; @follow: later ones are read too; a missing log is an
 * empty one; @s is borrowed; rotated_skip_all() of @files leaves out what has happened already */
int event_reader_open(struct event_reader *r, const struct store *s, bool follow, struct err *err);

/**
 * event_read() - the next event; lines that are no events are skipped
 * @ret: what event_write() wrote, owned by the caller: "time", "type" and "action" are there
 * Return: 1, 0 if there is none (yet), or a negative errno
 */
int event_read(struct event_reader *r, json_t **ret, struct err *err);
void event_reader_done(struct event_reader *r);

#endif
