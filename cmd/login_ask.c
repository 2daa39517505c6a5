#include "cmd/login_ask.h"

#include "cmd/prompt.h"
#include "runtime/base/fd.h"

#include <unistd.h>

#define PASSWORD_CAP ((size_t)64 << 10)

/* all of standard input, without the newline at its end */
static int read_password(char **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = PASSWORD_CAP};
	int r = fd_read_all(STDIN_FILENO, &b);
	const char *text = buf_str(&b);
	size_t len = strcspn(text, "\r\n");

	if (r < 0)
		return err_set(err, -r, "read the password from standard input");
	if (len != b.len && strspn(text + len, "\r\n") != b.len - len)
		return err_say(err, ERR_USAGE, "the password on standard input has several lines");
	*ret = xstrndup(text, len);
	return 0;
}

/* @known: the user name that is on file, or NULL */
static int ask_user(const char *known, char **ret, struct err *err)
{
	_cleanup_free_ char *question =
		known ? xasprintf("Username (%s): ", known) : xstrdup("Username: ");
	int r;

	if (!prompt_possible()) {
		err_say(err, ERR_USAGE,
			"no user name was given, and there is no terminal to ask on");
		return err_hint(err, "use --username and --password-stdin");
	}
	r = prompt_line(question, false, ret, err);
	if (r == 0 && !**ret && known) {
		free(*ret);
		*ret = xstrdup(known);
	}
	return r;
}

static int ask_password(char **ret, struct err *err)
{
	if (prompt_possible())
		return prompt_line("Password: ", true, ret, err);
	err_say(err, ERR_USAGE, "no password was given, and there is no terminal to ask on");
	return err_hint(err, "use --password-stdin");
}

int login_ask(const struct login_given *given, const char *known, struct credentials *ret,
	struct err *err)
{
	int r = 0;

	if (given->user)
		ret->user = xstrdup(given->user);
	else
		r = ask_user(known, &ret->user, err);
	if (r == 0 && given->password)
		ret->password = xstrdup(given->password);
	else if (r == 0)
		r = given->password_stdin ? read_password(&ret->password, err)
					  : ask_password(&ret->password, err);
	if (r < 0)
		return r;
	if (!*ret->user || !*ret->password || strchr(ret->user, ':'))
		return err_say(err, ERR_USAGE, "the user name or the password is %s",
			strchr(ret->user, ':') ? "malformed: a user name has no ':'" : "empty");
	return 0;
}
