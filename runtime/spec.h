/*
 * spec - from an image's configuration and the user's flags to an OCI config.json
 *
 * Decides everything; what follows (launch) only does it.  User names are the one thing that cannot be
 * decided here, because only the container's root knows them: process.user carries the extension
 * "username" ("name", "name:group", "uid:group"), resolved in the child against the root's passwd and
 * group files.
 */
#ifndef RL_RUNTIME_SPEC_H
#define RL_RUNTIME_SPEC_H

#include "network/net.h"
#include "runtime/container.h"
#include "runtime/health_opts.h"
#include "runtime/limit_opts.h"
#include "storage/image.h"

/* what becomes of the chosen directory of a sandbox */
enum sandbox_dir { SANDBOX_WRITABLE, SANDBOX_COPIED, SANDBOX_READ_ONLY };

/**
 * struct sandbox - the host's own files in place of an image (spec_sandbox.c); all members are borrowed
 * @dir:  the chosen directory, canonical
 * @home: the user's home directory, canonical; NULL if there is none to hide
 * @mode: of @dir
 * @root: the user is root inside, with the ids that a container of an image has
 */
struct sandbox {
	const char *dir, *home;
	enum sandbox_dir mode;
	bool root;
};

/** sandbox_check() - whether @dir can be a sandbox's directory */
int sandbox_check(const struct sandbox *b, struct err *err);
/** sandbox_fill() - the directory that will be the sandbox's root, in the container's directory */
int sandbox_fill(int dirfd, struct err *err);

/**
 * struct spec_opts - the flags of run and create that shape a container; all members are owned
 * NULL, empty and -1 mean "not given".  An @entrypoint of "" clears the image's.
 * @image: the image as the user named it; with @rootfs, DIR[:O]
 * @sandbox: borrowed; NULL but for `rl sandbox`
 * @default_userns: not a flag: the mode where neither a flag nor the environment says one; borrowed
 * @default_env: not a flag: variables below those of the image
 */
struct spec_opts {
	char *image;
	char *name, *hostname, *user, *workdir, *entrypoint;
	struct strv args; /* behind IMAGE */
	struct strv env, env_file, unsetenv, labels, label_file, annotations, secrets, env_merge,
		default_env, chrootdirs;
	struct strv cap_add, cap_drop, security_opt, ulimit, device, publish;
	struct strv volume, mount, tmpfs, volumes_from;
	char *image_volume, *volume_driver;
	struct strv expose, network, dns, dns_search, dns_option, add_host, group_add, log_opt,
		sysctl;
	const char *default_userns;
	char *cgroups, *cgroup_parent;
	char *userns, *pid, *ipc, *uts, *cgroupns, *time; /* host, private, container:NAME */
	struct strv uidmap, gidmap, hostuser;
	char *subuidname, *subgidname, *passwd_entry, *group_entry;
	char *time_monotonic, *time_boottime; /* offsets, durations */
	char *stop_signal, *log_driver, *pull, *cidfile, *pidfile, *shm_size, *umask,
		*oom_score_adj, *tz, *systemd, *shm_size_systemd, *personality, *seccomp_policy,
		*hosts_file, *init_path, *domainname;
	char *restart, *sdnotify, *conmon_pidfile;
	struct health_opts health;
	struct limit_opts limits;
	struct strv requires;
	uint64_t timeout; /* seconds */
	int64_t stop_timeout;
	bool rmi; /* implies rm */
	bool tty, interactive, rm, privileged, read_only, read_only_tmpfs, init, no_hosts,
		publish_all, replace, env_host, unsetenv_all, http_proxy, no_hostname, passwd,
		rootfs;
	const struct sandbox *sandbox;
};

/**
 * spec_make() - build container.json and config.json
 * @img:    the image, or NULL for none
 * The record has an "id": the host name and the network's files are made from it before the
 * container exists.
 * @ret_record, @ret_config: new references; container_create() takes them
 * @ret_net: network configuration, for net_write_files(); the caller owns it
 */
int spec_make(const struct containers *cs, const struct spec_opts *o, const struct image *img,
	json_t **ret_record, json_t **ret_config, struct net_conf *ret_net, struct err *err);

/**
 * spec_ids_lock() - what --userns=auto and levels of SELinux need: from before spec_make() until the container exists nobody else looks for free ids
 * Return: a descriptor to be closed, -EBADF where none is needed, or another negative errno
 */
int spec_ids_lock(const struct containers *cs, const struct spec_opts *o, struct err *err);

/** spec_needs_containerenv() - whether the container's directory must have an empty file "containerenv" to be mounted */
bool spec_needs_containerenv(const struct containers *cs, const struct spec_opts *o);

/**
 * struct spec_changes - what of a config.json can still be changed; borrowed, NULL and empty for nothing
 * @limits: of a running container too
 * @env, @unsetenv: what its next start and `exec` get; @ulimit: its next start
 */
struct spec_changes {
	const struct limit_opts *limits;
	const struct strv *env, *unsetenv, *ulimit;
};
/** spec_change() - change it; after an error it is half changed */
int spec_change(json_t *config, const struct spec_changes *changes, struct err *err);

/** spec_exec() - OCI process object for exec: the container's own with the flags of exec applied */
struct exec_opts {
	struct strv args, env, env_file;
	char *user, *workdir;
	bool tty, interactive, privileged, detach;
};
int spec_exec(const struct container *c, const json_t *config, const struct exec_opts *o,
	json_t **ret_process, struct err *err);

#endif
