/*
 * rl-transfer check: {"quick", "repair", "force": bool, "maxAge": seconds}; each finding comes as a progress object
 * as storage/check.c makes it.  The result is {"found", "mended"}.
 */
#include "storage/transfer/check.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/transfer/worker.h"

#include <fcntl.h>

static void send(void *arg, const json_t *finding)
{
	const struct worker *w = arg;
	_cleanup_json_ json_t *line = json_pack("{s:O}", "progress", (json_t *)(uintptr_t)finding);
	_cleanup_free_ char *json = json_text(line), *text = xasprintf("%s\n", json);

	fd_write_full(w->reply, text, strlen(text));
}

int check_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	struct check c = {
		.quick = json_get_bool(request, "quick", false),
		.repair = json_get_bool(request, "repair", false),
		.force = json_get_bool(request, "force", false),
		.max_age = json_get_int(request, "maxAge", 0),
		.report = send,
		.arg = w,
	};

	/* afterwards nothing outside of the store can be opened to write */
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return err_set(err, errno, "open /dev/null");
	confine_writes(w->store.fd);
	check_leftovers(&w->store, &c);
	/* what images record of their layers is compared with what layers record */
	check_layers(&w->store, null, &c);
	check_images(&w->store, &c);
	check_trees(&w->store, &c);
	check_artifacts(&w->store, &c);
	check_refs(&w->store, &c);
	if (c.mended)
		store_sweep(&w->store);
	*ret = json_pack("{s:I,s:I}", "found", (json_int_t)c.found, "mended", (json_int_t)c.mended);
	return 0;
}
