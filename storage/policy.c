#include "storage/policy.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/registries.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY_CAP ((size_t)1 << 20)
#define KEY_CAP	   ((size_t)64 << 10)
#define HINT	   "see containers-policy.json(5)"

static const char *const types[] = {
	"insecureAcceptAnything", "reject", "signedBy", "sigstoreSigned"};

/* A requirement of a kind that is not known must not count as met. */
static int check_list(const json_t *list, const char *what, const char *scope, struct err *err)
{
	json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0) {
		err_say(err, EBADMSG, "%s: \"%.100s\" is no list of requirements", what, scope);
		return err_hint(err, HINT);
	}
	json_array_foreach (list, i, one) {
		const char *type = json_get_str(one, "type", "");
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(types); k++)
			known = known || str_eq(type, types[k]);
		if (!known) {
			err_say(err, EBADMSG,
				"%s: \"%.100s\" has a requirement of the unknown type \"%.60s\"",
				what, scope, type);
			return err_hint(err, HINT);
		}
	}
	return 0;
}

static int check_file(const json_t *file, const char *what, struct err *err)
{
	json_t *scopes, *list;
	const char *transport, *scope;
	int r = check_list(json_object_get(file, "default"), what, "default", err);

	json_object_foreach (json_object_get(file, "transports"), transport, scopes)
		json_object_foreach (scopes, scope, list)
			if (r == 0)
				r = check_list(list, what, *scope ? scope : transport, err);
	return r;
}

int policy_parse(
	const char *text, size_t len, const char *what, struct policy *ret, struct err *err)
{
	_cleanup_json_ json_t *file = NULL;
	int r = json_parse(text, len, what, &file, err);

	if (r == 0)
		r = check_file(file, what, err);
	if (r < 0)
		return r;
	*ret = (struct policy){take_ptr(file), xstrdup(what)};
	return 0;
}

/* Return: 1 if the file is there, 0 if not */
static int load_file(const char *path, struct policy *ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = POLICY_CAP};
	int r = fs_read_at(AT_FDCWD, path, &b, err);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		r = policy_parse(buf_str(&b), b.len, path, ret, err);
	return r < 0 ? r : 1;
}

int policy_load_default(struct policy *ret, struct err *err)
{
	_cleanup_free_ char *dir = registries_config_dir();
	_cleanup_free_ char *mine = dir ? path_join(dir, "policy.json") : NULL;
	struct policy p = {0};
	int r = mine ? load_file(mine, &p, err) : 0;

	if (r == 0)
		r = load_file("/etc/containers/policy.json", &p, err);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

static int read_key(const char *path, json_t *keys, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = KEY_CAP};
	int r = fs_read_at(AT_FDCWD, path, &b, err);

	if (r < 0)
		return err_wrap(err, "read the public key of the signature policy");
	json_array_append_new(keys, json_str(buf_str(&b)));
	return 0;
}

/* The keys of a requirement come along as texts: where they are used, nobody may read the user's files. */
static int add_keys(json_t *requirement, struct err *err)
{
	const char *path = json_get_str(requirement, "keyPath", NULL),
		   *data = json_get_str(requirement, "keyData", NULL);
	_cleanup_strv_ struct strv paths = {0}, datas = {0};
	json_t *keys = json_array(), *encoded = json_array();
	int r = 0;

	json_object_set_new(requirement, "keys", keys);
	json_object_set_new(requirement, "keysBase64", encoded);
	json_get_strv(requirement, "keyPaths", &paths);
	json_get_strv(requirement, "keyDatas", &datas);
	if (path)
		strv_add(&paths, path);
	if (data)
		strv_add(&datas, data);
	strv_foreach (i, one, &datas)
		json_array_append_new(encoded, json_str(one));
	strv_foreach (i, one, &paths)
		if (r == 0)
			r = read_key(one, keys, err);
	return r;
}

static int take_list(const json_t *list, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *copy = json_deep_copy(list);
	json_t *one;
	size_t i;
	int r = 0;

	json_array_foreach (copy, i, one)
		if (r == 0 && str_eq(json_get_str(one, "type", ""), "sigstoreSigned"))
			r = add_keys(one, err);
	if (r == 0)
		*ret = take_ptr(copy);
	return r;
}

static const json_t *scope_of(const struct policy *p, const char *transport, const char *scope)
{
	return json_path(p->file, "transports", transport, scope, NULL);
}

/* the list for @scope or the longest of its prefixes that ends at a '/' */
static const json_t *find_prefix(const struct policy *p, const char *transport, const char *scope)
{
	_cleanup_free_ char *text = xstrdup(scope);
	const json_t *list;
	char *slash;

	for (;;) {
		list = scope_of(p, transport, text);
		slash = strrchr(text, '/');
		if (list || !slash)
			return list;
		*slash = '\0';
	}
}

static const json_t *find_domain(const struct policy *p, const char *host)
{
	_cleanup_free_ char *name = xstrndup(host, strcspn(host, ":"));
	const json_t *list = NULL;

	for (const char *dot = strchr(name, '.'); dot && !list; dot = strchr(dot + 1, '.')) {
		_cleanup_free_ char *scope = xasprintf("*%s", dot);

		list = scope_of(p, "docker", scope);
	}
	return list;
}

int policy_for_ref(const struct policy *p, const struct ref *ref, json_t **ret, struct err *err)
{
	_cleanup_free_ char *full = ref_format(ref), *name = ref_name(ref);
	const json_t *list;

	if (!p->file) {
		*ret = NULL;
		return 0;
	}
	list = scope_of(p, "docker", full);
	if (!list)
		list = find_prefix(p, "docker", name);
	if (!list)
		list = find_domain(p, ref->host);
	if (!list)
		list = scope_of(p, "docker", "");
	if (!list)
		list = json_object_get(p->file, "default");
	return take_list(list, ret, err);
}

int policy_for_archive(const struct policy *p, const char *transport, const char *path,
	json_t **ret, struct err *err)
{
	const json_t *list;

	if (!p->file) {
		*ret = NULL;
		return 0;
	}
	list = path ? find_prefix(p, transport, path) : NULL;
	if (!list)
		list = scope_of(p, transport, "");
	if (!list)
		list = json_object_get(p->file, "default");
	return take_list(list, ret, err);
}

int policy_for_load(const char *path, json_t **ret, struct err *err)
{
	static const char *const files[] = {"docker-archive", "oci-archive"}, *const dirs[] = {
										      "dir", "oci"};
	_cleanup_free_ char *real = path ? realpath(path, NULL) : NULL;
	_cleanup_(policy_done) struct policy p = {0};
	_cleanup_json_ json_t *all = json_object();
	struct stat st;
	bool dir = real && stat(real, &st) == 0 && S_ISDIR(st.st_mode);
	int r = policy_load_default(&p, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		const char *transport = dir ? dirs[i] : files[i];
		json_t *list = NULL;

		r = policy_for_archive(&p, transport, real, &list, err);
		if (list)
			json_object_set_new(all, transport, list);
	}
	if (r == 0)
		*ret = take_ptr(all);
	return r;
}

int policy_check_unsigned(const json_t *requirements, const char *what, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach (requirements, i, one) {
		const char *type = json_get_str(one, "type", "");

		if (str_eq(type, "insecureAcceptAnything"))
			continue;
		if (str_eq(type, "reject"))
			err_say(err, EACCES, "%s is rejected by the signature policy", what);
		else
			err_say(err, EACCES,
				"%s has no signature, which the signature policy asks for", what);
		return err_hint(err,
			"policy.json in ~/.config/containers or /etc/containers says so; " HINT);
	}
	return 0;
}

void policy_done(struct policy *p)
{
	json_decref(p->file);
	free(p->what);
	*p = (struct policy){0};
}
