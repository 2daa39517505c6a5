/* The environment of a container's process: what it is made of, in which order, and who has the last word. */
#include "runtime/spec_parts.h"

#include "runtime/process.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

/* NAME or NAME* without a value: taken from our own environment if it is set there */
void spec_env_pass(struct strv *env, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '*') {
		for (char **e = environ; *e; e++) {
			const char *eq = strchr(*e, '=');
			_cleanup_free_ char *key = NULL;

			if (!eq || eq == *e || strncmp(*e, name, len - 1) != 0 ||
				(size_t)(eq - *e) < len - 1)
				continue;
			key = xstrndup(*e, (size_t)(eq - *e));
			strv_set_key(env, key, eq + 1);
		}
	} else if (getenv(name)) {
		strv_set_key(env, name, getenv(name));
	}
}

static int env_one(void *arg, const char *text, struct err *err)
{
	struct strv *env = arg;
	const char *eq = strchr(text, '=');
	_cleanup_free_ char *key = NULL;

	if (!*text || eq == text) {
		err_set(err, ERR_USAGE, "environment variable '%s' has no name", text);
		return err_hint(err, "write NAME=VALUE, or NAME to pass on your own");
	}
	if (!eq) {
		spec_env_pass(env, text);
		return 0;
	}
	key = xstrndup(text, (size_t)(eq - text));
	strv_set_key(env, key, eq + 1);
	return 0;
}

int spec_env(struct strv *env, const struct strv *files, const struct strv *flags, struct err *err)
{
	int r;

	strv_foreach (i, path, files) {
		r = spec_lines("--env-file", path, env_one, env, err);
		if (r < 0)
			return r;
	}
	strv_foreach (i, text, flags) {
		r = env_one(env, text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* the image's variables are hostile: what is no assignment is left out */
static void env_assign(struct strv *env, const struct strv *list)
{
	strv_foreach (i, text, list) {
		const char *eq = strchr(text, '=');
		_cleanup_free_ char *key = NULL;

		if (!eq || eq == text)
			continue;
		key = xstrndup(text, (size_t)(eq - text));
		strv_set_key(env, key, eq + 1);
	}
}

static void env_image(struct strv *env, const json_t *image_config)
{
	_cleanup_strv_ struct strv list = {0};

	json_get_strv(image_config, "Env", &list);
	env_assign(env, &list);
}

static const char *const proxies[] = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"};

/* where the host reaches the outside through a proxy, so does the container */
static void env_proxy(struct strv *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		spec_env_pass(env, proxies[i]);
}

/* The record names what is the host's and not the container's: an image that is made of it goes without. */
static void record_proxies(struct spec *s, const struct strv *env)
{
	_cleanup_strv_ struct strv names = {0};

	for (size_t i = 0; s->o->http_proxy && i < ARRAY_SIZE(proxies); i++) {
		const char *host = getenv(proxies[i]);

		if (host && str_eq(strv_find_key(env, proxies[i]), host))
			strv_add(&names, proxies[i]);
	}
	json_set_strv(s->record, "hostEnv", &names);
}

/* Expand the reference behind a '$': NAME, {NAME}, {NAME:-WORD} (it is empty), {NAME:+WORD} (it is not).
   Return: what follows it, or NULL if it is none of these */
static const char *expand_one(const struct strv *env, const char *s, struct buf *out)
{
	bool braces = *s == '{';
	_cleanup_free_ char *name = NULL;
	const char *value, *end;
	size_t n = 0;

	s += braces;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	if (n == 0)
		return NULL;
	name = xstrndup(s, n);
	value = strv_find_key(env, name);
	s += n;
	if (!braces) {
		buf_adds(out, value ? value : "");
		return s;
	}
	end = strchr(s, '}');
	if (!end || (s != end && (s[0] != ':' || (s[1] != '-' && s[1] != '+'))))
		return NULL;
	if (s == end || (s[1] == '-' && !str_empty(value)))
		buf_adds(out, value ? value : "");
	else if (s[1] == '-' || !str_empty(value))
		buf_add(out, s + 2, (size_t)(end - s - 2));
	return end + 1;
}

/* --env-merge NAME=VALUE, where VALUE may refer to what is there already; "\$" is a plain '$' */
static int env_merge(struct strv *env, const char *text, struct err *err)
{
	_cleanup_buf_ struct buf out = {0};
	const char *s = text + strcspn(text, "=");
	_cleanup_free_ char *name = xstrndup(text, (size_t)(s - text));

	if (!*name || !*s) {
		err_set(err, ERR_USAGE, "--env-merge '%.80s' is not NAME=VALUE", text);
		return err_hint(err, "for example 'PATH=${PATH}:/opt/bin'");
	}
	for (s++; s && *s;) {
		if (*s == '\\' && s[1] == '$') {
			buf_addc(&out, '$');
			s += 2;
		} else if (*s == '$') {
			s = expand_one(env, s + 1, &out);
		} else {
			buf_addc(&out, *s++);
		}
	}
	if (!s) {
		err_set(err, ERR_USAGE, "--env-merge '%.80s': what stands behind a '$' is no name",
			text);
		return err_hint(err, "known are $NAME, ${NAME}, ${NAME:-WORD}, ${NAME:+WORD}; "
				     "write \\$ for the character");
	}
	strv_set_key(env, name, buf_str(&out));
	return 0;
}

/* what is there before the flags: ours, the host's if wanted, the image's, without what the user does not want */
static void env_default(const struct spec *s, struct strv *ret)
{
	_cleanup_strv_ struct strv all = {0};

	if (s->o->unsetenv_all)
		return;
	strv_set_key(&all, "PATH", PROCESS_DEFAULT_PATH);
	if (s->o->sandbox)
		spec_sandbox_env(s, &all);
	else if (s->o->tty)
		strv_set_key(&all, "TERM", "xterm");
	strv_set_key(&all, "container", "rl");
	env_assign(&all, &s->o->default_env);
	if (s->o->env_host)
		spec_env_pass(&all, "*");
	strv_set_key(&all, "HOSTNAME", s->hostname);
	env_image(&all, s->image_config);
	if (s->o->http_proxy)
		env_proxy(&all);
	if (s->systemd) {
		_cleanup_free_ char *uuid = xstrndup(s->id, 32);

		strv_set_key(&all, "container_uuid", uuid);
	}
	strv_foreach (i, text, &all) {
		_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));

		if (!strv_has(&s->o->unsetenv, key))
			strv_add(ret, text);
	}
}

int spec_add_env(struct spec *s, struct err *err)
{
	_cleanup_strv_ struct strv env = {0};
	int r = 0;

	strv_foreach (i, name, &s->o->unsetenv) {
		if (*name && !strchr(name, '='))
			continue;
		err_set(err, ERR_USAGE, "--unsetenv '%.80s' is not the name of a variable", name);
		return err_hint(err, "--unsetenv-all leaves all out");
	}
	env_default(s, &env);
	strv_foreach (i, text, &s->o->env_merge) {
		r = env_merge(&env, text, err);
		if (r < 0)
			return r;
	}
	r = spec_env(&env, &s->o->env_file, &s->o->env, err);
	if (r < 0)
		return r;
	record_proxies(s, &env);
	json_object_set_new(s->process, "env", json_from_strv(&env));
	return 0;
}
