#include "storage/transfer/frames.h"

#include "runtime/base/fd.h"
#include "storage/transfer/ingest.h"

void frames_init(struct frames *f, int fd, int level)
{
	*f = (struct frames){.zstd = ZSTD_createCCtx(), .hash = EVP_MD_CTX_new(), .fd = fd};
	if (!f->zstd || !f->hash || EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL) != 1)
		abort();
	f->memory.cap = FRAMES_MEMORY_MAX;
	f->space = xmalloc(ZSTD_CStreamOutSize());
	if (level >= 0)
		ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, level);
}

void frames_done(struct frames *f)
{
	ZSTD_freeCCtx(f->zstd);
	EVP_MD_CTX_free(f->hash);
	buf_done(&f->memory);
	free(f->space);
	*f = (struct frames){.fd = -EBADF};
}

static int put(struct frames *f, const void *data, size_t len, struct err *err)
{
	int r = f->fd >= 0 ? fd_write_full(f->fd, data, len) : buf_add(&f->memory, data, len);

	if (r < 0)
		return err_set(err, -r, "write the compressed layer");
	EVP_DigestUpdate(f->hash, data, len);
	f->size += len;
	return 0;
}

static int failed(size_t code, struct err *err)
{
	return err_say(err, EIO, "compress a layer: %s", ZSTD_getErrorName(code));
}

static int run(
	struct frames *f, const void *data, size_t len, ZSTD_EndDirective how, struct err *err)
{
	ZSTD_inBuffer in = {data, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {f->space, ZSTD_CStreamOutSize(), 0};
		int r;

		left = ZSTD_compressStream2(f->zstd, &out, &in, how);
		if (ZSTD_isError(left))
			return failed(left, err);
		r = put(f, f->space, out.pos, err);
		if (r < 0)
			return r;
	} while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
	f->given += len;
	f->open = how != ZSTD_e_end;
	return 0;
}

int frames_expect(struct frames *f, uint64_t size, struct err *err)
{
	size_t r = ZSTD_CCtx_setPledgedSrcSize(f->zstd, size);

	return ZSTD_isError(r) ? failed(r, err) : 0;
}

int frames_add(struct frames *f, const void *data, size_t len, struct err *err)
{
	return len ? run(f, data, len, ZSTD_e_continue, err) : 0;
}

int frames_end(struct frames *f, struct err *err)
{
	return f->open ? run(f, NULL, 0, ZSTD_e_end, err) : 0;
}

int frames_skippable(struct frames *f, const void *data, size_t len, struct err *err)
{
	const unsigned char head[8] = {0x50, 0x2a, 0x4d, 0x18, (unsigned char)len,
		(unsigned char)(len >> 8), (unsigned char)(len >> 16), (unsigned char)(len >> 24)};
	int r = put(f, head, sizeof(head), err);

	return r < 0 ? r : put(f, data, len, err);
}

void frames_digest(struct frames *f, char ret[72])
{
	EVP_MD_CTX *hash = f->hash;

	f->hash = NULL;
	ingest_digest_end(hash, ret);
}
