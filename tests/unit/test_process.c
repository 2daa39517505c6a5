#include "tests/unit/unit.h"

#include "runtime/process.h"

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
	process_done(&p);
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
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_exec_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
