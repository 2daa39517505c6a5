#include "runtime/preserve.h"

#include "runtime/base/fd.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

static void test_inherited(void **state)
{
	struct strv list = {0};
	struct preserve p = {0};
	struct err err = {0};
	char text[16];
	/* as if it had been passed to us */
	int fd = open("/dev/null", O_RDONLY), own = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	snprintf(text, sizeof(text), "%d", fd);
	strv_add(&list, text);
	strv_add(&list, text);
	assert_int_equal(preserve_parse(0, &list, &p, &err), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.fd[0], fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	preserve_pass(&p);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	preserve_pass(NULL);
	preserve_close(&p);
	assert_int_equal(p.n, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* it is closed now */
	assert_int_equal(preserve_parse(0, &list, &p, &err), -EBADF);
	strv_done(&list);
	/* one of ours is not to be passed on */
	snprintf(text, sizeof(text), "%d", own);
	strv_add(&list, text);
	assert_int_equal(preserve_parse(0, &list, &p, &err), -EBADF);
	assert_int_equal(p.n, 0);
	strv_done(&list);
	close(own);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"0", "2", "-1", "x", "", "99999999999"};
	struct preserve p = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct strv list = {0};

		strv_add(&list, bad[i]);
		assert_int_equal(preserve_parse(0, &list, &p, &err), -ERR_USAGE);
		strv_done(&list);
	}
	assert_int_equal(preserve_parse(PRESERVE_MAX + 1, &(struct strv){0}, &p, &err), -ERR_USAGE);
	assert_int_equal(preserve_parse(UINT64_MAX, &(struct strv){0}, &p, &err), -ERR_USAGE);
	assert_int_equal(preserve_parse(0, &(struct strv){0}, &p, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
