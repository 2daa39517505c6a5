#include "storage/credhelper.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <signal.h>
#include <unistd.h>

#define HELPER_CAP ((size_t)64 << 10)

/* Return: exit code, or a negative errno */
static int run_helper(
	const char *name, const char *verb, const char *input, struct buf *out, struct err *err)
{
	_cleanup_free_ char *program = xasprintf("docker-credential-%s", name);
	char *argv[] = {program, (char *)(uintptr_t)verb, NULL};
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
	fd_write_full(in_wr, input, strlen(input));
	pid = proc_spawn(&opts, err);
	if (pid < 0) {
		/* not ENOENT, which says that there is no credentials file */
		err_say(err, ERR_REGISTRY, "%s cannot be executed: %s", program, strerror(-pid));
		return err_hint(err, "install %s, or remove it from the credentials file", program);
	}
	in_rd = fd_close(in_rd);
	out_wr = fd_close(out_wr);
	in_wr = fd_close(in_wr);
	r = credentials_read(out_rd, out);
	if (r < 0)
		kill(pid, SIGKILL);
	status = proc_wait(pid);
	if (r < 0)
		return err_set(err, -r, "answer of %s", program);
	return status;
}

/* the name that docker and its helpers know a registry by */
static const char *server_of(const char *host)
{
	return credentials_same_host(host, "docker.io") ? "https://index.docker.io/v1/" : host;
}

static int helper_failed(const char *name, int code, struct buf *out, struct err *err)
{
	size_t len = strcspn(buf_str(out), "\r\n");

	return err_say(err, ERR_REGISTRY, "docker-credential-%s failed with exit code %d%s%.*s",
		name, code, len ? ": " : "", (int)(len > 200 ? 200 : len), buf_str(out));
}

static bool says_unknown(struct buf *out)
{
	return strstr(buf_str(out), "credentials not found") != NULL;
}

int credhelper_get(const char *name, const char *host, struct credentials *ret, struct err *err)
{
	_cleanup_buf_ struct buf out = {.cap = HELPER_CAP};
	_cleanup_json_ json_t *answer = NULL;
	const char *user, *secret;
	int r = run_helper(name, "get", server_of(host), &out, err);

	if (r < 0)
		return r;
	if (r > 0)
		return says_unknown(&out) ? 0 : helper_failed(name, r, &out, err);
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

int credhelper_store(
	const char *name, const char *host, const struct credentials *c, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_buf_ struct buf out = {.cap = HELPER_CAP};
	_cleanup_free_ char *text = NULL;
	int r;

	json_set_str(j, "ServerURL", server_of(host));
	json_set_str(j, "Username", c->user);
	json_set_str(j, "Secret", c->password);
	text = json_text(j);
	r = run_helper(name, "store", text, &out, err);
	explicit_bzero(text, strlen(text));
	return r > 0 ? helper_failed(name, r, &out, err) : r;
}

int credhelper_erase(const char *name, const char *host, struct err *err)
{
	_cleanup_(credentials_done) struct credentials known = {0};
	_cleanup_buf_ struct buf out = {.cap = HELPER_CAP};
	/* erasing what is not there is an error with some helpers and none with others */
	int r = credhelper_get(name, host, &known, err);

	if (r <= 0)
		return r;
	r = run_helper(name, "erase", server_of(host), &out, err);
	return r > 0 ? helper_failed(name, r, &out, err) : r < 0 ? r : 1;
}
