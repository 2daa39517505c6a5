#include "runtime/spec.h"

#include "runtime/base/parse.h"
#include "runtime/ctrlog.h"
#include "runtime/journal.h"
#include "runtime/spec_parts.h"

#include <unistd.h>

/* --log-opt: their product is a number of bytes */
#define LOG_SIZE_MAX  ((uint64_t)1 << 50)
#define LOG_FILES_MAX 1000

static int max_size(json_t *opts, const char *value)
{
	uint64_t n;

	/* podman and docker count logs in powers of ten, other than memory */
	if (parse_size_decimal(value, &n) < 0 || n == 0 || n > LOG_SIZE_MAX)
		return -EINVAL;
	return json_object_set_new(opts, "max-size", json_integer((json_int_t)n));
}

static int max_file(json_t *opts, const char *value)
{
	uint64_t n;

	if (parse_u64_max(value, LOG_FILES_MAX, &n) < 0 || n == 0)
		return -EINVAL;
	return json_object_set_new(opts, "max-file", json_integer((json_int_t)n));
}

static int path(json_t *opts, const char *value)
{
	_cleanup_free_ char *cwd = NULL, *full = NULL;

	if (!*value || str_ends(value, "/") || str_ends(value, "/.") || str_ends(value, "/.."))
		return -EINVAL;
	if (*value != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return -EINVAL;
		full = xasprintf("%s/%s", cwd, value);
	}
	json_set_str(opts, "path", full ? full : value);
	return 0;
}

static int tag(json_t *opts, const char *value)
{
	_cleanup_free_ char *text = NULL;

	if (journal_tag(value, NULL, &text) < 0)
		return -EINVAL;
	json_set_str(opts, "tag", value);
	return 0;
}

static int add_names(json_t *opts, const char *key, const char *value)
{
	_cleanup_strv_ struct strv all = {0};

	json_get_strv(opts, key, &all);
	strv_split(&all, value, ",");
	strv_foreach (i, name, &all)
		if (!*name)
			return -EINVAL;
	json_set_strv(opts, key, &all);
	return 0;
}

static int labels(json_t *opts, const char *value)
{
	return add_names(opts, "labels", value);
}

static int env(json_t *opts, const char *value)
{
	return add_names(opts, "env", value);
}

static int label(json_t *opts, const char *value)
{
	json_t *all = json_object_get(opts, "label");

	if (!journal_label_ok(value))
		return -EINVAL;
	if (!all) {
		all = json_array();
		json_object_set_new(opts, "label", all);
	}
	return json_array_append_new(all, json_str(value));
}

static const struct log_opt {
	const char *key;
	int (*set)(json_t *opts, const char *value);
	bool file, journal; /* drivers that it is for */
	const char *like;
} known[] = {{"max-size", max_size, true, false, "max-size=10m"},
	{"max-file", max_file, true, false, "max-size=10m and max-file=3"},
	{"path", path, true, false, "path=FILE"},
	{"tag", tag, false, true,
		"tag=TEXT, with {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageName}}, {{.ImageID}} or "
		"{{.ImageFullID}} in it"},
	{"label", label, false, true, "label=FIELD=VALUE, the field in capital letters"},
	{"labels", labels, true, true, "labels=KEY,KEY"},
	{"env", env, true, true, "env=NAME,NAME"}};

static int set_opt(const char *text, const char *driver, enum ctrlog_format format, json_t *opts,
	struct err *err)
{
	bool file = format == CTRLOG_K8S || format == CTRLOG_JSON;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct log_opt *k = &known[i];
		const char *value = str_after(text, k->key);

		if (!value || *value != '=')
			continue;
		if (!(k->file && file) && !(k->journal && format == CTRLOG_JOURNAL)) {
			err_say(err, ERR_USAGE, "--log-opt %s is not for the log driver %s", k->key,
				driver);
			return err_hint(err, "use --log-driver %s",
				k->file ? "k8s-file or json-file" : "journald");
		}
		if (k->set(opts, value + 1) == 0)
			return 0;
		err_say(err, ERR_USAGE, "--log-opt '%.80s' is not valid", text);
		return err_hint(err, "write %s", k->like);
	}
	err_say(err, ERR_USAGE, "--log-opt '%.80s' is not known", text);
	return err_hint(err,
		"known are labels and env; max-size, max-file and path for files; tag and "
		"label for journald");
}

int spec_log(struct spec *s, struct err *err)
{
	const char *driver = str_empty(s->o->log_driver) ? "k8s-file" : s->o->log_driver;
	json_t *opts = json_object();
	enum ctrlog_format format;

	json_object_set_new(s->record, "logOpts", opts);
	if (ctrlog_format_parse(driver, &format) < 0) {
		err_set(err, ERR_USAGE, "--log-driver '%.40s' is not known", driver);
		return err_hint(err, "known are k8s-file, json-file, journald, none, passthrough "
				     "and passthrough-tty");
	}
	if (format == CTRLOG_PASSTHROUGH && s->o->tty) {
		err_say(err, ERR_USAGE, "--tty and --log-driver %s exclude each other", driver);
		return err_hint(err, "leave out --tty: the container has the caller's terminal");
	}
	json_set_str(s->record, "logDriver", driver);
	strv_foreach (i, text, &s->o->log_opt) {
		int r = set_opt(text, driver, format, opts, err);

		if (r < 0)
			return r;
	}
	if (json_object_get(opts, "max-file") && !json_object_get(opts, "max-size")) {
		err_say(err, ERR_USAGE, "--log-opt max-file needs max-size");
		return err_hint(err, "add --log-opt max-size=SIZE");
	}
	return 0;
}
