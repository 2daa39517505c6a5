/*
 * container_opts - the options that run and create have in common
 */
#ifndef RL_CMD_CONTAINER_OPTS_H
#define RL_CMD_CONTAINER_OPTS_H

#include "cmd/health_flags.h"
#include "cmd/limit_flags.h"
#include "cmd/pull.h"
#include "runtime/spec.h"

/**
 * struct container_opts - what run and create read from their command line
 * @spec:  shapes the container
 * @attach: -a: of stdin, stdout, stderr; empty for the default
 * @at_once: not an option: it is going to be started right away, so R is begun (userns_begin) as soon as that makes sense
 */
struct container_opts {
	struct spec_opts spec;
	struct strv attach;
	char *detach_keys;
	bool detach, sig_proxy, at_once, no_trust;
	struct strv preserve_fd;
	uint64_t preserve_fds;
	struct pull_flags pull;
};

/** container_opts_defaults - for struct cmd */
extern const struct container_opts container_opts_defaults;

/* clang-format off */
#define CONTAINER_STR(l, n, m, a, h)  OPTION_STR(l, n, struct container_opts, spec.m, a, h)
#define CONTAINER_STRV(l, n, m, a, h) OPTION_STRV(l, n, struct container_opts, spec.m, a, h)
#define CONTAINER_LIST(l, n, m, a, h) OPTION_LIST(l, n, struct container_opts, spec.m, a, h)
#define CONTAINER_BOOL(l, n, m, h)    OPTION_BOOL(l, n, struct container_opts, spec.m, h)
#define CONTAINER_PULL(n, m, a, h)    OPTION_STR(0, n, struct container_opts, pull.m, a, h)
#define CONTAINER_IMPLIED(n, m, a, h, v) {0, n, OPT_STR, OPT_CHECK(struct container_opts, m, char *), a, h, v, false}
#define CONTAINER_ALIAS(n, m)         {0, n, OPT_STRV, OPT_CHECK(struct container_opts, spec.m, struct strv), "MODE", "", NULL, true}

/* members of an option table, in the order of their names */
#define CONTAINER_OPTIONS \
	CONTAINER_LIST(0, "add-host", add_host, "HOST:IP", "add a line to /etc/hosts"), \
	CONTAINER_STRV(0, "annotation", annotations, "KEY=VALUE", "add an annotation"), \
	CONTAINER_PULL("arch", arch, "ARCH", "architecture to pull instead of this machine's"), \
	OPTION_LIST('a', "attach", struct container_opts, attach, "stdin|stdout|stderr", "connect only these streams"), \
	CONTAINER_PULL("authfile", access.authfile, "FILE", "credentials file instead of the usual ones"), \
	LIMIT_OPTIONS_BLKIO(struct container_opts, spec.limits), \
	CONTAINER_LIST(0, "cap-add", cap_add, "CAP", "add a capability, or ALL"), \
	CONTAINER_LIST(0, "cap-drop", cap_drop, "CAP", "drop a capability, or ALL"), \
	CONTAINER_PULL("cert-dir", access.cert_dir, "DIR", "authorities (*.crt) and client certificate (*.cert, *.key)"), \
	LIMIT_OPTIONS_CONF(struct container_opts, spec.limits), \
	CONTAINER_STR(0, "cgroup-parent", cgroup_parent, "SLICE|PATH", "where its control group is to be: NAME.slice with systemd, else a path"), \
	CONTAINER_STR(0, "cgroupns", cgroupns, "MODE", "cgroup namespace: host, private or container:NAME"), \
	CONTAINER_STR(0, "cgroups", cgroups, "enabled|disabled|no-conmon|split", "a control group of its own; no-conmon: without its monitor; split: below the caller's (default: enabled)"), \
	CONTAINER_STR(0, "cidfile", cidfile, "FILE", "write the container's id to a file"), \
	CONTAINER_LIST(0, "chrootdirs", chrootdirs, "DIR", "directories of the container that get its own /etc/hosts and the like, too"), \
	CONTAINER_STR(0, "conmon-pidfile", conmon_pidfile, "FILE", "write the process id of the container's monitor to a file"), \
	LIMIT_OPTIONS_CPU(struct container_opts, spec.limits), \
	CONTAINER_PULL("creds", access.creds, "USER:PASSWORD", "credentials for the registry"), \
	CONTAINER_STRV(0, "device", device, "DEVICE", "add a device of the host: HOST-DEVICE[:CONTAINER-DEVICE]"), \
	LIMIT_OPTIONS_DEVICE(struct container_opts, spec.limits), \
	ACCESS_NO_TRUST(struct container_opts, no_trust), \
	CONTAINER_LIST(0, "dns", dns, "IP", "use a name server; none leaves the image's resolv.conf as it is"), \
	CONTAINER_LIST(0, "dns-option", dns_option, "OPTION", "set a resolver option"), \
	CONTAINER_LIST(0, "dns-search", dns_search, "DOMAIN", "set a search domain"), \
	CONTAINER_STR(0, "domainname", domainname, "NAME", "set the NIS domain name"), \
	CONTAINER_STR(0, "entrypoint", entrypoint, "COMMAND", "replace the image's entry point: a command or a JSON array"), \
	CONTAINER_STRV('e', "env", env, "NAME[=VALUE]", "set an environment variable, or pass one on; NAME* passes on all that begin so"), \
	CONTAINER_BOOL(0, "env-host", env_host, "pass all of your own environment on"), \
	CONTAINER_STRV(0, "env-file", env_file, "FILE", "read environment variables from a file"), \
	CONTAINER_STRV(0, "env-merge", env_merge, "NAME=VALUE", "set a variable from those that are there: 'PATH=${PATH}:/opt/bin'"), \
	CONTAINER_LIST(0, "expose", expose, "PORT", "list a port as the image's: PORT[/PROTOCOL]"), \
	CONTAINER_LIST(0, "gidmap", gidmap, "MAPPING", "map group ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]"), \
	CONTAINER_LIST(0, "group-add", group_add, "GROUP", "add a supplementary group, or keep-groups: keep your own"), \
	CONTAINER_STR(0, "group-entry", group_entry, "LINE", "line for /etc/group; $GROUPNAME, $GID and $USERLIST are replaced"), \
	HEALTH_OPTIONS(struct container_opts, spec.health), \
	CONTAINER_STR('h', "hostname", hostname, "NAME", "set the host name"), \
	CONTAINER_STR(0, "hosts-file", hosts_file, "FILE", "what /etc/hosts begins with: a file of the host, or none"), \
	CONTAINER_LIST(0, "hostuser", hostuser, "USER", "add a user of the host to /etc/passwd"), \
	CONTAINER_BOOL(0, "http-proxy", http_proxy, "pass your own proxy variables on (default: true)"), \
	CONTAINER_STR(0, "image-volume", image_volume, "MODE", "what the image's volumes become: anonymous, tmpfs or ignore"), \
	CONTAINER_BOOL(0, "init", init, "run an init that reaps zombies and passes signals on"), \
	CONTAINER_STR(0, "init-path", init_path, "FILE", "use a program of the host as that init"), \
	CONTAINER_BOOL('i', "interactive", interactive, "keep standard input open"), \
	CONTAINER_STR(0, "ipc", ipc, "MODE", "IPC namespace: host, private, none (without /dev/shm) or container:NAME"), \
	CONTAINER_STRV('l', "label", labels, "KEY=VALUE", "add a label"), \
	CONTAINER_STRV(0, "label-file", label_file, "FILE", "read labels from a file"), \
	CONTAINER_STR(0, "log-driver", log_driver, "DRIVER", "how output is logged: k8s-file, json-file, journald, none, passthrough or passthrough-tty"), \
	CONTAINER_STRV(0, "log-opt", log_opt, "KEY=VALUE", "option of the log: max-size=SIZE, max-file=N, path=FILE, tag=TEXT, label=FIELD=VALUE, labels=KEY,…, env=NAME,…"), \
	LIMIT_OPTIONS_MEMORY(struct container_opts, spec.limits), \
	CONTAINER_STRV(0, "mount", mount, "MOUNT", "mount: type=bind|volume|tmpfs|image|…,source=…,target=…"), \
	CONTAINER_STR(0, "name", name, "NAME", "name the container"), \
	CONTAINER_ALIAS("net", network), \
	CONTAINER_STRV(0, "network", network, "MODE", "network: slirp4netns[:OPTIONS], none, host or container:NAME"), \
	HEALTH_OPTION_NONE(struct container_opts, spec.health), \
	CONTAINER_BOOL(0, "no-hostname", no_hostname, "leave the image's /etc/hostname as it is"), \
	CONTAINER_BOOL(0, "no-hosts", no_hosts, "leave the image's /etc/hosts as it is"), \
	CONTAINER_STR(0, "oom-score-adj", oom_score_adj, "N", "whom the kernel ends first when memory is short: -1000 to 1000"), \
	CONTAINER_PULL("os", os, "OS", "operating system to pull instead of linux"), \
	CONTAINER_BOOL(0, "passwd", passwd, "add the container's user to /etc/passwd and /etc/group where they lack it"), \
	CONTAINER_STR(0, "passwd-entry", passwd_entry, "LINE", "line for /etc/passwd; $USERNAME, $UID, $GID, $NAME and $HOME are replaced"), \
	CONTAINER_STR(0, "personality", personality, "LINUX|LINUX32", "execution domain of its processes"), \
	CONTAINER_STR(0, "pid", pid, "MODE", "process namespace: host, private or container:NAME"), \
	CONTAINER_STR(0, "pidfile", pidfile, "FILE", "write the process id of the container's init to a file"), \
	LIMIT_OPTIONS_PIDS(struct container_opts, spec.limits), \
	CONTAINER_PULL("platform", platform, "OS/ARCH[/VARIANT]", "platform to pull instead of this machine's"), \
	CONTAINER_BOOL(0, "privileged", privileged, "all capabilities and devices, nothing masked or filtered"), \
	CONTAINER_LIST('p', "publish", publish, "PORT", "publish a port: [[HOST-IP:][HOST-PORT]:]PORT[/PROTOCOL]"), \
	CONTAINER_BOOL('P', "publish-all", publish_all, "publish the image's ports on free ports of the host"), \
	CONTAINER_STR(0, "pull", pull, "always|missing|never|newer", "when to pull the image (default: missing)"), \
	OPTION_BOOL('q', "quiet", struct container_opts, pull.quiet, "do not show the progress of a pull"), \
	CONTAINER_BOOL(0, "read-only", read_only, "mount the root read-only"), \
	CONTAINER_BOOL(0, "read-only-tmpfs", read_only_tmpfs, "with --read-only, a tmpfs on /run, /tmp and /var/tmp"), \
	CONTAINER_BOOL(0, "replace", replace, "remove a container of the same name first"), \
	CONTAINER_LIST(0, "requires", requires, "CONTAINER", "start these containers first"), \
	CONTAINER_STR(0, "restart", restart, "POLICY", "start it again when it ends: no, on-failure[:N], always, unless-stopped"), \
	OPTION_INT(0, "retry", struct container_opts, pull.access.retry, "N", "further attempts of a pull (default: 3)"), \
	CONTAINER_PULL("retry-delay", access.retry_delay, "DURATION", "pause before the first of them, doubled each time (default: 1s)"), \
	CONTAINER_BOOL(0, "rm", rm, "remove the container when it has ended"), \
	CONTAINER_BOOL(0, "rootfs", rootfs, "IMAGE is a directory: DIR to write to it, DIR:O to write to a copy"), \
	CONTAINER_STR(0, "sdnotify", sdnotify, "container|conmon|healthy|ignore", "who tells systemd that the service is ready (default: container)"), \
	CONTAINER_STR(0, "seccomp-policy", seccomp_policy, "default|image", "where the seccomp profile comes from: image looks at a label of the image first"), \
	CONTAINER_STRV(0, "secret", secrets, "SECRET", "give it a secret: NAME[,type=mount|env][,target=NAME][,uid=…][,gid=…][,mode=…]"), \
	CONTAINER_STRV(0, "security-opt", security_opt, "OPTION", "apparmor=PROFILE|unconfined, seccomp=FILE|unconfined, label=disable|type:TYPE|level:LEVEL…, no-new-privileges, mask=PATH, unmask=PATH|ALL, proc-opts=OPTIONS, writable-cgroups"), \
	CONTAINER_STR(0, "shm-size", shm_size, "SIZE", "size of /dev/shm (default: 64m)"), \
	CONTAINER_STR(0, "shm-size-systemd", shm_size_systemd, "SIZE", "size of each tmpfs of systemd mode"), \
	CONTAINER_STR(0, "stop-signal", stop_signal, "SIGNAL", "signal that asks the container to end"), \
	OPTION_INT(0, "stop-timeout", struct container_opts, spec.stop_timeout, "SECONDS", "how long stop waits before it kills (default: 10)"), \
	CONTAINER_STR(0, "subgidname", subgidname, "USER", "map the subordinate group ids of a user"), \
	CONTAINER_STR(0, "subuidname", subuidname, "USER", "map the subordinate user ids of a user"), \
	CONTAINER_LIST(0, "sysctl", sysctl, "NAME=VALUE", "set a kernel parameter of the container's own"), \
	CONTAINER_STR(0, "systemd", systemd, "true|false|always", "whether its first process is given what systemd expects: true if it looks like one"), \
	CONTAINER_STR(0, "time", time, "MODE", "clocks: host, private or container:NAME"), \
	CONTAINER_STR(0, "time-offset-boottime", time_boottime, "DURATION", "shift the boot-time clock"), \
	CONTAINER_STR(0, "time-offset-monotonic", time_monotonic, "DURATION", "shift the monotonic clock"), \
	OPTION_UINT(0, "timeout", struct container_opts, spec.timeout, "SECONDS", "kill it after this time"), \
	CONTAINER_IMPLIED("tls-verify", pull.access.tls_verify, "true|false", "check certificates and use HTTPS only (default: as registries.conf says)", "true"), \
	CONTAINER_STRV(0, "tmpfs", tmpfs, "DIR[:OPTIONS]", "mount a tmpfs"), \
	CONTAINER_BOOL('t', "tty", tty, "give the container a terminal"), \
	CONTAINER_STR(0, "tz", tz, "ZONE", "time zone, such as Europe/Berlin, or local"), \
	CONTAINER_LIST(0, "uidmap", uidmap, "MAPPING", "map user ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]"), \
	CONTAINER_LIST(0, "ulimit", ulimit, "NAME=SOFT[:HARD]", "set a resource limit"), \
	CONTAINER_STR(0, "umask", umask, "MODE", "file mode mask"), \
	CONTAINER_STRV(0, "unsetenv", unsetenv, "NAME", "leave a default variable or one of the image out"), \
	CONTAINER_BOOL(0, "unsetenv-all", unsetenv_all, "leave all default variables and those of the image out"), \
	CONTAINER_STR('u', "user", user, "USER[:GROUP]", "run as a user of the container"), \
	CONTAINER_STR(0, "userns", userns, "MODE", "user namespace: host, private, keep-id, nomap, auto or container:NAME"), \
	CONTAINER_STR(0, "uts", uts, "MODE", "host name namespace: host, private or container:NAME"), \
	CONTAINER_PULL("variant", variant, "VARIANT", "variant of the architecture to pull"), \
	CONTAINER_STRV('v', "volume", volume, "[SOURCE:]DIR[:OPTIONS]", "mount a volume, or a directory of the host"), \
	CONTAINER_STR(0, "volume-driver", volume_driver, "DRIVER", "driver of the volumes that --volume makes"), \
	CONTAINER_STRV(0, "volumes-from", volumes_from, "CONTAINER[:ro|rw]", "mount what another container has mounted"), \
	CONTAINER_STR('w', "workdir", workdir, "DIR", "working directory")
/* clang-format on */

/**
 * container_run() - make and start a container and, unless it is detached, be its terminal until it has ended
 * @args: IMAGE [COMMAND [ARG...]]
 * Return: the exit code, or a negative errno
 */
int container_run(
	struct ctx *ctx, struct container_opts *o, const struct strv *args, struct err *err);

/**
 * container_make() - find or pull the image and create the container
 * Writes the --cidfile.  A failure leaves nothing behind.
 * @args: IMAGE [COMMAND [ARG...]]
 * @ret:  the caller owns it (container_done)
 */
int container_make(struct ctx *ctx, struct container_opts *o, const struct strv *args,
	struct container *ret, struct err *err);

#endif
