/*
 * export: a container's root file system as a tar archive, written to the descriptor that was passed
 */
#include "storage/transfer.h"
#include "runtime/base/confine.h"
#include "storage/transfer/pack.h"
#include "storage/transfer/source.h"
#include "storage/transfer/worker.h"

int export_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(source_done) struct source s = {.dirfd = -EBADF};
	struct pack_facts facts = {0};
	struct changes_opts o = {.new = &s.view, .all = true};
	int r = source_open(&w->store, json_object_get(request, "source"), true, &s, err);

	if (r < 0)
		return r;
	confine_writes(-EBADF);
	r = pack_changes(&o, PACK_ROOT, TRANSFER_FD_INPUT, &facts, err);
	if (r == 0)
		r = source_check(&s, err);
	if (r < 0)
		return r;
	if (facts.sockets)
		worker_note(w, "%llu sockets were left out", (unsigned long long)facts.sockets);
	*ret = json_object();
	return 0;
}
