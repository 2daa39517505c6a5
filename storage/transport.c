#include "storage/transport.h"

#include "runtime/base/parse.h"
#include "runtime/base/str.h"

static const struct {
	const char *name;
	bool dir, references;
} kinds[] = {
	[TRANSPORT_DOCKER_ARCHIVE] = {"docker-archive", false, true},
	[TRANSPORT_OCI_ARCHIVE] = {"oci-archive", false, true},
	[TRANSPORT_OCI] = {"oci", true, true},
	[TRANSPORT_DIR] = {"dir", true, false},
};

/* those of others, with what to do instead */
static const struct {
	const char *prefix, *why, *hint;
} foreign[] = {
	{"containers-storage:", "rl has a store of its own and does not read podman's",
		"'podman save IMAGE | rl load' brings an image over; rl's own images need no "
		"prefix"},
	{"docker-daemon:", "rl speaks with no daemon",
		"'docker save IMAGE | rl load' brings an image over, 'rl save IMAGE | docker load' "
		"back"},
	{"sif:", "rl does not read SIF files", "convert it to an OCI archive"},
	{"tarball:", "rl makes an image of an archive of files otherwise",
		"use 'rl import FILE NAME'"},
	{"ostree:", "rl does not read OSTree repositories", "convert it to an OCI archive"},
};

static int refuse_foreign(const char *text, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (str_after(text, foreign[i].prefix)) {
			err_say(err, ERR_USAGE, "%s: %s", text, foreign[i].why);
			return err_hint(err, "%s", foreign[i].hint);
		}
	return 0;
}

static int split(const char *text, const char *rest, struct transport *t, struct err *err)
{
	size_t len = kinds[t->kind].references ? strcspn(rest, ":") : strlen(rest);
	uint64_t n;

	if (len == 0) {
		err_say(err, ERR_USAGE, "%s: the path is missing", text);
		return err_hint(err, "write %s:%s%s", t->name, t->dir ? "DIRECTORY" : "FILE",
			kinds[t->kind].references ? "[:NAME]" : "");
	}
	if (rest[len] && rest[len + 1] == '@' && parse_u64(rest + len + 2, &n) < 0)
		return err_say(err, ERR_USAGE, "%s: what follows '@' must be a number", text);
	t->path = xstrndup(rest, len);
	t->reference = rest[len] && rest[len + 1] ? xstrdup(rest + len + 1) : NULL;
	return 1;
}

int transport_parse(const char *text, struct transport *ret, struct err *err)
{
	struct transport t = {0};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *rest = str_after(text, kinds[i].name);

		if (!rest || *rest != ':')
			continue;
		t.kind = (enum transport_kind)i;
		t.name = kinds[i].name;
		t.dir = kinds[i].dir;
		r = split(text, rest + 1, &t, err);
		if (r > 0)
			*ret = t;
		return r;
	}
	return refuse_foreign(text, err);
}

void transport_done(struct transport *t)
{
	free(t->path);
	free(t->reference);
	*t = (struct transport){0};
}
