/*
 * R itself, as a real unprivileged user: the caller's own, or, for root, one that has subordinate ids (and
 * nobody, who has none).  Every step that enters a namespace runs in a child.
 */
#include "userns/userns.h"

#include "runtime/base/proc.h"
#include "tests/unit/unit.h"
#include "userns/newidmap.h"
#include "userns/rundir.h"
#include "userns/subid.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>

/* exit codes of a child that cannot test */
#define NO_USER	  77
#define NO_RANGES 78

#define check(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #cond, why.msg);    \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static struct err why;

/* the first user with an entry in /etc/subuid; false if there is none */
static bool find_user(uid_t *uid, gid_t *gid)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_strv_ struct strv lines = {0};

	if (fs_read_at(AT_FDCWD, "/etc/subuid", &text, NULL) < 0)
		return false;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_free_ char *name = xstrndup(line, strcspn(line, ":"));
		const struct passwd *pw = *name ? getpwnam(name) : NULL;

		if (pw && pw->pw_uid != 0) {
			*uid = pw->pw_uid;
			*gid = pw->pw_gid;
			return true;
		}
	}
	return false;
}

static void become(bool with_ranges)
{
	uid_t uid = 65534;
	gid_t gid = 65534;

	if (geteuid() != 0)
		return;
	if (with_ranges && !find_user(&uid, &gid))
		_exit(NO_USER);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int make_rundir(char path[64])
{
	char *got = NULL;
	int fd;

	snprintf(path, 64, "/tmp/rl-unit-XXXXXX");
	check(mkdtemp(path));
	fd = rundir_open(path, &got, &why);
	check(fd >= 0);
	free(got);
	return fd;
}

/* Run @fn in a child with a runtime directory of its own. */
static void as_user(bool with_ranges, void (*fn)(int rundir))
{
	pid_t pid = proc_fork(NULL);
	int code;

	assert_true(pid >= 0);
	if (pid == 0) {
		char path[64];
		int rundir;

		become(with_ranges);
		rundir = make_rundir(path);
		fn(rundir);
		fs_remove_tree_at(AT_FDCWD, path, NULL);
		_exit(0);
	}
	code = proc_wait(pid);
	if (code == NO_USER)
		unit_skip("no user has subordinate ids in /etc/subuid");
	if (code == NO_RANGES)
		unit_skip("needs newuidmap, rl-subid and a range of ids in /etc/subuid and "
			  "/etc/subgid");
	assert_int_equal(code, 0);
}

/* whether there are ranges to test with: the worker must be executable, and /etc must assign some */
static void need_ranges(int rundir)
{
	_cleanup_free_ char *worker = proc_libexec("rl-subid");
	struct idmaps maps = {0};

	if (access(worker, X_OK) < 0 || newidmap_check(&why) < 0)
		_exit(NO_RANGES);
	check(subid_maps(rundir, geteuid(), getegid(), &maps, &why) == 0);
	if (maps.uid.n < 2 || maps.gid.n < 2)
		_exit(NO_RANGES);
	idmaps_done(&maps);
}

static ino_t ns_of(const char *pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%s/ns/user", pid);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* a child that is in R and holds it; ends when *@ret_fd is closed */
static pid_t holder(int rundir, int *ret_fd)
{
	int ready[2], end[2];
	char c;
	pid_t pid;

	check(fd_pipe(&ready[0], &ready[1], NULL) == 0 && fd_pipe(&end[0], &end[1], NULL) == 0);
	pid = proc_fork(&why);
	check(pid >= 0);
	if (pid == 0) {
		struct userns u = {0};

		fd_close(end[1]);
		check(userns_enter(rundir, &u, &why) == 0);
		check(userns_hold(rundir, &why) >= 0);
		check(write(ready[1], "x", 1) == 1);
		_exit(read(end[0], &c, 1) == 0 ? 0 : 1);
	}
	fd_close(ready[1]);
	fd_close(end[0]);
	check(read(ready[0], &c, 1) == 1);
	fd_close(ready[0]);
	*ret_fd = end[1];
	return pid;
}

static int is_root_of_many(void *arg, struct err *err)
{
	(void)arg;
	if (geteuid() != 0 || getegid() != 0)
		return err_say(err, EPERM, "not root");
	if (setresgid(100, 100, 100) < 0 || setresuid(100, 100, 100) < 0)
		return err_set(err, errno, "become user 100");
	return 0;
}

static int fails(void *arg, struct err *err)
{
	(void)arg;
	err_say(err, ENOENT, "nothing there");
	return err_hint(err, "look elsewhere");
}

static void ranges(int rundir)
{
	struct userns u = {0};
	uid_t user = geteuid();

	need_ranges(rundir);
	check(userns_query(rundir, &u, &why) == 0);
	check(u.mode == USERNS_RANGES && u.maps.uid.e[0].outside == user && u.maps.uid.n > 1);
	userns_done(&u);
	check(userns_call(rundir, is_root_of_many, NULL, &why) == 0);
	check(userns_call(rundir, fails, NULL, &why) == -ENOENT);
	check(strcmp(why.msg, "nothing there") == 0 && strcmp(why.hint, "look elsewhere") == 0);
	check(geteuid() == user);
}

static void test_ranges(void **state)
{
	(void)state;
	as_user(true, ranges);
}

static void join_held(int rundir)
{
	char pid[16];
	struct userns u = {0};
	int end;
	pid_t held, other;

	need_ranges(rundir);
	held = holder(rundir, &end);
	snprintf(pid, sizeof(pid), "%d", (int)held);
	other = userns_fork(rundir, &why);
	check(other >= 0);
	if (other == 0)
		_exit(ns_of("self") == ns_of(pid) ? 0 : 1);
	check(proc_wait(other) == 0);
	/* the same through the process that is inside */
	other = proc_fork(&why);
	if (other == 0) {
		check(userns_enter_of(held, &u, &why) == 0);
		_exit(ns_of("self") == ns_of(pid) && u.mode == USERNS_RANGES ? 0 : 1);
	}
	check(proc_wait(other) == 0);
	/* nobody may be talked into a namespace that is not his */
	other = proc_fork(&why);
	if (other == 0)
		_exit(userns_enter_of(getppid(), &u, &why) < 0 ? 0 : 1);
	check(proc_wait(other) == 0);
	fd_close(end);
	check(proc_wait(held) == 0);
}

static void test_join(void **state)
{
	(void)state;
	as_user(true, join_held);
}

static size_t entries(int rundir)
{
	_cleanup_strv_ struct strv names = {0};
	size_t n = 0;

	check(fs_list_at(rundir, "userns", &names, &why) == 0);
	strv_foreach (i, name, &names)
		n += strchr(name, '-') != NULL;
	return n;
}

static void killed_holder(int rundir)
{
	pid_t held;
	int end;

	need_ranges(rundir);
	held = holder(rundir, &end);
	check(entries(rundir) == 1);
	kill(held, SIGKILL);
	proc_wait(held);
	fd_close(end);
	/* what it left is not believed, and removed; the child's own entry is dead by then, too */
	check(userns_call(rundir, is_root_of_many, NULL, &why) == 0);
	check(entries(rundir) == 1);
}

static void test_killed(void **state)
{
	(void)state;
	as_user(true, killed_holder);
}

/* An entry that lies about the namespace of a live process that holds its lock. */
static void false_entry(int rundir)
{
	_cleanup_close_ int fd = -EBADF;
	char name[64], text[64];

	need_ranges(rundir);
	snprintf(name, sizeof(name), "userns/%d-0123456789abcdef", (int)getpid());
	snprintf(text, sizeof(text), "4 %llu ranges\n", (unsigned long long)ns_of("self"));
	unit_file(rundir, name, text);
	fd = openat(rundir, name, O_RDWR | O_CLOEXEC);
	check(fcntl(fd, F_OFD_SETLK, &(struct flock){.l_type = F_WRLCK}) == 0);
	check(userns_call(rundir, is_root_of_many, NULL, &why) == 0);
}

static void test_false_entry(void **state)
{
	(void)state;
	as_user(true, false_entry);
}

static void make_one_each(int rundir, size_t n)
{
	int ready[2], end[2];
	ino_t ino, first = 0;

	check(fd_pipe(&ready[0], &ready[1], NULL) == 0 && fd_pipe(&end[0], &end[1], NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		pid_t pid = proc_fork(&why);
		struct userns u = {0};
		char c;

		if (pid)
			continue;
		fd_close(end[1]);
		check(userns_enter(rundir, &u, &why) == 0);
		ino = ns_of("self");
		check(write(ready[1], &ino, sizeof(ino)) == sizeof(ino));
		/* all must have entered before the first, who made R, leaves it */
		_exit(read(end[0], &c, 1) == 0 ? 0 : 1);
	}
	fd_close(ready[1]);
	for (size_t i = 0; i < n; i++) {
		check(fd_read_full(ready[0], &ino, sizeof(ino)) == sizeof(ino));
		check(first == 0 || first == ino);
		first = ino;
	}
	fd_close(end[1]);
	for (size_t i = 0; i < n; i++)
		check(proc_wait(-1) == 0);
}

static void parallel(int rundir)
{
	need_ranges(rundir);
	make_one_each(rundir, 16);
}

static void test_parallel(void **state)
{
	(void)state;
	as_user(true, parallel);
}

static void single(int rundir)
{
	struct userns u = {0};
	uid_t user = geteuid();
	gid_t group = getegid();
	uint32_t id;

	if (user == 0)
		_exit(NO_RANGES);
	/* a set-uid helper is of no use to us from here on */
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	check(userns_query(rundir, &u, &why) == 0);
	check(u.mode == USERNS_SINGLE && *u.why);
	userns_done(&u);
	check(userns_enter(rundir, &u, &why) == 0);
	check(u.mode == USERNS_SINGLE && *u.why && geteuid() == 0 && getegid() == 0);
	check(idmap_count(&u.maps.uid) == 1 && idmap_to_outside(&u.maps.uid, 0, &id) && id == user);
	check(idmap_count(&u.maps.gid) == 1 && idmap_to_outside(&u.maps.gid, 0, &id) &&
		id == group);
	check(setgroups(0, NULL) < 0 && errno == EPERM);
	check(setresuid(1, 1, 1) < 0);
	userns_done(&u);
}

static void test_single(void **state)
{
	(void)state;
	as_user(false, single);
}

static void single_parallel(int rundir)
{
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	make_one_each(rundir, 8);
}

static void test_single_parallel(void **state)
{
	(void)state;
	as_user(false, single_parallel);
}

static void test_root(void **state)
{
	char path[64];
	struct userns u = {0};
	int fd;

	(void)state;
	if (geteuid() != 0)
		unit_skip("needs root");
	fd = make_rundir(path);
	assert_int_equal(userns_query(fd, &u, NULL), 0);
	if (u.mode == USERNS_ROOT) {
		userns_done(&u);
		assert_int_equal(userns_enter(fd, &u, NULL), 0);
		assert_int_equal(u.mode, USERNS_ROOT);
		assert_true(idmap_count(&u.maps.uid) > 1);
	}
	userns_done(&u);
	unit_scratch_done(fd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_false_entry),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_single_parallel),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
