#include "cmd/scp_place.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"
#include "storage/ref.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SSH_FAILED 255

void scp_place_done(struct scp_place *p)
{
	free(p->user);
	free(p->host);
	free(p->port);
	free(p->image);
	free(p->text);
	*p = (struct scp_place){0};
}

/* never an option, never a word that a shell would understand */
static bool word_ok(const char *s, const char *punctuation)
{
	if (!isalnum((unsigned char)*s) && *s != '_' && *s != '[')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(punctuation, *s))
			return false;
	return true;
}

static int bad(const char *text, const char *what, struct err *err)
{
	err_say(err, ERR_USAGE, "\"%.200s\": %s", text, what);
	return err_hint(err,
		"a place is USER@localhost::, [USER@]HOST[:PORT]:: or, for your own images, "
		"localhost::");
}

static int parse_host(const char *text, struct scp_place *p, struct err *err)
{
	const char *plain = str_after(p->text, "ssh://"), *rest = plain ? plain : p->text;
	const char *at = strrchr(rest, '@'), *host = at ? at + 1 : rest;
	const char *end = *host == '[' ? strchr(host, ']') : host, *colon;
	uint64_t port;

	if (at)
		p->user = xstrndup(rest, (size_t)(at - rest));
	colon = end ? strchr(end, ':') : NULL;
	p->host = colon ? xstrndup(host, (size_t)(colon - host)) : xstrdup(host);
	if (colon)
		p->port = xstrdup(colon + 1);
	if (p->user && !word_ok(p->user, "_.-"))
		return bad(text, "that is no user", err);
	if (!word_ok(p->host, "_.-:[]"))
		return bad(text, "that is no host", err);
	if (p->port && (parse_u64_max(p->port, 65535, &port) < 0 || port == 0))
		return bad(text, "that is no port", err);
	p->kind = SCP_SSH;
	if (str_eq(p->host, "localhost") && !p->port && !plain)
		p->kind = p->user ? SCP_USER : SCP_HERE;
	return 0;
}

static int check_image(const char *image, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	size_t len = strlen(image);

	/* an id, or the beginning of one */
	if (len >= 3 && len <= 64 && str_is_hex(image, len))
		return 0;
	return ref_parse(image, &ref, err);
}

int scp_place_parse(const char *text, bool is_source, struct scp_place *ret, struct err *err)
{
	_cleanup_(scp_place_done) struct scp_place p = {0};
	const char *sep = strstr(text, "::");
	int r = 0;

	if (!sep && !is_source)
		return bad(text, "a destination ends with \"::\"", err);
	p.text = sep ? xstrndup(text, (size_t)(sep - text)) : xstrdup("");
	if (!sep || sep[2])
		p.image = xstrdup(sep ? sep + 2 : text);
	if (sep)
		r = parse_host(text, &p, err);
	if (r < 0)
		return r;
	if (is_source && !p.image)
		return bad(text, "which image?", err);
	if (!is_source && p.image)
		return bad(text, "an image keeps its name on the way", err);
	r = p.image ? check_image(p.image, err) : 0;
	if (r < 0)
		return r;
	*ret = p;
	p = (struct scp_place){0};
	return 0;
}

/* one number that `id` prints: it asks whatever directory of users the machine has */
static int ask_id(const char *flag, const char *user, char **ret, struct err *err)
{
	char *argv[] = {
		(char *)"id", (char *)(uintptr_t)flag, (char *)"--", (char *)(uintptr_t)user, NULL};
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	_cleanup_buf_ struct buf b = {.cap = 64};
	struct proc_fd fds[1];
	uint64_t id;
	pid_t pid;
	int r = fd_pipe(&in, &out, err);

	if (r < 0)
		return r;
	fds[0] = (struct proc_fd){out, STDOUT_FILENO};
	pid = proc_spawn(
		&(struct proc_opts){
			.path = "id", .argv = argv, .fds = fds, .nfds = 1, .search = true},
		err);
	if (pid < 0)
		return pid;
	out = fd_close(out);
	r = fd_read_all(in, &b);
	if (proc_wait(pid) != 0 || r < 0)
		return err_say(err, ERR_NO_OBJECT, "there is no user %s", user);
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	if (parse_u64(buf_str(&b), &id) < 0)
		return err_say(err, EIO, "id %s %s: not a number", flag, user);
	*ret = buf_take(&b);
	return 0;
}

static int self_path(struct strv *ret, struct err *err)
{
	char *path = proc_self_path();

	if (!path)
		return err_set(err, errno, "find the path of this program");
	strv_take(ret, path);
	return 0;
}

/* as root: setpriv, which asks nobody; the environment is made anew for the user */
static int become(const char *user, struct strv *ret, struct err *err)
{
	_cleanup_free_ char *uid = NULL, *gid = NULL, *dir = NULL;
	struct stat st;
	int r = ask_id("-u", user, &uid, err);

	if (r == 0)
		r = ask_id("-g", user, &gid, err);
	if (r < 0)
		return r;
	strv_add(ret, "setpriv");
	strv_addf(ret, "--reuid=%s", uid);
	strv_addf(ret, "--regid=%s", gid);
	strv_add(ret, "--init-groups");
	strv_add(ret, "--reset-env");
	strv_add(ret, "--");
	dir = xasprintf("/run/user/%s", uid);
	if (lstat(dir, &st) == 0) {
		strv_add(ret, "env");
		strv_addf(ret, "XDG_RUNTIME_DIR=%s", dir);
	}
	return 0;
}

static void globals(const struct ctx *ctx, struct strv *ret)
{
	if (ctx->root)
		strv_addf(ret, "--root=%s", ctx->root);
	if (ctx->runroot)
		strv_addf(ret, "--runroot=%s", ctx->runroot);
	if (ctx->storage_driver)
		strv_addf(ret, "--storage-driver=%s", ctx->storage_driver);
}

int scp_place_argv(const struct ctx *ctx, const struct scp_place *p, const struct strv *args,
	struct strv *ret, struct err *err)
{
	int r = 0;

	if (p->kind == SCP_SSH) {
		strv_add(ret, "ssh");
		if (p->port)
			strv_addf(ret, "-p%s", p->port);
		strv_add(ret, "--");
		strv_addf(ret, "%s%s%s", p->user ? p->user : "", p->user ? "@" : "", p->host);
		strv_add(ret, "rl");
		strv_addv(ret, args);
		return 0;
	}
	if (p->kind == SCP_USER && geteuid() == 0) {
		r = become(p->user, ret, err);
	} else if (p->kind == SCP_USER) {
		strv_add(ret, "sudo");
		strv_add(ret, "-H");
		strv_addf(ret, "--user=%s", p->user);
		strv_add(ret, "--");
	}
	if (r == 0)
		r = self_path(ret, err);
	if (r == 0 && p->kind == SCP_HERE)
		globals(ctx, ret);
	strv_addv(ret, args);
	return r;
}

int scp_place_failed(const struct scp_place *p, const char *doing, int code, struct err *err)
{
	const char *where = p->kind == SCP_HERE ? "here" : p->text;

	if (p->kind == SCP_SSH && code == SSH_FAILED) {
		err_say(err, EHOSTUNREACH, "%s at %s failed: ssh could not run a command there",
			doing, where);
		return err_hint(err, "try 'ssh %.100s%s%.100s rl version'", p->user ? p->user : "",
			p->user ? "@" : "", p->host);
	}
	if (code == 127 || code == 126) {
		err_say(err, ENOENT, "%s at %s failed: rl cannot be executed there", doing, where);
		return err_hint(err, "%s",
			p->kind == SCP_SSH ? "install rl there, where the PATH of a remote "
					     "command finds it"
					   : "install rl where that user may execute it");
	}
	return err_say(err, EIO, "%s at %s failed (%s %d)", doing, where,
		code > 128 ? "signal" : "exit code", code > 128 ? code - 128 : code);
}
