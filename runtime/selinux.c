#include "runtime/selinux.h"

#include "runtime/base/fs.h"
#include "runtime/base/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

#define CATEGORIES 1024
/* half a million pairs: with so many tries and thousands of containers one is found */
#define TRIES	    1000
#define CONFIG_CAP  ((size_t)64 << 10)
#define VENDOR_FILE "/usr/share/containers/selinux/contexts"

void selinux_opts_done(struct selinux_opts *o)
{
	free(o->user);
	free(o->role);
	free(o->type);
	free(o->level);
	free(o->filetype);
	*o = (struct selinux_opts){0};
}

/* what may stand between the colons; a level has colons and commas of its own */
static bool is_part(const char *text, bool level)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(level ? "_.-:," : "_.-", *p))
			return false;
	return *text != '\0';
}

int selinux_option(struct selinux_opts *o, const char *value, struct err *err)
{
	const struct {
		const char *key;
		char **slot;
	} parts[] = {{"user:", &o->user}, {"role:", &o->role}, {"type:", &o->type},
		{"level:", &o->level}, {"filetype:", &o->filetype}};

	if (str_eq(value, "disable") || str_eq(value, "nested")) {
		*(*value == 'd' ? &o->disable : &o->nested) = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *rest = str_after(value, parts[i].key);

		if (!rest)
			continue;
		if (!is_part(rest, parts[i].slot == &o->level))
			return err_say(err, ERR_USAGE,
				"--security-opt label: '%.80s' is not part of a label", rest);
		free(*parts[i].slot);
		*parts[i].slot = xstrdup(rest);
		o->given = true;
		return 0;
	}
	err_say(err, ERR_USAGE, "--security-opt label: '%.80s' is not known", value);
	return err_hint(err,
		"known are disable, nested, and user:, role:, type:, level:, filetype: "
		"with a value");
}

/* the value of NAME=VALUE or NAME = "VALUE" in a file; the caller owns it */
static char *read_value(const char *root, const char *file, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s%s", root, file);
	_cleanup_buf_ struct buf b = {.cap = CONFIG_CAP};
	_cleanup_strv_ struct strv lines = {0};

	if (fs_read_at(AT_FDCWD, path, &b, NULL) < 0)
		return NULL;
	strv_split(&lines, buf_str(&b), "\n");
	strv_foreach (i, line, &lines) {
		const char *p = line + strspn(line, " \t"), *rest = str_after(p, name);
		size_t n;

		if (!rest)
			continue;
		rest += strspn(rest, " \t");
		if (*rest++ != '=')
			continue;
		rest += strspn(rest, " \t\"");
		n = strcspn(rest, " \t\"\r");
		return n ? xstrndup(rest, n) : NULL;
	}
	return NULL;
}

/* the policy's own file, else the one of the packages of containers */
static char *read_context(const char *root, const char *name)
{
	_cleanup_free_ char *type = read_value(root, "/etc/selinux/config", "SELINUXTYPE"),
			    *file = NULL;
	char *label = read_value(root, VENDOR_FILE, name);

	if (label || !type || !is_part(type, false))
		return label;
	file = xasprintf("/etc/selinux/%s/contexts/lxc_contexts", type);
	return read_value(root, file, name);
}

/* USER:ROLE:TYPE:LEVEL with other parts, NULL for the same; the caller owns it */
static char *with_parts(
	const char *label, const char *user, const char *role, const char *type, const char *level)
{
	_cleanup_free_ char *copy = xstrdup(label);
	char *part[4] = {copy};

	for (int i = 1; i < 4; i++) {
		part[i] = strchr(part[i - 1], ':');
		if (!part[i])
			return NULL;
		*part[i]++ = '\0';
	}
	return xasprintf("%s:%s:%s:%s", user ? user : part[0], role ? role : part[1],
		type ? type : part[2], level ? level : part[3]);
}

int selinux_labels(const char *root, const struct selinux_opts *o, const char *level,
	struct selinux_labels *ret, struct err *err)
{
	_cleanup_free_ char *process = read_context(root, "process"),
			    *file = read_context(root, "file");
	struct selinux_labels l = {0};

	if (!process || !file) {
		err_say(err, ENOENT, "the policy of SELinux has no labels for containers");
		return err_hint(err, "install container-selinux, or use --security-opt "
				     "label=disable");
	}
	level = o->level ? o->level : level;
	l.process = with_parts(process, o->user, o->role, o->type, level);
	/* files have a role of their own */
	l.mount = with_parts(file, o->user, NULL, o->filetype, level);
	if (!l.process || !l.mount) {
		selinux_labels_done(&l);
		return err_say(err, EBADMSG, "the policy's labels for containers are malformed");
	}
	*ret = l;
	return 0;
}

void selinux_labels_done(struct selinux_labels *l)
{
	free(take_ptr(l->process));
	free(take_ptr(l->mount));
}

const char *selinux_level(const char *label)
{
	for (int i = 0; label && i < 3; i++) {
		label = strchr(label, ':');
		if (label)
			label++;
	}
	return str_empty(label) ? NULL : label;
}

char *selinux_shared(const char *label)
{
	const char *level = selinux_level(label), *end = level ? strchr(level, ':') : NULL;

	return xstrndup(label, end ? (size_t)(end - label) : strlen(label));
}

char *selinux_choose_level(bool (*taken)(void *arg, const char *level), void *arg)
{
	for (int i = 0; i < TRIES; i++) {
		uint16_t c[2];
		unsigned a, b;
		char *level;

		if (getrandom(c, sizeof(c), 0) != sizeof(c))
			return NULL;
		a = c[0] % CATEGORIES;
		b = c[1] % CATEGORIES;
		/* one category would let it see the files of others that have that and another */
		if (a == b)
			continue;
		level = xasprintf("s0:c%u,c%u", a < b ? a : b, a < b ? b : a);
		if (!taken(arg, level))
			return level;
		free(level);
	}
	return NULL;
}
