/*
 * resource - [Volume], [Network], [Image] and [Artifact]: what containers use, made by a command that ends
 */
#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"

#include <errno.h>

/* rl [GlobalArgs] @words… OPTIONS [PodmanArgs] NAME */
static int make(struct quadlet_set *set, struct quadlet *q, const char *const words[],
	const struct strv *more, const char *name, struct err *err)
{
	_cleanup_strv_ struct strv cmd = {0};
	int r = quadlet_command(set, q, &cmd, err);

	if (r < 0)
		return r;
	for (; *words; words++)
		strv_add(&cmd, *words);
	r = quadlet_options(set, q, &cmd, err);
	if (r < 0)
		return r;
	if (more)
		strv_addv(&cmd, more);
	r = quadlet_own_args(q, &cmd, err);
	if (r < 0)
		return r;
	strv_add(&cmd, name);
	quadlet_exec(q, "ExecStart", "", &cmd);
	quadlet_oneshot(q, true);
	return 0;
}

/* --- [Volume] -------------------------------------------------------------------------------------------------------- */

static const struct quadlet_key volume_keys[] = {
	{"Copy", QUADLET_CODE, NULL, NULL},
	{"Device", QUADLET_ONE, "--opt", "device="},
	{"Driver", QUADLET_ONE, "--driver", NULL},
	{"GID", QUADLET_ONE, "--gid", NULL},
	{"Group", QUADLET_CODE, NULL, NULL},
	{"Image", QUADLET_CODE, NULL, NULL},
	{"Label", QUADLET_PAIR, "--label", NULL},
	{"Options", QUADLET_CODE, NULL, NULL},
	{"Type", QUADLET_ONE, "--opt", "type="},
	{"UID", QUADLET_ONE, "--uid", NULL},
	{"User", QUADLET_CODE, NULL, NULL},
	{"VolumeName", QUADLET_CODE, NULL, NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

/* o=uid=…,gid=…,OPTIONS, as mount(8) has them */
static void mount_options(const struct quadlet *q, struct strv *more)
{
	_cleanup_free_ char *user = quadlet_get(q, "User"), *group = quadlet_get(q, "Group"),
			    *given = quadlet_get(q, "Options"), *all = NULL;
	_cleanup_strv_ struct strv parts = {0};

	if (user)
		strv_addf(&parts, "uid=%s", user);
	if (group)
		strv_addf(&parts, "gid=%s", group);
	if (given)
		strv_add(&parts, given);
	if (!parts.n)
		return;
	all = strv_join(&parts, ",");
	strv_add(more, "--opt");
	strv_addf(more, "o=%s", all);
}

/* a volume of an image has its owners and contents: what would be without effect */
static int check_image(const struct quadlet *q, struct err *err)
{
	static const char *const keys[] = {"Copy", "Group", "Options", "User"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *value = quadlet_get(q, keys[i]);

		if (!value)
			continue;
		err_say(err, EINVAL, "%s= and Driver=image exclude each other", keys[i]);
		return err_hint(err, "leave it out: such a volume is as the image is");
	}
	return 0;
}

static int volume_convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	static const char *const words[] = {"volume", "create", "--ignore", NULL};
	_cleanup_free_ char *driver = quadlet_get(q, "Driver"), *image = quadlet_get(q, "Image"),
			    *type = quadlet_get(q, "Type"), *device = quadlet_get(q, "Device");
	_cleanup_strv_ struct strv more = {0};
	/* neither true nor false where it is not there */
	int copy = unitfile_bool(&q->source, q->type->section, "Copy", 2, err);
	int r = 0;

	if (copy < 0)
		return copy;
	if (type && !device)
		return err_say(err, EINVAL, "Type= without Device=");
	if (str_eq(driver, "image")) {
		if (!image)
			return err_say(err, EINVAL, "Driver=image without Image=");
		r = check_image(q, err);
		if (r == 0)
			r = quadlet_image_name(set, q, &image, err);
		strv_add(&more, "--opt");
		strv_addf(&more, "image=%s", image);
	} else {
		mount_options(q, &more);
		if (copy < 2) {
			strv_add(&more, "--opt");
			strv_add(&more, copy ? "copy" : "nocopy");
		}
	}
	if (r == 0 && str_eq(type, "bind"))
		r = quadlet_source(set, q, &device, err);
	return r < 0 ? r : make(set, q, words, &more, q->resource, err);
}

const struct quadlet_type quadlet_volume = {
	.ext = ".volume",
	.section = "Volume",
	.suffix = "-volume",
	.name_key = "VolumeName",
	.keys = volume_keys,
	.convert = volume_convert,
};

/* --- [Network] ------------------------------------------------------------------------------------------------------- */

static const struct quadlet_key network_keys[] = {
	{"DNS", QUADLET_EACH, "--dns", NULL},
	{"DisableDNS", QUADLET_BOOL, "--disable-dns", NULL},
	{"Driver", QUADLET_ONE, "--driver", NULL},
	{"Gateway", QUADLET_CODE, NULL, NULL},
	{"IPAMDriver", QUADLET_ONE, "--ipam-driver", NULL},
	{"IPRange", QUADLET_CODE, NULL, NULL},
	{"IPv6", QUADLET_BOOL, "--ipv6", NULL},
	{"InterfaceName", QUADLET_ONE, "--interface-name", NULL},
	{"Internal", QUADLET_BOOL, "--internal", NULL},
	{"Label", QUADLET_PAIR, "--label", NULL},
	{"NetworkDeleteOnStop", QUADLET_CODE, NULL, NULL},
	{"NetworkName", QUADLET_CODE, NULL, NULL},
	{"Options", QUADLET_PAIR, "--opt", NULL},
	{"Subnet", QUADLET_CODE, NULL, NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

/* the n-th gateway and range belong to the n-th subnet */
static int network_subnets(const struct quadlet *q, struct strv *more, struct err *err)
{
	static const struct {
		const char *key, *flag;
	} parts[] = {{"Subnet", "--subnet"}, {"Gateway", "--gateway"}, {"IPRange", "--ip-range"}};
	struct strv values[ARRAY_SIZE(parts)] = {{0}};
	int r = 0;

	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		unitfile_all(&q->source, q->type->section, parts[p].key, &values[p]);
		if (values[p].n > values[0].n)
			r = err_say(err, EINVAL, "more %s= than Subnet=", parts[p].key);
	}
	for (size_t i = 0; i < values[0].n; i++) {
		for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
			if (i >= values[p].n)
				continue;
			strv_add(more, parts[p].flag);
			strv_add(more, values[p].v[i]);
		}
	}
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
		strv_done(&values[p]);
	return r;
}

static int network_convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	static const char *const words[] = {"network", "create", "--ignore", NULL};
	_cleanup_strv_ struct strv more = {0}, rm = {0};
	int drop = unitfile_bool(&q->source, q->type->section, "NetworkDeleteOnStop", false, err);
	int r = drop < 0 ? drop : network_subnets(q, &more, err);

	if (r < 0)
		return r;
	if (drop) {
		r = quadlet_command(set, q, &rm, err);
		strv_add(&rm, "network");
		strv_add(&rm, "rm");
		strv_add(&rm, q->resource);
		quadlet_exec(q, "ExecStopPost", "", &rm);
	}
	return r < 0 ? r : make(set, q, words, &more, q->resource, err);
}

const struct quadlet_type quadlet_network = {
	.ext = ".network",
	.section = "Network",
	.suffix = "-network",
	.name_key = "NetworkName",
	.keys = network_keys,
	.convert = network_convert,
};

/* --- [Image], [Artifact] --------------------------------------------------------------------------------------------- */

/* what both take from a registry with */
#define REGISTRY_KEYS                                                                              \
	{"AuthFile", QUADLET_ONE, "--authfile", NULL},                                             \
		{"CertDir", QUADLET_ONE, "--cert-dir", NULL},                                      \
		{"Creds", QUADLET_ONE, "--creds", NULL},                                           \
		{"DecryptionKey", QUADLET_ONE, "--decryption-key", NULL},                          \
		{"Retry", QUADLET_ONE, "--retry", NULL},                                           \
		{"RetryDelay", QUADLET_ONE, "--retry-delay", NULL},                                \
	{                                                                                          \
		"TLSVerify", QUADLET_BOOL, "--tls-verify", NULL                                    \
	}

static const struct quadlet_key image_keys[] = {
	REGISTRY_KEYS,
	{"AllTags", QUADLET_BOOL, "--all-tags", NULL},
	{"Arch", QUADLET_ONE, "--arch", NULL},
	{"Image", QUADLET_CODE, NULL, NULL},
	{"ImageTag", QUADLET_CODE, NULL, NULL},
	{"OS", QUADLET_ONE, "--os", NULL},
	{"Policy", QUADLET_ONE, "--policy", NULL},
	{"Variant", QUADLET_ONE, "--variant", NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

static const struct quadlet_key artifact_keys[] = {
	REGISTRY_KEYS,
	{"Artifact", QUADLET_CODE, NULL, NULL},
	{"Quiet", QUADLET_BOOL, "--quiet", NULL},
	{NULL, QUADLET_CODE, NULL, NULL},
};

/* what is pulled from an archive may be called otherwise afterwards */
static char *image_resource(const struct quadlet *q)
{
	char *name = quadlet_get(q, "ImageTag");

	return name ? name : quadlet_get(q, "Image");
}

static char *artifact_resource(const struct quadlet *q)
{
	return quadlet_get(q, "Artifact");
}

static int pull(struct quadlet_set *set, struct quadlet *q, const char *what, const char *key,
	struct err *err)
{
	const char *const words[] = {what, "pull", NULL};
	_cleanup_free_ char *name = quadlet_get(q, key);

	return name ? make(set, q, words, NULL, name, err) : err_say(err, EINVAL, "no %s=", key);
}

static int image_convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	return pull(set, q, "image", "Image", err);
}

static int artifact_convert(struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	return pull(set, q, "artifact", "Artifact", err);
}

const struct quadlet_type quadlet_image = {
	.ext = ".image",
	.section = "Image",
	.suffix = "-image",
	.keys = image_keys,
	.resource = image_resource,
	.convert = image_convert,
};

const struct quadlet_type quadlet_artifact = {
	.ext = ".artifact",
	.section = "Artifact",
	.suffix = "-artifact",
	.keys = artifact_keys,
	.resource = artifact_resource,
	.convert = artifact_convert,
};
