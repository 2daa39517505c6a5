/*
 * spec_parts - the parts that spec_make() assembles; private to spec*.c
 *
 * Each spec_add_*() adds its members to spec->config (and spec->record) and changes nothing else.
 * They run in the order of this file: later ones read what earlier ones decided.
 */
#ifndef RL_RUNTIME_SPEC_PARTS_H
#define RL_RUNTIME_SPEC_PARTS_H

#include "runtime/selinux.h"
#include "runtime/spec.h"
#include "userns/userns.h"

enum spec_ns {
	SPEC_NS_USER,
	SPEC_NS_MOUNT,
	SPEC_NS_PID,
	SPEC_NS_NETWORK,
	SPEC_NS_IPC,
	SPEC_NS_UTS,
	SPEC_NS_CGROUP,
	SPEC_NS_TIME,
	SPEC_NS_COUNT,
};

enum spec_ns_mode { SPEC_NS_PRIVATE, SPEC_NS_HOST, SPEC_NS_CONTAINER };

/**
 * struct spec - a container being decided
 * @image_config: member "config" of the image's configuration, or NULL; hostile
 * @os:     member "linux" of @config; borrowed
 * @process: member of @config; borrowed
 * @caps:   bounding set
 * @exposed: ports of the image and of --expose, as an image lists them
 * @ns:     mode of each namespace
 * @no_resolv: the image's /etc/resolv.conf stays
 * @systemd: its first process gets what systemd expects
 * @userns: what --userns says, or the environment where it says nothing; borrowed, may be NULL
 * @joined: id of the container whose user namespace is used, "" for none
 * @maps:   ids of the container → ids of R; empty where they are the same
 * @kept:   the user that keep-id makes the default, with its own ids (@kept_own) or others; owned, NULL without
 */
struct spec {
	const struct containers *cs;
	const struct spec_opts *o;
	const struct image *img;
	const json_t *image_config;
	char id[65];
	char hostname[65];
	json_t *config, *record, *os, *process, *exposed;
	struct net_conf *net;
	uint64_t caps;
	enum spec_ns_mode ns[SPEC_NS_COUNT];
	const char *userns;
	char joined[65], *kept;
	struct idmaps maps;
	bool no_new_privs, writable_cgroups, unmask_all, systemd, kept_own, no_resolv;
	struct strv mask, unmask, proc_opts;
	char *seccomp; /* "unconfined", a file, or NULL */
	struct selinux_opts label;
	char *apparmor; /* a profile, "unconfined", or NULL for the default */
};

/** spec_add_userns() - the user namespace: its mode and id maps, and the default user of keep-id */
int spec_add_userns(struct spec *s, struct err *err);
/** spec_add_namespaces() - linux.namespaces, linux.timeOffsets, hostname; network configuration */
int spec_add_namespaces(struct spec *s, struct err *err);
/** spec_add_cgroup() - linux.cgroupsPath, and in the record what --cgroups says */
int spec_add_cgroup(struct spec *s, struct err *err);
/** spec_add_process() - process: arguments, environment, user, limits, capabilities */
int spec_add_process(struct spec *s, struct err *err);
/** spec_add_security() - --security-opt: seccomp, masked and read-only paths, noNewPrivileges */
int spec_add_security(struct spec *s, struct err *err);
/** spec_add_lsm() - process.apparmorProfile, process.selinuxLabel, linux.mountLabel; part of spec_add_security() */
int spec_add_lsm(struct spec *s, struct err *err);
/** spec_unmasked() - whether --security-opt unmask names @path */
bool spec_unmasked(const struct spec *s, const char *path);
/** spec_log() - logDriver and logOpts of the record: --log-driver, --log-opt */
int spec_log(struct spec *s, struct err *err);
/** spec_add_mounts() - root and mounts */
int spec_add_mounts(struct spec *s, struct err *err);
/** spec_add_secrets() - --secret: further mounts, process.secretEnv, and the list in the record */
int spec_add_secrets(struct spec *s, struct err *err);

/** spec_add_files() - --tz and --chrootdirs: further mounts */
int spec_add_files(struct spec *s, struct err *err);
/** spec_add_env() - process.env */
int spec_add_env(struct spec *s, struct err *err);
/** spec_add_systemd() - decide whether @command is given what systemd expects */
int spec_add_systemd(struct spec *s, const char *command, struct err *err);

/** spec_systemd_tmpfs() - call @add for each directory that is to be in memory in systemd mode, with its options */
void spec_systemd_tmpfs(const struct spec *s,
	void (*add)(void *arg, const char *dir, const char *options), void *arg);
/** spec_has_mount() - whether something is mounted on @target so far, or with @below in it */
bool spec_has_mount(const struct spec *s, const char *target, bool below);
/** spec_add_accounts() - process.user.accounts: lines for the container's /etc/passwd and /etc/group (accounts.h) */
int spec_add_accounts(struct spec *s, struct err *err);

/** spec_auto() - the maps of --userns=auto:@options; @r: R */
int spec_auto(struct spec *s, const char *options, const struct userns *r, struct err *err);
/** spec_options() - "KEY=VALUE,…" behind a mode of --userns; calls @fn for each; NULL and "" are none */
int spec_options(const char *mode, const char *options,
	int (*fn)(void *arg, const char *key, const char *value, struct err *err), void *arg,
	struct err *err);
/** spec_userns_mode() - --userns, else $RL_USERNS where no other flag decides; NULL for the default; borrowed */
const char *spec_userns_mode(const struct spec_opts *o);

/** spec_add_resources() - linux.resources: --memory, --cpus and the like */
int spec_add_resources(struct spec *s, struct err *err);
/** spec_add_life() - when it is started and ended; only the record */
int spec_add_life(struct spec *s, struct err *err);
/** spec_add_root() - root: the image's, --rootfs, or a sandbox's; in the record what it is made of */
int spec_add_root(struct spec *s, struct err *err);
/** spec_add_sandbox() - the host's files: append to @mounts, before all others; id maps, paths to hide */
int spec_add_sandbox(struct spec *s, json_t *mounts, struct err *err);
/** spec_sandbox_env() - what of the caller's environment a sandbox gets */
void spec_sandbox_env(const struct spec *s, struct strv *env);

/** spec_args() - the command line: --entrypoint, image's ENTRYPOINT and CMD, arguments; appended to
 * @ret_entry and @ret_cmd */
int spec_args(const struct spec_opts *o, const json_t *image_config, struct strv *ret_entry,
	struct strv *ret_cmd, struct err *err);
/** spec_line_fn - takes one NAME=VALUE or NAME of a file */
typedef int spec_line_fn(void *arg, const char *text, struct err *err);
/** spec_lines() - read a file of --env-file's kind: one NAME=VALUE a line, without comments and empty lines */
int spec_lines(const char *flag, const char *path, spec_line_fn *add, void *arg, struct err *err);
/** spec_env_pass() - add our own variable NAME, or all that NAME* stands for, to @env */
void spec_env_pass(struct strv *env, const char *name);
/** spec_env() - apply --env-file and -e to @env */
int spec_env(struct strv *env, const struct strv *files, const struct strv *flags, struct err *err);
/** spec_user() - OCI user object of --user's form, checked; a new reference */
int spec_user(const char *user, const struct strv *group_add, const char *umask, json_t **ret,
	struct err *err);
/** spec_ulimits() - process.rlimits from --ulimit; a new reference */
int spec_ulimits(const struct strv *flags, json_t **ret, struct err *err);

#endif
