#include "tests/unit/unit.h"

#include "runtime/base/proc.h"
#include "storage/image.h"
#include "storage/image_add.h"
#include "storage/image_find.h"
#include "storage/image_names.h"
#include "storage/ref.h"
#include "storage/refstore.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define A   "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B   "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C   "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define ID1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID2 "1122222222222222222222222222222222222222222222222222222222222222"
#define ID3 "1122333333333333333333333333333333333333333333333333333333333333"

struct world {
	char path[64];
	int fd;
	struct store s;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	_cleanup_free_ char *path = NULL;
	struct err err;

	w->fd = unit_scratch(w->path);
	path = xasprintf("%s/store", w->path);
	assert_int_equal(store_open(&w->s, path, &err), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	store_done(&w->s);
	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static void put_layer(struct world *w, const char *diff_id)
{
	_cleanup_free_ char *dir = xasprintf("layers/%s", diff_id + 7),
			    *record = xasprintf("%s/layer.json", dir);

	assert_int_equal(fs_mkdirs_at(w->s.fd, dir, 0700, NULL), 0);
	unit_file(w->s.fd, record, "{\"version\":1,\"size\":100}");
}

static bool has_layer(struct world *w, const char *diff_id)
{
	_cleanup_free_ char *dir = xasprintf("layers/%s", diff_id + 7);

	return faccessat(w->s.fd, dir, F_OK, 0) == 0;
}

static int put_image(
	struct world *w, const char *id, const char *low, const char *high, const char *name)
{
	struct strv names = {0};
	struct buf config = {0}, manifest = {0};
	struct err err = {0};
	int r;

	buf_addf(&config,
		"{\"created\":\"2026-01-0%cT00:00:00Z\",\"rootfs\":{\"type\":\"layers\",\"diff_"
		"ids\":[\"%s\",\"%s\"]}}",
		id[2], low, high);
	buf_adds(&manifest, "{}");
	if (name)
		strv_add(&names, name);
	r = image_add(&w->s, id, A, &config, &manifest, &names, &err);
	buf_done(&config);
	buf_done(&manifest);
	strv_done(&names);
	return r;
}

static int find(struct world *w, const char *name, char id[65])
{
	struct image img = {0};
	struct err err;
	int r = image_find(&w->s, name, &img, &err);

	if (r == 0)
		memcpy(id, img.id, 65);
	image_done(&img);
	return r;
}

static size_t tmp_names(struct world *w)
{
	struct strv left = {0};
	size_t n;

	assert_int_equal(fs_list_at(w->s.fd, "tmp", &left, NULL), 0);
	n = left.n;
	strv_done(&left);
	return n;
}

/* newest first; what has no usable time of its own was made when it came here */
static void test_list(void **state)
{
	static const char *const when[] = {
		"2020-01-01T00:00:00Z", "nonsense", "2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"};
	struct world *w = *state;
	struct image_list l = {0};
	struct strv none = {0};
	struct err err;

	put_layer(w, A);
	for (size_t i = 0; i < ARRAY_SIZE(when); i++) {
		struct buf config = {0}, manifest = {0};
		char id[65];

		memset(id, 'a' + (int)i, 64);
		id[64] = '\0';
		buf_addf(&config, "{\"created\":\"%s\",\"rootfs\":{\"diff_ids\":[\"" A "\"]}}",
			when[i]);
		buf_adds(&manifest, "{}");
		assert_int_equal(image_add(&w->s, id, A, &config, &manifest, &none, &err), 0);
		buf_done(&config);
		buf_done(&manifest);
	}
	assert_int_equal(image_list(&w->s, &l, NULL, &err), 0);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.v[0].id[0], 'b');
	assert_true(l.v[0].created > 1700000000);
	assert_int_equal(l.v[1].id[0], 'c');
	assert_int_equal(l.v[2].id[0], 'a');
	assert_int_equal(l.v[3].id[0], 'd');
	image_list_done(&l);
}

/* what cannot be an image is not taken in, and the same one comes again without harm */
static void test_add(void **state)
{
	static const char *const bad[] = {"", "[", "{\"rootfs\":{\"diff_ids\":[\"sha256:../x\"]}}"};
	struct world *w = *state;
	struct buf config = {0}, manifest = {0};
	struct image img = {0};
	struct strv none = {0}, names = {0};
	json_t *own = NULL;
	struct err err;

	put_layer(w, A);
	buf_adds(&manifest, "{}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		buf_clear(&config);
		buf_adds(&config, bad[i]);
		assert_true(image_add(&w->s, ID1, A, &config, &manifest, &none, &err) < 0);
	}
	buf_clear(&config);
	buf_adds(&config, "{\"rootfs\":{\"diff_ids\":[\"" A "\"]}}");
	assert_int_equal(image_add(&w->s, "../x", A, &config, &manifest, &none, &err), -EBADMSG);
	assert_int_equal(image_add(&w->s, ID1, "../x", &config, &manifest, &none, &err), -EBADMSG);
	assert_int_equal(tmp_names(w), 0);
	assert_int_equal(put_image(w, ID1, A, A, "one"), 0);
	assert_int_equal(image_add(&w->s, ID1, B, &config, &manifest, &none, &err), 0);
	assert_int_equal(tmp_names(w), 0);
	assert_int_equal(image_find(&w->s, "one", &img, &err), 0);
	assert_string_equal(img.digest, B);
	assert_int_equal(img.diff_ids.n, 1);
	image_done(&img);
	/* with each of its names, and with the format on record */
	strv_add(&names, "two");
	strv_add(&names, "three:3");
	assert_int_equal(image_add(&w->s, ID1, B, &config, &manifest, &names, &err), 0);
	assert_int_equal(image_find(&w->s, "three:3", &img, &err), 0);
	assert_int_equal(img.names.n, 3);
	image_done(&img);
	assert_int_equal(json_read_at(w->s.fd, "images/" ID1 "/image.json", &own, &err), 0);
	assert_int_equal(json_get_int(own, "version", 0), 1);
	json_decref(own);
	strv_add(&names, "No");
	assert_int_equal(image_add(&w->s, ID1, B, &config, &manifest, &names, &err), -EINVAL);
	strv_done(&names);
	/* a DiffID that is none, and one that is no text */
	for (int i = 0; i < 2; i++) {
		unit_file(w->s.fd, "images/" ID1 "/config.json",
			i ? "{\"rootfs\":{\"diff_ids\":[\"" A "\",5]}}"
			  : "{\"rootfs\":{\"diff_ids\":[\"sha256:../../x\"]}}");
		assert_int_equal(image_find(&w->s, "one", &img, &err), -EBADMSG);
	}
	buf_done(&config);
	buf_done(&manifest);
}

static void test_typed_name(void **state)
{
	struct world *w = *state;
	struct image img = {0};

	put_layer(w, A);
	assert_int_equal(put_image(w, ID1, A, A, "alpine"), 0);
	assert_int_equal(image_tag(&w->s, ID1, "localhost/local:1", NULL), 0);
	assert_int_equal(image_find(&w->s, "alpine", &img, NULL), 0);
	assert_string_equal(image_typed_name(&img, "alpine"), "docker.io/library/alpine:latest");
	assert_string_equal(image_typed_name(&img, "local:1"), "localhost/local:1");
	assert_null(image_typed_name(&img, ID1));
	assert_null(image_typed_name(&img, "1111"));
	image_done(&img);
}

static void test_names(void **state)
{
	struct world *w = *state;
	struct image img = {0};
	char id[65];
	struct err err;

	put_layer(w, A);
	put_layer(w, B);
	assert_int_equal(put_image(w, ID1, A, B, "alpine"), 0);
	assert_int_equal(image_find(&w->s, "alpine", &img, &err), 0);
	assert_int_equal(img.names.n, 1);
	assert_string_equal(img.names.v[0], "docker.io/library/alpine:latest");
	assert_int_equal(img.size, 200);
	assert_int_equal(img.created, 1767225600); /* as its configuration says */
	assert_string_equal(img.digest, A);
	assert_int_equal(img.diff_ids.n, 2);
	assert_string_equal(img.diff_ids.v[1], B);
	image_done(&img);
	assert_int_equal(tmp_names(w), 0);
	assert_int_equal(put_image(w, ID2, A, A, "localhost:5000/x/y:3"), 0);
	assert_int_equal(find(w, "alpine", id), 0);
	assert_string_equal(id, ID1);
	assert_int_equal(find(w, "docker.io/library/alpine:latest", id), 0);
	assert_int_equal(find(w, "localhost:5000/x/y:3", id), 0);
	assert_string_equal(id, ID2);
	assert_int_equal(find(w, "x/y:3", id), -ERR_NO_OBJECT);
	assert_int_equal(find(w, "1122", id), 0);
	assert_string_equal(id, ID2);
	assert_int_equal(find(w, "sha256:" ID1, id), 0);
	assert_string_equal(id, ID1);
	assert_int_equal(find(w, "11", id), -ERR_NO_OBJECT);
	assert_int_equal(find(w, "localhost:5000/x/y@" A, id), 0);
	assert_int_equal(find(w, "localhost:5000/x/y@" B, id), -ERR_NO_OBJECT);
	assert_int_equal(find(w, "UPPER", id), -EINVAL);
	assert_int_equal(image_find(&w->s, "UPPER", &img, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "lower-case"));
	assert_int_equal(image_find(&w->s, "UPPER", &img, NULL), -EINVAL);
	/* both begin so */
	assert_int_equal(find(w, "sha256:11", id), -ERR_NO_OBJECT);
	assert_int_equal(put_image(w, ID3, A, A, NULL), 0);
	assert_int_equal(find(w, "1122", id), -EEXIST);
	assert_int_equal(find(w, ID3, id), 0);
	assert_string_equal(id, ID3);
	assert_int_equal(find(w, ID2, id), 0);
	assert_string_equal(id, ID2);
	assert_int_equal(image_remove(&w->s, ID3, NULL, &err), 0);
	/* a name that has the digest in it is found as it is */
	assert_int_equal(image_tag(&w->s, ID1, "pinned@" B, &err), 0);
	assert_int_equal(find(w, "pinned@" B, id), 0);
	assert_string_equal(id, ID1);
	assert_int_equal(image_untag(&w->s, "pinned@" B, &err), 0);
	assert_int_equal(image_tag(&w->s, ID1, "localhost/local:1", &err), 0);
	assert_int_equal(find(w, "local:1", id), 0);
	assert_int_equal(image_untag(&w->s, "localhost/local:1", &err), 0);
	assert_int_equal(image_untag(&w->s, "localhost/local:1", &err), -ERR_NO_OBJECT);
	assert_int_equal(image_tag(&w->s, &C[7], "x", &err), -ERR_NO_OBJECT);
	/* the name moves to the other image */
	assert_int_equal(image_tag(&w->s, ID2, "alpine", &err), 0);
	assert_int_equal(find(w, "alpine", id), 0);
	assert_string_equal(id, ID2);
}

static void test_long_name(void **state)
{
	struct world *w = *state;
	struct refstore_list l = {0};
	struct buf name = {0};
	char id[65];
	struct err err;

	buf_adds(&name, "registry.example.com/");
	while (name.len < 240)
		buf_adds(&name, name.len % 2 ? "ab/" : "abc/");
	buf_adds(&name, "end:");
	for (int i = 0; i < 128; i++)
		buf_addc(&name, 't');
	assert_int_equal(refstore_set(&w->s, buf_str(&name), ID1, &err), 0);
	assert_int_equal(refstore_get(&w->s, buf_str(&name), id, &err), 0);
	assert_string_equal(id, ID1);
	assert_int_equal(refstore_list(&w->s, &l, &err), 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0].ref, buf_str(&name));
	refstore_list_done(&l);
	assert_int_equal(refstore_del(&w->s, buf_str(&name), &err), 0);
	{
		struct strv left = {0};

		assert_int_equal(fs_list_at(w->s.fd, "refs", &left, &err), 0);
		assert_int_equal(left.n, 0);
		strv_done(&left);
	}
	buf_done(&name);
}

static void test_missing_layer(void **state)
{
	struct world *w = *state;
	struct image_list l = {0};

	put_layer(w, A);
	assert_int_equal(put_image(w, ID1, A, B, "x"), -EAGAIN);
	assert_int_equal(image_list(&w->s, &l, NULL, NULL), 0);
	assert_int_equal(l.n, 0);
	image_list_done(&l);
}

static void test_remove(void **state)
{
	struct world *w = *state;
	struct strv report = {0};
	struct err err;

	put_layer(w, A);
	put_layer(w, B);
	put_layer(w, C);
	assert_int_equal(put_image(w, ID1, A, B, "one"), 0);
	assert_int_equal(put_image(w, ID2, A, C, "two"), 0);
	assert_int_equal(fs_mkdirs_at(w->s.fd, "containers/c1", 0700, &err), 0);
	unit_file(w->s.fd, "containers/c1/container.json",
		"{\"imageId\":\"" ID1 "\",\"name\":\"web\",\"diffIds\":[\"" A "\",\"" B "\"]}");
	assert_int_equal(image_remove(&w->s, ID1, &report, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "web"));
	assert_int_equal(image_remove(&w->s, ID2, &report, &err), 0);
	assert_true(strv_has(&report, "Untagged: docker.io/library/two:latest"));
	assert_true(strv_has(&report, "Deleted: " ID2));
	assert_true(has_layer(w, A));
	assert_true(has_layer(w, B));
	assert_false(has_layer(w, C));
	assert_int_equal(fs_remove_tree_at(w->s.fd, "containers/c1", &err), 0);
	assert_int_equal(image_remove(&w->s, ID1, NULL, &err), 0);
	assert_false(has_layer(w, A));
	assert_int_equal(image_remove(&w->s, ID1, NULL, &err), -ERR_NO_OBJECT);
	strv_done(&report);
}

/* what another process is taking in stays, also before its image is there; what a dead one left does not */
static void test_pinned(void **state)
{
	struct world *w = *state;
	char name[64];
	struct err err;
	int lock = store_tmp(&w->s, name, &err);
	_cleanup_free_ char *pins = xasprintf("%s/pins", name), *dead = NULL;
	int go[2];
	pid_t pid;

	assert_true(lock >= 0);
	unit_file(w->s.fd, pins, A "\n" B "\n");
	fd_close(lock);
	put_layer(w, A);
	put_layer(w, C);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		lock = store_tmp(&w->s, name, &err);
		dead = xasprintf("%s/pins", name);
		unit_file(w->s.fd, dead, C "\n");
		(void)!write(go[1], "x", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(go[0], name, 1), 1);
	assert_int_equal(image_collect(&w->s, NULL, &err), 0);
	assert_false(has_layer(w, A));
	assert_true(has_layer(w, C));
	store_sweep(&w->s);
	{
		struct strv left = {0};

		assert_int_equal(fs_list_at(w->s.fd, "tmp", &left, &err), 0);
		assert_int_equal(left.n, 1);
		strv_done(&left);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(image_collect(&w->s, NULL, &err), 0);
	assert_false(has_layer(w, C));
	store_sweep(&w->s);
	{
		struct strv left = {0};

		assert_int_equal(fs_list_at(w->s.fd, "tmp", &left, &err), 0);
		assert_int_equal(fs_list_at(w->s.fd, "trash", &left, &err), 0);
		assert_int_equal(left.n, 0);
		strv_done(&left);
	}
	fd_close(go[0]);
	fd_close(go[1]);
}

static void test_damaged(void **state)
{
	struct world *w = *state;
	struct image_list l = {0};
	struct strv damaged = {0};
	struct err err;

	put_layer(w, A);
	assert_int_equal(put_image(w, ID1, A, A, "one"), 0);
	assert_int_equal(put_image(w, ID2, A, A, "two"), 0);
	unit_file(w->s.fd, "images/" ID1 "/config.json", "{\"rootfs\":");
	assert_int_equal(image_list(&w->s, &l, &damaged, &err), 0);
	assert_int_equal(l.n, 1);
	assert_int_equal(damaged.n, 1);
	assert_string_equal(damaged.v[0], ID1);
	/* nobody knows what it needs, so nothing may go */
	put_layer(w, C);
	assert_true(image_collect(&w->s, NULL, &err) < 0);
	assert_true(has_layer(w, C));
	assert_int_equal(image_remove(&w->s, ID1, NULL, &err), 0);
	assert_false(has_layer(w, C));
	assert_true(has_layer(w, A));
	image_list_done(&l);
	strv_done(&damaged);
}

/* one process adds and removes images, the other collects: no image that is visible lacks a layer */
static void test_race(void **state)
{
	struct world *w = *state;
	struct err err;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* not for longer than the test, nor without a moment for the other's lock */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			image_collect(&w->s, NULL, NULL);
			usleep(100);
		}
	}
	for (int i = 0; i < 100; i++) {
		char name[64];
		int lock = store_tmp(&w->s, name, &err), shared;
		_cleanup_free_ char *pins = xasprintf("%s/pins", name);

		assert_true(lock >= 0);
		shared = store_lock(&w->s, LOCK_SHARED, &err);
		unit_file(w->s.fd, pins, A "\n" B "\n");
		put_layer(w, A);
		put_layer(w, B);
		fd_close(shared);
		usleep(500);
		assert_int_equal(put_image(w, ID1, A, B, "x"), 0);
		fd_close(lock);
		assert_true(has_layer(w, A) && has_layer(w, B));
		assert_int_equal(image_remove(&w->s, ID1, NULL, &err), 0);
		assert_false(has_layer(w, A));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	store_sweep(&w->s);
}

static void test_foreign_store(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *path = xasprintf("%s/store", w->path);
	struct store s;
	struct err err;

	assert_int_equal(fchmod(w->s.fd, 0770), 0);
	assert_int_equal(store_open(&s, path, &err), -EPERM);
	assert_int_equal(fchmod(w->s.fd, 0700), 0);
	unit_file(w->s.fd, "version", "99\n");
	assert_int_equal(store_open(&s, path, &err), -EPROTO);
	unit_file(w->s.fd, "version", "x");
	assert_int_equal(store_open(&s, path, &err), -EBADMSG);
}

/* what was seen before the lock was taken may have changed meanwhile */
static void test_drop(void **state)
{
	struct world *w = *state;
	struct image img = {0};
	struct err err;
	char id[65];

	put_layer(w, A);
	put_layer(w, B);
	assert_int_equal(put_image(w, ID1, A, B, "one:1"), 0);
	assert_int_equal(image_drop(&w->s, ID1, NULL, 0, NULL, &err), -EBUSY);
	assert_int_equal(
		image_drop(&w->s, ID1, "docker.io/library/two:1", 0, NULL, &err), -ERR_NO_OBJECT);
	assert_int_equal(image_tag(&w->s, ID1, "two:1", &err), 0);
	assert_int_equal(image_drop(&w->s, ID1, NULL, 1, NULL, &err), -EBUSY);
	assert_int_equal(image_drop(&w->s, ID1, "docker.io/library/one:1", 0, NULL, &err), 0);
	assert_int_equal(find(w, "one:1", id), -ERR_NO_OBJECT);
	assert_int_equal(image_find(&w->s, "two:1", &img, &err), 0);
	/* every name is remembered, the last one first, and goes on when the image comes again */
	assert_int_equal(img.history.n, 2);
	assert_string_equal(img.history.v[0], "docker.io/library/two:1");
	image_done(&img);
	img = (struct image){0};
	assert_int_equal(put_image(w, ID1, A, B, "three"), 0);
	assert_int_equal(image_find(&w->s, "three", &img, &err), 0);
	assert_int_equal(img.history.n, 3);
	image_done(&img);
	assert_int_equal(image_untag(&w->s, "three", &err), 0);
	assert_int_equal(image_drop(&w->s, ID1, "docker.io/library/two:1", 0, NULL, &err), 0);
	assert_int_equal(find(w, ID1, id), -ERR_NO_OBJECT);
	assert_false(has_layer(w, A));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
		cmocka_unit_test_setup_teardown(test_typed_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_layer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_race, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_store, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
