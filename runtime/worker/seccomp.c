/*
 * rl-seccomp - compile an OCI linux.seccomp object to BPF
 *
 * JSON on standard input, the program on standard output; exit code 1 with the reason on standard output instead.
 * A worker, so that nothing else links libseccomp.
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/json.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_CAP ((size_t)1 << 20)

static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
};

static const struct {
	const char *name;
	enum scmp_compare op;
} operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

/* the kernel's answer to a forbidden call is EPERM unless the profile chooses another */
static int parse_action(
	const json_t *o, const char *key, const char *ret_key, uint32_t *ret, struct err *err)
{
	const char *name = json_get_str(o, key, NULL);
	int64_t code = json_get_int(o, ret_key, EPERM);

	if (!name)
		return err_set(err, ERR_USAGE, "%s is missing", key);
	if (code < 0 || code > 4095)
		return err_set(err, ERR_USAGE, "%s is out of range", ret_key);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!str_eq(actions[i].name, name))
			continue;
		*ret = actions[i].action;
		if (*ret == SCMP_ACT_ERRNO(0))
			*ret = SCMP_ACT_ERRNO((uint16_t)code);
		else if (*ret == SCMP_ACT_TRACE(0))
			*ret = SCMP_ACT_TRACE((uint16_t)code);
		return 0;
	}
	return err_set(err, ERR_USAGE, "action %s is not supported", name);
}

static int add_architectures(scmp_filter_ctx ctx, const json_t *o, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};

	json_get_strv(o, "architectures", &names);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = str_after(names.v[i], "SCMP_ARCH_");
		char lower[32] = "";
		uint32_t arch;
		int r;

		for (size_t k = 0; name && name[k] && k < sizeof(lower) - 1; k++)
			lower[k] =
				(char)(name[k] >= 'A' && name[k] <= 'Z' ? name[k] + 32 : name[k]);
		arch = *lower ? seccomp_arch_resolve_name(lower) : 0;
		if (!arch)
			return err_set(err, ERR_USAGE, "architecture %s is unknown", names.v[i]);
		r = seccomp_arch_add(ctx, arch);
		if (r < 0 && r != -EEXIST)
			return err_set(err, -r, "add architecture %s", names.v[i]);
	}
	return 0;
}

static int parse_args(
	const json_t *rule, struct scmp_arg_cmp *cmp, unsigned *ret_n, struct err *err)
{
	json_t *args = json_object_get(rule, "args"), *arg;
	size_t i, k;

	*ret_n = 0;
	json_array_foreach (args, i, arg) {
		int64_t index = json_get_int(arg, "index", -1);
		const char *op = json_get_str(arg, "op", "");

		for (k = 0; k < ARRAY_SIZE(operators) && !str_eq(operators[k].name, op); k++)
			;
		if (index < 0 || index > 5 || k == ARRAY_SIZE(operators) || i >= 6)
			return err_set(err, ERR_USAGE, "a rule has a bad argument comparison");
		cmp[(*ret_n)++] = (struct scmp_arg_cmp){
			.arg = (unsigned)index,
			.op = operators[k].op,
			.datum_a = (scmp_datum_t)json_get_int(arg, "value", 0),
			.datum_b = (scmp_datum_t)json_get_int(arg, "valueTwo", 0),
		};
	}
	return 0;
}

/* Two comparisons of the same argument cannot stand in one rule: as in other runtimes they then
   mean "one of". */
static int add_call(
	scmp_filter_ctx ctx, uint32_t action, int nr, const struct scmp_arg_cmp *cmp, unsigned n)
{
	unsigned seen = 0;
	bool twice = false;
	int r = 0;

	for (unsigned i = 0; i < n; i++) {
		twice = twice || (seen >> cmp[i].arg & 1);
		seen |= 1U << cmp[i].arg;
	}
	if (!twice)
		return seccomp_rule_add_array(ctx, action, nr, n, cmp);
	for (unsigned i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add_array(ctx, action, nr, 1, &cmp[i]);
	return r;
}

/*
 * What is known of each call's rules.  Of two that contradict each other libseccomp keeps one without a word, and not
 * the stricter one: the first, or the one that holds for all arguments.  Here, of two for all arguments the
 * stricter one counts, as between two filters of the kernel (profiles in use have such pairs); anything else is an error.
 */
struct chosen {
	int nr;
	uint32_t action;
	bool always; /* whatever the arguments */
};

static struct chosen *find_chosen(const struct buf *list, int nr, bool always)
{
	struct chosen *c = (struct chosen *)(void *)list->data;

	for (size_t i = 0; i < list->len / sizeof(*c); i++)
		if (c[i].nr == nr && c[i].always == always)
			return &c[i];
	return NULL;
}

/* the kernel's order: the smaller number, with its sign, is the stricter action */
static bool is_stricter(uint32_t a, uint32_t b)
{
	return (int32_t)(a & SECCOMP_RET_ACTION_FULL) < (int32_t)(b & SECCOMP_RET_ACTION_FULL);
}

/* first pass: the strictest rule that holds for all arguments of a call */
static int note_rule(const json_t *rule, struct buf *list, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	uint32_t action = 0;
	int r = parse_action(rule, "action", "errnoRet", &action, err);

	if (r < 0 || json_array_size(json_object_get(rule, "args")))
		return r;
	json_get_strv(rule, "names", &names);
	for (size_t i = 0; i < names.n; i++) {
		int nr = seccomp_syscall_resolve_name(names.v[i]);
		struct chosen *c = nr == __NR_SCMP_ERROR ? NULL : find_chosen(list, nr, true);

		if (nr == __NR_SCMP_ERROR)
			continue;
		if (!c)
			buf_add(list, &(struct chosen){.nr = nr, .action = action, .always = true},
				sizeof(*c));
		else if (is_stricter(action, c->action))
			c->action = action;
	}
	return 0;
}

static int contradiction(const char *name, struct err *err)
{
	return err_set(err, ERR_USAGE, "two rules for %s contradict each other", name);
}

/* @list: of note_rule(); rules for certain arguments are added to it */
static int add_rule(
	scmp_filter_ctx ctx, const json_t *rule, uint32_t dflt, struct buf *list, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct scmp_arg_cmp cmp[6];
	uint32_t action = 0;
	unsigned n = 0;
	int r;

	r = parse_action(rule, "action", "errnoRet", &action, err);
	if (r == 0)
		r = parse_args(rule, cmp, &n, err);
	if (r < 0)
		return r;
	/* libseccomp refuses a rule that says what happens anyway */
	if (action == dflt)
		return 0;
	json_get_strv(rule, "names", &names);
	for (size_t i = 0; i < names.n; i++) {
		int nr = seccomp_syscall_resolve_name(names.v[i]);
		const struct chosen *c;

		/* a call that this libseccomp does not know falls under the default action */
		if (nr == __NR_SCMP_ERROR)
			continue;
		c = find_chosen(list, nr, true);
		if (n == 0 && c && c->action != action)
			continue;
		if (n > 0 && c && c->action != action && c->action != dflt)
			return contradiction(names.v[i], err);
		r = add_call(ctx, action, nr, cmp, n);
		if (r < 0 && r != -EEXIST)
			return err_set(err, -r, "rule for %s", names.v[i]);
		c = n > 0 ? find_chosen(list, nr, false) : NULL;
		if (r == -EEXIST && c && c->action != action)
			return contradiction(names.v[i], err);
		if (n > 0 && !c)
			buf_add(list, &(struct chosen){.nr = nr, .action = action}, sizeof(*c));
	}
	return 0;
}

static int compile(const json_t *o, int out, struct err *err)
{
	_cleanup_buf_ struct buf chosen = {0};
	json_t *rules = json_object_get(o, "syscalls"), *rule;
	scmp_filter_ctx ctx;
	uint32_t dflt = 0;
	size_t i;
	int r;

	r = parse_action(o, "defaultAction", "defaultErrnoRet", &dflt, err);
	if (r < 0)
		return r;
	ctx = seccomp_init(dflt);
	if (!ctx)
		return err_set(err, ENOMEM, "create the filter");
	r = add_architectures(ctx, o, err);
	/* setting no_new_privs is the launcher's decision; a binary tree of calls makes lookups short */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	json_array_foreach (rules, i, rule)
		if (r == 0)
			r = note_rule(rule, &chosen, err);
	json_array_foreach (rules, i, rule) {
		if (r < 0)
			break;
		r = add_rule(ctx, rule, dflt, &chosen, err);
	}
	if (r == 0) {
		r = seccomp_export_bpf(ctx, out);
		if (r < 0)
			err_set(err, -r, "generate the program");
	}
	seccomp_release(ctx);
	return r;
}

int main(void)
{
	_cleanup_close_ int mem = memfd_create("seccomp", MFD_CLOEXEC);
	_cleanup_buf_ struct buf in = {.cap = INPUT_CAP};
	_cleanup_json_ json_t *o = NULL;
	struct err err = {0};
	char chunk[16384];
	ssize_t n;
	int r;

	/* a profile may be an image's; the library is loaded, and the rest comes and goes through pipes */
	confine_to_descriptors();
	r = fd_read_all(STDIN_FILENO, &in);
	if (r < 0)
		err_set(&err, -r, "read the profile");
	if (r == 0)
		r = json_parse(buf_str(&in), in.len, "profile", &o, &err);
	/* into memory first: half a program must not be followed by a reason */
	if (r == 0)
		r = mem < 0 ? err_set(&err, errno, "memfd_create") : compile(o, mem, &err);
	if (r < 0) {
		if (fd_write_full(STDOUT_FILENO, err.msg, strlen(err.msg)) < 0)
			return 2;
		return 1;
	}
	lseek(mem, 0, SEEK_SET);
	while ((n = fd_read_full(mem, chunk, sizeof(chunk))) > 0)
		if (fd_write_full(STDOUT_FILENO, chunk, (size_t)n) < 0)
			return 2;
	return n < 0 ? 2 : 0;
}
