/*
 * unit - what every unit test includes: cmocka in the order that it wants, and a scratch directory
 */
#ifndef RL_TESTS_UNIT_H
#define RL_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/** unit_scratch() - make an empty directory; Return: its descriptor, @path (64 bytes) gets its name */
static inline int unit_scratch(char path[64])
{
	int fd;

	snprintf(path, 64, "/tmp/rl-unit-XXXXXX");
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/** unit_scratch_done() - remove it */
static inline void unit_scratch_done(int fd, const char *path)
{
	fd_close(fd);
	assert_int_equal(fs_remove_tree_at(AT_FDCWD, path, NULL), 0);
}

/** unit_skip() - skip() with a reason, which tests/run-check prints; "machine: …" if no installation could mend it */
static inline void unit_skip(const char *reason)
{
	print_message("# skip: %s\n", reason);
	skip();
}

static inline void unit_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
	fd_close(fd);
}

#endif
