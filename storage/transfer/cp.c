/*
 * cp: files from one place to another, of which at least one is in a container
 *
 * One process packs what is copied as an archive, another one unpacks it: so each has only one side's rights, and
 * neither sees more than one file at a time.  Descriptors TRANSFER_FD_FILES and the next are the roots that
 * "from" and "to" are below, or the archive itself where they are {"archive": true}.
 *
 *   {"from", "to": {"path", "uid", "gid": maps of the container, inside → here, or missing},
 *    "owner": [uid, gid] that all gets, as seen from here, or missing, "follow", "replace"}
 *
 * A third member of "to", "creator": [uid, gid], is who makes files, for file systems that know the container's ids only.
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/transfer.h"
#include "storage/transfer/conduit.h"
#include "storage/transfer/cp_place.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/layer.h"
#include "storage/transfer/pack.h"
#include "storage/transfer/source.h"
#include "storage/transfer/worker.h"
#include "userns/idmap.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FD_FROM TRANSFER_FD_FILES
#define FD_TO	(TRANSFER_FD_FILES + 1)

/* one side; the maps are empty where ids are as they are here */
struct side {
	const json_t *request;
	const char *path;
	bool archive, mapped;
	struct idmaps maps;
};

struct cp {
	struct worker *w;
	struct side from, to;
	struct cp_source source;
	struct cp_target target;
	struct pack_copy pack;
	struct into into;
	uint32_t owner[2];
};

static void cp_done(struct cp *c)
{
	idmaps_done(&c->from.maps);
	idmaps_done(&c->to.maps);
	cp_source_done(&c->source);
	cp_target_done(&c->target);
}

static int read_side(const json_t *request, struct side *ret, struct err *err)
{
	const json_t *uid = json_object_get(request, "uid"), *gid = json_object_get(request, "gid");
	int r = 0;

	ret->request = request;
	ret->path = json_get_str(request, "path", "");
	ret->archive = json_get_bool(request, "archive", false);
	ret->mapped = json_array_size(uid) && json_array_size(gid);
	if (ret->mapped)
		r = idmap_from_json(uid, &ret->maps.uid, err);
	if (ret->mapped && r == 0)
		r = idmap_from_json(gid, &ret->maps.gid, err);
	return r;
}

static bool read_pair(const json_t *pair, uint32_t ret[2])
{
	if (json_array_size(pair) != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		ret[i] = (uint32_t)json_integer_value(json_array_get(pair, i));
	return true;
}

/* Files are made by somebody whom the container's file systems know; the rights stay. */
static int become_creator(const json_t *to, struct err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];
	uint32_t id[2];

	if (!read_pair(json_object_get(to, "creator"), id) || (!id[0] && !id[1]))
		return 0;
	setfsgid(id[1]);
	setfsuid(id[0]);
	if (syscall(SYS_capget, &head, caps) < 0)
		return err_set(err, errno, "read capabilities");
	for (size_t i = 0; i < 2; i++)
		caps[i].effective = caps[i].permitted;
	return syscall(SYS_capset, &head, caps) < 0 ? err_set(err, errno, "set capabilities") : 0;
}

static int give(void *arg, int fd, struct err *err)
{
	struct cp *c = arg;
	struct pack_facts facts = {0};
	int r;

	confine_writes(-EBADF);
	r = pack_copy(&c->pack, &c->source.node, fd, &facts, err);
	if (r == 0 && facts.sockets)
		worker_note(c->w, "%llu sockets were left out", (unsigned long long)facts.sockets);
	return r;
}

static int take(void *arg, int fd, struct err *err)
{
	struct cp *c = arg;
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct layer_opts o = {.single_id = ingest_is_single_id(), .into = &c->into};
	struct layer_facts facts = {0};
	int r;

	into_clean_up();
	confine_writes(c->target.dir);
	r = become_creator(c->to.request, err);
	if (r == 0)
		r = stream_new_unhashed(fd, NULL, &st, err);
	if (r == 0)
		r = tar_new(st, &t, err);
	if (r == 0)
		r = layer_apply(c->target.dir, t, &o, &facts, err);
	if (r == 0)
		r = tar_drain(t, err);
	/* what should have made it has failed */
	if (r == 0 && stream_taken(st) == 0)
		r = err_say(err, EBADMSG, "the archive is empty");
	if (r == 0 && facts.devices)
		worker_note(c->w, "%llu devices were left out", (unsigned long long)facts.devices);
	return r;
}

static int copy(struct cp *c, struct err *err)
{
	if (c->from.archive)
		return take(c, FD_FROM, err);
	if (c->to.archive)
		return give(c, FD_TO, err);
	return conduit_run(give, take, c, err);
}

static int open_places(struct cp *c, const json_t *request, struct err *err)
{
	bool follow = json_get_bool(request, "follow", false);
	int r = 0;

	if (!c->from.archive)
		r = cp_source_open(FD_FROM, c->from.path, follow, &c->source, err);
	if (r == 0 && !c->to.archive)
		r = cp_target_open(FD_TO, c->to.path, c->from.archive ? NULL : &c->source,
			c->into.replace, &c->target, err);
	return r;
}

int cp_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(cp_done) struct cp c = {.w = w, .source.node.fd = -EBADF, .target.dir = -EBADF};
	int r = read_side(json_object_get(request, "from"), &c.from, err);

	if (r == 0)
		r = read_side(json_object_get(request, "to"), &c.to, err);
	if (r < 0)
		return r;
	c.into.replace = json_get_bool(request, "replace", false);
	c.into.trusted = !c.from.archive;
	if (c.to.mapped)
		c.into.owners = &c.to.maps;
	if (read_pair(json_object_get(request, "owner"), c.owner))
		c.into.owner = c.owner;
	source_allow_descriptors();
	r = open_places(&c, request, err);
	if (r < 0)
		return r;
	c.pack.name = c.target.name ? c.target.name : c.source.name;
	c.pack.holes = !c.to.archive;
	if (c.from.mapped)
		c.pack.owners = &c.from.maps;
	r = copy(&c, err);
	if (r == 0)
		*ret = json_object();
	return r;
}
