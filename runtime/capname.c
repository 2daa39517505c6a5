#include "runtime/capname.h"

#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>

#define CAP_BIT(c) (UINT64_C(1) << (c))

static const char *const names[] = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
	"CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
	"CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
	"CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ",
	"CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"};

const uint64_t capname_default =
	CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_FOWNER) |
	CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID) |
	CAP_BIT(CAP_SETFCAP) | CAP_BIT(CAP_SETPCAP) | CAP_BIT(CAP_NET_BIND_SERVICE) |
	CAP_BIT(CAP_SYS_CHROOT) | CAP_BIT(CAP_KILL) | CAP_BIT(CAP_AUDIT_WRITE);

uint64_t capname_all(void)
{
	static uint64_t all;

	if (!all) {
		unsigned n = ARRAY_SIZE(names);

		/* an old kernel knows a shorter list: look for its end */
		while (n > 1 && prctl(PR_CAPBSET_READ, n - 1, 0, 0, 0) < 0)
			n--;
		all = CAP_BIT(n) - 1;
	}
	return all;
}

const char *capname_get(unsigned cap)
{
	return cap < ARRAY_SIZE(names) ? names[cap] : NULL;
}

static int capname_lookup(const char *name)
{
	const char *rest = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	for (unsigned c = 0; c < ARRAY_SIZE(names); c++)
		if (strcasecmp(rest, names[c] + 4) == 0)
			return (int)c;
	return -EINVAL;
}

/* the number of "CAP_CHOWN", "chown" in any case; -EINVAL with the nearest name as hint */
static int capname_find(const char *name, struct err *err)
{
	unsigned best = UINT32_MAX, nearest = 0;
	char upper[64] = "CAP_";
	int cap = capname_lookup(name);
	size_t i = 4;

	if (cap >= 0)
		return cap;
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (; *name && i < sizeof(upper) - 1; name++)
		upper[i++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
	for (unsigned c = 0; c < ARRAY_SIZE(names); c++) {
		unsigned d = str_distance(upper, names[c]);

		if (d < best) {
			best = d;
			nearest = c;
		}
	}
	err_set(err, ERR_USAGE, "unknown capability '%s'", upper);
	if (best <= 4)
		err_hint(err, "did you mean %s?", names[nearest]);
	else
		err_hint(err, "the names are listed in capabilities(7)");
	return -ERR_USAGE;
}

json_t *capname_json(uint64_t set)
{
	json_t *array = json_array();

	for (unsigned c = 0; c < ARRAY_SIZE(names); c++)
		if (set & CAP_BIT(c))
			json_array_append_new(array, json_string(names[c]));
	return array;
}

uint64_t capname_from_json(const json_t *array)
{
	uint64_t set = 0;
	json_t *name;
	size_t i;

	json_array_foreach (array, i, name) {
		int cap = json_is_string(name) ? capname_lookup(json_string_value(name)) : -EINVAL;

		if (cap >= 0)
			set |= CAP_BIT(cap);
	}
	return set;
}

/* one list of --cap-add or --cap-drop: names, separated by commas too, and "ALL" */
static int capname_list(const struct strv *list, uint64_t *ret_set, bool *ret_all, struct err *err)
{
	strv_foreach (i, text, list) {
		_cleanup_strv_ struct strv parts = {0};

		strv_split(&parts, text, ",");
		strv_foreach (k, name, &parts) {
			int cap;

			if (strcasecmp(name, "ALL") == 0) {
				*ret_all = true;
				continue;
			}
			cap = capname_find(name, err);
			if (cap < 0)
				return cap;
			*ret_set |= CAP_BIT(cap);
		}
	}
	return 0;
}

int capname_apply(uint64_t base, const struct strv *add, const struct strv *drop, uint64_t *ret,
	struct err *err)
{
	uint64_t added = 0, dropped = 0, set;
	bool add_all = false, drop_all = false;
	int r = capname_list(add, &added, &add_all, err);

	if (r >= 0)
		r = capname_list(drop, &dropped, &drop_all, err);
	if (r < 0)
		return r;
	if (added & dropped) {
		unsigned c = (unsigned)__builtin_ctzll(added & dropped);

		return err_set(
			err, ERR_USAGE, "capability %s cannot be both added and dropped", names[c]);
	}
	if (add_all && drop_all)
		return err_set(err, ERR_USAGE, "all capabilities cannot be both added and dropped");
	if (added & ~capname_all()) {
		unsigned c = (unsigned)__builtin_ctzll(added & ~capname_all());

		return err_set(err, ERR_USAGE, "this kernel has no capability %s", names[c]);
	}
	set = drop_all ? 0 : add_all ? capname_all() : base & capname_all();
	*ret = (set | added) & ~dropped;
	return 0;
}
