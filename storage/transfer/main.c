/*
 * rl-transfer SUBCOMMAND: the worker behind what moves or checks images; started by transfer_run() only
 */
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/image.h"
#include "storage/transfer.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/worker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A compressed stream may ask for a window of gigabytes: that allocation fails instead.  xz -9 needs 65 MiB. */
#define DATA_MAX ((rlim_t)112 << 20)

#define REQUEST_CAP JSON_RECORD_CAP

static const struct {
	const char *name;
	int (*run)(struct worker *w, const json_t *request, json_t **ret, struct err *err);
	enum {
		TAKES_IN = 0,
		AS_IT_IS,  /* the store is to be seen as it was left */
		ADDS_NONE, /* no layers; and it has no rights to remove any */
	} how;
} subcommands[] = {
	{"artifact", artifact_run, ADDS_NONE},
	{"borrow", borrow_run, TAKES_IN},
	{"check", check_run, AS_IT_IS},
	{"commit", commit_run, TAKES_IN},
	{"cp", cp_run, AS_IT_IS},
	{"diff", diff_run, TAKES_IN},
	{"export", export_run, TAKES_IN},
	{"import", import_run, TAKES_IN},
	{"list", list_run, ADDS_NONE},
	{"list-push", list_push_run, ADDS_NONE},
	{"load", load_run, TAKES_IN},
	{"login", login_run, ADDS_NONE},
	{"pull", pull_run, TAKES_IN},
	{"push", push_run, ADDS_NONE},
	{"save", save_run, TAKES_IN},
	{"search", search_run, ADDS_NONE},
	{"share", share_run, TAKES_IN},
	{"volume-export", volume_export_run, TAKES_IN},
	{"volume-import", volume_import_run, TAKES_IN},
};

static int read_request(json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = REQUEST_CAP};
	int r = fd_read_all(TRANSFER_FD_REQUEST, &b);

	if (r < 0)
		return err_set(err, -r, "read the request");
	return json_parse(buf_str(&b), b.len, "request", ret, err);
}

static int run(struct worker *w, const char *name, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *request = NULL;
	int r = read_request(&request, err);

	if (r < 0)
		return r;
	r = store_open(&w->store, json_get_str(request, "root", ""), err);
	if (r < 0)
		return r;
	/* their images keep layers from being collected */
	json_get_strv(request, "sharedStores", &w->store.shared);
	w->store.wanted = json_get_str(request, "storageDriver", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		if (!str_eq(subcommands[i].name, name))
			continue;
		if (subcommands[i].how == AS_IT_IS)
			return subcommands[i].run(w, request, ret, err);
		store_sweep(&w->store);
		r = store_driver(&w->store, true, err);
		if (r < 0)
			return r;
		r = subcommands[i].run(w, request, ret, err);
		pin_release(&w->store);
		/* Layers that came before something turned out to be wrong go again.  After a failure on the way they stay for
		   the next attempt. */
		if (r < 0 && r != -ERR_REGISTRY && subcommands[i].how != ADDS_NONE)
			image_collect(&w->store, NULL, NULL);
		store_sweep(&w->store);
		return r;
	}
	return err_say(err, ERR_USAGE, "unknown subcommand %s", name);
}

static int report(int fd, int r, json_t *result, const struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL, *line = NULL;

	if (r < 0) {
		json_t *e = json_object();

		json_object_set_new(e, "code", json_integer(err->code ? err->code : -r));
		json_set_str(e, "msg", err->msg);
		json_set_str(e, "hint", err->hint);
		json_object_set_new(j, "error", e);
	} else {
		json_object_set_new(j, "result", result ? result : json_null());
	}
	text = json_text(j);
	line = xasprintf("%s\n", text);
	return fd_write_full(fd, line, strlen(line)) < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct worker w = {.reply = TRANSFER_FD_REPLY};
	struct err err = {0};
	json_t *result = NULL;
	struct stat st;
	int r;

	if (argc != 2 || fstat(TRANSFER_FD_REQUEST, &st) < 0 || fstat(TRANSFER_FD_REPLY, &st) < 0) {
		fputs("rl-transfer is started by rl, not by hand\n", stderr);
		return 125;
	}
	umask(0);
	(void)setrlimit(RLIMIT_DATA, &(struct rlimit){DATA_MAX, DATA_MAX});
	signal(SIGPIPE, SIG_IGN);
	r = run(&w, argv[1], &result, &err);
	store_done(&w.store);
	return report(w.reply, r, result, &err);
}
