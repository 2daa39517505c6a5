#include "storage/transfer/object.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/copy.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

static void name_of(const unsigned char md[32], char ret[OBJECT_NAME_MAX])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (unsigned i = 0; i < SHARED_OBJECT_DIGITS; i++) {
		unsigned bit = 6 * i, two = (unsigned)md[bit / 8] << 8 | md[bit / 8 + 1];

		ret[i] = digits[two >> (10 - bit % 8) & 63];
	}
	ret[SHARED_OBJECT_DIGITS] = '\0';
}

static ssize_t read_some(int fd, void *buf, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, buf, CHUNK, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* the name of what is in @fd, which must have @size bytes; @chunk holds all of it if it is at most one chunk */
static int name_content(
	int fd, uint64_t size, unsigned char *chunk, char ret[OBJECT_NAME_MAX], struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char md[EVP_MAX_MD_SIZE];
	uint64_t done = 0;
	ssize_t n;
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (ok && (n = read_some(fd, chunk, done)) > 0) {
		ok = EVP_DigestUpdate(ctx, chunk, (size_t)n) == 1;
		done += (uint64_t)n;
		if (done >= size && size <= CHUNK)
			break;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		abort();
	if (n < 0)
		return err_set(err, (int)-n, "read a file");
	if (done != size)
		return err_say(err, EIO, "a file changed while it was read");
	name_of(md, ret);
	return 0;
}

static bool same_content(int a, int b, uint64_t size)
{
	_cleanup_free_ unsigned char *x = xmalloc(CHUNK), *y = xmalloc(CHUNK);

	for (uint64_t at = 0; at < size; at += CHUNK) {
		ssize_t n = read_some(a, x, at);

		if (n <= 0 || read_some(b, y, at) != n || memcmp(x, y, (size_t)n) != 0)
			return false;
	}
	return true;
}

/*
 * Return: 1 if the object is there and whole, 0 if it has to be written, or a negative errno.
 * One that is damaged is written again.  Two contents of one name (which somebody would have to compute 2^66 digests
 * for) must not stand for each other.
 */
static int look(int dir, const char *name, int fd, uint64_t size, struct err *err)
{
	_cleanup_close_ int old = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ unsigned char *chunk = NULL;
	char is[OBJECT_NAME_MAX] = "";
	struct stat st;

	if (old < 0 || fstat(old, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if ((uint64_t)st.st_size == size && same_content(old, fd, size))
		return 1;
	chunk = xmalloc(CHUNK);
	if (name_content(old, (uint64_t)st.st_size, chunk, is, NULL) < 0 || !str_eq(is, name))
		return 0;
	return err_say(err, EEXIST, "two different files have the digest %s", name);
}

static int write_object(int dir, const char *name, int from, const unsigned char *chunk,
	uint64_t size, struct err *err)
{
	_cleanup_close_ int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_set(err, errno, "create the object %s", name);
	r = size <= CHUNK ? fd_write_full(fd, chunk, (size_t)size) : copy_bytes(from, fd);
	if (r == 0 && fchmod(fd, 0444) < 0)
		r = -errno;
	return r < 0 ? err_set(err, -r, "write the object %s", name) : 0;
}

int object_add(struct objects *o, int fd, uint64_t size, char ret[OBJECT_NAME_MAX], struct err *err)
{
	_cleanup_free_ unsigned char *chunk = xmalloc(CHUNK);
	int r = name_content(fd, size, chunk, ret, err);

	if (r == 0)
		r = look(o->dir, ret, fd, size, err);
	if (r == 0)
		r = look(o->fresh, ret, fd, size, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = write_object(o->fresh, ret, fd, chunk, size, err);
	if (r < 0)
		return r;
	o->new ++;
	o->bytes += size;
	return 0;
}

int object_publish(struct objects *o, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(o->fresh, ".", &names, err);

	if (r < 0)
		return r;
	strv_foreach (i, name, &names)
		if (renameat(o->fresh, name, o->dir, name) < 0)
			return err_set(err, errno, "add the object %s", name);
	return 0;
}

bool object_parse(const char *text, size_t len, char ret[OBJECT_NAME_MAX], uint64_t *ret_size)
{
	char copy[OBJECT_NAME_MAX + 24], *colon;

	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	colon = strchr(copy, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (!shared_object_ok(copy) || parse_u64(colon + 1, ret_size) < 0 || *ret_size == 0 ||
		*ret_size > INT64_MAX)
		return false;
	memcpy(ret, copy, OBJECT_NAME_MAX);
	return true;
}
