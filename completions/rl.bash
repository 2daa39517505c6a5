# bash completion of rl; written by 'rl completion bash'

_rl_table() {
	opts='' values=' ' joined=' ' args='' more=0 stop=0
	case $1 in
	'')
		opts='--cgroup-manager --debug --events-backend --log-level --noout --out --root --runroot --storage-driver --tmpdir --version --help'
		values=' --cgroup-manager:systemd|cgroupfs --events-backend:file|none --log-level:debug|info|warn|error --out:FILE --root:DIR --runroot:DIR --storage-driver:overlay|fuse_overlayfs|fuse-overlayfs|vfs --tmpdir:DIR '
		args=COMMAND
		stop=1
		;;
	run)
		opts='--detach --detach-keys --add-host --annotation --arch --attach --authfile --blkio-weight --blkio-weight-device --cap-add --cap-drop --cert-dir --cgroup-conf --cgroup-parent --cgroupns --cgroups --cidfile --chrootdirs --conmon-pidfile --cpu-period --cpu-quota --cpu-shares --cpus --cpuset-cpus --cpuset-mems --creds --device --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-host --env-file --env-merge --expose --gidmap --group-add --group-entry --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --hostname --hosts-file --hostuser --http-proxy --image-volume --init --init-path --interactive --ipc --label --label-file --log-driver --log-opt --memory --memory-reservation --memory-swap --mount --name --network --no-healthcheck --no-hostname --no-hosts --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --pids-limit --platform --privileged --publish --publish-all --pull --quiet --read-only --read-only-tmpfs --replace --requires --restart --retry --retry-delay --rm --rootfs --sdnotify --seccomp-policy --secret --security-opt --shm-size --shm-size-systemd --stop-signal --stop-timeout --subgidname --subuidname --sysctl --systemd --time --time-offset-boottime --time-offset-monotonic --timeout --tls-verify= --tmpfs --tty --tz --uidmap --ulimit --umask --unsetenv --unsetenv-all --user --userns --uts --variant --volume --volume-driver --volumes-from --workdir --preserve-fd --preserve-fds --rmi --sig-proxy --help'
		values=' --detach-keys:- --add-host:- --annotation:- --arch:- --attach:stdin|stdout|stderr -a:stdin|stdout|stderr --authfile:FILE --blkio-weight:- --blkio-weight-device:- --cap-add:- --cap-drop:- --cert-dir:DIR --cgroup-conf:- --cgroup-parent:SLICE|PATH --cgroupns:- --cgroups:enabled|disabled|no-conmon|split --cidfile:FILE --chrootdirs:DIR --conmon-pidfile:FILE --cpu-period:- --cpu-quota:- --cpu-shares:- -c:- --cpus:- --cpuset-cpus:- --cpuset-mems:- --creds:- --device:- --device-read-bps:- --device-read-iops:- --device-write-bps:- --device-write-iops:- --dns:- --dns-option:- --dns-search:- --domainname:- --entrypoint:COMMAND --env:- -e:- --env-file:FILE --env-merge:- --expose:- --gidmap:- --group-add:- --group-entry:- --health-cmd:COMMAND --health-interval:- --health-log-destination:local|events_logger|DIR --health-max-log-count:- --health-max-log-size:- --health-on-failure:none|kill|restart|stop --health-retries:- --health-start-interval:- --health-start-period:- --health-startup-cmd:COMMAND --health-startup-interval:- --health-startup-retries:- --health-startup-success:- --health-startup-timeout:- --health-timeout:- --hostname:- -h:- --hosts-file:FILE --hostuser:- --image-volume:- --init-path:FILE --ipc:- --label:- -l:- --label-file:FILE --log-driver:- --log-opt:- --memory:- -m:- --memory-reservation:- --memory-swap:- --mount:- --name:- --net:- --network:- --oom-score-adj:- --os:- --passwd-entry:- --personality:LINUX|LINUX32 --pid:- --pidfile:FILE --pids-limit:- --platform:- --publish:- -p:- --pull:always|missing|never|newer --requires:CONTAINER --restart:- --retry:- --retry-delay:- --sdnotify:container|conmon|healthy|ignore --seccomp-policy:default|image --secret:- --security-opt:- --shm-size:- --shm-size-systemd:- --stop-signal:SIGNAL --stop-timeout:- --subgidname:- --subuidname:- --sysctl:- --systemd:true|false|always --time:- --time-offset-boottime:- --time-offset-monotonic:- --timeout:- --tmpfs:- --tz:- --uidmap:- --ulimit:- --umask:- --unsetenv:- --user:- -u:- --userns:- --uts:- --variant:- --volume:- -v:- --volume-driver:- --volumes-from:CONTAINER[:ro|rw] --workdir:DIR -w:DIR --preserve-fd:- --preserve-fds:- '
		joined=' --tls-verify:true|false '
		args='IMAGE - -'
		more=1 stop=1
		;;
	sandbox)
		opts='--add-host --cpu-period --cpu-quota --cpu-shares --cpus --cpuset-cpus --cpuset-mems --copy --detach-keys --dns --env --env-file --hostname --keep --label --memory --memory-reservation --memory-swap --name --network --pids-limit --publish --read-only --replace --root --security-opt --shm-size --tmpfs --ulimit --volume --workdir --help'
		values=' --add-host:- --cpu-period:- --cpu-quota:- --cpu-shares:- -c:- --cpus:- --cpuset-cpus:- --cpuset-mems:- --detach-keys:- --dns:- --env:- -e:- --env-file:FILE --hostname:- -h:- --label:- -l:- --memory:- -m:- --memory-reservation:- --memory-swap:- --name:- --network:- -n:- --pids-limit:- --publish:- -p:- --security-opt:- --shm-size:- --tmpfs:- --ulimit:- --volume:- -v:- --workdir:DIR -w:DIR '
		joined=' '
		args='DIR - - -'
		more=1 stop=1
		;;
	create)
		opts='--add-host --annotation --arch --attach --authfile --blkio-weight --blkio-weight-device --cap-add --cap-drop --cert-dir --cgroup-conf --cgroup-parent --cgroupns --cgroups --cidfile --chrootdirs --conmon-pidfile --cpu-period --cpu-quota --cpu-shares --cpus --cpuset-cpus --cpuset-mems --creds --device --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-host --env-file --env-merge --expose --gidmap --group-add --group-entry --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --hostname --hosts-file --hostuser --http-proxy --image-volume --init --init-path --interactive --ipc --label --label-file --log-driver --log-opt --memory --memory-reservation --memory-swap --mount --name --network --no-healthcheck --no-hostname --no-hosts --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --pids-limit --platform --privileged --publish --publish-all --pull --quiet --read-only --read-only-tmpfs --replace --requires --restart --retry --retry-delay --rm --rootfs --sdnotify --seccomp-policy --secret --security-opt --shm-size --shm-size-systemd --stop-signal --stop-timeout --subgidname --subuidname --sysctl --systemd --time --time-offset-boottime --time-offset-monotonic --timeout --tls-verify= --tmpfs --tty --tz --uidmap --ulimit --umask --unsetenv --unsetenv-all --user --userns --uts --variant --volume --volume-driver --volumes-from --workdir --help'
		values=' --add-host:- --annotation:- --arch:- --attach:stdin|stdout|stderr -a:stdin|stdout|stderr --authfile:FILE --blkio-weight:- --blkio-weight-device:- --cap-add:- --cap-drop:- --cert-dir:DIR --cgroup-conf:- --cgroup-parent:SLICE|PATH --cgroupns:- --cgroups:enabled|disabled|no-conmon|split --cidfile:FILE --chrootdirs:DIR --conmon-pidfile:FILE --cpu-period:- --cpu-quota:- --cpu-shares:- -c:- --cpus:- --cpuset-cpus:- --cpuset-mems:- --creds:- --device:- --device-read-bps:- --device-read-iops:- --device-write-bps:- --device-write-iops:- --dns:- --dns-option:- --dns-search:- --domainname:- --entrypoint:COMMAND --env:- -e:- --env-file:FILE --env-merge:- --expose:- --gidmap:- --group-add:- --group-entry:- --health-cmd:COMMAND --health-interval:- --health-log-destination:local|events_logger|DIR --health-max-log-count:- --health-max-log-size:- --health-on-failure:none|kill|restart|stop --health-retries:- --health-start-interval:- --health-start-period:- --health-startup-cmd:COMMAND --health-startup-interval:- --health-startup-retries:- --health-startup-success:- --health-startup-timeout:- --health-timeout:- --hostname:- -h:- --hosts-file:FILE --hostuser:- --image-volume:- --init-path:FILE --ipc:- --label:- -l:- --label-file:FILE --log-driver:- --log-opt:- --memory:- -m:- --memory-reservation:- --memory-swap:- --mount:- --name:- --net:- --network:- --oom-score-adj:- --os:- --passwd-entry:- --personality:LINUX|LINUX32 --pid:- --pidfile:FILE --pids-limit:- --platform:- --publish:- -p:- --pull:always|missing|never|newer --requires:CONTAINER --restart:- --retry:- --retry-delay:- --sdnotify:container|conmon|healthy|ignore --seccomp-policy:default|image --secret:- --security-opt:- --shm-size:- --shm-size-systemd:- --stop-signal:SIGNAL --stop-timeout:- --subgidname:- --subuidname:- --sysctl:- --systemd:true|false|always --time:- --time-offset-boottime:- --time-offset-monotonic:- --timeout:- --tmpfs:- --tz:- --uidmap:- --ulimit:- --umask:- --unsetenv:- --user:- -u:- --userns:- --uts:- --variant:- --volume:- -v:- --volume-driver:- --volumes-from:CONTAINER[:ro|rw] --workdir:DIR -w:DIR '
		joined=' --tls-verify:true|false '
		args='IMAGE - -'
		more=1 stop=1
		;;
	start)
		opts='--all --attach --detach-keys --filter --interactive --latest --sig-proxy --help'
		values=' --detach-keys:- --filter:- -f:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	init)
		opts='--all --latest --help'
		values=' '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	stop)
		opts='--all --cidfile --filter --ignore --latest --signal --time --timeout --until-boot --help'
		values=' --cidfile:FILE --filter:- -f:- --signal:SIGNAL -s:SIGNAL --time:- -t:- --timeout:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	restart)
		opts='--all --cidfile --filter --latest --running --signal --time --timeout --help'
		values=' --cidfile:FILE --filter:- -f:- --signal:SIGNAL -s:SIGNAL --time:- -t:- --timeout:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	kill)
		opts='--all --cidfile --latest --signal --help'
		values=' --cidfile:FILE --signal:SIGNAL -s:SIGNAL '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	rm)
		opts='--all --cidfile --depend --filter --force --ignore --latest --time --volumes --help'
		values=' --cidfile:FILE --filter:- --time:- -t:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	pause)
		opts='--all --cidfile --filter --latest --help'
		values=' --cidfile:FILE --filter:- -f:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	unpause)
		opts='--all --cidfile --filter --latest --help'
		values=' --cidfile:FILE --filter:- -f:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	rename)
		opts='--help'
		values=' '
		joined=' '
		args='CONTAINER -'
		more=0 stop=0
		;;
	update)
		opts='--blkio-weight --blkio-weight-device --cgroup-conf --cpu-period --cpu-quota --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --env --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --latest --memory --memory-reservation --memory-swap --no-healthcheck --pids-limit --restart --ulimit --unsetenv --help'
		values=' --blkio-weight:- --blkio-weight-device:- --cgroup-conf:- --cpu-period:- --cpu-quota:- --cpu-shares:- -c:- --cpus:- --cpuset-cpus:- --cpuset-mems:- --device-read-bps:- --device-read-iops:- --device-write-bps:- --device-write-iops:- --env:- -e:- --health-cmd:COMMAND --health-interval:- --health-log-destination:local|events_logger|DIR --health-max-log-count:- --health-max-log-size:- --health-on-failure:none|kill|restart|stop --health-retries:- --health-start-interval:- --health-start-period:- --health-startup-cmd:COMMAND --health-startup-interval:- --health-startup-retries:- --health-startup-success:- --health-startup-timeout:- --health-timeout:- --memory:- -m:- --memory-reservation:- --memory-swap:- --pids-limit:- --restart:- --ulimit:- --unsetenv:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	wait)
		opts='--condition --exit-first-match --ignore --interval --latest --help'
		values=' --condition:- --interval:- -i:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	attach)
		opts='--detach-keys --latest --no-stdin --sig-proxy --help'
		values=' --detach-keys:- '
		joined=' '
		args='CONTAINER'
		more=0 stop=0
		;;
	exec)
		opts='--cidfile --detach --detach-keys --env --env-file --interactive --latest --no-session --preserve-fd --preserve-fds --privileged --tty --user --workdir --help'
		values=' --cidfile:FILE --detach-keys:- --env:- -e:- --env-file:FILE --preserve-fd:- --preserve-fds:- --user:- -u:- --workdir:DIR -w:DIR '
		joined=' '
		args='CONTAINER - -'
		more=1 stop=1
		;;
	cp)
		opts='--archive --follow-link --overwrite --quiet --help'
		values=' '
		joined=' '
		args='- SRC|- - DST|-'
		more=0 stop=0
		;;
	mount)
		opts='--all --format --latest --no-trunc --help'
		values=' --format:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	unmount)
		opts='--all --force --latest --help'
		values=' '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	ps)
		opts='--all --external --filter --format --last --latest --no-trunc --noheading --ns --quiet --size --sort --sync --watch --help'
		values=' --filter:- -f:- --format:- --last:- -n:- --sort:command|created|id|image|names|runningfor|size|status --watch:- -w:- '
		joined=' '
		args=''
		more=0 stop=0
		;;
	port)
		opts='--all --latest --help'
		values=' '
		joined=' '
		args='CONTAINER - -'
		more=0 stop=0
		;;
	stats)
		opts='--all --format --interval --latest --no-reset --no-stream --no-trunc --help'
		values=' --format:- --interval:- -i:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	top)
		opts='--latest --help'
		values=' '
		joined=' '
		args='CONTAINER -'
		more=1 stop=1
		;;
	diff)
		opts='--format --latest --help'
		values=' --format:- '
		joined=' '
		args='OBJECT OBJECT'
		more=0 stop=0
		;;
	logs)
		opts='--color --details --follow --latest --names --since --tail --timestamps --until --help'
		values=' --since:- --tail:- --until:- '
		joined=' '
		args='CONTAINER'
		more=1 stop=0
		;;
	why)
		opts='--format --latest --help'
		values=' --format:- '
		joined=' '
		args='CONTAINER'
		more=0 stop=0
		;;
	inspect)
		opts='--format --latest --size --type --help'
		values=' --format:- -f:- --type:all|artifact|container|image|volume -t:all|artifact|container|image|volume '
		joined=' '
		args='OBJECT'
		more=1 stop=0
		;;
	commit)
		opts='--author --change --config --format --iidfile --include-volumes --message --pause --quiet --squash --help'
		values=' --author:- -a:- --change:- -c:- --config:FILE --format:oci|docker -f:oci|docker --iidfile:FILE --message:- -m:- '
		joined=' '
		args='CONTAINER IMAGE'
		more=0 stop=0
		;;
	export)
		opts='--output --help'
		values=' --output:FILE -o:FILE '
		joined=' '
		args='CONTAINER'
		more=0 stop=0
		;;
	history)
		opts='--format --human --no-trunc --quiet --help'
		values=' --format:- '
		joined=' '
		args='IMAGE'
		more=0 stop=0
		;;
	images)
		opts='--all --digests --filter --format --history --noheading --no-trunc --quiet --sort --help'
		values=' --filter:- -f:- --format:- --sort:created|id|repository|size|tag '
		joined=' '
		args='IMAGE'
		more=0 stop=0
		;;
	import)
		opts='--arch --change --message --os --quiet --variant --help'
		values=' --arch:- --change:- -c:- --message:- -m:- --os:- --variant:- '
		joined=' '
		args='FILE|- -'
		more=0 stop=0
		;;
	load)
		opts='--input --quiet --help'
		values=' --input:FILE -i:FILE '
		joined=' '
		args=''
		more=0 stop=0
		;;
	login)
		opts='--authfile --cert-dir --compat-auth-file --get-login --password --password-stdin --secret --tls-verify= --username --verbose --help'
		values=' --authfile:FILE --cert-dir:DIR --compat-auth-file:FILE --password:- -p:- --secret:- --username:- -u:- '
		joined=' --tls-verify:true|false '
		args='-'
		more=0 stop=0
		;;
	logout)
		opts='--all --authfile --compat-auth-file --help'
		values=' --authfile:FILE --compat-auth-file:FILE '
		joined=' '
		args='-'
		more=0 stop=0
		;;
	pull)
		opts='--all-tags --arch --authfile --cert-dir --creds --disable-content-trust --os --platform --policy --quiet --retry --retry-delay --tls-verify= --variant --help'
		values=' --arch:- --authfile:FILE --cert-dir:DIR --creds:- --os:- --platform:- --policy:always|missing|never|newer --retry:- --retry-delay:- --variant:- '
		joined=' --tls-verify:true|false '
		args='IMAGE IMAGE'
		more=1 stop=0
		;;
	push)
		opts='--all-tags --authfile --cert-dir --compress --compression-format --compression-level --creds --digestfile --disable-content-trust --force-compression --format --quiet --remove-signatures --retry --retry-delay --sign-by-sigstore --sign-by-sigstore-private-key --sign-passphrase-file --tls-verify= --help'
		values=' --authfile:FILE --cert-dir:DIR --compression-format:gzip|zstd|zstd:chunked --compression-level:- --creds:- --digestfile:FILE --format:oci|v2s2 -f:oci|v2s2 --retry:- --retry-delay:- --sign-by-sigstore:FILE --sign-by-sigstore-private-key:FILE --sign-passphrase-file:FILE '
		joined=' --tls-verify:true|false '
		args='IMAGE -'
		more=0 stop=0
		;;
	rmi)
		opts='--all --force --ignore --no-prune --help'
		values=' '
		joined=' '
		args='IMAGE'
		more=1 stop=0
		;;
	save)
		opts='--compress --format --multi-image-archive --output --quiet --uncompressed --help'
		values=' --format:- --output:FILE -o:FILE '
		joined=' '
		args='IMAGE IMAGE|NAME'
		more=1 stop=0
		;;
	search)
		opts='--authfile --cert-dir --creds --compatible --filter --format --limit --list-tags --no-trunc --tls-verify= --help'
		values=' --authfile:FILE --cert-dir:DIR --creds:- --filter:- -f:- --format:- --limit:- '
		joined=' --tls-verify:true|false '
		args='-'
		more=0 stop=0
		;;
	tag)
		opts='--help'
		values=' '
		joined=' '
		args='IMAGE - -'
		more=1 stop=0
		;;
	untag)
		opts='--help'
		values=' '
		joined=' '
		args='IMAGE -'
		more=1 stop=0
		;;
	events)
		opts='--filter --format --no-trunc --since --stream --until --help'
		values=' --filter:- -f:- --format:- --since:- --until:- '
		joined=' '
		args=''
		more=0 stop=0
		;;
	unshare)
		opts='--help'
		values=' '
		joined=' '
		args='- -'
		more=1 stop=1
		;;
	info)
		opts='--format --help'
		values=' --format:- -f:- '
		joined=' '
		args=''
		more=0 stop=0
		;;
	doctor)
		opts='--format --help'
		values=' --format:- -f:- '
		joined=' '
		args=''
		more=0 stop=0
		;;
	version)
		opts='--format --help'
		values=' --format:- -f:- '
		joined=' '
		args=''
		more=0 stop=0
		;;
	completion)
		opts='--help'
		values=' '
		joined=' '
		args='bash|zsh|fish'
		more=0 stop=0
		;;
	help)
		opts='--help'
		values=' '
		joined=' '
		args='COMMAND'
		more=0 stop=0
		;;
	esac
}

_rl_commands='run sandbox create start init stop restart kill rm pause unpause rename update wait attach exec cp mount unmount ps port stats top diff logs why inspect commit export history images import load login logout pull push rmi save search tag untag events unshare info doctor version completion help '
_rl_signals='HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH'

# words of a kind into COMPREPLY
_rl_kind() {
	local IFS=$' \t\n'
	case $1 in
	CONTAINER) mapfile -t COMPREPLY < <(compgen -W "$(rl ps -a --format '{{.Names}}' 2>/dev/null)" -- "$cur") ;;
	IMAGE)
		mapfile -t COMPREPLY < <(compgen -W "$(rl images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null | grep -v '<none>')" -- "$cur")
		# readline breaks words at colons
		if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
			COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
		fi
		;;
	FILE) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	DIR) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	SIGNAL) mapfile -t COMPREPLY < <(compgen -W "$_rl_signals" -- "$cur") ;;
	COMMAND) mapfile -t COMPREPLY < <(compgen -W "$_rl_commands" -- "$cur") ;;
	OBJECT)
		_rl_kind CONTAINER
		((${#COMPREPLY[@]})) || _rl_kind IMAGE
		;;
	*'|'*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$cur") ;;
	esac
}

_rl() {
	local cur word i kind='' cmd='' opts values joined args more stop n=0 ended=0
	local -a words
	COMPREPLY=()
	# words as the shell will see them: '=' and ':' are no breaks
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=('')
	cur=${words[${#words[@]} - 1]}
	_rl_table ''
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		word=${words[i]} kind=''
		if ((ended)) || [[ $word != -?* ]]; then
			if [[ -z $cmd ]]; then
				cmd=$word
				_rl_table "$cmd"
			else
				n=$((n + 1)) ended=$((ended || stop))
			fi
		elif [[ $word == -- ]]; then
			ended=1
		elif [[ $values == *" $word:"* ]]; then
			kind=${values#*" $word:"} kind=${kind%% *} i=$((i + 1))
		fi
	done
	if ((i == ${#words[@]})); then
		_rl_kind "$kind"
	elif ((!ended)) && [[ $cur == --*=* && $values$joined == *" ${cur%%=*}:"* ]]; then
		kind=$values$joined kind=${kind#*" ${cur%%=*}:"} cur=${cur#*=}
		_rl_kind "${kind%% *}"
	elif ((!ended)) && [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$opts" -- "$cur")
		[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	else
		read -ra words <<<"$args"
		((n >= ${#words[@]} && more)) && n=$((${#words[@]} - 1))
		((n < ${#words[@]} && n >= 0)) && _rl_kind "${words[n]}"
	fi
	return 0
}

complete -o default -F _rl rl
