#include "runtime/state.h"

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/lock.h"
#include "runtime/base/proc.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ID    "aaaa000000000000000000000000000000000000000000000000000000000000"
#define OTHER "aaaa111111111111111111111111111111111111111111111111111111111111"

struct world {
	char path[64];
	int dir, rundir;
	struct store store;
	struct containers cs;
};

static void put(int dirfd, const char *id, const char *file, const char *text)
{
	char name[128];

	snprintf(name, sizeof(name), "containers/%s", id);
	assert_int_equal(fs_mkdirs_at(dirfd, name, 0700, NULL), 0);
	snprintf(name, sizeof(name), "containers/%s/%s", id, file);
	unit_file(dirfd, name, text);
}

static void add(struct world *w, const char *id, const char *name)
{
	_cleanup_free_ char *record =
		xasprintf("{\"version\":1,\"id\":\"%s\",\"name\":\"%s\"}", id, name);
	_cleanup_free_ char *link = xasprintf("names/%s", name);

	put(w->store.fd, id, "container.json", record);
	assert_int_equal(symlinkat(id, w->store.fd, link), 0);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	_cleanup_free_ char *where = NULL;

	w->dir = unit_scratch(w->path);
	where = xasprintf("%s/store", w->path);
	assert_int_equal(mkdirat(w->dir, "run", 0700), 0);
	w->rundir = openat(w->dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(store_open(&w->store, where, NULL), 0);
	w->cs = (struct containers){.store = &w->store, .rundir = w->rundir, .runpath = "run"};
	add(w, ID, "web");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	store_done(&w->store);
	fd_close(w->rundir);
	unit_scratch_done(w->dir, w->path);
	free(w);
	return 0;
}

static void test_lock(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	int runfd = -EBADF, lock, none = -77;
	int64_t start;

	assert_false(state_held(&w->cs, ID));
	assert_int_equal(state_wait(&w->cs, ID, 1000, &err), 0);
	lock = state_lock(&w->cs, ID, LOCK_NOW, &runfd, &err);
	assert_true(lock >= 0);
	assert_true(state_held(&w->cs, ID));
	assert_false(state_held(&w->cs, OTHER));
	assert_int_equal(faccessat(runfd, "lock", F_OK, 0), 0);
	assert_int_equal(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(runfd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(state_lock(&w->cs, ID, LOCK_NOW, &none, &err), -EWOULDBLOCK);
	assert_int_equal(none, -77);
	start = clock_ms();
	assert_int_equal(state_wait(&w->cs, ID, 100, &err), -ETIMEDOUT);
	assert_true(clock_ms() - start >= 100);
	/* gone with the directory, and made anew for the next */
	state_clear(&w->cs, ID);
	assert_false(state_held(&w->cs, ID));
	assert_int_equal(state_lock(&w->cs, ID, LOCK_NOW, &none, &err) >= 0, 1);
	fd_close(none);
	fd_close(runfd);
	fd_close(lock);
}

/* the holder removes the directory while another waits for it: what that one gets is a lock that has a name */
static void test_lock_removed(void **state)
{
	struct world *w = *state;
	int runfd = -EBADF, lock = state_lock(&w->cs, ID, LOCK_NOW, &runfd, NULL), status;
	pid_t pid;

	assert_true(lock >= 0);
	pid = fork();
	if (pid == 0) {
		int mine = -EBADF, got = state_lock(&w->cs, ID, 20000, &mine, NULL);

		fd_close(lock);
		_exit(got < 0 || !state_held(&w->cs, ID) || faccessat(mine, "lock", F_OK, 0) < 0);
	}
	usleep(100000);
	state_clear(&w->cs, ID);
	lock_drop(lock);
	fd_close(runfd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static enum container_status status_of(struct world *w, struct container *c)
{
	enum container_status s;

	assert_int_equal(container_find(&w->cs, "web", c, NULL), 0);
	s = c->status;
	return s;
}

#define expect(w, wanted, ...)                                                                     \
	({                                                                                         \
		struct container c;                                                                \
		assert_int_equal(status_of(w, &c), wanted);                                        \
		__VA_ARGS__;                                                                       \
		container_done(&c);                                                                \
	})

/* which files and which lock mean what */
static void test_status(void **state)
{
	struct world *w = *state;
	struct container_list l;
	int runfd = -EBADF, lock;

	expect(w, CONTAINER_CREATED, assert_false(c.held));
	lock = state_lock(&w->cs, ID, LOCK_NOW, &runfd, NULL);
	expect(w, CONTAINER_INITIALIZED, assert_true(c.held), assert_int_equal(c.pid, 0));
	put(w->rundir, ID, "state.json", "{\"pid\":1234,\"startTime\":5}");
	expect(w, CONTAINER_RUNNING, assert_int_equal(c.pid, 1234),
		assert_int_equal(c.start_time, 5),
		assert_int_equal(container_pidfd(&c, NULL), -ESRCH), assert_true(c.runfd >= 0),
		assert_true(c.dirfd >= 0));
	assert_int_equal(container_list(&w->cs, &l, NULL), 0);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].status, CONTAINER_RUNNING);
	container_list_done(&l);
	put(w->rundir, ID, "state.json", "{\"pid\":1234,\"startTime\":5,\"stopping\":true}");
	expect(w, CONTAINER_STOPPING);
	/* an end on record counts, wherever it could be written */
	put(w->rundir, ID, "exit.json", "{\"exitCode\":4,\"started\":\"x\"}");
	expect(w, CONTAINER_EXITED, assert_int_equal(c.exit_code, 4), assert_int_equal(c.pid, 0));
	put(w->store.fd, ID, "exit.json", "{\"exitCode\":5,\"started\":\"x\"}");
	expect(w, CONTAINER_EXITED, assert_int_equal(c.exit_code, 5));
	put(w->store.fd, ID, "exit.json", "broken");
	expect(w, CONTAINER_DAMAGED);
	unlinkat(w->rundir, "containers/" ID "/exit.json", 0);
	unlinkat(w->store.fd, "containers/" ID "/exit.json", 0);
	/* the monitor is gone, and did not say how it ended */
	fd_close(lock);
	expect(w, CONTAINER_EXITED, assert_int_equal(c.exit_code, 137), assert_false(c.held));
	state_clear(&w->cs, ID);
	fd_close(runfd);
	expect(w, CONTAINER_CREATED);
	/* nor is the runtime directory there any more */
	put(w->store.fd, ID, "started", "");
	expect(w, CONTAINER_EXITED, assert_int_equal(c.exit_code, 137));
}

static void test_refresh(void **state)
{
	struct world *w = *state;
	struct container c;
	int runfd = -EBADF, lock;

	assert_int_equal(container_find(&w->cs, "web", &c, NULL), 0);
	assert_int_equal(c.status, CONTAINER_CREATED);
	assert_true(c.runfd < 0);
	assert_int_equal(container_connect(&c, NULL), -ESRCH);
	lock = state_lock(&w->cs, ID, LOCK_NOW, &runfd, NULL);
	assert_int_equal(container_refresh(&c, NULL), 0);
	assert_int_equal(c.status, CONTAINER_INITIALIZED);
	assert_true(fd_same_file(c.runfd, runfd));
	assert_int_equal(container_connect(&c, NULL), -ENOENT);
	fd_close(lock);
	fd_close(runfd);
	assert_int_equal(fs_remove_tree_at(w->store.fd, "containers/" ID, NULL), 0);
	assert_int_equal(container_refresh(&c, NULL), -ERR_NO_OBJECT);
	container_done(&c);
	assert_int_equal(container_find(&w->cs, "web", &c, NULL), -ERR_NO_OBJECT);
}

static void test_names(void **state)
{
	struct world *w = *state;
	char trash[64];
	struct container c;

	add(w, OTHER, "db");
	assert_int_equal(container_find(&w->cs, "aaaa", &c, NULL), -EEXIST);
	assert_int_equal(container_find(&w->cs, "aaaa1", &c, NULL), 0);
	assert_string_equal(c.id, OTHER);
	container_done(&c);
	assert_true(state_name_is(&w->store, "web", ID));
	assert_false(state_name_is(&w->store, "web", OTHER));
	assert_false(state_name_is(&w->store, "none", ID));
	assert_int_equal(symlinkat("aaaa", w->store.fd, "names/short"), 0);
	assert_false(state_name_is(&w->store, "short", "aaaa"));
	/* a name that has moved on stays with its new owner */
	assert_int_equal(state_retire(&w->cs, ID, "db", trash, NULL), 0);
	assert_true(state_name_is(&w->store, "db", OTHER));
	/* the one that its record says goes with it */
	assert_false(state_name_is(&w->store, "web", ID));
	/* without one, every name that leads to it goes */
	assert_int_equal(symlinkat(OTHER, w->store.fd, "names/alias"), 0);
	assert_int_equal(state_retire(&w->cs, OTHER, NULL, trash, NULL), 0);
	assert_false(state_name_is(&w->store, "db", OTHER));
	assert_false(state_name_is(&w->store, "alias", OTHER));
	assert_int_equal(container_find(&w->cs, OTHER, &c, NULL), -ERR_NO_OBJECT);
}

/* Return: whether state_kill_orphan() ended a child whose record is made of these */
static bool killed(const char *boot, int64_t pid_off, int64_t start_off)
{
	struct container c = {.id = ID};
	pid_t pid = fork();
	int status, r;

	if (pid == 0) {
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	c.state = json_pack("{s:s, s:I, s:I}", "boot", boot, "pid",
		(json_int_t)(pid_off ? pid_off : pid), "startTime",
		(json_int_t)proc_start_time(pid) + (json_int_t)start_off);
	state_kill_orphan(&c);
	json_decref(c.state);
	r = waitpid(pid, &status, WNOHANG);
	if (r == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return r == pid;
}

/* only the very process that is on record is ended: not one that has its number now, nor one of another boot */
static void test_orphan(void **state)
{
	char boot[STATE_BOOT_MAX];
	struct container none = {.id = ID};

	(void)state;
	assert_int_equal(strlen(state_boot(boot)), 36);
	assert_true(killed(boot, 0, 0));
	assert_false(killed(boot, 0, 1));
	assert_false(killed("00000000-0000-0000-0000-000000000000", 0, 0));
	assert_false(killed("", 0, 0));
	assert_false(killed(boot, -1, 0));
	assert_false(killed(boot, 1, 0));
	state_kill_orphan(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test(test_orphan),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
