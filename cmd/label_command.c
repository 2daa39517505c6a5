#include "cmd/label_command.h"

#include <ctype.h>

#define BLANKS " \t\r\n"

/* takes what is in quotes at @p into @word; Return: behind the closing quote, or NULL if there is none */
static const char *take_quoted(const char *p, struct buf *word)
{
	char quote = *p++;

	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && p[1] && strchr("\"\\$`", p[1]))
			p++;
		buf_addc(word, *p);
	}
	return *p ? p + 1 : NULL;
}

int label_words(const char *text, struct strv *ret, struct err *err)
{
	const char *p = text + strspn(text, BLANKS);

	while (*p) {
		_cleanup_buf_ struct buf word = {0};

		while (p && *p && !strchr(BLANKS, *p)) {
			if (*p == '\'' || *p == '"') {
				p = take_quoted(p, &word);
				continue;
			}
			if (*p == '\\' && p[1])
				p++;
			buf_addc(&word, *p++);
		}
		if (!p)
			return err_say(err, EINVAL, "a quote in it has no end");
		strv_add(ret, buf_str(&word));
		p += strspn(p, BLANKS);
	}
	return 0;
}

static const char *value_of(const struct label_names *names, const char *key, size_t len)
{
	const struct {
		const char *key, *value;
	} known[] = {{"IMAGE", names->image}, {"NAME", names->name}, {"PWD", names->pwd},
		{"OPT1", names->opt[0]}, {"OPT2", names->opt[1]}, {"OPT3", names->opt[2]}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].key) == len && memcmp(known[i].key, key, len) == 0)
			return known[i].value ? known[i].value : "";
	return NULL;
}

/* $KEY or ${KEY} at @p; Return: behind it with *@ret_value, or NULL if it is none that is known */
static const char *variable(const struct label_names *names, const char *p, const char **ret_value)
{
	bool braced = p[1] == '{';
	const char *key = p + 1 + braced, *end = key;

	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	if (braced && *end != '}')
		return NULL;
	*ret_value = value_of(names, key, (size_t)(end - key));
	return *ret_value ? end + braced : NULL;
}

/* IMAGE and NAME may stand alone or behind '='; the others need their '$' */
static bool is_bare(const char *word)
{
	return str_eq(word, "IMAGE") || str_eq(word, "NAME");
}

static char *replaced(const struct label_names *names, const char *word)
{
	const char *eq = strchr(word, '='), *bare = eq ? eq + 1 : word, *p = word;
	_cleanup_buf_ struct buf out = {0};

	if (is_bare(bare)) {
		buf_add(&out, word, (size_t)(bare - word));
		p = bare + strlen(bare);
		buf_adds(&out, value_of(names, bare, strlen(bare)));
	}
	while (*p) {
		const char *value, *next = *p == '$' ? variable(names, p, &value) : NULL;

		if (next)
			buf_adds(&out, value);
		else
			buf_addc(&out, *p);
		p = next ? next : p + 1;
	}
	return xstrdup(buf_str(&out));
}

static bool is_ours(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;

	return str_eq(name, "rl") || str_eq(name, "podman") || str_eq(name, "docker");
}

int label_command(
	const char *text, const struct label_names *names, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	int r = label_words(text, &words, err);

	if (r < 0)
		return r;
	if (!words.n)
		return err_say(err, EINVAL, "it is empty");
	if (!is_ours(words.v[0])) {
		err_say(err, EPERM, "it would execute %.64s on the host", words.v[0]);
		return err_hint(err, "commands of rl, podman and docker alone are executed, by rl");
	}
	for (size_t i = 1; i < words.n; i++) {
		_cleanup_free_ char *word = replaced(names, words.v[i]);

		strv_add(ret, word);
	}
	return 0;
}
