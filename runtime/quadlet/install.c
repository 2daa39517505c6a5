#include "runtime/quadlet/install.h"

#include "runtime/base/fs.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"

#include <errno.h>
#include <unistd.h>

/* the link @at, a path below @dirfd, to the service */
static int add_link(int dirfd, const char *at, const char *service, struct err *err)
{
	_cleanup_free_ char *clean = path_clean(at), *dir = NULL;
	_cleanup_buf_ struct buf target = {0};
	char *slash = strrchr(clean, '/');

	if (path_is_abs(clean) || str_after(clean, "..") || str_eq(clean, "."))
		return err_say(err, EINVAL,
			"[Install]: '%.120s' is not a name below the directory of units", at);
	if (slash) {
		int r;

		dir = xstrndup(clean, (size_t)(slash - clean));
		r = fs_mkdirs_at(dirfd, dir, 0755, err);
		if (r < 0)
			return r;
	}
	for (const char *s = clean; (s = strchr(s, '/')); s++)
		buf_adds(&target, "../");
	buf_adds(&target, service);
	if (unlinkat(dirfd, clean, 0) < 0 && errno != ENOENT)
		return err_set(err, errno, "replace %s", clean);
	return symlinkat(buf_str(&target), dirfd, clean) < 0 ? err_set(err, errno, "link %s", clean)
							     : 0;
}

/* the unit that is enabled: the service, or an instance of a template; NULL if there is none */
static char *enabled_name(const struct quadlet *q)
{
	_cleanup_free_ char *instance = NULL;

	if (!str_ends(q->service, "@.service"))
		return xstrdup(q->service);
	instance = unitfile_get(&q->source, "Install", "DefaultInstance");
	if (!instance)
		return NULL;
	return xasprintf("%.*s%s.service", (int)(strlen(q->service) - strlen(".service")),
		q->service, instance);
}

static int add_links(int dirfd, const struct quadlet *q, struct err *err)
{
	static const struct {
		const char *key, *dir;
	} kinds[] = {{"WantedBy", "wants"}, {"RequiredBy", "requires"}, {"UpheldBy", "upholds"}};
	_cleanup_free_ char *name = enabled_name(q);
	_cleanup_strv_ struct strv aliases = {0};
	int r = unitfile_words(&q->source, "Install", "Alias", WORDS_RETAIN, &aliases, err);

	for (size_t i = 0; r == 0 && i < aliases.n; i++)
		r = add_link(dirfd, aliases.v[i], q->service, err);
	for (size_t k = 0; r == 0 && name && k < ARRAY_SIZE(kinds); k++) {
		_cleanup_strv_ struct strv units = {0};

		r = unitfile_words(&q->source, "Install", kinds[k].key, WORDS_RETAIN, &units, err);
		for (size_t i = 0; r == 0 && i < units.n; i++) {
			_cleanup_free_ char *at =
				xasprintf("%s.%s/%s", units.v[i], kinds[k].dir, name);

			r = add_link(dirfd, at, q->service, err);
		}
	}
	return r;
}

int install_unit(int dirfd, const struct quadlet *q, struct err *err)
{
	_cleanup_buf_ struct buf text = {0};
	int r;

	buf_addf(&text, "# made by rl-quadlet from %s\n\n",
		q->source.path ? q->source.path : q->source.name);
	unitfile_write(&q->unit, &text);
	r = fs_write_at(dirfd, q->service, text.data, text.len, 0644, 0, err);
	return r < 0 ? r : add_links(dirfd, q, err);
}
