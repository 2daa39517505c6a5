#include "runtime/clone.h"

#include "network/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/requires.h"
#include "runtime/spec.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORT_ID 12

/* Return: a copy of @text in which @old is @new everywhere; the caller owns it */
static char *replace_all(const char *text, const char *old, const char *new)
{
	struct buf out = {0};
	const char *at;

	while ((at = strstr(text, old))) {
		buf_add(&out, text, (size_t)(at - text));
		buf_adds(&out, new);
		text = at + strlen(old);
	}
	buf_adds(&out, text);
	return buf_take(&out);
}

/* Return: a copy of a record, with the new id for the old one; a new reference */
static json_t *with_id(const json_t *record, const char *old, const char *new)
{
	_cleanup_free_ char *text = json_text(record), *own = replace_all(text, old, new);
	json_t *out = NULL;

	json_parse(own, strlen(own), "record", &out, NULL);
	return out;
}

/* the host name is the beginning of the id, unless the user chose one */
static void new_hostname(json_t *record, json_t *config, const char *old, const char *new)
{
	json_t *rc = json_object_get(record, "config"), *env;
	_cleanup_free_ char *was = xstrndup(old, SHORT_ID), *is = xstrndup(new, SHORT_ID),
			    *was_env = xasprintf("HOSTNAME=%s", was);
	json_t *one;
	size_t i;

	if (str_eq(json_get_str(rc, "Hostname", ""), was))
		json_set_str(rc, "Hostname", is);
	if (str_eq(json_get_str(config, "hostname", ""), was))
		json_set_str(config, "hostname", is);
	env = json_object_get(json_object_get(config, "process"), "env");
	json_array_foreach (env, i, one)
		if (str_eq(json_string_value(one), was_env))
			json_array_set_new(env, i, json_sprintf("HOSTNAME=%s", is));
}

static void new_image(json_t *record, const struct image *img)
{
	json_set_str(record, "image", img->names.n ? img->names.v[0] : img->id);
	json_set_str(record, "imageId", img->id);
	json_set_str(record, "imageDigest", img->digest ? img->digest : "");
	json_object_set_new(record, "diffIds", json_from_strv(&img->diff_ids));
	json_object_del(record, "sharedStore");
	json_set_str(record, "sharedStore", img->shared);
}

/* what is the other one's alone */
static void drop_own(json_t *record)
{
	json_t *v;
	size_t i;

	json_object_del(record, "created");
	json_object_del(record, "renaming");
	json_object_del(record, "conmonPidFile");
	json_object_del(record, "pidFile");
	json_object_del(json_object_get(record, "hostConfig"), "ContainerIDFile");
	json_object_del(json_object_get(record, "config"), "PidFile");
	/* they are not to vanish where making this one fails */
	json_array_foreach (json_object_get(record, "volumes"), i, v)
		json_object_del(v, "anonymous");
}

static int check(const struct container *c, const struct image *img, struct err *err)
{
	const char *userns =
		json_get_str(json_object_get(c->record, "hostConfig"), "UsernsMode", "");

	if (c->status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged",
			container_label(c));
	if (json_get_bool(c->record, "baseBelow", false)) {
		err_say(err, EOPNOTSUPP, "container %s is a sandbox", container_label(c));
		return err_hint(err, "begin another one with 'rl sandbox'");
	}
	if (str_eq(userns, "auto") || str_after(userns, "auto:")) {
		err_say(err, EOPNOTSUPP, "container %s has ids that are its own (--userns auto)",
			container_label(c));
		return err_hint(err, "make another one as this one was made: 'rl inspect -f "
				     "\"{{.Config.CreateCommand}}\"' tells how");
	}
	if (json_object_get(c->record, "selinuxLevel")) {
		err_say(err, EOPNOTSUPP, "container %s has SELinux categories that are its own",
			container_label(c));
		return err_hint(err, "make another one as this one was made: 'rl inspect -f "
				     "\"{{.Config.CreateCommand}}\"' tells how");
	}
	if (img && !json_object_get(c->record, "diffIds"))
		return err_say(
			err, ERR_USAGE, "container %s is not made of an image", container_label(c));
	if (img && json_object_get(c->record, "idMaps"))
		return err_say(err, EOPNOTSUPP,
			"container %s has an id mapping of its own, for which only its own image "
			"is prepared",
			container_label(c));
	return 0;
}

struct source {
	const struct container *from;
	const struct net_conf *net;
};

/* what is the container's alone, or made anew */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {"container.json", "config.json", "exit.json", "started",
		"mounted", "record.lock", "hosts", "hostname", "resolv.conf", "ctr.log",
		"ctr.log.1"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static int copy_file(int from, int to, const char *name, mode_t mode, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = SIZE_MAX};
	int r = fs_read_at(from, name, &b, err);

	if (r == 0)
		r = fs_write_at(to, name, b.data, b.len, mode, FS_FRESH, err);
	/* it may be a secret */
	if (b.data)
		explicit_bzero(b.data, b.len);
	return r;
}

/* the regular files of a directory; what the storage driver keeps is in directories of its own */
static int copy_files(int from, int to, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(from, ".", &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct stat st;

		if (!is_left_out(names.v[i]) &&
			fstatat(from, names.v[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			r = copy_file(from, to, names.v[i], st.st_mode & 0777, err);
	}
	return r;
}

static int fill(int dirfd, const json_t *record, void *arg, struct err *err)
{
	const struct source *s = arg;
	const char *hostname = json_get_str(json_object_get(record, "config"), "Hostname", "");
	_cleanup_close_ int from = -EBADF, to = -EBADF;
	int r = copy_files(s->from->dirfd, dirfd, err);

	if (r == 0)
		r = net_write_files(s->net, dirfd, hostname, json_get_str(record, "name", ""), err);
	if (r < 0 || !json_object_get(record, "secrets"))
		return r;
	from = fs_opendir_at(s->from->dirfd, "secrets", err);
	if (from < 0)
		return from;
	r = fs_mkdirs_at(dirfd, "secrets", 0700, err);
	if (r == 0)
		r = to = fs_opendir_at(dirfd, "secrets", err);
	return r < 0 ? r : copy_files(from, to, err);
}

int container_clone(struct container *from, const char *name, const struct image *img,
	const struct limit_opts *limits, struct container *ret, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *config = NULL, *old = NULL;
	_cleanup_(net_conf_done) struct net_conf net = {0};
	struct source source = {.from = from, .net = &net};
	char id[65];
	int r = check(from, img, err);

	if (r == 0)
		r = container_config(from, &old, err);
	if (r < 0)
		return r;
	fs_random_hex(id, 64);
	record = with_id(from->record, from->id, id);
	config = with_id(old, from->id, id);
	if (!record || !config)
		return err_say(err, EBADMSG, "the records of container %s cannot be copied",
			container_label(from));
	new_hostname(record, config, from->id, id);
	drop_own(record);
	json_set_str(record, "name", name);
	if (img)
		new_image(record, img);
	r = spec_change(config, &(struct spec_changes){.limits = limits}, err);
	if (r == 0)
		r = net_from_json(json_object_get(record, "network"), &net, err);
	if (r == 0)
		r = container_create(from->cs, record, config, fill, &source, ret, err);
	return r < 0 ? r : requires_note(ret, err);
}
