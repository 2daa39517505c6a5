#include "storage/artifact.h"

#include "runtime/base/fs.h"
#include "storage/ref.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define TYPE_NAME_MAX 127 /* RFC 6838, 4.2 */

static const char *hex_of(const char *digest)
{
	return digest + strlen("sha256:");
}

int artifact_manifest(const struct store *s, const char *digest, struct buf *ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (!ref_digest_ok(digest))
		return err_say(err, EBADMSG, "bad digest of an artifact");
	path = xasprintf("artifacts/%s/manifest.json", hex_of(digest));
	r = store_read(s, path, ret, err);
	if (r == -ENOENT)
		return err_say(err, ERR_NO_OBJECT, "artifact %.19s is not here", digest);
	return r;
}

int artifact_blob(const struct store *s, const char *digest, const char *blob, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	int fd;

	if (!ref_digest_ok(digest) || !ref_digest_ok(blob))
		return err_say(err, EBADMSG, "bad digest in an artifact");
	path = xasprintf("artifacts/%s/blobs/%s", hex_of(digest), hex_of(blob));
	fd = openat(s->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "open blob %.19s of artifact %.19s", blob, digest) : fd;
}

int artifact_publish(const struct store *s, const char *tmp, const char *digest, struct err *err)
{
	_cleanup_free_ char *to = xasprintf("artifacts/%s", hex_of(digest));

	if (mkdirat(s->fd, "artifacts", 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create %s/artifacts", s->path);
	if (renameat2(s->fd, tmp, s->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* the same one again: the new copy is known to be whole, and the old one goes with the rest of tmp/ */
	if (errno == EEXIST && renameat2(s->fd, tmp, s->fd, to, RENAME_EXCHANGE) == 0)
		return 0;
	return err_set(err, errno, "add artifact %.19s", digest);
}

bool artifact_title_ok(const char *title)
{
	size_t n = strlen(title);

	if (!n || n > NAME_MAX || str_eq(title, ".") || str_eq(title, ".."))
		return false;
	for (const char *p = title; *p; p++)
		if (*p == '/' || (unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

/* Return: the length of the name at the beginning of @s, 0 if there is none */
static size_t type_name(const char *s)
{
	size_t n = 0;

	if (!isalnum((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("!#$&-^_.+", s[n])))
		n++;
	return n <= TYPE_NAME_MAX ? n : 0;
}

bool artifact_type_ok(const char *type)
{
	size_t n = type_name(type), k;

	if (!n || type[n] != '/')
		return false;
	k = type_name(type + n + 1);
	return k && !type[n + 1 + k];
}

const char *artifact_file_type(const char *name, const void *head, size_t len)
{
	static const struct {
		const char *end, *type;
	} known[] = {
		{".css", "text/css"},
		{".gif", "image/gif"},
		{".gz", "application/gzip"},
		{".htm", "text/html"},
		{".html", "text/html"},
		{".jpeg", "image/jpeg"},
		{".jpg", "image/jpeg"},
		{".js", "text/javascript"},
		{".json", "application/json"},
		{".pdf", "application/pdf"},
		{".png", "image/png"},
		{".svg", "image/svg+xml"},
		{".tar", "application/x-tar"},
		{".txt", "text/plain"},
		{".wasm", "application/wasm"},
		{".xml", "text/xml"},
		{".yaml", "application/yaml"},
		{".yml", "application/yaml"},
		{".zip", "application/zip"},
		{".zst", "application/zstd"},
	};
	const unsigned char *p = head;
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(known); i++)
		if (strcasecmp(dot, known[i].end) == 0)
			return known[i].type;
	for (size_t i = 0; i < len; i++)
		if (!p[i] || p[i] == 0x7f || (p[i] < 0x20 && !strchr("\t\n\f\r\033", p[i])))
			return "application/octet-stream";
	return "text/plain";
}
