#include "runtime/health_record.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <stdio.h>

static json_t *read_in(const struct container *c, int dir)
{
	char path[CONTAINER_PATH_MAX];
	json_t *j = NULL;

	json_read_at(dir, container_path(path, c->id, HEALTH_FILE), &j, NULL);
	return j;
}

json_t *health_read_last(const struct container *c)
{
	json_t *j = read_in(c, c->cs->rundir);

	return j ? j : read_in(c, c->cs->store->fd);
}

json_t *health_read(const struct container *c)
{
	struct health_conf conf;

	health_conf_read(c->record, &conf);
	if (!conf.on)
		return NULL;
	/* what the store has is not about this run */
	return c->held ? read_in(c, c->cs->rundir) : health_read_last(c);
}

const char *health_shown(const struct container *c, char buf[HEALTH_NAME_MAX])
{
	_cleanup_json_ json_t *j = NULL;

	buf[0] = '\0';
	if (!container_is_running(c))
		return buf;
	j = health_read(c);
	snprintf(buf, HEALTH_NAME_MAX, "%s", json_get_str(j, "Status", ""));
	return buf;
}

/* of a result in the file: what has to be escaped takes up to six bytes for one */
static size_t size_of(const json_t *entry)
{
	size_t n = 256;

	for (const char *p = json_get_str(entry, "Output", ""); *p; p++)
		n += strchr("\n\t\r\b\f\"\\", *p)	     ? 2
		     : (unsigned char)*p < ' ' || *p == 0x7f ? 6
							     : 1;
	return n;
}

/* the oldest ones go: there are too many, or together they take too much room */
static json_t *new_log(const json_t *old, const struct health_conf *conf, json_t *entry)
{
	json_t *log = json_array(), *e;
	size_t i, n, left = HEALTH_RECORD_MAX, first;

	json_array_foreach (json_object_get(old, "Log"), i, e)
		json_array_append(log, e);
	if (entry)
		json_array_append(log, entry);
	n = first = json_array_size(log);
	while (first > 0 && (conf->log_count == 0 || n - first < conf->log_count)) {
		size_t size = size_of(json_array_get(log, first - 1));

		if (size > left)
			break;
		left -= size;
		first--;
	}
	while (first-- > 0)
		json_array_remove(log, 0);
	return log;
}

/* a copy where the user wants one; the directory may be gone, which is no reason to think the container ill */
static void write_copy(const struct container *c, const json_t *j)
{
	const char *dir = json_get_str(json_object_get(c->record, "health"), "LogDestination", "");
	_cleanup_free_ char *name = xasprintf("%s-healthcheck.log", c->id);
	_cleanup_close_ int fd = -EBADF;

	if (*dir == '/')
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		json_write_at(fd, name, j, 0, NULL);
}

int health_write(const struct container *c, int runfd, const json_t *old, const struct health *h,
	const struct health_conf *conf, json_t *entry, struct err *err)
{
	_cleanup_json_ json_t *j = json_pack("{s:i, s:s, s:I, s:o}", "version", 1, "Status",
		health_status_name(h->status), "FailingStreak", (json_int_t)h->streak, "Log",
		new_log(old, conf, entry));

	write_copy(c, j);
	return json_write_at(runfd, HEALTH_FILE, j, 0, err);
}
