/*
 * tarball - archives made by hand, as no honest program would make them
 */
#ifndef RL_TESTS_TARBALL_H
#define RL_TESTS_TARBALL_H

#include "runtime/base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* what an entry does not need is left out */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct tarball_entry {
	char type; /* '0' file, '1' hard link, '2' symbolic link, '3' char device, '5' directory, '6' FIFO, 'x' PAX */
	const char *name, *link, *data;
	unsigned mode, uid;
	size_t size; /* of @data; 0: its length */
};

static inline void tarball_add(struct buf *b, struct tarball_entry e)
{
	char h[512] = {0};
	size_t size = e.size ? e.size : e.data ? strlen(e.data) : 0, pad;
	static const char zero[512];
	unsigned sum = 0;

	snprintf(h, 100, "%s", e.name);
	snprintf(h + 100, 8, "%07o", (e.mode ? e.mode : e.type == '5' ? 0755 : 0644) & 07777777);
	snprintf(h + 108, 8, "%07o", e.uid & 07777777);
	snprintf(h + 116, 8, "%07o", e.uid & 07777777);
	snprintf(h + 124, 12, "%011zo", size);
	snprintf(h + 136, 12, "%011o", 1700000000U);
	memset(h + 148, ' ', 8);
	h[156] = e.type ? e.type : '0';
	if (e.link)
		snprintf(h + 157, 100, "%s", e.link);
	memcpy(h + 257,
		"ustar\0"
		"00",
		8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
	if (size)
		buf_add(b, e.data, size);
	pad = (512 - size % 512) % 512;
	buf_add(b, zero, pad);
}

/* a PAX header with one record */
static inline void tarball_pax(struct buf *b, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1, n;
	_cleanup_free_ char *record = NULL;

	for (n = len + digits; n >= 10; n /= 10)
		digits++;
	if (snprintf(NULL, 0, "%zu", len + digits) > (int)digits)
		digits++;
	record = xasprintf("%zu %s=%s\n", len + digits, key, value);
	tarball_add(b, (struct tarball_entry){.type = 'x', .name = "PaxHeaders/x", .data = record});
}

static inline void tarball_end(struct buf *b)
{
	static const char zero[1024];

	buf_add(b, zero, sizeof(zero));
}

/* a descriptor of the archive's bytes */
static inline int tarball_fd(const struct buf *b)
{
	int fd = memfd_create("tarball", MFD_CLOEXEC);

	if (fd >= 0 &&
		(write(fd, b->data, b->len) != (ssize_t)b->len || lseek(fd, 0, SEEK_SET) != 0))
		return -1;
	return fd;
}

#endif
