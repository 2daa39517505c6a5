#include "runtime/volume_driver.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "storage/volume.h"

#include <sys/stat.h>

enum mount_type volume_driver_type(const json_t *record)
{
	const char *type = volume_type(record);

	return str_eq(type, "image")   ? MOUNT_TYPE_IMAGE
	       : str_eq(type, "bind")  ? MOUNT_TYPE_BIND
	       : str_eq(type, "tmpfs") ? MOUNT_TYPE_TMPFS
				       : MOUNT_TYPE_VOLUME;
}

/* what "o" can say of a plain directory */
static int plain_option(json_t *record, const char *text, struct err *err)
{
	const char *uid = str_after(text, "uid="), *gid = str_after(text, "gid=");
	uint64_t id;

	if (str_eq(text, "noquota"))
		return 0;
	if (uid || gid) {
		if (parse_u64_max(uid ? uid : gid, UINT32_MAX - 1, &id) < 0)
			return err_say(err, ERR_USAGE, "'%.80s' is not a number", text);
		if (record)
			json_object_set_new(
				record, uid ? "uid" : "gid", json_integer((json_int_t)id));
		return 0;
	}
	if (str_after(text, "size=") || str_after(text, "inodes=")) {
		err_say(err, ERR_USAGE,
			"'%.80s': the size of a directory cannot be limited without quotas, which "
			"only the real root can set",
			text);
		return err_hint(err, "use type=tmpfs for a volume of limited size in memory");
	}
	err_say(err, ERR_USAGE, "o=%.80s needs a type and a device", text);
	return err_hint(
		err, "for example --opt type=none --opt o=bind --opt device=/absolute/path");
}

int volume_driver_options(const json_t *record, struct mount_options *ret, struct err *err)
{
	const char *o = json_get_str(json_object_get(record, "options"), "o", "");
	enum mount_type type = volume_driver_type(record);
	_cleanup_strv_ struct strv parts = {0};
	int r = 0;

	if (type != MOUNT_TYPE_BIND && type != MOUNT_TYPE_TMPFS)
		return 0;
	strv_split(&parts, o, ",");
	for (size_t i = 0; r == 0 && i < parts.n; i++)
		if (*parts.v[i])
			r = mount_option_add(ret, type, parts.v[i], err);
	return r;
}

static int check_local(json_t *record, const json_t *options, struct err *err)
{
	const char *type = json_get_str(options, "type", ""),
		   *device = json_get_str(options, "device", NULL),
		   *o = json_get_str(options, "o", "");
	_cleanup_(mount_options_done) struct mount_options mount = {0};
	_cleanup_strv_ struct strv parts = {0};
	struct stat st;
	int r = 0;

	switch (volume_driver_type(record)) {
	case MOUNT_TYPE_TMPFS:
		break;
	case MOUNT_TYPE_BIND:
		if (!path_is_abs(device))
			return err_say(err, ERR_USAGE,
				"a volume of type %s needs device=/absolute/path", type);
		if (stat(device, &st) < 0)
			return err_set(err, errno, "device=%s", device);
		break;
	default:
		if (*type) {
			err_say(err, ERR_USAGE,
				"type '%.40s' cannot be had: only the real root "
				"mounts devices and network file systems",
				type);
			return err_hint(err, "known are tmpfs, bind and none (with o=bind)");
		}
		if (device)
			return err_say(err, ERR_USAGE, "device=%s needs a type", device);
		strv_split(&parts, o, ",");
		for (size_t i = 0; r == 0 && i < parts.n; i++)
			r = *parts.v[i] ? plain_option(record, parts.v[i], err) : 0;
		return r;
	}
	r = volume_driver_options(record, &mount, err);
	return r < 0 ? err_wrap(err, "o=%s", o) : mount_options_check(&mount, err);
}

static int check_image(const json_t *options, struct err *err)
{
	if (json_object_size(options) == 1 && *json_get_str(options, "image", ""))
		return 0;
	err_say(err, ERR_USAGE, "the driver image takes one option: image=NAME");
	return err_hint(err, "--driver image --opt image=alpine");
}

static int set_options(json_t *record, const struct strv *opts, bool local, struct err *err)
{
	json_t *options = json_object();

	json_object_set_new(record, "options", options);
	strv_foreach (i, text, opts) {
		_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
		const char *value = text[strlen(key)] ? text + strlen(key) + 1 : NULL;

		if (!*key || !value)
			return err_say(err, ERR_USAGE, "option '%.80s' is not KEY=VALUE", text);
		if (local && !str_eq(key, "type") && !str_eq(key, "device") && !str_eq(key, "o")) {
			err_say(err, ERR_USAGE, "option '%.80s' is not known", text);
			return err_hint(err, "known are type=, device= and o=");
		}
		json_set_str(options, key, value);
	}
	if (local && !json_object_get(options, "type") &&
		str_eq(json_get_str(options, "o", ""), "bind"))
		json_set_str(options, "type", "none");
	return 0;
}

int volume_driver_set(json_t *record, const char *driver, const struct strv *opts, struct err *err)
{
	bool local = str_empty(driver) || str_eq(driver, "local");
	const json_t *options;
	int r;

	if (!local && !str_eq(driver, "image")) {
		err_say(err, ERR_USAGE, "volume driver '%.60s' is not known: there are no plugins",
			driver);
		return err_hint(err, "known are local and image");
	}
	json_set_str(record, "driver", local ? "local" : driver);
	r = set_options(record, opts, local, err);
	if (r < 0)
		return r;
	options = json_object_get(record, "options");
	r = local ? check_local(record, options, err) : check_image(options, err);
	if (r == 0 && json_object_size(options) == 0)
		json_object_del(record, "options");
	return r;
}

int volume_labels_set(json_t *record, const struct strv *labels, struct err *err)
{
	json_t *all = labels->n ? json_object() : NULL;

	if (all)
		json_object_set_new(record, "labels", all);
	strv_foreach (i, text, labels) {
		_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
		const char *value = text + strlen(key);
		_cleanup_json_ json_t *k = json_str(key);

		if (!*key)
			return err_say(err, ERR_USAGE, "label '%.80s' has no key", text);
		json_object_set_new(all, json_string_value(k), json_str(*value ? value + 1 : ""));
	}
	return 0;
}
