/*
 * limits of block devices (limit_opts.h): a path becomes the number of its device, and where that is a partition the number of
 * the whole disk, for the kernel counts and limits only whole ones
 */
#include "runtime/limit_opts.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

/* what is in a file of a device's directory in sysfs; "" if there is no such file */
static void read_sys(dev_t dev, const char *file, char *ret, size_t size)
{
	_cleanup_close_ int fd = -EBADF;
	char path[96];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(dev), minor(dev), file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : fd_read_full(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
}

static dev_t whole_disk(dev_t dev)
{
	char text[32];
	unsigned maj, min;

	read_sys(dev, "partition", text, sizeof(text));
	if (!*text)
		return dev;
	/* the directory of a partition is in that of its disk */
	read_sys(dev, "../dev", text, sizeof(text));
	return sscanf(text, "%u:%u", &maj, &min) == 2 ? makedev(maj, min) : dev;
}

static int find_device(const char *flag, const char *path, dev_t *ret, struct err *err)
{
	struct stat st;

	if (*path != '/') {
		err_say(err, ERR_USAGE, "%s: '%.80s' is not the path of a device", flag, path);
		return err_hint(err, "write it in full, as /dev/sda");
	}
	if (stat(path, &st) < 0)
		return err_set(err, errno, "%s: %s", flag, path);
	if (!S_ISBLK(st.st_mode)) {
		err_say(err, ENOTBLK, "%s: %s is not a block device", flag, path);
		return err_hint(err, "'lsblk' lists them");
	}
	*ret = whole_disk(st.st_rdev);
	return 0;
}

/* the entry of a device, made if it is missing; borrowed */
static json_t *find_entry(json_t *list, dev_t dev)
{
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (json_get_int(one, "major", -1) == major(dev) &&
			json_get_int(one, "minor", -1) == minor(dev))
			return one;
	one = json_pack("{s:i, s:i}", "major", (int)major(dev), "minor", (int)minor(dev));
	json_array_append_new(list, one);
	return one;
}

/* one kind of limit for devices */
struct kind {
	const char *flag, *list, *value; /* names in the runtime-spec */
	const struct strv *given;
	bool bytes;
};

static int value_of(const struct kind *k, const char *text, uint64_t *ret, struct err *err)
{
	bool weight = str_eq(k->value, "weight");
	int r = k->bytes ? parse_size(text, ret) : parse_u64(text, ret);

	if (r == 0 && *ret <= INT64_MAX &&
		(!weight || *ret == 0 || (*ret >= WEIGHT_MIN && *ret <= WEIGHT_MAX)))
		return 0;
	err_say(err, ERR_USAGE, "%s: '%.40s' is not a %s", k->flag, text, k->value);
	return err_hint(err, weight	? "it is from 10 to 1000, or 0 for the usual one"
			     : k->bytes ? "write bytes a second with a unit, as 10m; 0 is no limit"
					: "write operations a second, as 1000; 0 is no limit");
}

static int apply_kind(const struct kind *k, json_t *resources, struct err *err)
{
	strv_foreach (i, text, k->given) {
		const char *colon = strrchr(text, ':');
		_cleanup_free_ char *path = xstrndup(text, colon ? (size_t)(colon - text) : 0);
		json_t *io, *entry;
		uint64_t v;
		dev_t dev = 0;
		int r;

		if (!colon || !*path || !colon[1]) {
			err_say(err, ERR_USAGE, "%s '%.80s' is not DEVICE:%s", k->flag, text,
				k->value);
			return err_hint(err, "for example /dev/sda:%s",
				k->bytes		     ? "10m"
				: str_eq(k->value, "weight") ? "500"
							     : "1000");
		}
		r = value_of(k, colon + 1, &v, err);
		if (r == 0)
			r = find_device(k->flag, path, &dev, err);
		if (r < 0)
			return r;
		io = limit_part(resources, "blockIO");
		if (!json_is_array(json_object_get(io, k->list)))
			json_object_set_new(io, k->list, json_array());
		entry = find_entry(json_object_get(io, k->list), dev);
		json_object_set_new(entry, k->value, json_integer((json_int_t)v));
		json_set_str(entry, "path", path);
	}
	return 0;
}

int limit_devices_apply(const struct limit_opts *o, json_t *resources, struct err *err)
{
	const struct kind kinds[] = {
		{"--blkio-weight-device", "weightDevice", "weight", &o->weight_device, false},
		{"--device-read-bps", "throttleReadBpsDevice", "rate", &o->read_bps, true},
		{"--device-write-bps", "throttleWriteBpsDevice", "rate", &o->write_bps, true},
		{"--device-read-iops", "throttleReadIOPSDevice", "rate", &o->read_iops, false},
		{"--device-write-iops", "throttleWriteIOPSDevice", "rate", &o->write_iops, false},
	};
	const struct kind weight = {"--blkio-weight", NULL, "weight", NULL, false};
	uint64_t v;
	int r = 0;

	if (!str_empty(o->blkio_weight)) {
		r = value_of(&weight, o->blkio_weight, &v, err);
		if (r == 0)
			json_object_set_new(limit_part(resources, "blockIO"), "weight",
				json_integer((json_int_t)v));
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		r = apply_kind(&kinds[i], resources, err);
	return r;
}
