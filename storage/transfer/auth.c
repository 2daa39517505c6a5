#include "storage/transfer/auth.h"

#include "runtime/base/json.h"
#include "storage/base64.h"
#include "storage/transfer/http_url.h"

#include <ctype.h>
#include <strings.h>

#define CHALLENGES_MAX 16
#define PARAMS_MAX     32
#define TOKEN_CAP      ((size_t)256 << 10)

void challenges_done(struct challenges *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].scheme);
		strv_done(&c->v[i].params);
	}
	free(c->v);
	*c = (struct challenges){0};
}

static size_t token_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("!#$%&'*+-.^_`|~", s[n])))
		n++;
	return n;
}

/* a quoted string or a token; moves @p behind it.  NULL if it is neither. */
static char *parse_value(const char **p)
{
	_cleanup_buf_ struct buf b = {.cap = TOKEN_CAP};
	const char *s = *p;
	size_t len;

	if (*s != '"') {
		len = token_len(s);
		*p = s + len;
		return len ? xstrndup(s, len) : NULL;
	}
	for (s++; *s != '"'; s++) {
		if (*s == '\\' && s[1])
			s++;
		if (!*s || buf_addc(&b, *s) < 0)
			return NULL;
	}
	*p = s + 1;
	return b.len ? buf_take(&b) : xstrdup("");
}

static void add_param(struct challenge *c, const char *key, size_t len, const char *value)
{
	_cleanup_free_ char *name = xstrndup(key, len);

	for (char *k = name; *k; k++)
		*k = (char)tolower((unsigned char)*k);
	/* the first counts: a second realm must not slip past the check of the first */
	if (c->params.n < PARAMS_MAX && !strv_find_key(&c->params, name))
		strv_addf(&c->params, "%s=%s", name, value);
}

/* "Negotiate YII…==": a single value instead of parameters; 0 if this is not one */
static size_t token68_len(const char *p)
{
	size_t len = strcspn(p, " \t,");
	size_t n =
		strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

	n += strspn(p + n, "=");
	return n == len && token_len(p) != len ? len : 0;
}

void auth_parse(const char *header, struct challenges *ret)
{
	struct challenge *now = NULL;
	const char *p = header;

	for (;;) {
		const char *key, *after;
		size_t len;

		p += strspn(p, " \t,");
		len = token_len(p);
		if (!len)
			return;
		key = p;
		after = p + len + strspn(p + len, " \t");
		if (*after == '=') {
			_cleanup_free_ char *value = NULL;

			after++;
			after += strspn(after, " \t");
			value = parse_value(&after);
			if (!value || !now)
				return;
			add_param(now, key, len, value);
			p = after;
			continue;
		}
		if (ret->n == CHALLENGES_MAX)
			return;
		ret->v = xreallocarray(ret->v, ret->n + 1, sizeof(*ret->v));
		now = &ret->v[ret->n++];
		*now = (struct challenge){.scheme = xstrndup(key, len)};
		p = after;
		p += token68_len(p);
	}
}

char *auth_basic(const char *user, const char *password)
{
	_cleanup_free_ char *plain = xasprintf("%s:%s", user, password);
	_cleanup_free_ char *coded = base64_encode(plain, strlen(plain));

	explicit_bzero(plain, strlen(plain));
	return xasprintf("Basic %s", coded);
}

static void add_form(struct buf *b, const char *key, const char *value)
{
	if (b->len)
		buf_addc(b, '&');
	buf_adds(b, key);
	buf_addc(b, '=');
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (isalnum(*p) || strchr("-._~", *p))
			buf_addc(b, (char)*p);
		else
			buf_addf(b, "%%%02X", *p);
	}
}

/* In a query each has a parameter of its own, as docker's registries want it; in a form they are one value. */
static void add_scopes(struct buf *form, const char *scope, bool query)
{
	_cleanup_strv_ struct strv scopes = {0};

	if (!*scope)
		return;
	if (!query) {
		add_form(form, "scope", scope);
		return;
	}
	strv_split(&scopes, scope, " ");
	strv_foreach (i, one, &scopes)
		add_form(form, "scope", one);
}

/* a token goes into a header line: printable and without blanks, or it could add lines of its own */
static bool token_ok(const char *s)
{
	if (!s || !*s)
		return false;
	for (; *s; s++)
		if (*s <= 0x20 || *s >= 0x7f)
			return false;
	return true;
}

static int check_realm(const char *realm, bool plain, struct err *err)
{
	_cleanup_free_ char *shown = http_printable(realm, 120);
	const char *host = str_after(realm, "https://");

	if (!host && str_after(realm, "http://")) {
		if (!plain)
			return err_say(err, ERR_REGISTRY,
				"the registry wants its token fetched over plain http (%s), which "
				"would show the "
				"password to the network",
				shown);
		host = str_after(realm, "http://");
	}
	if (!host || !*host || strcspn(host, " \t\r\n") != strlen(host) ||
		memchr(host, '@', strcspn(host, "/?#")))
		return err_say(err, ERR_REGISTRY,
			"the registry names a token service that is not a URL: %s", shown);
	return 0;
}

static int request_token(struct http *h, const struct http_req *req, struct http_retry retry,
	struct http_resp *resp, struct err *err)
{
	for (;;) {
		enum http_failure failure;
		int r = http_send(h, req, resp, &failure, err);

		if (r < 0 && !http_retry(&retry, 0, failure, -1, 0))
			return r;
		if (r == 0 &&
			(resp->status < 500 || !http_retry(&retry, resp->status, HTTP_FAIL_NONE,
						       resp->retry_after_ms, 0)) &&
			(resp->status != 429 ||
				!http_retry(&retry, 429, HTTP_FAIL_NONE, resp->retry_after_ms, 0)))
			return 0;
	}
}

static int fetch_token(struct http *h, const struct challenge *c, const struct auth_login *login,
	const char *scope, const struct http_retry *retry, char **ret, struct err *err)
{
	const char *realm = strv_find_key(&c->params, "realm"),
		   *service = strv_find_key(&c->params, "service");
	_cleanup_buf_ struct buf form = {0};
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *url = NULL, *basic = NULL, *shown = http_printable(realm, 120);
	_cleanup_json_ json_t *answer = NULL;
	struct http_req req = {.method = "GET", .cap = TOKEN_CAP};
	const char *token;
	int r;

	if (service)
		add_form(&form, "service", service);
	add_scopes(&form, scope, !login->identity_token);
	if (login->identity_token) {
		add_form(&form, "grant_type", "refresh_token");
		add_form(&form, "client_id", "rl");
		add_form(&form, "refresh_token", login->identity_token);
		req.method = "POST";
		req.url = realm;
		req.body = buf_str(&form);
		req.body_len = form.len;
	} else {
		url = xasprintf("%s%c%s", realm, strchr(realm, '?') ? '&' : '?', buf_str(&form));
		req.url = url;
		if (login->user)
			req.auth = basic = auth_basic(login->user, login->password);
	}
	r = request_token(h, &req, *retry, &resp, err);
	if (r < 0)
		return err_wrap(err, "fetch a token");
	if (resp.status == 401 || resp.status == 403)
		return err_say(
			err, EACCES, "the token service %s does not accept the credentials", shown);
	if (resp.status != 200)
		return err_say(err, ERR_REGISTRY, "the token service %s answers with status %ld",
			shown, resp.status);
	r = json_parse(
		buf_str(&resp.body), resp.body.len, "answer of the token service", &answer, err);
	if (r < 0)
		return r;
	token = json_get_str(answer, "token", NULL);
	if (!token)
		token = json_get_str(answer, "access_token", NULL);
	if (!token_ok(token))
		return err_say(
			err, ERR_REGISTRY, "the token service %s sent no usable token", shown);
	*ret = xasprintf("Bearer %s", token);
	return 0;
}

static const struct challenge *find(const struct challenges *all, const char *scheme)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcasecmp(all->v[i].scheme, scheme) == 0)
			return &all->v[i];
	return NULL;
}

int auth_answer(struct http *h, const struct strv *headers, const struct auth_login *login,
	const char *scope, bool plain, const struct http_retry *retry, char **ret, struct err *err)
{
	_cleanup_(challenges_done) struct challenges all = {0};
	const struct challenge *bearer;
	int r;

	strv_foreach (i, header, headers)
		auth_parse(header, &all);
	bearer = find(&all, "Bearer");
	if (bearer && strv_find_key(&bearer->params, "realm")) {
		r = check_realm(strv_find_key(&bearer->params, "realm"), plain, err);
		return r < 0 ? r : fetch_token(h, bearer, login, scope, retry, ret, err);
	}
	if (find(&all, "Basic")) {
		if (!login->user)
			return err_say(
				err, EACCES, "the registry wants a user name and a password");
		*ret = auth_basic(login->user, login->password);
		return 0;
	}
	return err_say(
		err, EACCES, "the registry wants a way of authentication that is not supported");
}
