#include "runtime/logattrs.h"

#include "runtime/journal.h"

#include <ctype.h>
#include <stdlib.h>

static void escape(struct buf *out, const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (isalnum(*p) || strchr("-_.~", *p))
			buf_addc(out, (char)*p);
		else if (*p == ' ')
			buf_addc(out, '+');
		else
			buf_addf(out, "%%%02X", *p);
	}
}

static void add(struct strv *all, const char *key, const char *value)
{
	_cleanup_buf_ struct buf b = {0};

	escape(&b, key);
	buf_addc(&b, '=');
	escape(&b, value);
	strv_add(all, buf_str(&b));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *log_attrs(const json_t *record, const json_t *config)
{
	const json_t *opts = json_object_get(record, "logOpts");
	_cleanup_strv_ struct strv all = {0}, keys = {0}, names = {0}, env = {0}, fields = {0};
	_cleanup_free_ char *tag = NULL;
	char *text;

	json_get_strv(opts, "labels", &keys);
	json_get_strv(opts, "env", &names);
	json_get_strv(opts, "label", &fields);
	json_get_strv(json_object_get(config, "process"), "env", &env);
	strv_foreach (i, key, &keys) {
		const char *value = json_get_str(json_object_get(record, "labels"), key, NULL);

		if (value)
			add(&all, key, value);
	}
	strv_foreach (i, name, &names) {
		const char *value = strv_find_key(&env, name);

		if (value)
			add(&all, name, value);
	}
	strv_foreach (i, field, &fields) {
		_cleanup_free_ char *key = xstrndup(field, strcspn(field, "="));

		add(&all, key, field + strlen(key) + (field[strlen(key)] == '='));
	}
	if (journal_tag(json_get_str(opts, "tag", ""), record, &tag) == 0 && *tag)
		add(&all, "tag", tag);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_text);
	text = strv_join(&all, ",");
	return text ? text : xstrdup("");
}
