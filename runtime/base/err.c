#include "runtime/base/err.h"

#include "runtime/base/fd.h"

#include <stdio.h>
#include <string.h>

/* defined here: without what err.h lets the analyzer assume */
#undef err_set
#undef err_say
#undef err_wrap
#undef err_hint

/* The code of the last failure, for callers without an error object: what err_wrap() and err_hint()
   return must not depend on whether somebody wants the text.  There are no threads. */
static int last_code = EIO;

static int fill(struct err *err, int code, bool with_text, const char *fmt, va_list ap)
{
	size_t len;

	last_code = code;
	if (!err)
		return -code;
	err->code = code;
	err->hint[0] = '\0';
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	if (with_text && code < ERR_USAGE) {
		len = strlen(err->msg);
		snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", strerror(code));
	}
	return -code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fill(err, code, true, fmt, ap);
	va_end(ap);
	return r;
}

int err_say(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fill(err, code, false, fmt, ap);
	va_end(ap);
	return r;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	size_t len;

	if (!err)
		return -last_code;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old);
	return -err->code;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -last_code;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -err->code;
}

bool err_is_lack(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

int err_send(int fd, const struct err *err)
{
	return fd_write_full(fd, err, sizeof(*err));
}

int err_recv(int fd, struct err *err)
{
	struct err got = {0};
	ssize_t n = fd_read_full(fd, &got, sizeof(got));

	if (n == 0)
		return 0;
	if (n < 0)
		return err_set(err, (int)-n, "read from the child process");
	if (n != sizeof(got) || got.code <= 0 || got.code > ERR_CODE_LAST)
		return err_set(err, EPROTO, "the child process sent a malformed report");
	got.msg[sizeof(got.msg) - 1] = '\0';
	got.hint[sizeof(got.hint) - 1] = '\0';
	last_code = got.code;
	if (err)
		*err = got;
	return 1;
}
