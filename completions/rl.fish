# fish completion of rl; written by 'rl completion fish'

function __rl_containers
	rl ps -a --format '{{.Names}}' 2>/dev/null
end

function __rl_images
	rl images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null | string match -v '*<none>*'
end

set -g __rl_commands run sandbox create start init stop restart kill rm pause unpause rename update wait attach exec cp mount unmount ps port stats top diff logs why inspect commit export history images import load login logout pull push rmi save search tag untag events unshare info doctor version completion help

complete -c rl -f
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l cgroup-manager -d 'who makes the control groups of new containers (default: systemd where it runs)' -r -xa 'systemd cgroupfs'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l debug -d 'show what is done, on standard error'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l events-backend -d 'where this command writes down what happens (default: events_logger of rl.conf)' -r -xa 'file none'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l log-level -d '\'debug\' is the same as --debug' -r -xa 'debug info warn error'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l noout -d 'print nothing on standard output'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l out -d 'write standard output into FILE' -r
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l root -d 'where images and containers are kept (RL_ROOT)' -r -xa '(__fish_complete_directories)'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l runroot -d 'where the state of running containers is kept (RL_RUNROOT)' -r -xa '(__fish_complete_directories)'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -l storage-driver -d 'how layers become a file system, for a new store (RL_STORAGE_DRIVER)' -r -xa 'overlay fuse_overlayfs fuse-overlayfs vfs'
complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -s v -l version -d 'print the version'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a run -d 'Create and start a container'
complete -c rl -n '__fish_seen_subcommand_from run' -s d -l detach -d 'run in the background and print the id'
complete -c rl -n '__fish_seen_subcommand_from run' -l detach-keys -d 'keys that detach, such as ctrl-p,ctrl-q; "" for none' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l add-host -d 'add a line to /etc/hosts' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l annotation -d 'add an annotation' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l arch -d 'architecture to pull instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s a -l attach -d 'connect only these streams' -r -xa 'stdin stdout stderr'
complete -c rl -n '__fish_seen_subcommand_from run' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l blkio-weight -d 'its share of block devices: 10 to 1000' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l blkio-weight-device -d 'its share of one block device' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cap-add -d 'add a capability, or ALL' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cap-drop -d 'drop a capability, or ALL' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from run' -l cgroup-conf -d 'write into a file of its cgroup, as memory.high=1073741824' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cgroup-parent -d 'where its control group is to be: NAME.slice with systemd, else a path' -r -xa 'SLICE PATH'
complete -c rl -n '__fish_seen_subcommand_from run' -l cgroupns -d 'cgroup namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cgroups -d 'a control group of its own; no-conmon: without its monitor; split: below the caller\'s (default: enabled)' -r -xa 'enabled disabled no-conmon split'
complete -c rl -n '__fish_seen_subcommand_from run' -l cidfile -d 'write the container\'s id to a file' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l chrootdirs -d 'directories of the container that get its own /etc/hosts and the like, too' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from run' -l conmon-pidfile -d 'write the process id of the container\'s monitor to a file' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cpu-period -d 'period of --cpu-quota (default: 100000)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cpu-quota -d 'processor time that it may use in each period' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s c -l cpu-shares -d 'its share of the processors when they are short: 2 to 262144, usually 1024' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cpus -d 'how many processors it may use, such as 1.5' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cpuset-cpus -d 'processors that it may use, such as 0-3,5; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l cpuset-mems -d 'memory nodes that it may use; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l creds -d 'credentials for the registry' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l device -d 'add a device of the host: HOST-DEVICE[:CONTAINER-DEVICE]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l device-read-bps -d 'bytes a second that it may read from a block device' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l device-read-iops -d 'how often a second it may read from it' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l device-write-bps -d 'bytes a second that it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l device-write-iops -d 'how often a second it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l disable-content-trust -d 'changes nothing: docker\'s content trust does not exist here, policy.json decides'
complete -c rl -n '__fish_seen_subcommand_from run' -l dns -d 'use a name server; none leaves the image\'s resolv.conf as it is' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l dns-option -d 'set a resolver option' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l dns-search -d 'set a search domain' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l domainname -d 'set the NIS domain name' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l entrypoint -d 'replace the image\'s entry point: a command or a JSON array' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from run' -s e -l env -d 'set an environment variable, or pass one on; NAME* passes on all that begin so' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l env-host -d 'pass all of your own environment on'
complete -c rl -n '__fish_seen_subcommand_from run' -l env-file -d 'read environment variables from a file' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l env-merge -d 'set a variable from those that are there: \'PATH=${PATH}:/opt/bin\'' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l expose -d 'list a port as the image\'s: PORT[/PROTOCOL]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l gidmap -d 'map group ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l group-add -d 'add a supplementary group, or keep-groups: keep your own' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l group-entry -d 'line for /etc/group; $GROUPNAME, $GID and $USERLIST are replaced' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-cmd -d 'check its health with a line for the shell, a JSON list, or none' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from run' -l health-interval -d 'pause between two checks, or disable (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-log-destination -d 'where results are written down' -r -xa 'local events_logger DIR'
complete -c rl -n '__fish_seen_subcommand_from run' -l health-max-log-count -d 'results that are kept; 0 for any number (default: 5)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-max-log-size -d 'of the output of each; 0 for 65536 (default: 500)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-on-failure -d 'what is done when it is unhealthy' -r -xa 'none kill restart stop'
complete -c rl -n '__fish_seen_subcommand_from run' -l health-retries -d 'failures in a row until it is unhealthy (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-start-interval -d 'pause during the start period (default: 5s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-start-period -d 'time in which failures do not count (default: 0s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-startup-cmd -d 'first check with this until it succeeds' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from run' -l health-startup-interval -d 'pause between two of these (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-startup-retries -d 'failures of it until the container is restarted; 0 for never (default: 0)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-startup-success -d 'successes of it that are needed, in a row (default: 1)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-startup-timeout -d 'time that it may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l health-timeout -d 'time that a check may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s h -l hostname -d 'set the host name' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l hosts-file -d 'what /etc/hosts begins with: a file of the host, or none' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l hostuser -d 'add a user of the host to /etc/passwd' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l http-proxy -d 'pass your own proxy variables on (default: true)'
complete -c rl -n '__fish_seen_subcommand_from run' -l image-volume -d 'what the image\'s volumes become: anonymous, tmpfs or ignore' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l init -d 'run an init that reaps zombies and passes signals on'
complete -c rl -n '__fish_seen_subcommand_from run' -l init-path -d 'use a program of the host as that init' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s i -l interactive -d 'keep standard input open'
complete -c rl -n '__fish_seen_subcommand_from run' -l ipc -d 'IPC namespace: host, private, none (without /dev/shm) or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s l -l label -d 'add a label' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l label-file -d 'read labels from a file' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l log-driver -d 'how output is logged: k8s-file, json-file, journald, none, passthrough or passthrough-tty' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l log-opt -d 'option of the log: max-size=SIZE, max-file=N, path=FILE, tag=TEXT, label=FIELD=VALUE, labels=KEY,…, env=NAME,…' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s m -l memory -d 'memory that it may use; it is killed where it needs more' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l memory-reservation -d 'memory that is taken from it last when memory is short' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l memory-swap -d 'memory and swap together; -1 for any (default: twice --memory)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l mount -d 'mount: type=bind|volume|tmpfs|image|…,source=…,target=…' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l name -d 'name the container' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l network -d 'network: slirp4netns[:OPTIONS], none, host or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l no-healthcheck -d 'no health check, whatever the image says'
complete -c rl -n '__fish_seen_subcommand_from run' -l no-hostname -d 'leave the image\'s /etc/hostname as it is'
complete -c rl -n '__fish_seen_subcommand_from run' -l no-hosts -d 'leave the image\'s /etc/hosts as it is'
complete -c rl -n '__fish_seen_subcommand_from run' -l oom-score-adj -d 'whom the kernel ends first when memory is short: -1000 to 1000' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l os -d 'operating system to pull instead of linux' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l passwd -d 'add the container\'s user to /etc/passwd and /etc/group where they lack it'
complete -c rl -n '__fish_seen_subcommand_from run' -l passwd-entry -d 'line for /etc/passwd; $USERNAME, $UID, $GID, $NAME and $HOME are replaced' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l personality -d 'execution domain of its processes' -r -xa 'LINUX LINUX32'
complete -c rl -n '__fish_seen_subcommand_from run' -l pid -d 'process namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l pidfile -d 'write the process id of the container\'s init to a file' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l pids-limit -d 'how many processes and threads it may have; -1 for any (default: 2048)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l platform -d 'platform to pull instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l privileged -d 'all capabilities and devices, nothing masked or filtered'
complete -c rl -n '__fish_seen_subcommand_from run' -s p -l publish -d 'publish a port: [[HOST-IP:][HOST-PORT]:]PORT[/PROTOCOL]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s P -l publish-all -d 'publish the image\'s ports on free ports of the host'
complete -c rl -n '__fish_seen_subcommand_from run' -l pull -d 'when to pull the image (default: missing)' -r -xa 'always missing never newer'
complete -c rl -n '__fish_seen_subcommand_from run' -s q -l quiet -d 'do not show the progress of a pull'
complete -c rl -n '__fish_seen_subcommand_from run' -l read-only -d 'mount the root read-only'
complete -c rl -n '__fish_seen_subcommand_from run' -l read-only-tmpfs -d 'with --read-only, a tmpfs on /run, /tmp and /var/tmp'
complete -c rl -n '__fish_seen_subcommand_from run' -l replace -d 'remove a container of the same name first'
complete -c rl -n '__fish_seen_subcommand_from run' -l requires -d 'start these containers first' -r -xa '(__rl_containers)'
complete -c rl -n '__fish_seen_subcommand_from run' -l restart -d 'start it again when it ends: no, on-failure[:N], always, unless-stopped' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l retry -d 'further attempts of a pull (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l retry-delay -d 'pause before the first of them, doubled each time (default: 1s)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l rm -d 'remove the container when it has ended'
complete -c rl -n '__fish_seen_subcommand_from run' -l rootfs -d 'IMAGE is a directory: DIR to write to it, DIR:O to write to a copy'
complete -c rl -n '__fish_seen_subcommand_from run' -l sdnotify -d 'who tells systemd that the service is ready (default: container)' -r -xa 'container conmon healthy ignore'
complete -c rl -n '__fish_seen_subcommand_from run' -l seccomp-policy -d 'where the seccomp profile comes from: image looks at a label of the image first' -r -xa 'default image'
complete -c rl -n '__fish_seen_subcommand_from run' -l secret -d 'give it a secret: NAME[,type=mount|env][,target=NAME][,uid=…][,gid=…][,mode=…]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l security-opt -d 'apparmor=PROFILE|unconfined, seccomp=FILE|unconfined, label=disable|type:TYPE|level:LEVEL…, no-new-privileges, mask=PATH, unmask=PATH|ALL, proc-opts=OPTIONS, writable-cgroups' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l shm-size -d 'size of /dev/shm (default: 64m)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l shm-size-systemd -d 'size of each tmpfs of systemd mode' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l stop-signal -d 'signal that asks the container to end' -r -xa 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'
complete -c rl -n '__fish_seen_subcommand_from run' -l stop-timeout -d 'how long stop waits before it kills (default: 10)' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l subgidname -d 'map the subordinate group ids of a user' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l subuidname -d 'map the subordinate user ids of a user' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l sysctl -d 'set a kernel parameter of the container\'s own' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l systemd -d 'whether its first process is given what systemd expects: true if it looks like one' -r -xa 'true false always'
complete -c rl -n '__fish_seen_subcommand_from run' -l time -d 'clocks: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l time-offset-boottime -d 'shift the boot-time clock' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l time-offset-monotonic -d 'shift the monotonic clock' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l timeout -d 'kill it after this time' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from run' -l tmpfs -d 'mount a tmpfs' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s t -l tty -d 'give the container a terminal'
complete -c rl -n '__fish_seen_subcommand_from run' -l tz -d 'time zone, such as Europe/Berlin, or local' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l uidmap -d 'map user ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l ulimit -d 'set a resource limit' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l umask -d 'file mode mask' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l unsetenv -d 'leave a default variable or one of the image out' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l unsetenv-all -d 'leave all default variables and those of the image out'
complete -c rl -n '__fish_seen_subcommand_from run' -s u -l user -d 'run as a user of the container' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l userns -d 'user namespace: host, private, keep-id, nomap, auto or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l uts -d 'host name namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l variant -d 'variant of the architecture to pull' -r
complete -c rl -n '__fish_seen_subcommand_from run' -s v -l volume -d 'mount a volume, or a directory of the host' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l volume-driver -d 'driver of the volumes that --volume makes' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l volumes-from -d 'mount what another container has mounted' -r -xa 'CONTAINER[:ro rw]'
complete -c rl -n '__fish_seen_subcommand_from run' -s w -l workdir -d 'working directory' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from run' -l preserve-fd -d 'pass on these file descriptors' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l preserve-fds -d 'pass on N file descriptors from 3 on' -r
complete -c rl -n '__fish_seen_subcommand_from run' -l rmi -d 'remove the image too when the container has ended, unless it is used; implies --rm'
complete -c rl -n '__fish_seen_subcommand_from run' -l sig-proxy -d 'pass signals on to the container'
complete -c rl -n '__fish_seen_subcommand_from run' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a sandbox -d 'Run a command on the host\'s files, shut in a directory'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l add-host -d 'add a line to /etc/hosts' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l cpu-period -d 'period of --cpu-quota (default: 100000)' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l cpu-quota -d 'processor time that it may use in each period' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s c -l cpu-shares -d 'its share of the processors when they are short: 2 to 262144, usually 1024' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l cpus -d 'how many processors it may use, such as 1.5' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l cpuset-cpus -d 'processors that it may use, such as 0-3,5; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l cpuset-mems -d 'memory nodes that it may use; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s O -l copy -d 'write to a copy of DIR, which itself stays as it is'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l detach-keys -d 'keys that detach, such as ctrl-p,ctrl-q; "" for none' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l dns -d 'use a name server' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s e -l env -d 'set an environment variable, or pass one on; NAME* passes on all that begin so' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l env-file -d 'read environment variables from a file' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s h -l hostname -d 'set the host name' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s k -l keep -d 'do not remove it when it has ended'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s l -l label -d 'add a label' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s m -l memory -d 'memory that it may use; it is killed where it needs more' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l memory-reservation -d 'memory that is taken from it last when memory is short' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l memory-swap -d 'memory and swap together; -1 for any (default: twice --memory)' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l name -d 'name it, and keep it' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s n -l network -d 'network: none (the default), slirp4netns[:OPTIONS], host or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l pids-limit -d 'how many processes and threads it may have; -1 for any (default: 2048)' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s p -l publish -d 'publish a port: [[HOST-IP:][HOST-PORT]:]PORT[/PROTOCOL]' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s r -l read-only -d 'DIR cannot be written to'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l replace -d 'remove a container of the same name first'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l root -d 'be root inside, as in a container of an image'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l security-opt -d 'apparmor=PROFILE|unconfined, seccomp=FILE|unconfined, mask=PATH' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l shm-size -d 'size of /dev/shm (default: 64m)' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l tmpfs -d 'mount a tmpfs' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -l ulimit -d 'set a resource limit' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s v -l volume -d 'mount a directory of the host' -r
complete -c rl -n '__fish_seen_subcommand_from sandbox' -s w -l workdir -d 'working directory (default: DIR)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from sandbox' -xa '(__fish_complete_directories)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a create -d 'Create a container without starting it'
complete -c rl -n '__fish_seen_subcommand_from create' -l add-host -d 'add a line to /etc/hosts' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l annotation -d 'add an annotation' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l arch -d 'architecture to pull instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s a -l attach -d 'connect only these streams' -r -xa 'stdin stdout stderr'
complete -c rl -n '__fish_seen_subcommand_from create' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l blkio-weight -d 'its share of block devices: 10 to 1000' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l blkio-weight-device -d 'its share of one block device' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cap-add -d 'add a capability, or ALL' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cap-drop -d 'drop a capability, or ALL' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from create' -l cgroup-conf -d 'write into a file of its cgroup, as memory.high=1073741824' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cgroup-parent -d 'where its control group is to be: NAME.slice with systemd, else a path' -r -xa 'SLICE PATH'
complete -c rl -n '__fish_seen_subcommand_from create' -l cgroupns -d 'cgroup namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cgroups -d 'a control group of its own; no-conmon: without its monitor; split: below the caller\'s (default: enabled)' -r -xa 'enabled disabled no-conmon split'
complete -c rl -n '__fish_seen_subcommand_from create' -l cidfile -d 'write the container\'s id to a file' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l chrootdirs -d 'directories of the container that get its own /etc/hosts and the like, too' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from create' -l conmon-pidfile -d 'write the process id of the container\'s monitor to a file' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cpu-period -d 'period of --cpu-quota (default: 100000)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cpu-quota -d 'processor time that it may use in each period' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s c -l cpu-shares -d 'its share of the processors when they are short: 2 to 262144, usually 1024' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cpus -d 'how many processors it may use, such as 1.5' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cpuset-cpus -d 'processors that it may use, such as 0-3,5; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l cpuset-mems -d 'memory nodes that it may use; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l creds -d 'credentials for the registry' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l device -d 'add a device of the host: HOST-DEVICE[:CONTAINER-DEVICE]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l device-read-bps -d 'bytes a second that it may read from a block device' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l device-read-iops -d 'how often a second it may read from it' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l device-write-bps -d 'bytes a second that it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l device-write-iops -d 'how often a second it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l disable-content-trust -d 'changes nothing: docker\'s content trust does not exist here, policy.json decides'
complete -c rl -n '__fish_seen_subcommand_from create' -l dns -d 'use a name server; none leaves the image\'s resolv.conf as it is' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l dns-option -d 'set a resolver option' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l dns-search -d 'set a search domain' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l domainname -d 'set the NIS domain name' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l entrypoint -d 'replace the image\'s entry point: a command or a JSON array' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from create' -s e -l env -d 'set an environment variable, or pass one on; NAME* passes on all that begin so' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l env-host -d 'pass all of your own environment on'
complete -c rl -n '__fish_seen_subcommand_from create' -l env-file -d 'read environment variables from a file' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l env-merge -d 'set a variable from those that are there: \'PATH=${PATH}:/opt/bin\'' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l expose -d 'list a port as the image\'s: PORT[/PROTOCOL]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l gidmap -d 'map group ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l group-add -d 'add a supplementary group, or keep-groups: keep your own' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l group-entry -d 'line for /etc/group; $GROUPNAME, $GID and $USERLIST are replaced' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-cmd -d 'check its health with a line for the shell, a JSON list, or none' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from create' -l health-interval -d 'pause between two checks, or disable (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-log-destination -d 'where results are written down' -r -xa 'local events_logger DIR'
complete -c rl -n '__fish_seen_subcommand_from create' -l health-max-log-count -d 'results that are kept; 0 for any number (default: 5)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-max-log-size -d 'of the output of each; 0 for 65536 (default: 500)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-on-failure -d 'what is done when it is unhealthy' -r -xa 'none kill restart stop'
complete -c rl -n '__fish_seen_subcommand_from create' -l health-retries -d 'failures in a row until it is unhealthy (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-start-interval -d 'pause during the start period (default: 5s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-start-period -d 'time in which failures do not count (default: 0s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-startup-cmd -d 'first check with this until it succeeds' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from create' -l health-startup-interval -d 'pause between two of these (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-startup-retries -d 'failures of it until the container is restarted; 0 for never (default: 0)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-startup-success -d 'successes of it that are needed, in a row (default: 1)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-startup-timeout -d 'time that it may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l health-timeout -d 'time that a check may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s h -l hostname -d 'set the host name' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l hosts-file -d 'what /etc/hosts begins with: a file of the host, or none' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l hostuser -d 'add a user of the host to /etc/passwd' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l http-proxy -d 'pass your own proxy variables on (default: true)'
complete -c rl -n '__fish_seen_subcommand_from create' -l image-volume -d 'what the image\'s volumes become: anonymous, tmpfs or ignore' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l init -d 'run an init that reaps zombies and passes signals on'
complete -c rl -n '__fish_seen_subcommand_from create' -l init-path -d 'use a program of the host as that init' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s i -l interactive -d 'keep standard input open'
complete -c rl -n '__fish_seen_subcommand_from create' -l ipc -d 'IPC namespace: host, private, none (without /dev/shm) or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s l -l label -d 'add a label' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l label-file -d 'read labels from a file' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l log-driver -d 'how output is logged: k8s-file, json-file, journald, none, passthrough or passthrough-tty' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l log-opt -d 'option of the log: max-size=SIZE, max-file=N, path=FILE, tag=TEXT, label=FIELD=VALUE, labels=KEY,…, env=NAME,…' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s m -l memory -d 'memory that it may use; it is killed where it needs more' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l memory-reservation -d 'memory that is taken from it last when memory is short' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l memory-swap -d 'memory and swap together; -1 for any (default: twice --memory)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l mount -d 'mount: type=bind|volume|tmpfs|image|…,source=…,target=…' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l name -d 'name the container' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l network -d 'network: slirp4netns[:OPTIONS], none, host or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l no-healthcheck -d 'no health check, whatever the image says'
complete -c rl -n '__fish_seen_subcommand_from create' -l no-hostname -d 'leave the image\'s /etc/hostname as it is'
complete -c rl -n '__fish_seen_subcommand_from create' -l no-hosts -d 'leave the image\'s /etc/hosts as it is'
complete -c rl -n '__fish_seen_subcommand_from create' -l oom-score-adj -d 'whom the kernel ends first when memory is short: -1000 to 1000' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l os -d 'operating system to pull instead of linux' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l passwd -d 'add the container\'s user to /etc/passwd and /etc/group where they lack it'
complete -c rl -n '__fish_seen_subcommand_from create' -l passwd-entry -d 'line for /etc/passwd; $USERNAME, $UID, $GID, $NAME and $HOME are replaced' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l personality -d 'execution domain of its processes' -r -xa 'LINUX LINUX32'
complete -c rl -n '__fish_seen_subcommand_from create' -l pid -d 'process namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l pidfile -d 'write the process id of the container\'s init to a file' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l pids-limit -d 'how many processes and threads it may have; -1 for any (default: 2048)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l platform -d 'platform to pull instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l privileged -d 'all capabilities and devices, nothing masked or filtered'
complete -c rl -n '__fish_seen_subcommand_from create' -s p -l publish -d 'publish a port: [[HOST-IP:][HOST-PORT]:]PORT[/PROTOCOL]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s P -l publish-all -d 'publish the image\'s ports on free ports of the host'
complete -c rl -n '__fish_seen_subcommand_from create' -l pull -d 'when to pull the image (default: missing)' -r -xa 'always missing never newer'
complete -c rl -n '__fish_seen_subcommand_from create' -s q -l quiet -d 'do not show the progress of a pull'
complete -c rl -n '__fish_seen_subcommand_from create' -l read-only -d 'mount the root read-only'
complete -c rl -n '__fish_seen_subcommand_from create' -l read-only-tmpfs -d 'with --read-only, a tmpfs on /run, /tmp and /var/tmp'
complete -c rl -n '__fish_seen_subcommand_from create' -l replace -d 'remove a container of the same name first'
complete -c rl -n '__fish_seen_subcommand_from create' -l requires -d 'start these containers first' -r -xa '(__rl_containers)'
complete -c rl -n '__fish_seen_subcommand_from create' -l restart -d 'start it again when it ends: no, on-failure[:N], always, unless-stopped' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l retry -d 'further attempts of a pull (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l retry-delay -d 'pause before the first of them, doubled each time (default: 1s)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l rm -d 'remove the container when it has ended'
complete -c rl -n '__fish_seen_subcommand_from create' -l rootfs -d 'IMAGE is a directory: DIR to write to it, DIR:O to write to a copy'
complete -c rl -n '__fish_seen_subcommand_from create' -l sdnotify -d 'who tells systemd that the service is ready (default: container)' -r -xa 'container conmon healthy ignore'
complete -c rl -n '__fish_seen_subcommand_from create' -l seccomp-policy -d 'where the seccomp profile comes from: image looks at a label of the image first' -r -xa 'default image'
complete -c rl -n '__fish_seen_subcommand_from create' -l secret -d 'give it a secret: NAME[,type=mount|env][,target=NAME][,uid=…][,gid=…][,mode=…]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l security-opt -d 'apparmor=PROFILE|unconfined, seccomp=FILE|unconfined, label=disable|type:TYPE|level:LEVEL…, no-new-privileges, mask=PATH, unmask=PATH|ALL, proc-opts=OPTIONS, writable-cgroups' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l shm-size -d 'size of /dev/shm (default: 64m)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l shm-size-systemd -d 'size of each tmpfs of systemd mode' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l stop-signal -d 'signal that asks the container to end' -r -xa 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'
complete -c rl -n '__fish_seen_subcommand_from create' -l stop-timeout -d 'how long stop waits before it kills (default: 10)' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l subgidname -d 'map the subordinate group ids of a user' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l subuidname -d 'map the subordinate user ids of a user' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l sysctl -d 'set a kernel parameter of the container\'s own' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l systemd -d 'whether its first process is given what systemd expects: true if it looks like one' -r -xa 'true false always'
complete -c rl -n '__fish_seen_subcommand_from create' -l time -d 'clocks: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l time-offset-boottime -d 'shift the boot-time clock' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l time-offset-monotonic -d 'shift the monotonic clock' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l timeout -d 'kill it after this time' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from create' -l tmpfs -d 'mount a tmpfs' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s t -l tty -d 'give the container a terminal'
complete -c rl -n '__fish_seen_subcommand_from create' -l tz -d 'time zone, such as Europe/Berlin, or local' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l uidmap -d 'map user ids: [+ug]CONTAINER-ID:[@]ID[:COUNT]' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l ulimit -d 'set a resource limit' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l umask -d 'file mode mask' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l unsetenv -d 'leave a default variable or one of the image out' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l unsetenv-all -d 'leave all default variables and those of the image out'
complete -c rl -n '__fish_seen_subcommand_from create' -s u -l user -d 'run as a user of the container' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l userns -d 'user namespace: host, private, keep-id, nomap, auto or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l uts -d 'host name namespace: host, private or container:NAME' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l variant -d 'variant of the architecture to pull' -r
complete -c rl -n '__fish_seen_subcommand_from create' -s v -l volume -d 'mount a volume, or a directory of the host' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l volume-driver -d 'driver of the volumes that --volume makes' -r
complete -c rl -n '__fish_seen_subcommand_from create' -l volumes-from -d 'mount what another container has mounted' -r -xa 'CONTAINER[:ro rw]'
complete -c rl -n '__fish_seen_subcommand_from create' -s w -l workdir -d 'working directory' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from create' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a start -d 'Start containers that were created or have ended'
complete -c rl -n '__fish_seen_subcommand_from start' -l all -d 'start all containers that do not run'
complete -c rl -n '__fish_seen_subcommand_from start' -s a -l attach -d 'show its output until it ends, and exit with its code'
complete -c rl -n '__fish_seen_subcommand_from start' -l detach-keys -d 'keys that detach (default ctrl-p,ctrl-q)' -r
complete -c rl -n '__fish_seen_subcommand_from start' -s f -l filter -d 'start the containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from start' -s i -l interactive -d 'connect standard input; implies --attach'
complete -c rl -n '__fish_seen_subcommand_from start' -s l -l latest -d 'start the newest container'
complete -c rl -n '__fish_seen_subcommand_from start' -l sig-proxy -d 'with --attach: send signals on to the container (default true)'
complete -c rl -n '__fish_seen_subcommand_from start' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a init -d 'Set containers up without executing their commands'
complete -c rl -n '__fish_seen_subcommand_from init' -s a -l all -d 'set up all containers that do not run'
complete -c rl -n '__fish_seen_subcommand_from init' -s l -l latest -d 'set up the newest container'
complete -c rl -n '__fish_seen_subcommand_from init' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a stop -d 'Stop running containers'
complete -c rl -n '__fish_seen_subcommand_from stop' -s a -l all -d 'stop all running containers'
complete -c rl -n '__fish_seen_subcommand_from stop' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from stop' -s f -l filter -d 'stop the running containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from stop' -s i -l ignore -d 'do not fail if a container does not exist'
complete -c rl -n '__fish_seen_subcommand_from stop' -s l -l latest -d 'stop the newest container'
complete -c rl -n '__fish_seen_subcommand_from stop' -s s -l signal -d 'what asks it to end (default: as recorded, TERM)' -r -xa 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'
complete -c rl -n '__fish_seen_subcommand_from stop' -s t -l time -d 'wait so long before killing it (default: as recorded, 10)' -r
complete -c rl -n '__fish_seen_subcommand_from stop' -l timeout -d 'the same as --time' -r
complete -c rl -n '__fish_seen_subcommand_from stop' -l until-boot -d 'containers with --restart unless-stopped come back at the next boot'
complete -c rl -n '__fish_seen_subcommand_from stop' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a restart -d 'Stop containers and start them again'
complete -c rl -n '__fish_seen_subcommand_from restart' -s a -l all -d 'restart all containers, running or not'
complete -c rl -n '__fish_seen_subcommand_from restart' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from restart' -s f -l filter -d 'restart the containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from restart' -s l -l latest -d 'restart the newest container'
complete -c rl -n '__fish_seen_subcommand_from restart' -l running -d 'restart all running containers'
complete -c rl -n '__fish_seen_subcommand_from restart' -s s -l signal -d 'what asks it to end (default: as recorded, TERM)' -r -xa 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'
complete -c rl -n '__fish_seen_subcommand_from restart' -s t -l time -d 'wait so long before killing it (default: as recorded, 10)' -r
complete -c rl -n '__fish_seen_subcommand_from restart' -l timeout -d 'the same as --time' -r
complete -c rl -n '__fish_seen_subcommand_from restart' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a kill -d 'Send a signal to running containers'
complete -c rl -n '__fish_seen_subcommand_from kill' -s a -l all -d 'signal all running containers'
complete -c rl -n '__fish_seen_subcommand_from kill' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from kill' -s l -l latest -d 'signal the newest container'
complete -c rl -n '__fish_seen_subcommand_from kill' -s s -l signal -d 'the signal (default KILL)' -r -xa 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'
complete -c rl -n '__fish_seen_subcommand_from kill' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a rm -d 'Remove containers'
complete -c rl -n '__fish_seen_subcommand_from rm' -s a -l all -d 'remove all containers'
complete -c rl -n '__fish_seen_subcommand_from rm' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from rm' -l depend -d 'remove the containers that require it, too'
complete -c rl -n '__fish_seen_subcommand_from rm' -l filter -d 'remove the containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from rm' -s f -l force -d 'kill running ones first; missing ones are fine'
complete -c rl -n '__fish_seen_subcommand_from rm' -s i -l ignore -d 'do not fail if a container does not exist'
complete -c rl -n '__fish_seen_subcommand_from rm' -s l -l latest -d 'remove the newest container'
complete -c rl -n '__fish_seen_subcommand_from rm' -s t -l time -d 'with --force: let it stop by itself for so long (default 0)' -r
complete -c rl -n '__fish_seen_subcommand_from rm' -s v -l volumes -d 'remove its anonymous volumes, too, if no other container has them'
complete -c rl -n '__fish_seen_subcommand_from rm' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a pause -d 'Bring all processes of containers to a stop'
complete -c rl -n '__fish_seen_subcommand_from pause' -s a -l all -d 'pause all running containers'
complete -c rl -n '__fish_seen_subcommand_from pause' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from pause' -s f -l filter -d 'pause the running containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from pause' -s l -l latest -d 'pause the newest container'
complete -c rl -n '__fish_seen_subcommand_from pause' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a unpause -d 'Let paused containers go on'
complete -c rl -n '__fish_seen_subcommand_from unpause' -s a -l all -d 'unpause all paused containers'
complete -c rl -n '__fish_seen_subcommand_from unpause' -l cidfile -d 'read the container\'s id from a file' -r
complete -c rl -n '__fish_seen_subcommand_from unpause' -s f -l filter -d 'unpause the paused containers that match KEY=VALUE' -r
complete -c rl -n '__fish_seen_subcommand_from unpause' -s l -l latest -d 'unpause the newest container'
complete -c rl -n '__fish_seen_subcommand_from unpause' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a rename -d 'Give a container another name'
complete -c rl -n '__fish_seen_subcommand_from rename' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a update -d 'Change what containers were made with'
complete -c rl -n '__fish_seen_subcommand_from update' -l blkio-weight -d 'its share of block devices: 10 to 1000' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l blkio-weight-device -d 'its share of one block device' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cgroup-conf -d 'write into a file of its cgroup, as memory.high=1073741824' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cpu-period -d 'period of --cpu-quota (default: 100000)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cpu-quota -d 'processor time that it may use in each period' -r
complete -c rl -n '__fish_seen_subcommand_from update' -s c -l cpu-shares -d 'its share of the processors when they are short: 2 to 262144, usually 1024' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cpus -d 'how many processors it may use, such as 1.5' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cpuset-cpus -d 'processors that it may use, such as 0-3,5; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l cpuset-mems -d 'memory nodes that it may use; -1 for all' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l device-read-bps -d 'bytes a second that it may read from a block device' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l device-read-iops -d 'how often a second it may read from it' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l device-write-bps -d 'bytes a second that it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l device-write-iops -d 'how often a second it may write to it' -r
complete -c rl -n '__fish_seen_subcommand_from update' -s e -l env -d 'set a variable for exec and the next start; alone: as it is here' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-cmd -d 'check its health with a line for the shell, a JSON list, or none' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from update' -l health-interval -d 'pause between two checks, or disable (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-log-destination -d 'where results are written down' -r -xa 'local events_logger DIR'
complete -c rl -n '__fish_seen_subcommand_from update' -l health-max-log-count -d 'results that are kept; 0 for any number (default: 5)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-max-log-size -d 'of the output of each; 0 for 65536 (default: 500)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-on-failure -d 'what is done when it is unhealthy' -r -xa 'none kill restart stop'
complete -c rl -n '__fish_seen_subcommand_from update' -l health-retries -d 'failures in a row until it is unhealthy (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-start-interval -d 'pause during the start period (default: 5s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-start-period -d 'time in which failures do not count (default: 0s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-startup-cmd -d 'first check with this until it succeeds' -r -xa '$__rl_commands'
complete -c rl -n '__fish_seen_subcommand_from update' -l health-startup-interval -d 'pause between two of these (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-startup-retries -d 'failures of it until the container is restarted; 0 for never (default: 0)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-startup-success -d 'successes of it that are needed, in a row (default: 1)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-startup-timeout -d 'time that it may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l health-timeout -d 'time that a check may take (default: 30s)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -s l -l latest -d 'change the newest container'
complete -c rl -n '__fish_seen_subcommand_from update' -s m -l memory -d 'memory that it may use; it is killed where it needs more' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l memory-reservation -d 'memory that is taken from it last when memory is short' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l memory-swap -d 'memory and swap together; -1 for any (default: twice --memory)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l no-healthcheck -d 'no health check, whatever the image says'
complete -c rl -n '__fish_seen_subcommand_from update' -l pids-limit -d 'how many processes and threads it may have; -1 for any (default: 2048)' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l restart -d 'start it again when it ends: no, on-failure[:N], always, unless-stopped' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l ulimit -d 'set a resource limit for the next start' -r
complete -c rl -n '__fish_seen_subcommand_from update' -l unsetenv -d 'drop a variable for exec and the next start' -r
complete -c rl -n '__fish_seen_subcommand_from update' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a wait -d 'Wait until containers end, and print their exit codes'
complete -c rl -n '__fish_seen_subcommand_from wait' -l condition -d 'wait for one of these states (default: stopped)' -r
complete -c rl -n '__fish_seen_subcommand_from wait' -l exit-first-match -d 'end with the first container that matches'
complete -c rl -n '__fish_seen_subcommand_from wait' -l ignore -d 'do not fail if a container does not exist'
complete -c rl -n '__fish_seen_subcommand_from wait' -s i -l interval -d 'how often to look for states other than stopped (250ms)' -r
complete -c rl -n '__fish_seen_subcommand_from wait' -s l -l latest -d 'wait for the newest container'
complete -c rl -n '__fish_seen_subcommand_from wait' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a attach -d 'Connect the terminal to a running container'
complete -c rl -n '__fish_seen_subcommand_from attach' -l detach-keys -d 'keys that detach (default ctrl-p,ctrl-q)' -r
complete -c rl -n '__fish_seen_subcommand_from attach' -s l -l latest -d 'attach to the newest container'
complete -c rl -n '__fish_seen_subcommand_from attach' -l no-stdin -d 'do not connect standard input'
complete -c rl -n '__fish_seen_subcommand_from attach' -l sig-proxy -d 'send signals on to the container (default true)'
complete -c rl -n '__fish_seen_subcommand_from attach' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a exec -d 'Run a command in a running container'
complete -c rl -n '__fish_seen_subcommand_from exec' -l cidfile -d 'in the container whose id is in a file' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -s d -l detach -d 'run in the background'
complete -c rl -n '__fish_seen_subcommand_from exec' -l detach-keys -d 'keys that detach (default ctrl-p,ctrl-q)' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -s e -l env -d 'set an environment variable' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -l env-file -d 'read environment variables from a file' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -s i -l interactive -d 'connect standard input'
complete -c rl -n '__fish_seen_subcommand_from exec' -s l -l latest -d 'in the newest container'
complete -c rl -n '__fish_seen_subcommand_from exec' -l no-session -d 'keep no record of it, as always here: there is none'
complete -c rl -n '__fish_seen_subcommand_from exec' -l preserve-fd -d 'pass on these file descriptors' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -l preserve-fds -d 'pass on N file descriptors from 3 on' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -l privileged -d 'with all capabilities of the container\'s user namespace'
complete -c rl -n '__fish_seen_subcommand_from exec' -s t -l tty -d 'give it a terminal'
complete -c rl -n '__fish_seen_subcommand_from exec' -s u -l user -d 'as this user' -r
complete -c rl -n '__fish_seen_subcommand_from exec' -s w -l workdir -d 'in this directory' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from exec' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a cp -d 'Copy files between a container and the host, or between containers'
complete -c rl -n '__fish_seen_subcommand_from cp' -s a -l archive -d 'keep user and group ids; without it the container\'s user, or you, own the copies'
complete -c rl -n '__fish_seen_subcommand_from cp' -s L -l follow-link -d 'copy what a link at SRC leads to'
complete -c rl -n '__fish_seen_subcommand_from cp' -l overwrite -d 'let a directory take the place of a file, and the other way round'
complete -c rl -n '__fish_seen_subcommand_from cp' -s q -l quiet -d 'do not tell what was left out'
complete -c rl -n '__fish_seen_subcommand_from cp' -F

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a mount -d 'Mount the root file systems of containers'
complete -c rl -n '__fish_seen_subcommand_from mount' -s a -l all -d 'mount all containers'
complete -c rl -n '__fish_seen_subcommand_from mount' -l format -d 'print the list with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from mount' -s l -l latest -d 'mount the newest container'
complete -c rl -n '__fish_seen_subcommand_from mount' -l no-trunc -d 'print whole ids'
complete -c rl -n '__fish_seen_subcommand_from mount' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a unmount -d 'Unmount what \'rl mount\' has mounted'
complete -c rl -n '__fish_seen_subcommand_from unmount' -s a -l all -d 'unmount all containers'
complete -c rl -n '__fish_seen_subcommand_from unmount' -s f -l force -d 'also where files of the container are in use'
complete -c rl -n '__fish_seen_subcommand_from unmount' -s l -l latest -d 'unmount the newest container'
complete -c rl -n '__fish_seen_subcommand_from unmount' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a ps -d 'List containers'
complete -c rl -n '__fish_seen_subcommand_from ps' -s a -l all -d 'all containers, not only running ones'
complete -c rl -n '__fish_seen_subcommand_from ps' -l external -d 'containers of other tools too, of which there are none in this store'
complete -c rl -n '__fish_seen_subcommand_from ps' -s f -l filter -d 'only those that match KEY=VALUE: id, name, label, status, …' -r
complete -c rl -n '__fish_seen_subcommand_from ps' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from ps' -s n -l last -d 'the newest N containers, in any state' -r
complete -c rl -n '__fish_seen_subcommand_from ps' -s l -l latest -d 'the newest container, in any state'
complete -c rl -n '__fish_seen_subcommand_from ps' -l no-trunc -d 'do not shorten ids and commands'
complete -c rl -n '__fish_seen_subcommand_from ps' -l noheading -d 'without the heading line'
complete -c rl -n '__fish_seen_subcommand_from ps' -l ns -d 'show the namespaces'
complete -c rl -n '__fish_seen_subcommand_from ps' -s q -l quiet -d 'only ids'
complete -c rl -n '__fish_seen_subcommand_from ps' -s s -l size -d 'show the size of what the container has written'
complete -c rl -n '__fish_seen_subcommand_from ps' -l sort -d 'sort by this' -r -xa 'command created id image names runningfor size status'
complete -c rl -n '__fish_seen_subcommand_from ps' -l sync -d 'look at the containers themselves, as always here: no state is stored'
complete -c rl -n '__fish_seen_subcommand_from ps' -s w -l watch -d 'again and again, with this pause' -r

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a port -d 'List the published ports of containers'
complete -c rl -n '__fish_seen_subcommand_from port' -s a -l all -d 'of all running containers'
complete -c rl -n '__fish_seen_subcommand_from port' -s l -l latest -d 'of the newest container'
complete -c rl -n '__fish_seen_subcommand_from port' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a stats -d 'Show what running containers use, again and again'
complete -c rl -n '__fish_seen_subcommand_from stats' -s a -l all -d 'all containers, not only running ones'
complete -c rl -n '__fish_seen_subcommand_from stats' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from stats' -s i -l interval -d 'time between two readings (default 5)' -r
complete -c rl -n '__fish_seen_subcommand_from stats' -s l -l latest -d 'the newest container'
complete -c rl -n '__fish_seen_subcommand_from stats' -l no-reset -d 'do not clear the screen between two readings'
complete -c rl -n '__fish_seen_subcommand_from stats' -l no-stream -d 'one reading only'
complete -c rl -n '__fish_seen_subcommand_from stats' -l no-trunc -d 'do not shorten ids'
complete -c rl -n '__fish_seen_subcommand_from stats' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a top -d 'List the processes of a running container'
complete -c rl -n '__fish_seen_subcommand_from top' -s l -l latest -d 'show the processes of the newest container'
complete -c rl -n '__fish_seen_subcommand_from top' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a diff -d 'Show what a container or an image has changed'
complete -c rl -n '__fish_seen_subcommand_from diff' -l format -d 'print JSON' -r
complete -c rl -n '__fish_seen_subcommand_from diff' -s l -l latest -d 'the newest container'
complete -c rl -n '__fish_seen_subcommand_from diff' -xa '(__rl_containers; __rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a logs -d 'Show what containers have printed'
complete -c rl -n '__fish_seen_subcommand_from logs' -l color -d 'show names in colours'
complete -c rl -n '__fish_seen_subcommand_from logs' -l details -d 'show the labels and variables that --log-opt labels= and env= name'
complete -c rl -n '__fish_seen_subcommand_from logs' -s f -l follow -d 'go on until the container ends'
complete -c rl -n '__fish_seen_subcommand_from logs' -s l -l latest -d 'of the newest container'
complete -c rl -n '__fish_seen_subcommand_from logs' -s n -l names -d 'put the container\'s name before each line'
complete -c rl -n '__fish_seen_subcommand_from logs' -l since -d 'only lines since a time, or a duration before now (10m)' -r
complete -c rl -n '__fish_seen_subcommand_from logs' -l tail -d 'only the last lines (default: all)' -r
complete -c rl -n '__fish_seen_subcommand_from logs' -s t -l timestamps -d 'put the time before each line'
complete -c rl -n '__fish_seen_subcommand_from logs' -l until -d 'only lines until a time' -r
complete -c rl -n '__fish_seen_subcommand_from logs' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a why -d 'Say why a container ended or does not start'
complete -c rl -n '__fish_seen_subcommand_from why' -l format -d 'print by a Go template, or json' -r
complete -c rl -n '__fish_seen_subcommand_from why' -s l -l latest -d 'the newest container'
complete -c rl -n '__fish_seen_subcommand_from why' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a inspect -d 'Show everything about containers, images and volumes'
complete -c rl -n '__fish_seen_subcommand_from inspect' -s f -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from inspect' -s l -l latest -d 'the container that was created last'
complete -c rl -n '__fish_seen_subcommand_from inspect' -s s -l size -d 'show the size of a container\'s own files'
complete -c rl -n '__fish_seen_subcommand_from inspect' -s t -l type -d 'what to look for' -r -xa 'all artifact container image volume'
complete -c rl -n '__fish_seen_subcommand_from inspect' -xa '(__rl_containers; __rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a commit -d 'Make an image of what a container has changed'
complete -c rl -n '__fish_seen_subcommand_from commit' -s a -l author -d 'author of the image' -r
complete -c rl -n '__fish_seen_subcommand_from commit' -s c -l change -d 'set CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR' -r
complete -c rl -n '__fish_seen_subcommand_from commit' -l config -d 'lay a configuration in JSON over the container\'s' -r
complete -c rl -n '__fish_seen_subcommand_from commit' -s f -l format -d 'format of the manifest (default: oci)' -r -xa 'oci docker'
complete -c rl -n '__fish_seen_subcommand_from commit' -l iidfile -d 'write the id of the image to a file' -r
complete -c rl -n '__fish_seen_subcommand_from commit' -l include-volumes -d 'places of the container\'s bind mounts become volumes of the image'
complete -c rl -n '__fish_seen_subcommand_from commit' -s m -l message -d 'comment for the image\'s history' -r
complete -c rl -n '__fish_seen_subcommand_from commit' -s p -l pause -d 'pause the container while it is read'
complete -c rl -n '__fish_seen_subcommand_from commit' -s q -l quiet -d 'show no progress'
complete -c rl -n '__fish_seen_subcommand_from commit' -s s -l squash -d 'make one layer of the image\'s and the container\'s'
complete -c rl -n '__fish_seen_subcommand_from commit' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a export -d 'Write a container\'s root file system as a tar archive'
complete -c rl -n '__fish_seen_subcommand_from export' -s o -l output -d 'write to a file instead of standard output' -r
complete -c rl -n '__fish_seen_subcommand_from export' -xa '(__rl_containers)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a history -d 'Show the steps that an image was made in'
complete -c rl -n '__fish_seen_subcommand_from history' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from history' -s H -l human -d 'sizes and times as people read them (default: true)'
complete -c rl -n '__fish_seen_subcommand_from history' -l no-trunc -d 'show whole ids and commands'
complete -c rl -n '__fish_seen_subcommand_from history' -s q -l quiet -d 'show ids only'
complete -c rl -n '__fish_seen_subcommand_from history' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a images -d 'List images'
complete -c rl -n '__fish_seen_subcommand_from images' -s a -l all -d 'show all images, intermediate ones too'
complete -c rl -n '__fish_seen_subcommand_from images' -l digests -d 'show the digests of manifests'
complete -c rl -n '__fish_seen_subcommand_from images' -s f -l filter -d 'only images that fit: after, before, containers, dangling, digest, id, intermediate, label, manifest, readonly, reference, since, until; KEY!=VALUE for those that do not' -r
complete -c rl -n '__fish_seen_subcommand_from images' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from images' -l history -d 'show the names that images have or had'
complete -c rl -n '__fish_seen_subcommand_from images' -s n -l noheading -d 'leave the heading out'
complete -c rl -n '__fish_seen_subcommand_from images' -l no-trunc -d 'show whole ids'
complete -c rl -n '__fish_seen_subcommand_from images' -s q -l quiet -d 'show ids only'
complete -c rl -n '__fish_seen_subcommand_from images' -l sort -d 'order (default: created)' -r -xa 'created id repository size tag'
complete -c rl -n '__fish_seen_subcommand_from images' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a import -d 'Make an image from the archive of a root file system'
complete -c rl -n '__fish_seen_subcommand_from import' -l arch -d 'architecture that the image is for (default: this machine\'s)' -r
complete -c rl -n '__fish_seen_subcommand_from import' -s c -l change -d 'set CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR' -r
complete -c rl -n '__fish_seen_subcommand_from import' -s m -l message -d 'comment for the image\'s history' -r
complete -c rl -n '__fish_seen_subcommand_from import' -l os -d 'operating system (default: linux)' -r
complete -c rl -n '__fish_seen_subcommand_from import' -s q -l quiet -d 'show no progress'
complete -c rl -n '__fish_seen_subcommand_from import' -l variant -d 'variant of the architecture' -r
complete -c rl -n '__fish_seen_subcommand_from import' -xa 'FILE -'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a load -d 'Load images from an archive that \'save\' has made'
complete -c rl -n '__fish_seen_subcommand_from load' -s i -l input -d 'read this file or directory instead of standard input' -r
complete -c rl -n '__fish_seen_subcommand_from load' -s q -l quiet -d 'show no progress'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a login -d 'Log in to a registry'
complete -c rl -n '__fish_seen_subcommand_from login' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from login' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from login' -l compat-auth-file -d 'write docker\'s credentials file instead' -r
complete -c rl -n '__fish_seen_subcommand_from login' -l get-login -d 'print the user name that is logged in'
complete -c rl -n '__fish_seen_subcommand_from login' -s p -l password -d 'password (others can see it in the list of processes)' -r
complete -c rl -n '__fish_seen_subcommand_from login' -l password-stdin -d 'read the password from standard input'
complete -c rl -n '__fish_seen_subcommand_from login' -l secret -d 'take the password from a secret, whose name is the user\'s unless one is given' -r
complete -c rl -n '__fish_seen_subcommand_from login' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from login' -s u -l username -d 'user name' -r
complete -c rl -n '__fish_seen_subcommand_from login' -s v -l verbose -d 'tell which file was written'
complete -c rl -n '__fish_seen_subcommand_from login' -F

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a logout -d 'Log out of a registry'
complete -c rl -n '__fish_seen_subcommand_from logout' -s a -l all -d 'forget the credentials of all registries'
complete -c rl -n '__fish_seen_subcommand_from logout' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from logout' -l compat-auth-file -d 'change docker\'s credentials file instead' -r
complete -c rl -n '__fish_seen_subcommand_from logout' -F

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a pull -d 'Get an image from a registry, a file or a directory'
complete -c rl -n '__fish_seen_subcommand_from pull' -s a -l all-tags -d 'pull every tag of the repository'
complete -c rl -n '__fish_seen_subcommand_from pull' -l arch -d 'architecture instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from pull' -l creds -d 'credentials for the registry' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l disable-content-trust -d 'changes nothing: docker\'s content trust does not exist here, policy.json decides'
complete -c rl -n '__fish_seen_subcommand_from pull' -l os -d 'operating system instead of linux' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l platform -d 'platform instead of this machine\'s' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l policy -d 'when to ask the registry (default: always)' -r -xa 'always missing never newer'
complete -c rl -n '__fish_seen_subcommand_from pull' -s q -l quiet -d 'print the image id only'
complete -c rl -n '__fish_seen_subcommand_from pull' -l retry -d 'further attempts after a failure that may pass (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l retry-delay -d 'pause before the first of them, doubled each time (default: 1s)' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from pull' -l variant -d 'variant of the architecture' -r
complete -c rl -n '__fish_seen_subcommand_from pull' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a push -d 'Give an image to a registry, or write it into a file or directory'
complete -c rl -n '__fish_seen_subcommand_from push' -s a -l all-tags -d 'push every tag that the repository IMAGE has here'
complete -c rl -n '__fish_seen_subcommand_from push' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from push' -l compress -d 'compress layers that are not (dir: only)'
complete -c rl -n '__fish_seen_subcommand_from push' -l compression-format -d 'compress layers like this, also those that are compressed in another way' -r -xa 'gzip zstd zstd:chunked'
complete -c rl -n '__fish_seen_subcommand_from push' -l compression-level -d '1 to 9 for gzip, 1 to 19 for zstd' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l creds -d 'credentials for the registry' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l digestfile -d 'write the manifest\'s digest to FILE' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l disable-content-trust -d 'changes nothing: docker\'s content trust does not exist here, policy.json decides'
complete -c rl -n '__fish_seen_subcommand_from push' -l force-compression -d 'compress again what is compressed in another way'
complete -c rl -n '__fish_seen_subcommand_from push' -s f -l format -d 'format of the manifest (default: the one it has)' -r -xa 'oci v2s2'
complete -c rl -n '__fish_seen_subcommand_from push' -s q -l quiet -d 'show no progress'
complete -c rl -n '__fish_seen_subcommand_from push' -l remove-signatures -d 'with a key: keep none of the signatures that the registry has of it (others are never pushed)'
complete -c rl -n '__fish_seen_subcommand_from push' -l retry -d 'further attempts after a failure that may pass (default: 3)' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l retry-delay -d 'pause before the first of them, doubled each time (default: 1s)' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l sign-by-sigstore -d 'sign as containers-sigstore-signing-params.yaml(5) says; with private keys only' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l sign-by-sigstore-private-key -d 'sign with this key of cosign or openssl' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l sign-passphrase-file -d 'passphrase of the key' -r
complete -c rl -n '__fish_seen_subcommand_from push' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from push' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a rmi -d 'Remove images'
complete -c rl -n '__fish_seen_subcommand_from rmi' -s a -l all -d 'remove all images'
complete -c rl -n '__fish_seen_subcommand_from rmi' -s f -l force -d 'remove all names of the image, and the containers that use it'
complete -c rl -n '__fish_seen_subcommand_from rmi' -s i -l ignore -d 'a missing image is no error'
complete -c rl -n '__fish_seen_subcommand_from rmi' -l no-prune -d 'keep the images without a name that it was made of'
complete -c rl -n '__fish_seen_subcommand_from rmi' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a save -d 'Save images to an archive or a directory'
complete -c rl -n '__fish_seen_subcommand_from save' -l compress -d 'compress the layers (docker-dir)'
complete -c rl -n '__fish_seen_subcommand_from save' -l format -d 'docker-archive, oci-archive, oci-dir or docker-dir' -r
complete -c rl -n '__fish_seen_subcommand_from save' -s m -l multi-image-archive -d 'every argument is an image, none a further name of the first'
complete -c rl -n '__fish_seen_subcommand_from save' -s o -l output -d 'write to this file or directory instead of standard output' -r
complete -c rl -n '__fish_seen_subcommand_from save' -s q -l quiet -d 'show no progress'
complete -c rl -n '__fish_seen_subcommand_from save' -l uncompressed -d 'write layers as plain tars, also those that came compressed (OCI formats)'
complete -c rl -n '__fish_seen_subcommand_from save' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a search -d 'Look for images on registries'
complete -c rl -n '__fish_seen_subcommand_from search' -l authfile -d 'credentials file instead of the usual ones' -r
complete -c rl -n '__fish_seen_subcommand_from search' -l cert-dir -d 'authorities (*.crt) and client certificate (*.cert, *.key)' -r -xa '(__fish_complete_directories)'
complete -c rl -n '__fish_seen_subcommand_from search' -l creds -d 'credentials for the registry' -r
complete -c rl -n '__fish_seen_subcommand_from search' -l compatible -d 'show stars, official and automated, too'
complete -c rl -n '__fish_seen_subcommand_from search' -s f -l filter -d 'only stars=N, is-official, is-automated' -r
complete -c rl -n '__fish_seen_subcommand_from search' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from search' -l limit -d 'at most so many from each registry (default: 25)' -r
complete -c rl -n '__fish_seen_subcommand_from search' -l list-tags -d 'list the tags of a repository'
complete -c rl -n '__fish_seen_subcommand_from search' -l no-trunc -d 'show whole descriptions'
complete -c rl -n '__fish_seen_subcommand_from search' -l tls-verify -d 'check certificates and use HTTPS only (default: as registries.conf says)'
complete -c rl -n '__fish_seen_subcommand_from search' -F

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a tag -d 'Give an image another name'
complete -c rl -n '__fish_seen_subcommand_from tag' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a untag -d 'Take names away from an image'
complete -c rl -n '__fish_seen_subcommand_from untag' -xa '(__rl_images)'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a events -d 'Show what happens to containers, images and the rest'
complete -c rl -n '__fish_seen_subcommand_from events' -s f -l filter -d 'only those that match KEY=VALUE: container, event, image, label, type, …' -r
complete -c rl -n '__fish_seen_subcommand_from events' -l format -d 'print with a Go template, or \'json\'' -r
complete -c rl -n '__fish_seen_subcommand_from events' -l no-trunc -d 'whole ids (default)'
complete -c rl -n '__fish_seen_subcommand_from events' -l since -d 'begin at a time, or a duration before now (10m)' -r
complete -c rl -n '__fish_seen_subcommand_from events' -l stream -d 'go on with what happens next (default)'
complete -c rl -n '__fish_seen_subcommand_from events' -l until -d 'end at a time, or a duration after now' -r

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a unshare -d 'Run a command as root of your user namespace'
complete -c rl -n '__fish_seen_subcommand_from unshare' -F

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a info -d 'Show the machine, the store and the version of rl'
complete -c rl -n '__fish_seen_subcommand_from info' -s f -l format -d 'print with a Go template, or \'json\'' -r

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a doctor -d 'Check what this machine gives to rl, and say how to mend what is missing'
complete -c rl -n '__fish_seen_subcommand_from doctor' -s f -l format -d 'print with a Go template, or \'json\'' -r

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a version -d 'Show the version of rl'
complete -c rl -n '__fish_seen_subcommand_from version' -s f -l format -d 'print with a Go template, or \'json\'' -r

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a completion -d 'Print a completion script for a shell'
complete -c rl -n '__fish_seen_subcommand_from completion' -xa 'bash zsh fish'

complete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a help -d 'Explain rl or one of its commands'
complete -c rl -n '__fish_seen_subcommand_from help' -xa '$__rl_commands'
