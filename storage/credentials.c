#include "storage/credentials.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/base64.h"
#include "storage/credhelper.h"
#include "storage/registries.h"
#include "userns/account.h"

#include <fcntl.h>
#include <poll.h>
#include <strings.h>
#include <unistd.h>

#define AUTH_CAP	((size_t)1 << 20)
#define READ_TIMEOUT_MS 60000 /* a helper may have to ask the user to unlock a keyring */

void credentials_done(struct credentials *c)
{
	if (c->password)
		explicit_bzero(c->password, strlen(c->password));
	if (c->identity_token)
		explicit_bzero(c->identity_token, strlen(c->identity_token));
	free(c->user);
	free(c->password);
	free(c->identity_token);
	*c = (struct credentials){0};
}

int credentials_parse(const char *text, struct credentials *ret, struct err *err)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !colon[1]) {
		err_set(err, ERR_USAGE, "--creds wants USER:PASSWORD");
		return -ERR_USAGE;
	}
	ret->user = xstrndup(text, (size_t)(colon - text));
	ret->password = xstrdup(colon + 1);
	return 0;
}

/* docker.io goes by other names in files that docker wrote */
bool credentials_same_host(const char *a, const char *b)
{
	static const char *const hub[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
	bool hub_a = false, hub_b = false;

	for (size_t i = 0; i < ARRAY_SIZE(hub); i++) {
		hub_a |= strcasecmp(a, hub[i]) == 0;
		hub_b |= strcasecmp(b, hub[i]) == 0;
	}
	return strcasecmp(a, b) == 0 || (hub_a && hub_b);
}

/* "https://index.docker.io/v1/" → "index.docker.io": old entries are URLs, and have no namespace */
static char *entry_key(const char *key)
{
	const char *rest = str_after(key, "https://");
	_cleanup_free_ char *host = NULL;

	if (!rest)
		rest = str_after(key, "http://");
	host = rest ? xstrndup(rest, strcspn(rest, "/")) : xstrdup(key);
	if (str_ends(host, "/v1/") || str_ends(host, "/v2/"))
		host[strlen(host) - 4] = '\0';
	else if (str_ends(host, "/"))
		host[strlen(host) - 1] = '\0';
	return take_ptr(host);
}

bool credentials_is_key(const char *key, const char *wanted)
{
	_cleanup_free_ char *plain = entry_key(key);
	size_t a = strcspn(plain, "/"), b = strcspn(wanted, "/");
	_cleanup_free_ char *host_a = xstrndup(plain, a), *host_b = xstrndup(wanted, b);

	return credentials_same_host(host_a, host_b) && str_eq(plain + a, wanted + b);
}

/* how well an entry fits: bytes of its namespace + 1, 0 if not at all */
static size_t entry_match(const char *key, const char *host, const char *path)
{
	size_t len = strcspn(key, "/");
	_cleanup_free_ char *key_host = xstrndup(key, len);
	const char *ns = key[len] ? key + len + 1 : "";

	if (!credentials_same_host(key_host, host))
		return 0;
	if (!*ns)
		return 1;
	if (strncmp(path, ns, strlen(ns)) != 0 ||
		(path[strlen(ns)] != '\0' && path[strlen(ns)] != '/'))
		return 0;
	return strlen(ns) + 1;
}

/* the member of an object whose key fits best */
static const json_t *best_entry(const json_t *obj, const char *host, const char *path)
{
	const json_t *best = NULL;
	const char *name;
	json_t *value;
	size_t best_len = 0;

	json_object_foreach ((json_t *)(uintptr_t)obj, name, value) {
		_cleanup_free_ char *key = entry_key(name);
		size_t len = entry_match(key, host, path);

		if (len > best_len) {
			best = value;
			best_len = len;
		}
	}
	return best;
}

static int from_entry(const json_t *entry, const char *what, const char *host,
	struct credentials *ret, struct err *err)
{
	const char *auth = json_get_str(entry, "auth", ""),
		   *token = json_get_str(entry, "identitytoken", "");
	_cleanup_free_ char *plain = NULL;
	char *colon;

	if (*token)
		ret->identity_token = xstrdup(token);
	if (!*auth)
		return *token ? 1 : 0;
	plain = base64_decode(auth);
	colon = plain ? strchr(plain, ':') : NULL;
	if (!colon) {
		credentials_done(ret);
		err_set(err, ERR_REGISTRY, "%s: the entry for %s is damaged", what, host);
		return err_hint(err, "log in to %s again", host);
	}
	ret->user = xstrndup(plain, (size_t)(colon - plain));
	ret->password = xstrdup(colon + 1);
	explicit_bzero(plain, strlen(plain));
	return 1;
}

int credentials_lookup(const json_t *file, const char *what, const char *host, const char *path,
	struct credentials *ret, struct err *err)
{
	const json_t *entry = best_entry(json_object_get(file, "credHelpers"), host, path);
	const char *store = json_get_str(file, "credsStore", "");
	struct credentials c = {0};
	int r = 0;

	if (json_is_string(entry))
		r = credhelper_get(json_string_value(entry), host, &c, err);
	if (r == 0) {
		entry = best_entry(json_object_get(file, "auths"), host, path);
		if (json_is_object(entry))
			r = from_entry(entry, what, host, &c, err);
	}
	if (r == 0 && *store)
		r = credhelper_get(store, host, &c, err);
	if (r > 0)
		*ret = c;
	return r;
}

int credentials_read(int fd, struct buf *ret)
{
	int64_t end = clock_ms() + READ_TIMEOUT_MS;
	char chunk[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - clock_ms();
		ssize_t n;

		if (left <= 0 || (n = poll(&p, 1, (int)left)) == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno == EINTR)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (buf_add(ret, chunk, (size_t)n) < 0)
			return -E2BIG;
	}
}

/* Return: as credentials_find(); -ENOENT if the file is missing */
static int find_in(const char *file, const char *host, const char *path, struct credentials *ret,
	struct err *err)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_buf_ struct buf b = {.cap = AUTH_CAP};
	_cleanup_json_ json_t *j = NULL;
	int r;

	if (fd < 0)
		return err_set(err, errno, "open %s", file);
	r = credentials_read(fd, &b);
	if (r < 0)
		return err_set(err, -r, "read %s", file);
	if (b.len == 0)
		return 0;
	r = json_parse(buf_str(&b), b.len, file, &j, err);
	return r < 0 ? r : credentials_lookup(j, file, host, path, ret, err);
}

void credentials_files(struct strv *files)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *docker = getenv("DOCKER_CONFIG");
	_cleanup_free_ char *config = registries_config_dir(), *home = account_home();

	if (path_is_abs(runtime))
		strv_addf(files, "%s/containers/auth.json", runtime);
	else
		strv_addf(files, "/run/containers/%u/auth.json", getuid());
	if (config)
		strv_addf(files, "%s/auth.json", config);
	if (path_is_abs(docker))
		strv_addf(files, "%s/config.json", docker);
	else if (home)
		strv_addf(files, "%s/.docker/config.json", home);
}

int credentials_find(const char *authfile, const char *host, const char *path,
	struct credentials *ret, struct err *err)
{
	_cleanup_strv_ struct strv files = {0};

	if (!authfile)
		authfile = getenv("REGISTRY_AUTH_FILE");
	if (!str_empty(authfile))
		return find_in(authfile, host, path, ret, err);
	credentials_files(&files);
	strv_foreach (i, file, &files) {
		int r = find_in(file, host, path, ret, err);

		if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
			continue;
		if (r != 0)
			return r;
	}
	return 0;
}
