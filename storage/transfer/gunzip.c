#include "storage/transfer/gunzip.h"

#include "runtime/base/str.h"

#include <zlib.h>
#ifdef RL_ISAL
#include <isa-l/igzip_lib.h>
#endif

/* steps in a row that may change nothing, before more input is not what is missing */
#define IDLE_MAX 8

struct gunzip {
	bool plain;
	unsigned idle;
	z_stream z;
#ifdef RL_ISAL
	bool in_header;
	struct inflate_state isal;
#endif
};

static int corrupt(struct err *err, const char *why)
{
	return err_say(err, EBADMSG, "the compressed data is corrupt: %s", why ? why : "bad gzip");
}

/* Return: what zlib says */
static int inflate_some(struct gunzip *g, struct gunzip_io *io, int flush)
{
	int r;

	g->z.next_in = io->in;
	g->z.avail_in = (unsigned)io->left;
	g->z.next_out = io->out;
	g->z.avail_out = (unsigned)io->room;
	r = inflate(&g->z, flush);
	io->in = g->z.next_in;
	io->left = g->z.avail_in;
	io->out = g->z.next_out;
	io->room = g->z.avail_out;
	return r;
}

static int zlib_step(struct gunzip *g, struct gunzip_io *io, struct err *err)
{
	int r = inflate_some(g, io, Z_NO_FLUSH);

	if (r == Z_STREAM_END)
		return 1;
	return r == Z_OK || r == Z_BUF_ERROR ? 0 : corrupt(err, g->z.msg);
}

#ifdef RL_ISAL
/* zlib's, as ISA-L takes unknown flags and stumbles over a header's checksum that comes in pieces */
static int header_step(struct gunzip *g, struct gunzip_io *io, struct err *err)
{
	int r = inflate_some(g, io, Z_BLOCK);

	if (r != Z_OK && r != Z_BUF_ERROR)
		return corrupt(err, g->z.msg);
	/* this bit: the header has been passed */
	g->in_header = !(g->z.data_type & 128);
	return 0;
}

static int isal_step(struct gunzip *g, struct gunzip_io *io, struct err *err)
{
	struct inflate_state *s = &g->isal;
	int r = g->in_header ? header_step(g, io, err) : 0;

	if (r < 0 || g->in_header)
		return r;
	s->next_in = io->in;
	s->avail_in = (uint32_t)io->left;
	s->next_out = io->out;
	s->avail_out = (uint32_t)io->room;
	r = isal_inflate(s);
	io->in = s->next_in;
	io->left = s->avail_in;
	io->out = s->next_out;
	io->room = s->avail_out;
	if (r == ISAL_INCORRECT_CHECKSUM)
		return corrupt(err, "wrong checksum or length");
	/* a preset dictionary is nothing that gzip has */
	if (r < 0 || r == ISAL_NEED_DICT)
		return corrupt(err, NULL);
	return s->block_state == ISAL_BLOCK_FINISH;
}

static void isal_start(struct gunzip *g)
{
	isal_inflate_init(&g->isal);
	g->isal.crc_flag = ISAL_GZIP_NO_HDR_VER;
	g->in_header = true;
}
#else
static int isal_step(struct gunzip *g, struct gunzip_io *io, struct err *err)
{
	return zlib_step(g, io, err);
}

static void isal_start(struct gunzip *g)
{
	(void)g;
}
#endif

int gunzip_new(bool plain, struct gunzip **ret, struct err *err)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));

	g->plain = plain;
	if (inflateInit2(&g->z, 15 + 16) != Z_OK) {
		free(g);
		return err_set(err, ENOMEM, "decompress");
	}
	isal_start(g);
	*ret = g;
	return 0;
}

int gunzip_step(struct gunzip *g, struct gunzip_io *io, struct err *err)
{
	const size_t left = io->left, room = io->room;
	int r = g->plain ? zlib_step(g, io, err) : isal_step(g, io, err);

	g->idle = r == 0 && left && io->left == left && io->room == room ? g->idle + 1 : 0;
	return g->idle > IDLE_MAX ? corrupt(err, NULL) : r;
}

void gunzip_restart(struct gunzip *g)
{
	(void)inflateReset(&g->z);
	isal_start(g);
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}
