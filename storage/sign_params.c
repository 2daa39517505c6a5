#include "storage/sign_params.h"

#include "runtime/base/fs.h"
#include "runtime/base/str.h"

#include <fcntl.h>

#define FILE_CAP ((size_t)64 << 10)

void sign_params_done(struct sign_params *p)
{
	free(p->key_file);
	free(p->passphrase_file);
	*p = (struct sign_params){0};
}

static int refuse(const char *what, size_t line, const char *why, struct err *err)
{
	err_say(err, ERR_USAGE, "%s, line %zu: %s", what, line, why);
	return err_hint(err, "rl signs with a key: write \"privateKeyFile: PATH\", and "
			     "\"privateKeyPassphraseFile: PATH\" if it is encrypted");
}

/* plain, or in quotes without escapes; a comment may follow.  The caller owns it; NULL for anything else */
static char *scalar(const char *text)
{
	const char *end, *rest;

	text += strspn(text, " \t");
	if (*text == '"' || *text == '\'') {
		end = strchr(text + 1, *text);
		if (!end || memchr(text, '\\', (size_t)(end - text)))
			return NULL;
		rest = end + 1 + strspn(end + 1, " \t");
		return *rest && *rest != '#' ? NULL : xstrndup(text + 1, (size_t)(end - text) - 1);
	}
	end = strstr(text, " #");
	if (!end)
		end = text + strlen(text);
	while (end > text && strchr(" \t", end[-1]))
		end--;
	return end == text || strchr("[]{}&*!|>%@`#,?", *text)
		       ? NULL
		       : xstrndup(text, (size_t)(end - text));
}

static int take_line(char *line, const char *what, size_t n, struct sign_params *p, struct err *err)
{
	char *colon, **to;

	line[strcspn(line, "\r")] = '\0';
	if (line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#' ||
		str_eq(line, "---"))
		return 0;
	if (str_after(line, "fulcio:"))
		return refuse(what, n, "rl has no certificates from Fulcio", err);
	if (str_after(line, "rekorURL:"))
		return refuse(what, n, "rl writes to no transparency log", err);
	colon = strstr(line, ": ");
	if (!colon)
		return refuse(what, n, "a line must be \"name: value\"", err);
	*colon = '\0';
	to = str_eq(line, "privateKeyFile")		? &p->key_file
	     : str_eq(line, "privateKeyPassphraseFile") ? &p->passphrase_file
							: NULL;
	if (!to)
		return refuse(what, n, "the name is not known", err);
	if (*to)
		return refuse(what, n, "the name is there twice", err);
	*to = scalar(colon + 2);
	return *to ? 0 : refuse(what, n, "the value is not a simple text", err);
}

int sign_params_parse(const char *text, const char *what, struct sign_params *ret, struct err *err)
{
	_cleanup_(sign_params_done) struct sign_params p = {0};
	size_t n = 0;
	int r = 0;

	while (r == 0 && *text) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, len);

		r = take_line(line, what, ++n, &p, err);
		text += len + (text[len] == '\n');
	}
	if (r == 0 && !p.key_file)
		r = refuse(what, n, "privateKeyFile is missing", err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct sign_params){0};
	return 0;
}

int sign_params_read(const char *path, struct sign_params *ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = FILE_CAP};
	int r = fs_read_at(AT_FDCWD, path, &b, err);

	return r < 0 ? err_wrap(err, "read how to sign")
		     : sign_params_parse(buf_str(&b), path, ret, err);
}
