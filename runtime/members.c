#include "runtime/members.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* since Linux 6.11, later than many headers */
#ifndef NS_GET_TGID_IN_PIDNS
#define NS_GET_TGID_IN_PIDNS _IOR(NSIO, 0x9, int)
#endif

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static void read_chain(int proc, const char *pid, const char *kind, struct members_chain *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "%.20s/ns/%s", pid, kind);
	if (fstatat(proc, path, &st, 0) < 0) {
		ret->n = -errno;
		return;
	}
	ret->n = 0;
	ret->ino[ret->n++] = st.st_ino;
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && ret->n < MEMBERS_DEPTH) {
		int parent = ioctl(fd, NS_GET_PARENT);

		fd_close(fd);
		fd = parent;
		if (fd >= 0)
			ret->ino[ret->n++] = inode_of(fd);
	}
}

/* Return: 1 if the namespace is @ino or below it, 0 if not, or a negative errno if that cannot be seen */
static int is_within(const struct members_chain *c, ino_t ino)
{
	for (int i = 0; i < c->n; i++)
		if (c->ino[i] == ino)
			return 1;
	return c->n < 0 ? c->n : 0;
}

void members_look(int proc, const char *pid, struct members_place *ret)
{
	read_chain(proc, pid, "user", &ret->user);
	read_chain(proc, pid, "pid", &ret->pid);
}

bool members_in(const struct members *m, const struct members_place *at, const char *pid)
{
	int user = m->userns ? is_within(&at->user, m->userns) : 1;
	int r = user == 0 || !m->pidns ? user : is_within(&at->pid, m->pidns);

	if (user >= 0 && r >= 0)
		return r;
	/* a program that only its owner may read hides its namespaces; where the kernel can be asked it tells */
	return m->pidns && ioctl(m->nsfd, NS_GET_TGID_IN_PIDNS, (long)strtol(pid, NULL, 10)) > 0;
}

bool members_has(const struct members *m, int proc, const char *pid)
{
	struct members_place at = {0};

	/* what nearly all processes of a machine need not be asked */
	if (m->userns)
		read_chain(proc, pid, "user", &at.user);
	if (m->pidns && (!m->userns || is_within(&at.user, m->userns)))
		read_chain(proc, pid, "pid", &at.pid);
	return members_in(m, &at, pid);
}

int members_open(struct members *m, pid_t init, bool own_userns, bool own_pidns, struct err *err)
{
	struct members n = MEMBERS_INIT;
	char path[40];
	struct stat st;

	if (!own_userns && !own_pidns) {
		err_say(err, ENOTSUP,
			"its processes cannot be told from others: it shares their PID namespace "
			"and their user namespace");
		return err_hint(err, "give it one of its own: --pid private or --userns private");
	}
	n.init = init;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)init);
	if (own_userns && stat(path, &st) < 0)
		return err_set(err, errno, "look at the container's namespaces");
	n.userns = own_userns ? st.st_ino : 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)init);
	if (own_pidns) {
		n.nsfd = open(path, O_RDONLY | O_CLOEXEC);
		if (n.nsfd < 0)
			return err_set(err, errno, "look at the container's namespaces");
		n.pidns = inode_of(n.nsfd);
	}
	*m = n;
	return 0;
}

void members_done(struct members *m)
{
	fd_close(m->nsfd);
	*m = (struct members)MEMBERS_INIT;
}
