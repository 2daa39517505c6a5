/*
 * quadlet - containers, volumes and the like described by unit files, made into services of systemd
 *
 * A file "web.container" becomes "web.service": its section [Container] turns into a command line of rl, all other
 * sections are systemd's and stay as they are.  Life cycle: all files are read (search.h), each gets its names, then each is
 * converted, in an order in which whatever another one waits for comes first.  A file that is wrong costs itself only.
 */
#ifndef RL_QUADLET_QUADLET_H
#define RL_QUADLET_QUADLET_H

#include "runtime/unitfile.h"

struct quadlet_set;
struct quadlet;

/* how a key becomes options; @prefix is put before the value */
enum quadlet_how {
	QUADLET_CODE, /* the type's own code has it */
	QUADLET_ONE,  /* FLAG VALUE, of the value that counts */
	QUADLET_EACH, /* FLAG VALUE for each */
	QUADLET_WORD, /* FLAG WORD for each word, with its escape sequences */
	QUADLET_ARG,  /* FLAG WORD for each word, escape sequences replaced */
	QUADLET_PAIR, /* the same for KEY=VALUE words, of which a later one replaces an earlier one */
	QUADLET_BOOL, /* FLAG or FLAG=false */
	QUADLET_IF,   /* FLAG PREFIX if it is true */
};

struct quadlet_key {
	const char *name;
	enum quadlet_how how;
	const char *flag, *prefix;
};

/**
 * struct quadlet_type - a kind of file
 * @ext:     ".volume"
 * @section: "Volume"
 * @suffix:  of the service's name, "-volume"
 * @name_key: the key that names the resource; NULL where convert() or resource() knows better
 * @keys:    all that the section may have, up to one without a name
 * @resource: the resource's name, owned by the caller, or NULL: systemd-NAME
 * @convert: make the service
 */
struct quadlet_type {
	const char *ext, *section, *suffix, *name_key;
	const struct quadlet_key *keys;
	char *(*resource)(const struct quadlet *q);
	int (*convert)(struct quadlet_set *set, struct quadlet *q, struct err *err);
};

extern const struct quadlet_type quadlet_container, quadlet_volume, quadlet_network, quadlet_image,
	quadlet_artifact, quadlet_build, quadlet_pod, quadlet_kube;

/**
 * struct quadlet - one file
 * @source:   as read, with its drop-ins
 * @unit:     the service that is made of it; its name is that of the service file
 * @service:  file name of the service
 * @resource: what others call the container, volume … by
 * @members:  services of the containers that start with a pod
 * @done:     converted
 */
struct quadlet {
	const struct quadlet_type *type;
	struct unitfile source, unit;
	char *service, *resource;
	struct strv members;
	bool done;
};

/**
 * struct quadlet_set - all of a user's files
 * @user: for a user's own systemd, not the machine's
 * @rl:   path of rl, for the command lines
 */
struct quadlet_set {
	struct quadlet *v;
	size_t n;
	bool user;
	const char *rl;
};

/** quadlet_type_of() - the type for a file name, NULL if it is none of ours */
const struct quadlet_type *quadlet_type_of(const char *name);
/** quadlet_add() - add a file that was read; takes @source */
void quadlet_add(struct quadlet_set *set, const struct quadlet_type *type, struct unitfile *source);
/** quadlet_find() - the one of that file name, or NULL */
struct quadlet *quadlet_find(const struct quadlet_set *set, const char *name);
/**
 * quadlet_convert() - make all services
 * @complain: called for each file that is wrong
 * Return: how many are wrong
 */
unsigned quadlet_convert(
	struct quadlet_set *set, void (*complain)(const char *name, const struct err *err));
void quadlet_set_done(struct quadlet_set *set);

/* --- for the types ------------------------------------------------------------------------------------------------ */

/** quadlet_command() - begin a command line: rl, and the section's GlobalArgs */
int quadlet_command(
	const struct quadlet_set *set, const struct quadlet *q, struct strv *cmd, struct err *err);
/** quadlet_options() - append what the type's keys make, its Network and Volume included */
int quadlet_options(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err);
/** quadlet_own_args() - append the section's PodmanArgs */
int quadlet_own_args(const struct quadlet *q, struct strv *cmd, struct err *err);
/** quadlet_exec() - add it as KEY= to [Service]; @prefix "-" where its failure does not matter */
void quadlet_exec(struct quadlet *q, const char *key, const char *prefix, const struct strv *cmd);
/** quadlet_oneshot() - defaults of [Service] for a command that ends */
void quadlet_oneshot(struct quadlet *q, bool remain);
/** quadlet_daemon() - defaults of [Service] for what runs; -EINVAL for a Type or KillMode that cannot work */
int quadlet_daemon(struct quadlet *q, bool *ret_notify, struct err *err);
/** quadlet_default() - set a key of [Service] that the file does not */
void quadlet_default(struct quadlet *q, const char *key, const char *value);
/** quadlet_need() - the service needs that of the file @name, and comes after it; Return: that one, NULL with @err set */
struct quadlet *quadlet_need(
	struct quadlet_set *set, struct quadlet *q, const char *name, struct err *err);
/** quadlet_source() - resolve the source of a mount: a path, the name of a volume, "x.volume"; *@source is replaced */
int quadlet_source(struct quadlet_set *set, struct quadlet *q, char **source, struct err *err);
/** quadlet_image() - resolve "x.image" and "x.build"; *@image is replaced */
int quadlet_image_name(struct quadlet_set *set, struct quadlet *q, char **image, struct err *err);
/** quadlet_path() - relative to the file's directory, unless it begins with a specifier; the caller owns it */
char *quadlet_path(const struct quadlet *q, const char *path);
/** quadlet_get() - a key of the type's section; NULL if missing or empty; the caller owns it */
char *quadlet_get(const struct quadlet *q, const char *key);

#endif
