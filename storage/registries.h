/*
 * registries - where an image name leads: containers-registries.conf(5), version 2
 *
 * Read are /etc/containers/registries.conf and the files in registries.conf.d; or the user's
 * ~/.config/containers/registries.conf and registries.conf.d in their place and on top; CONTAINERS_REGISTRIES_CONF
 * names another file.  Without any file a name without a host means docker.io, as docker has it.
 */
#ifndef RL_STORAGE_REGISTRIES_H
#define RL_STORAGE_REGISTRIES_H

#include "runtime/base/json.h"
#include "storage/ref.h"

/**
 * struct registries - the configuration, merged
 * @search:   registries for names without a host, in order
 * @aliases:  object: short name → reference without tag
 * @registry: array of [[registry]] tables, a later file's replacing an earlier one's of the same prefix
 * @mode:     short-name-mode: may the user be asked what a short name means, must he be, or is each place tried
 * @may_ask:  set by the caller: there is somebody to ask
 */
struct registries {
	struct strv search;
	json_t *aliases, *registry;
	enum { SHORT_NAME_PERMISSIVE, SHORT_NAME_ENFORCING, SHORT_NAME_DISABLED } mode;
	bool may_ask;
};

/**
 * struct endpoint - one place to ask
 * @host:     "registry.example:5000"
 * @path:     repository there
 * @insecure: plain HTTP and unverified TLS are allowed
 */
struct endpoint {
	char *host, *path;
	bool insecure;
};

/**
 * struct candidate - one image that a name may mean
 * @name:      canonical reference to record; also what the user is told
 * @tag, @digest: one of them at least
 * @endpoints: mirrors first, the registry itself last
 */
struct candidate {
	char *name, *tag, *digest;
	struct endpoint *endpoints;
	size_t n;
};

/**
 * struct candidates - what a name may mean
 * @ask: several places, and the user should say which (only with may_ask)
 */
struct candidates {
	struct candidate *v;
	size_t n;
	bool ask;
};

/** registries_load_default() - read the files of ~/.config/containers and /etc/containers */
int registries_load_default(struct registries *ret, struct err *err);

/** registries_add() - merge the text of one more file */
int registries_add(struct registries *r, const char *text, const char *what, struct err *err);

/**
 * registries_resolve() - the images that @text may mean, in the order in which to try them
 * Fails if the registry is blocked or the reference is malformed.
 */
int registries_resolve(
	const struct registries *r, const char *text, struct candidates *ret, struct err *err);

/** registries_insecure() - whether the table that @name ("HOST" or "HOST/PATH") falls under says so */
bool registries_insecure(const struct registries *r, const char *name);

/** registries_config_dir() - ~/.config/containers by XDG_CONFIG_HOME, HOME or the password database; the caller owns it, or NULL */
char *registries_config_dir(void);

void registries_done(struct registries *r);
void candidates_done(struct candidates *c);

#endif
