#include "runtime/seccomp.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.19 */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define KEY_CAP	    ((size_t)1 << 20)
#define PROG_CAP    ((size_t)BPF_MAXINSNS * sizeof(struct sock_filter))
#define CACHE_MAGIC "rlbpf\0\0\3"

struct cache_header {
	char magic[8];
	uint32_t key_len, prog_len; /* bytes */
};

void seccomp_done(struct seccomp *s)
{
	free(take_ptr(s->prog));
	free(take_ptr(s->listener));
	free(take_ptr(s->metadata));
	s->len = 0;
}

static int take_program(const void *bytes, size_t len, struct seccomp *ret, struct err *err)
{
	if (!len || len % sizeof(struct sock_filter) || len > PROG_CAP)
		return err_set(err, EPROTO, "the compiled seccomp filter has a bad size");
	ret->prog = xmemdup(bytes, len);
	ret->len = (unsigned short)(len / sizeof(struct sock_filter));
	return 0;
}

static int read_all(int fd, struct buf *b)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = fd_read_full(fd, chunk, sizeof(chunk));

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		if (buf_add(b, chunk, (size_t)n) < 0)
			return -E2BIG;
	}
}

static int compile(const char *key, size_t len, struct buf *prog, struct err *err)
{
	_cleanup_free_ char *worker = proc_libexec("rl-seccomp");
	_cleanup_close_ int in_rd = -EBADF, in_wr = -EBADF, out_rd = -EBADF, out_wr = -EBADF;
	char *argv[] = {(char[]){"rl-seccomp"}, NULL}, *no_env[] = {NULL};
	_cleanup_buf_ struct buf why = {.cap = 4096};
	int r, code;
	pid_t pid;

	r = fd_pipe(&in_rd, &in_wr, err);
	if (r < 0)
		return r;
	r = fd_pipe(&out_rd, &out_wr, err);
	if (r < 0)
		return r;
	{
		struct proc_fd fds[] = {{in_rd, 0}, {out_wr, 1}};
		struct proc_opts o = {.path = worker,
			.argv = argv,
			.envp = no_env,
			.fds = fds,
			.nfds = ARRAY_SIZE(fds)};

		pid = proc_spawn(&o, err);
	}
	if (pid < 0)
		return err_wrap(err, "compile the seccomp filter");
	in_rd = fd_close(in_rd);
	out_wr = fd_close(out_wr);
	/* the worker reads all before it writes anything */
	r = fd_write_full(in_wr, key, len);
	in_wr = fd_close(in_wr);
	if (r == 0)
		r = read_all(out_rd, prog);
	code = proc_wait(pid);
	if (code > 0 && prog->len < 512) {
		/* then what it wrote is the reason */
		buf_add(&why, prog->data, prog->len);
		return err_set(err, ERR_USAGE, "seccomp profile: %s", buf_str(&why));
	}
	if (r < 0 || code != 0)
		return err_set(err, r < 0 ? -r : EIO, "compile the seccomp filter");
	return 0;
}

static uint64_t hash(const char *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

static int from_cache(int cache, const char *name, const char *key, size_t len, struct seccomp *ret)
{
	_cleanup_buf_ struct buf b = {.cap = sizeof(struct cache_header) + KEY_CAP + PROG_CAP};
	struct cache_header h;

	if (cache < 0 || fs_read_at(cache, name, &b, NULL) < 0 || b.len < sizeof(h))
		return -ENOENT;
	memcpy(&h, b.data, sizeof(h));
	if (memcmp(h.magic, CACHE_MAGIC, sizeof(h.magic)) != 0 || h.key_len != len ||
		b.len != sizeof(h) + len + h.prog_len || memcmp(b.data + sizeof(h), key, len) != 0)
		return -ENOENT;
	return take_program(b.data + sizeof(h) + len, h.prog_len, ret, NULL);
}

static void to_cache(
	int cache, const char *name, const char *key, size_t len, const struct buf *prog)
{
	_cleanup_buf_ struct buf b = {0};
	struct cache_header h = {.key_len = (uint32_t)len, .prog_len = (uint32_t)prog->len};

	if (cache < 0)
		return;
	memcpy(h.magic, CACHE_MAGIC, sizeof(h.magic));
	buf_add(&b, &h, sizeof(h));
	buf_add(&b, key, len);
	buf_add(&b, prog->data, prog->len);
	/* only a cache: without room for it the next start compiles again */
	fs_write_at(cache, name, b.data, b.len, 0600, 0, NULL);
}

static int parse_flags(const json_t *object, unsigned *ret, struct err *err)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} known[] = {
		{"SECCOMP_FILTER_FLAG_TSYNC", 0}, /* there is one thread */
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
	};
	_cleanup_strv_ struct strv flags = {0};
	size_t k;

	json_get_strv(object, "flags", &flags);
	for (size_t i = 0; i < flags.n; i++) {
		for (k = 0; k < ARRAY_SIZE(known) && !str_eq(known[k].name, flags.v[i]); k++)
			;
		if (k == ARRAY_SIZE(known))
			return err_set(err, ENOTSUP, "linux.seccomp: flag %s", flags.v[i]);
		*ret |= (unsigned)known[k].flag;
	}
	return 0;
}

static bool notifies(const json_t *object)
{
	const json_t *rules = json_object_get(object, "syscalls"), *rule;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)rules, i, rule)
		if (str_eq(json_get_str(rule, "action", ""), "SCMP_ACT_NOTIFY"))
			return true;
	return str_eq(json_get_str(object, "defaultAction", ""), "SCMP_ACT_NOTIFY");
}

/* who answers the calls that are handed out; without any, the path is of no meaning */
static int parse_listener(const json_t *object, struct seccomp *s, struct err *err)
{
	const char *path = json_get_str(object, "listenerPath", NULL),
		   *metadata = json_get_str(object, "listenerMetadata", NULL);

	s->notifies = notifies(object);
	if (metadata && str_empty(path))
		return err_set(err, ERR_USAGE,
			"linux.seccomp: \"listenerMetadata\" without \"listenerPath\"");
	if ((s->flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) && !s->notifies)
		return err_set(err, ERR_USAGE,
			"linux.seccomp: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV without "
			"SCMP_ACT_NOTIFY");
	if (s->notifies && path)
		s->listener = xstrdup(path);
	if (s->notifies && metadata)
		s->metadata = xstrdup(metadata);
	return 0;
}

/* whether some rule, or the lack of one, may allow keyctl(2) */
static bool allows_keyctl(const json_t *object)
{
	const json_t *rules = json_object_get(object, "syscalls"), *rule;
	size_t i, k;
	json_t *name;

	if (!str_eq(json_get_str(object, "defaultAction", ""), "SCMP_ACT_ERRNO"))
		return true;
	json_array_foreach ((json_t *)(uintptr_t)rules, i, rule) {
		if (str_eq(json_get_str(rule, "action", ""), "SCMP_ACT_ERRNO"))
			continue;
		json_array_foreach (json_object_get(rule, "names"), k, name)
			if (str_eq(json_string_value(name), "keyctl"))
				return true;
	}
	return false;
}

int seccomp_prepare(const json_t *object, int cache, struct seccomp *ret, struct err *err)
{
	_cleanup_free_ char *key = NULL;
	_cleanup_buf_ struct buf prog = {.cap = PROG_CAP};
	_cleanup_(seccomp_done) struct seccomp s = {.keys = allows_keyctl(object)};
	char name[32];
	size_t len;
	int r;

	if (!json_is_object(object)) {
		*ret = s;
		return 0;
	}
	r = parse_flags(object, &s.flags, err);
	if (r == 0)
		r = parse_listener(object, &s, err);
	if (r < 0)
		return r;
	key = json_text(object);
	len = strlen(key);
	if (len > KEY_CAP)
		return err_set(err, E2BIG, "linux.seccomp");
	snprintf(name, sizeof(name), "%016llx", (unsigned long long)hash(key, len));
	if (from_cache(cache, name, key, len, &s) < 0) {
		r = compile(key, len, &prog, err);
		if (r == 0)
			r = take_program(prog.data, prog.len, &s, err);
		if (r < 0)
			return r;
		to_cache(cache, name, key, len, &prog);
	}
	*ret = s;
	s = (struct seccomp){0};
	return 0;
}

static int load(const struct seccomp *s, unsigned flags, struct err *err)
{
	struct sock_fprog prog = {.len = s->len, .filter = s->prog};
	int r = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, s->flags | flags, &prog);

	if (r >= 0)
		return r;
	err_set(err, errno, "load the seccomp filter");
	if (err && err->code == EBUSY)
		return err_hint(err, "this process is under a filter with a listener already, and "
				     "the kernel allows one");
	if (flags || s->flags)
		return err_hint(err, "this kernel may lack one of the filter's flags, or "
				     "SCMP_ACT_NOTIFY (5.0)");
	return err_hint(err, "the kernel needs CONFIG_SECCOMP_FILTER; --security-opt "
			     "seccomp=unconfined runs without it");
}

int seccomp_load(const struct seccomp *s, struct err *err)
{
	return s->len ? load(s, 0, err) : 0;
}

int seccomp_load_notify(const struct seccomp *s, struct err *err)
{
	return load(s, SECCOMP_FILTER_FLAG_NEW_LISTENER, err);
}
