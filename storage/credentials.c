#include "storage/credentials.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "storage/registries.h"
#include "userns/account.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <unistd.h>

#define AUTH_CAP	  ((size_t)1 << 20)
#define HELPER_CAP	  ((size_t)64 << 10)
#define HELPER_TIMEOUT_MS 60000 /* it may have to ask the user to unlock a keyring */

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

/* RFC 4648, padding optional; NULL for anything else, also for a NUL inside */
static char *base64_decode(const char *s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	_cleanup_buf_ struct buf b = {.cap = AUTH_CAP};
	unsigned bits = 0, n = 0;

	for (; *s && *s != '='; s++) {
		const char *at = strchr(digits, *s);

		if (!at)
			return NULL;
		bits = bits << 6 | (unsigned)(at - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			if ((bits >> n & 0xff) == 0)
				return NULL;
			buf_addc(&b, (char)(bits >> n & 0xff));
		}
	}
	if (strspn(s, "=") != strlen(s))
		return NULL;
	return b.len ? buf_take(&b) : NULL;
}

/* docker.io goes by other names in files that docker wrote */
static bool same_host(const char *a, const char *b)
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

/* how well an entry fits: bytes of its namespace + 1, 0 if not at all */
static size_t entry_match(const char *key, const char *host, const char *path)
{
	size_t len = strcspn(key, "/");
	_cleanup_free_ char *key_host = xstrndup(key, len);
	const char *ns = key[len] ? key + len + 1 : "";

	if (!same_host(key_host, host))
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

static int read_answer(int fd, struct buf *ret)
{
	int64_t end = clock_ms() + HELPER_TIMEOUT_MS;
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

static int run_helper(const char *name, const char *server, struct buf *out, struct err *err)
{
	_cleanup_free_ char *program = xasprintf("docker-credential-%s", name);
	char *argv[] = {program, (char[]){"get"}, NULL};
	_cleanup_close_ int in_rd = -EBADF, in_wr = -EBADF, out_rd = -EBADF, out_wr = -EBADF;
	struct proc_fd fds[2];
	struct proc_opts opts = {.path = program,
		.argv = argv,
		.fds = fds,
		.nfds = 2,
		.search = true,
		.keep_stdio = true,
		.pdeathsig = SIGTERM};
	int r, status;
	pid_t pid;

	if (!str_is_name(name))
		return err_set(err, ERR_REGISTRY, "credential helper with a malformed name");
	r = fd_pipe(&in_rd, &in_wr, err);
	if (r < 0)
		return r;
	r = fd_pipe(&out_rd, &out_wr, err);
	if (r < 0)
		return r;
	fds[0] = (struct proc_fd){in_rd, 0};
	fds[1] = (struct proc_fd){out_wr, 1};
	/* It fits into the pipe, so this cannot block; nor break, as it would once a helper that does not read it has ended. */
	fd_write_full(in_wr, server, strlen(server));
	pid = proc_spawn(&opts, err);
	if (pid < 0) {
		/* not ENOENT, which says that there is no credentials file */
		err_say(err, ERR_REGISTRY, "%s cannot be executed: %s", program, strerror(-pid));
		return err_hint(err, "install %s, or remove it from the credentials file", program);
	}
	in_rd = fd_close(in_rd);
	out_wr = fd_close(out_wr);
	in_wr = fd_close(in_wr);
	r = read_answer(out_rd, out);
	if (r < 0)
		kill(pid, SIGKILL);
	status = proc_wait(pid);
	if (r < 0)
		return err_set(err, -r, "answer of %s", program);
	return status;
}

/* Return: as credentials_find() */
static int ask_helper(const char *name, const char *host, struct credentials *ret, struct err *err)
{
	const char *server = same_host(host, "docker.io") ? "https://index.docker.io/v1/" : host;
	_cleanup_buf_ struct buf out = {.cap = HELPER_CAP};
	_cleanup_json_ json_t *answer = NULL;
	const char *user, *secret;
	int r = run_helper(name, server, &out, err);

	if (r < 0)
		return r;
	if (r > 0) {
		if (strstr(buf_str(&out), "credentials not found"))
			return 0;
		return err_set(err, ERR_REGISTRY, "docker-credential-%s failed with exit code %d",
			name, r);
	}
	r = json_parse(buf_str(&out), out.len, "answer of the credential helper", &answer, err);
	if (r < 0)
		return r;
	user = json_get_str(answer, "Username", "");
	secret = json_get_str(answer, "Secret", "");
	if (!*secret)
		return 0;
	if (str_eq(user, "<token>")) {
		ret->identity_token = xstrdup(secret);
	} else {
		ret->user = xstrdup(user);
		ret->password = xstrdup(secret);
	}
	return 1;
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
		r = ask_helper(json_string_value(entry), host, &c, err);
	if (r == 0) {
		entry = best_entry(json_object_get(file, "auths"), host, path);
		if (json_is_object(entry))
			r = from_entry(entry, what, host, &c, err);
	}
	if (r == 0 && *store)
		r = ask_helper(store, host, &c, err);
	if (r > 0)
		*ret = c;
	return r;
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
	r = read_answer(fd, &b);
	if (r < 0)
		return err_set(err, -r, "read %s", file);
	if (b.len == 0)
		return 0;
	r = json_parse(buf_str(&b), b.len, file, &j, err);
	return r < 0 ? r : credentials_lookup(j, file, host, path, ret, err);
}

static void usual_files(struct strv *files)
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
	usual_files(&files);
	strv_foreach (i, file, &files) {
		int r = find_in(file, host, path, ret, err);

		if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
			continue;
		if (r != 0)
			return r;
	}
	return 0;
}
