#include "runtime/spec.h"

#include "runtime/base/clock.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/capname.h"
#include "runtime/process.h"
#include "runtime/spec_parts.h"
#include "storage/ref.h"

#include <signal.h>

#define OCI_VERSION	     "1.2.0"
#define STOP_TIMEOUT_DEFAULT 10
/* labels that rl writes itself; an image has no say in them */
#define LABEL_RESERVED "io.rl."

/* KEY=VALUE or KEY of --label and --annotation */
static int pair_set(json_t *obj, const char *flag, const char *text, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
	const char *value = strchr(text, '=');
	json_t *k = NULL;

	if (!*key) {
		err_set(err, ERR_USAGE, "%s '%.80s' has no key", flag, text);
		return err_hint(err, "write %s KEY=VALUE", flag);
	}
	k = json_str(key);
	json_object_set_new(obj, json_string_value(k), json_str(value ? value + 1 : ""));
	json_decref(k);
	return 0;
}

/* Of the record only what is not as usual is written: `rl ps` parses one for each of its lines. */
static void record_flag(json_t *obj, const char *key, bool on)
{
	if (on)
		json_object_set_new(obj, key, json_true());
}

static void record_drop_empty(json_t *obj, const char *key)
{
	if (json_object_size(json_object_get(obj, key)) == 0)
		json_object_del(obj, key);
}

static int label_line(void *labels, const char *text, struct err *err)
{
	return pair_set(labels, "--label", text, err);
}

static int record_labels(struct spec *s, struct err *err)
{
	json_t *labels = json_object(), *value;
	const char *key;
	int r;

	json_object_set_new(s->record, "labels", labels);
	json_object_foreach (json_object_get(s->image_config, "Labels"), key, value)
		if (json_is_string(value) && !str_after(key, LABEL_RESERVED))
			json_object_set(labels, key, value);
	strv_foreach (i, path, &s->o->label_file) {
		r = spec_lines("--label-file", path, label_line, labels, err);
		if (r < 0)
			return r;
	}
	strv_foreach (i, text, &s->o->labels) {
		r = pair_set(labels, "--label", text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int config_annotations(struct spec *s, struct err *err)
{
	json_t *annotations;
	int r;

	bool keep = strv_has(&s->o->group_add, "keep-groups");

	if (s->o->annotations.n == 0 && !keep)
		return 0;
	annotations = json_object();
	if (keep)
		json_set_str(annotations, PROCESS_KEEP_GROUPS, "1");
	json_object_set_new(s->config, "annotations", annotations);
	strv_foreach (i, text, &s->o->annotations) {
		if (!strchr(text, '=')) {
			err_set(err, ERR_USAGE, "--annotation '%.80s' is not KEY=VALUE", text);
			return err_hint(err, "write --annotation KEY=VALUE; VALUE may be empty");
		}
		r = pair_set(annotations, "--annotation", text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int record_stop(struct spec *s, struct err *err)
{
	const char *image = json_get_str(s->image_config, "StopSignal", "");
	int64_t timeout = s->o->stop_timeout;
	int sig = SIGTERM;

	/* an image's nonsense is left out, the user's is an error */
	if (*image && parse_signal(image, &sig) < 0)
		sig = SIGTERM;
	if (s->o->stop_signal && parse_signal(s->o->stop_signal, &sig) < 0) {
		err_set(err, ERR_USAGE, "--stop-signal '%.40s' is not a signal", s->o->stop_signal);
		return err_hint(err, "write a name such as SIGTERM, or a number from 1 to 64");
	}
	if (timeout < -1 || timeout > INT32_MAX / 2000)
		return err_set(err, ERR_USAGE, "--stop-timeout: %lld is not a number of seconds",
			(long long)timeout);
	if (sig != SIGTERM)
		json_object_set_new(s->record, "stopSignal", json_integer(sig));
	if (timeout >= 0 && timeout != STOP_TIMEOUT_DEFAULT)
		json_object_set_new(s->record, "stopTimeout", json_integer(timeout));
	return 0;
}

/* the image's canonical name, as far as it is known by one, else what the user wrote */
static void record_image(struct spec *s)
{
	_cleanup_free_ char *name = NULL;
	struct ref ref = {0};

	if (s->o->image && s->img && ref_parse(s->o->image, &ref, NULL) == 0)
		name = ref_format(&ref);
	ref_done(&ref);
	if (s->img && (!name || !strv_has(&s->img->names, name))) {
		free(name);
		name = xstrdup(s->img->names.n ? s->img->names.v[0] : s->img->id);
	}
	/* no image, but `rl ps` shows what is in its place */
	if (s->o->rootfs || s->o->sandbox)
		name = xstrdup(s->o->image);
	json_set_str(s->record, "image", name ? name : "");
	json_set_str(s->record, "imageId", s->img ? s->img->id : "");
	json_set_str(s->record, "imageDigest", s->img && s->img->digest ? s->img->digest : "");
	if (!s->o->rootfs && !s->o->sandbox)
		json_object_set_new(s->record, "diffIds",
			s->img ? json_from_strv(&s->img->diff_ids) : json_array());
	if (s->img)
		json_set_str(s->record, "sharedStore", s->img->shared);
}

/*
 * Only what inspect shows and config.json does not have; and of that, only what is not as usual: the record is read for
 * every line of `rl ps`.
 */
static void record_inspect(struct spec *s)
{
	const struct spec_opts *o = s->o;
	json_t *host = json_object_get(s->record, "hostConfig"), *config = json_object();
	const char *user = o->user   ? o->user
			   : s->kept ? s->kept
				     : json_get_str(s->image_config, "User", NULL);
	_cleanup_strv_ struct strv entry = {0}, cmd = {0};
	const char *const modes[][2] = {{"PidMode", o->pid}, {"IpcMode", o->ipc},
		{"UTSMode", o->uts}, {"UsernsMode", s->userns}, {"CgroupMode", o->cgroupns},
		{"TimeMode", o->time},
		{"NetworkMode", o->network.n ? o->network.v[0] : "slirp4netns"}};
	const struct {
		const char *key;
		const struct strv *list;
	} lists[] = {{"CapAdd", &o->cap_add}, {"CapDrop", &o->cap_drop},
		{"SecurityOpt", &o->security_opt}, {"Devices", &o->device},
		{"GroupAdd", &o->group_add}};
	json_t *volumes = json_object_get(s->image_config, "Volumes");

	/* what is shared stands there by its id already */
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!json_object_get(host, modes[i][0]))
			json_set_str(host, modes[i][0], modes[i][1]);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		json_set_strv(host, lists[i].key, lists[i].list);
	record_flag(host, "Privileged", o->privileged);
	record_flag(host, "PublishAllPorts", o->publish_all);
	record_flag(host, "Init", o->init);
	json_set_str(host, "InitPath", o->init_path);
	json_set_str(host, "ContainerIDFile", o->cidfile);
	json_set_str(config, "Timezone", o->tz);

	json_object_set_new(s->record, "config", config);
	json_set_str(config, "Hostname", s->hostname);
	if (!str_empty(user))
		json_set_str(config, "User", user);
	record_flag(config, "UserKept", !o->user && s->kept);
	spec_args(o, s->image_config, &entry, &cmd, NULL);
	json_set_strv(config, "Entrypoint", &entry);
	json_set_strv(config, "Cmd", &cmd);
	if (json_object_size(s->exposed) > 0)
		json_object_set(config, "ExposedPorts", s->exposed);
	if (json_is_object(volumes))
		json_object_set(config, "Volumes", volumes);
}

static int spec_record(struct spec *s, struct err *err)
{
	char text[CLOCK_TEXT_MAX];
	int r;

	json_object_set_new(s->record, "version", json_integer(1));
	json_set_str(s->record, "id", s->id);
	if (s->o->name && !str_is_name(s->o->name)) {
		err_set(err, ERR_USAGE, "'%.80s' is not a name for a container", s->o->name);
		return err_hint(err,
			"letters, digits, '_', '.' and '-', beginning with a letter or a digit");
	}
	json_set_str(s->record, "name", s->o->name);
	json_set_str(s->record, "created", clock_text_now(text));
	record_image(s);
	json_object_set_new(s->record, "hostConfig", json_object());
	record_flag(s->record, "tty", s->o->tty);
	record_flag(s->record, "stdin", s->o->interactive);
	record_flag(s->record, "autoRemove", s->o->rm);
	r = record_labels(s, err);
	if (r >= 0)
		r = record_stop(s, err);
	if (r >= 0)
		r = spec_log(s, err);
	record_drop_empty(s->record, "labels");
	record_drop_empty(s->record, "logOpts");
	return r;
}

static void spec_done(struct spec *s)
{
	json_decref(s->config);
	json_decref(s->record);
	json_decref(s->exposed);
	strv_done(&s->mask);
	strv_done(&s->unmask);
	strv_done(&s->proc_opts);
	free(s->seccomp);
	free(s->apparmor);
	selinux_opts_done(&s->label);
	free(s->kept);
	idmaps_done(&s->maps);
}

static int spec_assemble(struct spec *s, struct err *err)
{
	static int (*const parts[])(struct spec *, struct err *) = {spec_record, spec_add_life,
		spec_add_userns, spec_add_namespaces, spec_add_cgroup, spec_add_resources,
		spec_add_process, spec_add_security, spec_add_mounts, spec_add_secrets,
		spec_add_files, spec_add_accounts, config_annotations};

	json_set_str(s->config, "ociVersion", OCI_VERSION);
	json_object_set_new(s->config, "process", s->process);
	json_object_set_new(s->config, "linux", s->os);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int r = parts[i](s, err);

		if (r < 0)
			return r;
	}
	record_inspect(s);
	json_object_set_new(s->record, "network", net_to_json(s->net));
	return 0;
}

int spec_make(const struct containers *cs, const struct spec_opts *o, const struct image *img,
	json_t **ret_record, json_t **ret_config, struct net_conf *ret_net, struct err *err)
{
	struct net_conf net = {0};
	_cleanup_(spec_done) struct spec s = {
		.cs = cs,
		.o = o,
		.img = img,
		.image_config = img ? json_object_get(img->config, "config") : NULL,
		.config = json_object(),
		.record = json_object(),
		.os = json_object(),
		.process = json_object(),
		.net = &net,
	};
	int r;

	fs_random_hex(s.id, 64);
	r = spec_assemble(&s, err);
	if (r < 0) {
		net_conf_done(&net);
		return r;
	}
	*ret_record = take_ptr(s.record);
	*ret_config = take_ptr(s.config);
	*ret_net = net;
	return 0;
}
