#include "runtime/caps.h"

#include <ctype.h>
#include <linux/capability.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int parse_set(const json_t *object, const char *key, uint64_t *ret, struct err *err)
{
	json_t *list = json_object_get(object, key), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *name = json_string_value(entry);
		char lower[64];
		cap_value_t cap;
		size_t n = 0;

		if (!name)
			return err_set(
				err, EINVAL, "process.capabilities.%s: not a list of names", key);
		for (; n < sizeof(lower) - 1 && name[n]; n++)
			lower[n] = (char)tolower((unsigned char)name[n]);
		lower[n] = '\0';
		if (name[n] || cap_from_name(lower, &cap) < 0 || cap < 0 || cap > 63)
			return err_set(err, EINVAL,
				"process.capabilities.%s: unknown capability %s", key, name);
		*ret |= UINT64_C(1) << cap;
	}
	return 0;
}

int caps_parse(const json_t *object, struct caps *ret, struct err *err)
{
	struct caps c = {0};
	int r = parse_set(object, "bounding", &c.bounding, err);

	if (r == 0)
		r = parse_set(object, "effective", &c.effective, err);
	if (r == 0)
		r = parse_set(object, "permitted", &c.permitted, err);
	if (r == 0)
		r = parse_set(object, "inheritable", &c.inheritable, err);
	if (r == 0)
		r = parse_set(object, "ambient", &c.ambient, err);
	if (r == 0)
		*ret = c;
	return r;
}

uint64_t caps_all(void)
{
	int n = cap_max_bits();

	return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

int caps_drop_bounding(const struct caps *c, struct err *err)
{
	int n = cap_max_bits();

	for (int cap = 0; cap < n; cap++)
		if (!(c->bounding >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return err_set(err, errno, "limit the capability bounding set");
	return 0;
}

int caps_apply(const struct caps *c, struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	/* what the kernel does not know is not asked for; the rest of a set must be a subset of the other */
	uint64_t known = caps_all(), permitted = c->permitted & known;
	struct __user_cap_data_struct data[2] = {0};
	int n = cap_max_bits();

	for (int i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].effective = (uint32_t)((c->effective & permitted) >> (32 * i));
		data[i].inheritable = (uint32_t)((c->inheritable & known) >> (32 * i));
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return err_set(err, errno, "set capabilities");
	if (!c->ambient)
		return 0;
	for (int cap = 0; cap < n; cap++)
		if ((c->ambient >> cap & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(err, errno, "set ambient capabilities");
	return 0;
}
