#include "tests/unit/unit.h"

#include "runtime/process.h"

#include <sys/wait.h>

static int parse(const char *text, struct process *p, struct err *err)
{
	/* the process borrows from the document: it must outlive the checks */
	static json_t *doc;

	json_decref(doc);
	doc = json_loads(text, 0, NULL);
	*p = (struct process){0};
	return process_parse(json_object_get(doc, "process"), doc, p, err);
}

static void test_parse(void **state)
{
	struct process p;
	struct err err = {0};

	(void)state;
	assert_int_equal(parse("{\"process\":{\"args\":[\"sh\"],\"env\":[\"A=b\"],\"terminal\":"
			       "true,\"oomScoreAdj\":5,"
			       "\"user\":{\"umask\":63},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\","
			       "\"soft\":10,\"hard\":-1}]},"
			       "\"linux\":{\"personality\":{\"domain\":\"LINUX32\"}},"
			       "\"annotations\":{\"run.oci.keep_original_groups\":\"1\"}}",
				 &p, &err),
		0);
	assert_string_equal(p.args.v[0], "sh");
	assert_true(p.terminal && p.has_oom && p.has_umask && p.keep_groups && !p.no_new_privs);
	assert_int_equal(p.umask, 077);
	assert_int_equal(p.oom, 5);
	assert_int_equal(p.personality, 8);
	assert_true(p.has_rlimit[RLIMIT_NOFILE] && p.rlimit[RLIMIT_NOFILE].rlim_cur == 10);
	assert_true(p.rlimit[RLIMIT_NOFILE].rlim_max == RLIM_INFINITY);
	assert_string_equal(p.cwd, "/");
	assert_int_equal(p.env.n, 1);
	assert_string_equal(p.env.v[0], "A=b");
	assert_int_equal(json_get_int(p.user, "umask", 0), 63);
	process_done(&p);
	/* what is not said */
	assert_int_equal(
		parse("{\"process\":{\"args\":[\"a\"],\"cwd\":\"/x\",\"noNewPrivileges\":true,"
		      "\"capabilities\":{\"ambient\":[\"CAP_KILL\"]}}}",
			&p, &err),
		0);
	assert_true(p.no_new_privs);
	assert_false(p.terminal || p.has_oom || p.has_umask || p.keep_groups);
	assert_int_equal(p.personality, -1);
	assert_int_equal(p.umask, 022);
	assert_int_equal(p.caps.ambient, 1 << 5);
	assert_string_equal(p.cwd, "/x");
	process_done(&p);
	assert_int_equal(
		parse("{\"process\":{\"args\":[\"a\"]},\"linux\":{\"personality\":{\"domain\":"
		      "\"LINUX\"}}}",
			&p, &err),
		0);
	assert_int_equal(p.personality, 0);
	process_done(&p);
}

/* in a child, for these are not undone */
static int set_in_child(void)
{
	struct process p = {.has_oom = true, .oom = 321};
	_cleanup_buf_ struct buf text = {0};
	struct rlimit limit = {.rlim_cur = 10, .rlim_max = 20};
	bool may;

	if (process_set_oom(&p, NULL) < 0 ||
		fs_read_at(AT_FDCWD, "/proc/self/oom_score_adj", &text, NULL) < 0)
		return 1;
	if (!str_eq(buf_str(&text), "321\n"))
		return 2;
	p.oom = 5000;
	if (process_set_oom(&p, NULL) >= 0)
		return 3;
	p.has_oom = false;
	if (process_set_oom(&p, NULL) < 0)
		return 4;
	if (setrlimit(RLIMIT_NPROC, &limit) < 0)
		return 5;
	/* less than there is, or nothing: left to the process itself */
	p.has_rlimit[RLIMIT_NPROC] = true;
	p.rlimit[RLIMIT_NPROC] = (struct rlimit){.rlim_cur = 5, .rlim_max = 5};
	process_raise_limits(&p, 0);
	if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_cur != 10 || limit.rlim_max != 20)
		return 6;
	/* more, where the caller may */
	may = setrlimit(RLIMIT_NPROC, &(struct rlimit){10, 25}) == 0;
	p.rlimit[RLIMIT_NPROC].rlim_max = 30;
	process_raise_limits(&p, 0);
	if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_cur != 10 ||
		limit.rlim_max != (may ? 30 : 20))
		return 7;
	return 0;
}

static void test_set(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(set_in_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"{\"process\":{}}",
		"{\"process\":{\"args\":[]}}",
		"{\"process\":{\"args\":[\"\"]}}",
		"{\"process\":{\"args\":[\"x\"],\"rlimits\":[{\"type\":\"RLIMIT_FROB\"}]}}",
		"{\"process\":{\"args\":[\"x\"],\"rlimits\":[{\"type\":\"RLIMIT_AS\"},{\"type\":"
		"\"RLIMIT_AS\"}]}}",
		"{\"process\":{\"args\":[\"x\"]},\"linux\":{\"personality\":{\"domain\":\"MIPS\"}}"
		"}",
		"{\"process\":{\"args\":[\"x\"],\"capabilities\":{\"bounding\":[\"CAP_X\"]}}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct process p;
		struct err err = {0};

		assert_true(parse(bad[i], &p, &err) < 0);
		assert_true(*err.msg);
		process_done(&p);
	}
}

static void test_exec_error(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(process_exec_error("x", ENOENT, &err), -ERR_EXEC_NOTFOUND);
	assert_int_equal(process_exec_error("x", ENOEXEC, &err), -ERR_EXEC_FAILED);
	assert_int_equal(process_exec_error("x", EACCES, &err), -ERR_EXEC_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_exec_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
