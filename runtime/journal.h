/*
 * journal - a container's output in the journal of systemd, by its native protocol
 *
 * Each line or piece of a line is a datagram of fields to /run/systemd/journal/socket: MESSAGE, PRIORITY (6 for stdout, 3
 * for stderr), CONTAINER_ID, CONTAINER_ID_FULL, CONTAINER_NAME, CONTAINER_TAG, IMAGE_NAME, SYSLOG_IDENTIFIER, the user's own
 * (--log-opt label), and CONTAINER_PARTIAL_MESSAGE=true for a piece without its newline.  A journal that does not
 * keep up loses lines; the container never waits for it.  It is read by a worker, rl-journal.
 */
#ifndef RL_RUNTIME_JOURNAL_H
#define RL_RUNTIME_JOURNAL_H

#include "runtime/base/json.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/**
 * journal_tag() - the text of --log-opt tag: {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageName}} and {{.ImageID}} are replaced
 * @record: container.json
 * Return: 0 with *@ret owned by the caller, or -EINVAL if there is another {{…}} in it
 */
int journal_tag(const char *text, const json_t *record, char **ret);

/** journal_label_ok() - whether KEY=VALUE can be a field: capital letters, digits, '_', a letter first, none of ours */
bool journal_label_ok(const char *text);

/** journal_open() - connect; @fields gets those that each message has, from container.json; Return: socket or -errno */
int journal_open(const json_t *record, struct buf *fields, struct err *err);

/** journal_send() - one message; @stream: 1 or 2; Return: 0 or a negative errno: it is lost */
int journal_send(
	int sock, const struct buf *fields, int stream, const char *text, size_t len, bool whole);

/**
 * journal_read() - start the worker that prints a container's messages in the format of k8s-file
 * @args: its options (runtime/worker/journal.c)
 * @ret_in: it ends when this is closed, after what is there then
 * Return: its output's descriptor, or a negative errno
 */
int journal_read(
	const char *id, const struct strv *args, int *ret_in, int *ret_pid, struct err *err);

#endif
