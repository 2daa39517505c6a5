#include "runtime/seccomp_profile.h"

#include "runtime/base/fs.h"
#include "runtime/capname.h"
#include "runtime/seccomp_default.h"

#include <fcntl.h>

#define ERRNO_MAX 4095

static const char *const actions[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
	"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
	"SCMP_ACT_TRACE", "SCMP_ACT_TRAP"};
static const char *const ops[] = {"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

static int name_check(
	const char *name, const char *const *known, size_t n, const char *what, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, known[i]))
			return 0;
	return err_set(err, ERR_USAGE, "%s '%.60s' is not known", what, name);
}

static bool array_has(const json_t *array, const char *text)
{
	json_t *j;
	size_t i;

	json_array_foreach (array, i, j)
		if (json_is_string(j) && str_eq(json_string_value(j), text))
			return true;
	return false;
}

/* whether a rule applies here: all of "includes", none of "excludes" */
static int rule_applies(const json_t *rule, uint64_t caps, struct err *err)
{
	const json_t *in = json_object_get(rule, "includes"),
		     *ex = json_object_get(rule, "excludes");
	const char *kernels[] = {
		json_get_str(in, "minKernel", NULL), json_get_str(ex, "minKernel", NULL)};
	const json_t *list = json_object_get(in, "arches");
	json_t *name;
	size_t i;

	if (json_array_size(list) > 0 && !array_has(list, seccomp_arch_name()))
		return 0;
	if (array_has(json_object_get(ex, "arches"), seccomp_arch_name()))
		return 0;
	json_array_foreach (json_object_get(in, "caps"), i, name) {
		_cleanup_json_ json_t *one = json_pack("[O]", name);
		uint64_t bit = capname_from_json(one);

		if (!bit || !(caps & bit))
			return 0;
	}
	if (capname_from_json(json_object_get(ex, "caps")) & caps)
		return 0;
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		int r = kernels[i] ? seccomp_kernel_at_least(kernels[i]) : i == 0;

		if (r < 0)
			return err_set(
				err, ERR_USAGE, "minKernel '%.20s' is not a version", kernels[i]);
		if (r != (i == 0))
			return 0;
	}
	return 1;
}

static int rule_args(const json_t *rule, json_t *out, struct err *err)
{
	const json_t *args = json_object_get(rule, "args");
	json_t *arg, *copy;
	size_t i;

	if (json_array_size(args) == 0)
		return 0;
	copy = json_array();
	json_object_set_new(out, "args", copy);
	json_array_foreach (args, i, arg) {
		int64_t index = json_get_int(arg, "index", -1);
		const char *op = json_get_str(arg, "op", "");
		int r = name_check(op, ops, ARRAY_SIZE(ops), "comparison", err);

		if (r < 0)
			return r;
		if (index < 0 || index > 5)
			return err_set(err, ERR_USAGE, "a system call has no argument %jd",
				(intmax_t)index);
		json_array_append_new(
			copy, json_pack("{s:I, s:I, s:I, s:s}", "index", (json_int_t)index, "value",
				      (json_int_t)json_get_int(arg, "value", 0), "valueTwo",
				      (json_int_t)json_get_int(arg, "valueTwo", 0), "op", op));
	}
	return 0;
}

/* the answer to a refused call: a number, or, as podman's own profile has it too, a name */
static int errno_convert(
	const json_t *from, const char *number, const char *name, json_t *out, struct err *err)
{
	json_t *value = json_object_get(from, number);
	const char *text = json_get_str(from, name, "");

	if (json_is_integer(value)) {
		json_object_set(out, number, value);
		return 0;
	}
	if (value && !json_is_null(value))
		return err_set(err, ERR_USAGE, "\"%s\" is not a number", number);
	if (!*text)
		return 0;
	for (int code = 1; code <= ERRNO_MAX; code++)
		if (str_eq(strerrorname_np(code), text)) {
			json_object_set_new(out, number, json_integer(code));
			return 0;
		}
	return err_set(err, ERR_USAGE, "\"%s\": '%.40s' is not known", name, text);
}

static int rule_convert(const json_t *rule, uint64_t caps, json_t *syscalls, struct err *err)
{
	const char *action = json_get_str(rule, "action", ""),
		   *name = json_get_str(rule, "name", NULL);
	_cleanup_json_ json_t *out = json_object();
	_cleanup_strv_ struct strv names = {0};
	int r = name_check(action, actions, ARRAY_SIZE(actions), "action", err);

	if (r < 0)
		return r;
	r = rule_applies(rule, caps, err);
	if (r <= 0)
		return r;
	json_get_strv(rule, "names", &names);
	if (name)
		strv_add(&names, name);
	if (names.n == 0)
		return err_set(err, ERR_USAGE, "a rule without names of system calls");
	json_object_set_new(out, "names", json_from_strv(&names));
	json_set_str(out, "action", action);
	r = errno_convert(rule, "errnoRet", "errno", out, err);
	if (r == 0)
		r = rule_args(rule, out, err);
	if (r < 0)
		return r;
	json_array_append(syscalls, out);
	return 0;
}

/* the profile's architectures: a list of its own, or the entry of the map for this machine */
static json_t *profile_architectures(const json_t *profile)
{
	_cleanup_json_ json_t *ours = seccomp_architectures();
	const json_t *map = json_object_get(profile, "archMap"),
		     *list = json_object_get(profile, "architectures");
	const char *native = json_string_value(json_array_get(ours, 0));
	json_t *entry, *array, *sub;
	size_t i, k;

	if (json_array_size(list) > 0)
		return json_deep_copy(list);
	array = json_array();
	json_array_append(array, json_array_get(ours, 0));
	json_array_foreach (map, i, entry) {
		if (!str_eq(json_get_str(entry, "architecture", ""), native))
			continue;
		json_array_foreach (json_object_get(entry, "subArchitectures"), k, sub)
			json_array_append(array, sub);
	}
	return array;
}

int seccomp_profile_convert(const json_t *profile, uint64_t caps, json_t **ret, struct err *err)
{
	const char *action = json_get_str(profile, "defaultAction", "");
	const json_t *rules = json_object_get(profile, "syscalls");
	_cleanup_json_ json_t *out = json_object();
	json_t *syscalls = json_array(), *rule, *member;
	size_t i;
	int r = name_check(action, actions, ARRAY_SIZE(actions), "defaultAction", err);

	json_object_set_new(out, "syscalls", syscalls);
	if (r < 0)
		return r;
	if (rules && !json_is_array(rules))
		return err_set(err, ERR_USAGE, "\"syscalls\" is not a list");
	json_set_str(out, "defaultAction", action);
	r = errno_convert(profile, "defaultErrnoRet", "defaultErrno", out, err);
	if (r < 0)
		return r;
	json_set_str(out, "listenerPath", json_get_str(profile, "listenerPath", NULL));
	json_set_str(out, "listenerMetadata", json_get_str(profile, "listenerMetadata", NULL));
	member = json_object_get(profile, "flags");
	if (json_array_size(member) > 0)
		json_object_set(out, "flags", member);
	json_object_set_new(out, "architectures", profile_architectures(profile));
	json_array_foreach (rules, i, rule) {
		r = rule_convert(rule, caps, syscalls, err);
		if (r < 0)
			return err_wrap(err, "rule %zu", i + 1);
	}
	*ret = take_ptr(out);
	return 0;
}

int seccomp_profile_read(const char *path, uint64_t caps, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *profile = NULL;
	int r = fs_read_at(AT_FDCWD, path, &b, err);

	if (r >= 0)
		r = json_parse(buf_str(&b), b.len, "seccomp profile", &profile, err);
	if (r >= 0)
		r = seccomp_profile_convert(profile, caps, ret, err);
	return r < 0 ? err_wrap(err, "--security-opt seccomp=%s", path) : 0;
}
