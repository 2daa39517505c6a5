#include "runtime/unitfile.h"

#include "runtime/base/mem.h"

#include <errno.h>
#include <strings.h>

#define BLANKS " \t\r"

static struct unit_line *grow(struct unitfile *u, size_t at)
{
	u->lines = xreallocarray(u->lines, u->n + 1, sizeof(*u->lines));
	memmove(u->lines + at + 1, u->lines + at, (u->n - at) * sizeof(*u->lines));
	u->n++;
	return u->lines + at;
}

static void put(
	struct unitfile *u, size_t at, const char *section, const char *key, const char *value)
{
	char *copies[] = {xstrdup(section), xstrdup(key), xstrdup(value)};

	*grow(u, at) = (struct unit_line){copies[0], copies[1], copies[2]};
}

void unitfile_add(struct unitfile *u, const char *section, const char *key, const char *value)
{
	put(u, u->n, section, key, value);
}

void unitfile_insert(struct unitfile *u, const char *section, const char *key, const char *value)
{
	put(u, 0, section, key, value);
}

static void drop_line(struct unitfile *u, size_t at)
{
	free(u->lines[at].section);
	free(u->lines[at].key);
	free(u->lines[at].value);
	u->n--;
	memmove(u->lines + at, u->lines + at + 1, (u->n - at) * sizeof(*u->lines));
}

static bool is_of(const struct unit_line *l, const char *section, const char *key)
{
	return str_eq(l->section, section) && str_eq(l->key, key);
}

void unitfile_remove(struct unitfile *u, const char *section, const char *key)
{
	for (size_t i = u->n; i-- > 0;)
		if (is_of(u->lines + i, section, key))
			drop_line(u, i);
}

void unitfile_set(struct unitfile *u, const char *section, const char *key, const char *value)
{
	unitfile_remove(u, section, key);
	unitfile_add(u, section, key, value);
}

void unitfile_rename(struct unitfile *u, const char *section, const char *name)
{
	for (size_t i = 0; i < u->n; i++) {
		if (!str_eq(u->lines[i].section, section))
			continue;
		free(u->lines[i].section);
		u->lines[i].section = xstrdup(name);
	}
}

void unitfile_merge(struct unitfile *u, const struct unitfile *from)
{
	for (size_t i = 0; i < from->n; i++)
		unitfile_add(u, from->lines[i].section, from->lines[i].key, from->lines[i].value);
}

void unitfile_done(struct unitfile *u)
{
	while (u->n)
		drop_line(u, u->n - 1);
	free(u->lines);
	free(u->name);
	free(u->path);
	*u = (struct unitfile){0};
}

/* without white space around it; the caller owns it */
static char *trimmed(const char *s, size_t len)
{
	while (len && strchr(BLANKS, s[len - 1]))
		len--;
	for (; len && strchr(BLANKS, *s); len--)
		s++;
	return xstrndup(s, len);
}

/*
 * One line with those that continue it: the backslash and the end of the line become a space, comments and empty
 * lines between are skipped.  Return: where the next one begins.
 */
static const char *take_line(const char *s, struct buf *line, unsigned *number)
{
	bool more = false;

	do {
		size_t len = strcspn(s, "\n");
		const char *next = s[len] ? s + len + 1 : s + len;
		const char *text = s + strspn(s, BLANKS);
		size_t end = len;

		(*number)++;
		if (more && (text >= s + len || *text == '#' || *text == ';')) {
			s = next;
			continue;
		}
		/* blanks behind the backslash cannot be seen, so they do not count */
		while (end && strchr(BLANKS, s[end - 1]))
			end--;
		more = end && s[end - 1] == '\\' && *next && *text != '#' && *text != ';';
		buf_add(line, s, more ? end - 1 : end);
		if (more)
			buf_addc(line, ' ');
		s = next;
	} while (more && *s);
	return s;
}

static int add_line(struct unitfile *u, char **section, const char *line, const char *what,
	unsigned number, struct err *err)
{
	const char *equals = strchr(line, '=');
	_cleanup_free_ char *key = NULL, *value = NULL;
	size_t len = strlen(line);

	if (!len || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		if (line[len - 1] != ']' || len < 3)
			return err_say(err, EINVAL,
				"%s:%u: '%.80s' is not a section such as [Container]", what, number,
				line);
		free(*section);
		*section = xstrndup(line + 1, len - 2);
		unitfile_add(u, *section, "", "");
		return 0;
	}
	if (!equals || equals == line)
		return err_say(err, EINVAL, "%s:%u: '%.80s' is not KEY=VALUE", what, number, line);
	if (!*section)
		return err_say(err, EINVAL, "%s:%u: '%.80s' stands before the first section", what,
			number, line);
	key = trimmed(line, (size_t)(equals - line));
	value = trimmed(equals + 1, strlen(equals + 1));
	unitfile_add(u, *section, key, value);
	return 0;
}

int unitfile_parse(struct unitfile *u, const char *text, const char *what, struct err *err)
{
	_cleanup_free_ char *section = NULL;
	unsigned number = 0;
	int r = 0;

	while (r == 0 && *text) {
		_cleanup_buf_ struct buf b = {0};
		_cleanup_free_ char *line = NULL;
		unsigned first = number + 1;

		text = take_line(text, &b, &number);
		line = trimmed(buf_str(&b), b.len);
		r = add_line(u, &section, line, what, first, err);
	}
	return r;
}

const char *unitfile_last(const struct unitfile *u, const char *section, const char *key)
{
	for (size_t i = u->n; i-- > 0;)
		if (is_of(u->lines + i, section, key))
			return u->lines[i].value;
	return NULL;
}

char *unitfile_get(const struct unitfile *u, const char *section, const char *key)
{
	const char *value = unitfile_last(u, section, key);
	size_t len = value ? strlen(value) : 0;

	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	return len ? xstrndup(value, len) : NULL;
}

void unitfile_all(const struct unitfile *u, const char *section, const char *key, struct strv *ret)
{
	size_t first = 0;

	for (size_t i = u->n; i-- > 0 && !first;)
		if (is_of(u->lines + i, section, key) && !*u->lines[i].value)
			first = i + 1;
	for (size_t i = first; i < u->n; i++)
		if (is_of(u->lines + i, section, key))
			strv_add(ret, u->lines[i].value);
}

int unitfile_words(const struct unitfile *u, const char *section, const char *key,
	enum words_escape how, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv values = {0};

	unitfile_all(u, section, key, &values);
	strv_foreach (i, value, &values) {
		int r = words_split(value, how, ret, err);

		if (r < 0)
			return err ? err_wrap(err, "%s=", key) : r;
	}
	return 0;
}

int unitfile_bool(const struct unitfile *u, const char *section, const char *key, int otherwise,
	struct err *err)
{
	static const char *const words[] = {
		"1", "yes", "y", "true", "t", "on", "0", "no", "n", "false", "f", "off"};
	_cleanup_free_ char *value = unitfile_get(u, section, key);

	if (!value)
		return otherwise;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return i < ARRAY_SIZE(words) / 2;
	return err_say(err, EINVAL, "%s=%.80s: write yes or no", key, value);
}

bool unitfile_has(const struct unitfile *u, const char *section)
{
	for (size_t i = 0; i < u->n; i++)
		if (str_eq(u->lines[i].section, section))
			return true;
	return false;
}

void unitfile_write(const struct unitfile *u, struct buf *to)
{
	_cleanup_strv_ struct strv sections = {0};

	for (size_t i = 0; i < u->n; i++)
		if (!strv_has(&sections, u->lines[i].section))
			strv_add(&sections, u->lines[i].section);
	strv_foreach (s, section, &sections) {
		buf_addf(to, "%s[%s]\n", s ? "\n" : "", section);
		for (size_t i = 0; i < u->n; i++)
			if (str_eq(u->lines[i].section, section) && *u->lines[i].key)
				buf_addf(to, "%s=%s\n", u->lines[i].key, u->lines[i].value);
	}
}
