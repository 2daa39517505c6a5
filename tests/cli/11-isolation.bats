#!/usr/bin/env bats
# namespaces, capabilities, seccomp, what of /proc and /sys can be reached
# lanes: user root
load lib

ns() { # NAME: which one of probe's lines
	grep "^$1:" <<<"$2"
}

host_ns() {
	readlink "/proc/self/ns/$1"
}

@test "all eight namespaces are the container's own" {
	local inside name
	inside=$(box box probe ns)
	for name in cgroup ipc mnt net pid user uts; do
		[ "$(ns $name "$inside")" != "$(host_ns $name)" ] || fail "$name is the host's"
	done
	is "$(wc -l <<<"$inside")" 8
}

@test "host forms" {
	local name
	for name in pid ipc uts cgroupns; do
		is "$(ns "${name%ns}" "$(box --$name host box probe ns)")" "$(host_ns "${name%ns}")"
	done
	is "$(ns net "$(rl run --rm --network host box probe ns)")" "$(host_ns net)"
	[ "$(ns pid "$(box --pid private box probe ns)")" != "$(host_ns pid)" ]
}

@test "container forms share with another container" {
	local a b
	rl run -d --name first --network none --ipc shareable box sleep 100 >/dev/null || \
		rl run -d --name first --network none box sleep 100 >/dev/null
	a=$(rl exec first probe ns)
	b=$(rl run --rm --network container:first --pid container:first --ipc container:first --uts container:first box probe ns)
	is "$(grep -E '^(net|pid|ipc|uts):' <<<"$b")" "$(grep -E '^(net|pid|ipc|uts):' <<<"$a")"
	[ "$(ns mnt "$b")" != "$(ns mnt "$a")" ]
	refused 'nosuch' rl run --rm --network container:nosuch box true
	refused 'nosuch' rl run --rm --pid container:nosuch box true
	rl stop -t 0 first
	# it is started first
	is "$(rl run --rm --pid container:first box sh -c 'ps | grep -c "[s]leep 100"')" 1
	is "$(rl inspect -f '{{.State.Running}}' first)" true
}

@test "who shares a namespace of the host's with a container" {
	local name flag
	for name in pid ipc uts cgroup net; do
		flag=$name
		[ $name != cgroup ] || flag=cgroupns
		[ $name != net ] || flag=network
		rl run -d --name "h-$name" --$flag host box sleep 100 >/dev/null
		is "$(ns $name "$(rl run --rm --$flag "container:h-$name" box probe ns)")" "$(host_ns $name)"
	done
}

@test "--ipc private is not shared" {
	rl run -d --name own --network none --ipc private box sleep 100 >/dev/null
	rl run -d --name common --network none box sleep 100 >/dev/null
	is "$(rl inspect -f '{{.HostConfig.IpcMode}}' own common | tr '\n' ' ')" 'private shareable '
	refused_with_hint 'own has its IPC namespace for itself' rl run --rm --ipc container:own box true
	box --ipc container:common box true
}

@test "a container whose namespace another one shares is not removed before that one" {
	rl create --name base --network none box sleep 100 >/dev/null
	rl run -d --name guest --network container:base --pid container:base box sleep 100 >/dev/null
	is "$(rl inspect -f '{{.HostConfig.PidMode}} {{.HostConfig.NetworkMode}}' guest)" "$(rl inspect -f 'container:{{.Id}} container:{{.Id}}' base)"
	is "$(rl inspect -f '{{.State.Running}} {{len .Dependencies}}' base guest | tr '\n' ' ')" 'true 0 true 1 '
	refused_with_hint 'container base is required by 1 other' rl rm -f base
	rl stop -t 0 base >/dev/null
	rl start guest >/dev/null
	is "$(rl inspect -f '{{.State.Running}}' base)" true
	is "$(rl rm -f --depend base | wc -l)" 2
	is "$(rl ps -aq)" ''
}

@test "prune leaves a container that another one requires" {
	rl create --name base --network none box true >/dev/null
	rl run -d --name guest --network none --requires base box sleep 100 >/dev/null
	eventually 10 is_exited base
	is "$(rl container prune -f)" ''
	rl rm -f -t 0 guest >/dev/null
	is "$(rl container prune -f | wc -l)" 1
}
is_exited() {
	[ "$(state "$1")" = exited ]
}

@test "sysctls of a container that shares the host's processes" {
	is "$(rl run --rm --pid host box cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 0
	is "$(box --pid host --sysctl net.ipv4.ip_default_ttl=99 box cat /proc/sys/net/ipv4/ip_default_ttl)" 99
}

@test "time namespace with offsets" {
	local out mono boot
	read -r mono _ </proc/uptime
	out=$(box --time-offset-monotonic 1h --time-offset-boottime 48h box probe clocks)
	mono=${mono%.*}
	boot=$(sed -n 's/boottime //p' <<<"$out")
	[ $(($(sed -n 's/monotonic //p' <<<"$out") - mono)) -ge 3599 ] || fail "monotonic: $out, host $mono"
	[ $((boot - mono)) -ge 172799 ] && [ $((boot - mono)) -le 172860 ] || fail "boottime: $out, host $mono"
	refused . rl run --rm --time-offset-boottime soon box true
	is "$(ns time "$(box --time host box probe ns)")" "$(host_ns time)"
}

@test "capabilities: Docker's default set, none inheritable or ambient" {
	local s
	s=$(box box probe status)
	is "$(grep CapBnd <<<"$s" | cut -f2)" 00000000a80425fb
	is "$(grep CapEff <<<"$s" | cut -f2)" 00000000a80425fb
	is "$(grep CapPrm <<<"$s" | cut -f2)" 00000000a80425fb
	is "$(grep CapInh <<<"$s" | cut -f2)" 0000000000000000
	is "$(grep CapAmb <<<"$s" | cut -f2)" 0000000000000000
	is "$(grep Seccomp: <<<"$s" | cut -f2)" 2
	s=$(box -u app box probe status)
	is "$(grep CapEff <<<"$s" | cut -f2)" 0000000000000000
	is "$(grep CapPrm <<<"$s" | cut -f2)" 0000000000000000
	is "$(grep CapBnd <<<"$s" | cut -f2)" 00000000a80425fb
}

@test "--cap-add and --cap-drop" {
	is "$(box --cap-drop ALL box probe status | grep CapEff | cut -f2)" 0000000000000000
	is "$(box --cap-drop all --cap-add NET_BIND_SERVICE box probe status | grep CapBnd | cut -f2)" 0000000000000400
	is "$(box --cap-drop=CAP_CHOWN,KILL box probe status | grep CapBnd | cut -f2)" 00000000a80425da
	is "$(box --cap-add sys_admin box probe status | grep CapEff | cut -f2)" 00000000a82425fb
	refused 'FROB' rl run --rm --cap-add FROB box true
}

@test "--privileged" {
	local s
	s=$(box --privileged box probe status)
	is "$(grep Seccomp: <<<"$s" | cut -f2)" 0
	[ $((16#$(grep CapEff <<<"$s" | cut -f2))) -gt $((16#a80425fb)) ]
	box --privileged box mount -t tmpfs none /mnt || box --privileged box sh -c 'mkdir -p /m && mount -t tmpfs none /m'
}

@test "seccomp: the default profile" {
	local out line name want
	out=$(box box probe syscalls)
	while read -r name want; do
		line=$(grep "^$name " <<<"$out") || continue
		[[ $line =~ ^$name\ ($want)$ ]] || fail "$line, wanted $want"
	done <<-'END'
		af_alg EPERM|EAFNOSUPPORT
		af_vsock EPERM
		unshare_user EPERM
		clone_user EPERM
		clone_ns EPERM
		clone3 ENOSYS
		mount EPERM
		umount EPERM
		pivot_root EPERM
		fsopen EPERM
		open_tree EPERM
		mount_setattr EPERM
		setns EPERM
		keyctl EPERM
		add_key EPERM
		io_uring_setup EPERM
		bpf EPERM
		perf_event_open EPERM
		userfaultfd EPERM
		open_by_handle_at EPERM
		init_module EPERM
		kexec_load EPERM
		reboot EPERM
		swapon EPERM
		settimeofday EPERM
		personality_noaslr_32 EPERM
		x32_keyctl EPERM|ENOSYS
		i386_unshare EPERM
		i386_keyctl EPERM
		i386_clone3 ENOSYS
	END
}

@test "seccomp: the same filter in exec" {
	rl run -d --name ex --network none box sleep 100 >/dev/null
	is "$(rl exec ex probe syscalls)" "$(rl exec ex probe syscalls)"
	is "$(rl exec ex probe syscalls)" "$(box box probe syscalls)"
	is "$(rl exec ex probe status | grep -E 'Cap|Secc')" "$(box box probe status | grep -E 'Cap|Secc')"
	is "$(rl exec -u app ex probe status | grep -E 'CapEff|CapInh|CapAmb' | cut -f2 | sort -u)" 0000000000000000
}

@test "seccomp: unconfined, a file, a bad file" {
	is "$(box --security-opt seccomp=unconfined box probe status | grep Seccomp: | cut -f2)" 0
	cat >"$T/profile.json" <<-'END'
		{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":93}]}
	END
	exits 1 box --security-opt "seccomp=$T/profile.json" box mkdir /x
	like "$stderr" 'Protocol not supported'
	echo '{"defaultAction":' >"$T/bad.json"
	refused . rl run --rm --network none --security-opt "seccomp=$T/bad.json" box true
	refused . rl run --rm --network none --security-opt "seccomp=$T/none.json" box true
	refused 'frob' rl run --rm --security-opt frob=1 box true
}

@test "no-new-privileges" {
	is "$(box box probe status | grep NoNewPrivs | cut -f2)" 0
	is "$(box --security-opt no-new-privileges box probe status | grep NoNewPrivs | cut -f2)" 1
}

@test "masked and read-only paths" {
	exits 0 box box sh -c 'for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do
		[ ! -e $f ] || [ "$(stat -c %t:%T $f)" = 1:3 ] || echo "$f is real"; done
		for d in /proc/acpi /proc/scsi /sys/firmware; do [ ! -d $d ] || [ -z "$(ls -A $d)" ] || echo "$d is real"; done
		for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity /proc/sys/kernel/hostname; do
			[ ! -e $f ] || ! (echo x >$f) 2>/dev/null || echo "$f is writable"; done'
	is "$output" ''
}

@test "/sys is read-only and the cgroup tree cannot be written" {
	exits 0 box box sh -c 'grep -q " /sys sysfs ro" /proc/mounts || grep " /sys " /proc/mounts | grep -q "ro[, ]" || echo "sys writable"
		for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do
			[ ! -e $f ] || ! (echo x >$f) 2>/dev/null || echo "$f is writable"; done'
	is "$output" ''
}

@test "sysctl flags: only what the container owns" {
	rl run --help | grep -q -- --sysctl || skip "machine: this version has no --sysctl"
	refused . rl run --rm --network none --sysctl kernel.core_pattern=x box true
	refused . rl run --rm --network host --sysctl net.ipv4.ip_forward=1 box true
}

@test "user namespaces: ids inside are the user's subordinate ids outside" {
	local pid
	rl run -d --name ids --network none box sleep 100 >/dev/null
	pid=$(rl inspect --format '{{.State.Pid}}' ids)
	[ "$(readlink /proc/"$pid"/ns/user)" != "$(readlink /proc/self/ns/user)" ] || [ "$(id -u)" = 0 ]
	like "$(rl exec ids cat /proc/self/uid_map)" '^ *0 +'
	if [ "$(id -u)" != 0 ]; then
		is "$(stat -c %u /proc/"$pid")" "$(id -u)"
		[ "$(rl exec ids awk '{n += $3} END {print n}' /proc/self/uid_map)" -ge 65536 ]
	fi
}

@test "--userns host, private, container" {
	local a
	is "$(box --userns private box id -u)" 0
	is "$(box --userns host box id -u)" 0
	rl run -d --name first --network none box sleep 100 >/dev/null
	a=$(rl exec first readlink /proc/self/ns/user)
	[ "$(box box readlink /proc/self/ns/user)" != "$a" ]
	is "$(box --userns container:first box readlink /proc/self/ns/user)" "$a"
	refused 'frob' rl run --rm --userns frob box true
}

@test "/proc shows only the container's processes, and init is PID 1" {
	is "$(box box sh -c 'echo $$')" 1
	is "$(box box sh -c 'ls -d /proc/[0-9]* | wc -l')" 2 || [ "$(box box sh -c 'ls -d /proc/[0-9]* | wc -l')" -le 3 ]
}

@test "mounts do not reach the host" {
	local before
	before=$(wc -l </proc/self/mountinfo)
	box --tmpfs /data --cap-add SYS_ADMIN --security-opt seccomp=unconfined box sh -c 'mkdir /m; mount -t tmpfs none /m' || :
	is "$(wc -l </proc/self/mountinfo)" "$before"
}
