#include "runtime/procs.h"

#include "tests/unit/unit.h"

#include <unistd.h>

#define REST " S 7 42 40 34817 42 0 0 0 0 0 11 22 33 44 20 -5 3 0 777 4096000 250 0 0 0 0 0 0 0 0 0"

static void test_stat(void **state)
{
	struct procs_one p;

	(void)state;
	assert_int_equal(procs_parse_stat("42 (sh)" REST, &p), 0);
	assert_int_equal(p.pid, 42);
	assert_int_equal(p.parent, 7);
	assert_int_equal(p.pgid, 42);
	assert_int_equal(p.tty, 34817);
	assert_int_equal(p.utime, 11);
	assert_int_equal(p.stime, 22);
	assert_int_equal(p.cutime, 33);
	assert_int_equal(p.cstime, 44);
	assert_int_equal(p.nice, -5);
	assert_int_equal(p.threads, 3);
	assert_int_equal(p.start, 777);
	assert_int_equal(p.vsz, 4096000);
	assert_int_equal(p.rss, 250 * sysconf(_SC_PAGESIZE));
	assert_string_equal(p.comm, "sh");
	assert_int_equal(p.state, 'S');
	/* a command that looks like the rest of the line */
	assert_int_equal(procs_parse_stat("42 (a) R 1 (b) \n)" REST, &p), 0);
	assert_string_equal(p.comm, "a) R 1 (b) \n");
	assert_int_equal(p.parent, 7);
	assert_int_equal(procs_parse_stat("", &p), -EBADMSG);
	assert_int_equal(procs_parse_stat("42 (sh", &p), -EBADMSG);
	assert_int_equal(procs_parse_stat("42 (sh) S 7 1", &p), -EBADMSG);
	assert_int_equal(procs_parse_stat("42 )sh( S 7 1", &p), -EBADMSG);
}

static void test_status(void **state)
{
	static const char text[] = "Name:\tx\nUid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\n"
				   "Groups:\t5 27 100 \nNSpid:\t900\t31\t4\nCapInh:\t0\n"
				   "CapPrm:\t00000000a80425fb\nCapEff:\t1\nCapBnd:\t3\nCapAmb:\t2\n"
				   "Seccomp:\t2\nSeccomp_filters:\t1\n";
	struct procs procs = {.v = xcalloc(1, sizeof(struct procs_one)), .n = 1};
	struct procs_one *p = procs.v;

	(void)state;
	procs_parse_status(text, 1, p);
	assert_int_equal(p->uid[0], 1000);
	assert_int_equal(p->uid[1], 1001);
	assert_int_equal(p->gid[3], 8);
	assert_int_equal(p->ngroups, 3);
	assert_int_equal(p->groups[1], 27);
	assert_int_equal(p->inner_pid, 31);
	assert_int_equal(p->caps[PROCS_PRM], 0xa80425fb);
	assert_int_equal(p->caps[PROCS_AMB], 2);
	assert_int_equal(p->seccomp, 2);
	p->inner_pid = 0;
	procs_parse_status(text, 2, p);
	assert_int_equal(p->inner_pid, 4);
	/* it is not that deep */
	p->inner_pid = 0;
	procs_parse_status(text, 3, p);
	assert_int_equal(p->inner_pid, 0);
	procs_parse_status("Groups:\t\n", 0, p);
	assert_int_equal(p->ngroups, 0);
	procs_done(&procs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
