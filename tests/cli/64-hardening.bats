#!/usr/bin/env bats
# docs/hardening.md, read back from /proc: what each program of rl has left while it works
# lanes: user root
load lib

# of PID FIELD - from its status
of() {
	sed -n "s/^$2:\t*//p" "/proc/$1/status"
}

# fds PID - the numbers of its descriptors, in one line
fds() {
	ls "/proc/$1/fd" | sort -n | tr '\n' ' '
}

# env_of PID - the names in its environment, in one line
env_of() {
	tr '\0' '\n' <"/proc/$1/environ" | cut -d= -f1 | sort | tr '\n' ' '
}

no_core() {
	like "$(grep 'Max core' "/proc/$1/limits")" 'size *0 '
}

# bare PID - cannot gain anything: no capabilities, no new ones, a filter, no core dump
bare() {
	confined "$1" && is "$(of "$1" NoNewPrivs)$(of "$1" Seccomp)" 12 && no_core "$1"
}

landlock() {
	python3 -c 'import ctypes; exit(ctypes.CDLL(None).syscall(444, 0, 0, 1) < 2)'
}

# stuck PID - a worker that waits for us, and has confined itself
stuck() {
	eventually 10 sh -c "grep -q '^Seccomp:.2' /proc/$1/status"
}

# below PID - it, and what descends from it
below() {
	local child
	echo "$1"
	for child in $(pgrep -P "$1"); do
		below "$child"
	done
}

# held - a process of rl's, of this user, that is under a filter already and has not executed the command
held() {
	local pid
	for pid in $(pgrep -u "$(id -u)" -x rl-monitor); do
		if [ "$(of "$pid" Seccomp)" = 2 ]; then echo "$pid" && return; fi
	done 2>/dev/null
	return 1
}

# transfers PID - the workers below it
transfers() {
	local pid
	for pid in $(below "$1"); do
		if [ "$(of "$pid" Name)" = rl-transfer ]; then echo "$pid"; fi
	done
}

# cork - sets CORK: a pipe that is full, so that who writes to it waits
cork() {
	rm -f "$T/cork"
	mkfifo "$T/cork"
	exec {CORK}<>"$T/cork"
	timeout 1 dd if=/dev/zero of="$T/cork" bs=4096 oflag=nonblock 2>/dev/null || :
}

teardown() {
	[ -z "${WORKER:-}" ] || kill -KILL "$WORKER" 2>/dev/null || :
	t_clean
}

@test "the container's first process: filter, capabilities, descriptors, environment, keys" {
	local pid keys
	rl run -d --name c --network none box sleep 1000 9</ >/dev/null
	pid=$(rl inspect -f '{{.State.Pid}}' c)
	is "$(of "$pid" NoNewPrivs) $(of "$pid" Seccomp) $(of "$pid" CapInh) $(of "$pid" CapAmb)" '0 2 0000000000000000 0000000000000000'
	is "$(of "$pid" CapEff)" "$(of "$pid" CapBnd)"
	is "$(rl exec c sh -c 'ls /proc/1/fd | tr "\n" " "; tr "\0" "\n" </proc/1/environ | cut -d= -f1 | sort | tr "\n" " "')" '0 1 2 HOME HOSTNAME PATH container '
	is "$(box --security-opt no-new-privileges -u app box probe status | grep -E '^(CapEff|NoNewPrivs|Seccomp):' | tr -d '\t\n')" 'CapEff:0000000000000000NoNewPrivs:1Seccomp:2'
	# with keyctl out of reach it has no keyring of its own, and no way to one; else one that is new
	if [ -r /proc/keys ]; then
		keys=$(box --security-opt seccomp=unconfined --security-opt unmask=/proc/keys box cat /proc/keys)
		unlike "$keys" 'canary'
	fi
}

@test "init before the exec is hidden from everybody: it is not dumpable" {
	local pid
	python3 - "$T/l.sock" <<-'END' 3>&- &
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(0)
		c = socket.socket(socket.AF_UNIX)
		c.connect(sys.argv[1])
		time.sleep(60)
	END
	WORKER=$!
	eventually 10 test -S "$T/l.sock"
	# it waits for the listener, in the middle of the last stage
	printf '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"%s","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}' "$T/l.sock" >"$T/p.json"
	rl run -d --name held --network none --security-opt "seccomp=$T/p.json" box sleep 1000 >"$T/out" 2>&1 3>&- &
	local cli=$!
	eventually 10 held
	pid=$(held)
	is "$(of "$pid" Seccomp)" 2
	# who is not dumpable has files of root's in /proc, whoever it is
	is "$(stat -c %u "/proc/$pid/environ")" 0
	if [ "$EUID" != 0 ]; then
		! ls "/proc/$pid/fd" 2>/dev/null
		! cat "/proc/$pid/environ" 2>/dev/null
		! readlink "/proc/$pid/exe"
	fi
	kill -KILL "$WORKER" && WORKER=
	wait "$cli" || :
	rl rm -f -t 0 held >/dev/null
}

@test "the monitor and slirp4netns: no descriptor of the caller's, and what slirp4netns may do" {
	local monitor slirp fd
	[ "$(ulimit -Hc)" = 0 ] || ulimit -Sc "$(ulimit -Hc)"
	rl run -d --name c box sleep 1000 9</ >/dev/null
	monitor=$(rl inspect -f '{{.State.ConmonPid}}' c)
	slirp=$(pgrep -P "$monitor" slirp4netns)
	no_core "$monitor"
	no_core "$slirp"
	# the container has the caller's limit nevertheless
	is "$(rl exec c sh -c 'ulimit -Sc') $(box box sh -c 'ulimit -Sc')" "$(ulimit -Sc) $(ulimit -Sc)"
	is "$(sed -n 's/^Max core file size *//p' "/proc/$(rl inspect -f '{{.State.Pid}}' c)/limits")" "$(sed -n 's/^Max core file size *//p' /proc/self/limits)"
	for fd in $(fds "$monitor"); do
		unlike "$(readlink "/proc/$monitor/fd/$fd")" '^(/|/etc.*|/home.*)$'
	done
	is "$(of "$slirp" NoNewPrivs)$(of "$slirp" Seccomp)" 12
	for fd in "/proc/$slirp/fd"/*; do
		unlike "$(readlink "$fd" || :)" '^/$'
	done
}

@test "rl-seccomp works on its pipes alone, with an empty environment" {
	local own=$T/own
	"$RL_T_BIN/rl-seccomp" < <(sleep 60) 3>&- >/dev/null &
	WORKER=$!
	stuck "$WORKER"
	bare "$WORKER"
	kill -KILL "$WORKER"
	# as rl starts it
	cp -r "$RL_T_BIN" "$own"
	mv "$own/rl-seccomp" "$own/real"
	printf '#!/bin/sh\ntr "\\0" "\\n" </proc/$$/environ >%s\nls /proc/$$/fd >%s\nexec %s\n' "$T/env" "$T/fds" "$own/real" >"$own/rl-seccomp"
	chmod 755 "$own/rl-seccomp"
	echo '{"defaultAction":"SCMP_ACT_ALLOW","x":"never seen before"}' >"$T/p.json"
	SECRET=x "$own/rl" run --rm --network none --security-opt "seccomp=$T/p.json" --security-opt no-new-privileges box true 9</
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_LOG"}]}' >"$T/p.json"
	SECRET=x "$own/rl" run --rm --network none --security-opt "seccomp=$T/p.json" box true 9</
	is "$(cat "$T/env")" ''
	# but for the script's own, from 10 on; no pipe in it, whose ends it would have for a moment
	is "$(grep -v '^1[0-9]$' "$T/fds" | tr '\n' ' ')" '0 1 2 '
	remove "$own"
}

@test "rl-subid, rl-scope and rl-quadlet: no capabilities, no core dump, a filter" {
	cork
	"$RL_T_BIN/rl-subid" "$(id -u)" >&"$CORK" 3>&- &
	WORKER=$!
	stuck "$WORKER"
	bare "$WORKER"
	kill -KILL "$WORKER"
	python3 - "$T/bus" <<-'END' 3>&- &
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(1)
		time.sleep(60)
	END
	local bus=$!
	eventually 10 test -S "$T/bus"
	"$RL_T_BIN/rl-scope" attach "$T/bus" x.scope /y 1 2>/dev/null 3>&- &
	WORKER=$!
	stuck "$WORKER"
	bare "$WORKER"
	kill -KILL "$WORKER" "$bus"
	# the generator writes below its directory, and not through a link that leads out of it
	mkdir -p "$T/units" "$T/gen" "$T/outside"
	printf '[Container]\nImage=box\n[Install]\nWantedBy=a.target\n' >"$T/units/u.container"
	ln -s "$T/outside" "$T/gen/a.target.wants"
	QUADLET_UNIT_DIRS=$T/units "$RL_T_BIN/rl-quadlet" "$T/gen" || :
	[ -f "$T/gen/u.service" ]
	if landlock; then is "$(ls "$T/outside")" ''; fi
}

@test "rl-transfer: no capabilities where it speaks to others, no core dump, a filter, no descriptor of the caller's" {
	local one fd
	# a registry that accepts and says nothing
	python3 - "$T/port" <<-'END' 3>&- &
		import socket, sys, time
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(8)
		open(sys.argv[1], "w").write(str(s.getsockname()[1]))
		time.sleep(60)
	END
	WORKER=$!
	eventually 10 test -s "$T/port"
	rl pull --tls-verify=false "127.0.0.1:$(cat "$T/port")/x" 9</ >/dev/null 2>&1 3>&- &
	local cli=$!
	eventually 10 sh -c "pgrep -u '$(id -u)' -f '^rl-transfer pull' && sleep 0.5"
	for one in $(transfers "$cli"); do
		is "$(of "$one" NoNewPrivs)$(of "$one" Seccomp)" 12
		no_core "$one"
		for fd in $(fds "$one"); do
			unlike "$(readlink "/proc/$one/fd/$fd")" '^/$'
		done
	done
	kill "$cli"
	wait "$cli" || :
	# what has nothing to unpack has no capabilities in the namespace of the user's ids either
	rl search "127.0.0.1:$(cat "$T/port")/x" 9</ >/dev/null 2>&1 3>&- &
	cli=$!
	eventually 10 pgrep -u "$(id -u)" -f '^rl-transfer search'
	one=$(pgrep -u "$(id -u)" -f '^rl-transfer search' | head -1)
	stuck "$one"
	bare "$one"
	kill "$cli"
	wait "$cli" || :
}

@test "--security-opt: labels where SELinux is off, options of /proc, writable groups; each wrong one is named" {
	exits 0 box --security-opt label=level:s0:c1,c2 --security-opt label=type:spc_t --security-opt label=disable --security-opt label=nested -v "$T:/t:Z" box true
	is "$(rl create --name l --security-opt label=type:spc_t box true | wc -l) $(rl inspect -f '{{.ProcessLabel}}{{.MountLabel}}{{.AppArmorProfile}}' l)" '1 '
	refused_with_hint "label: 'frob' is not known" box --security-opt label=frob box true
	if [ ! -e /sys/module/apparmor/parameters/enabled ]; then
		refused_with_hint 'AppArmor is not switched on' box --security-opt apparmor=x box true
		exits 0 box --security-opt apparmor=unconfined box true
	fi
	like "$(box --security-opt proc-opts=hidepid=2,subset=pid box grep ' /proc proc ' /proc/self/mounts)" 'subset=pid'
	is "$(box --security-opt proc-opts=hidepid=2 -u app box sh -c 'ls -d /proc/1 /proc/self/exe | grep -c exe')" 1
	is "$(box --security-opt proc-opts=subset=pid --sysctl net.ipv4.ip_forward=1 box ls -d /proc/sys 2>/dev/null)" ''
	refused 'options are for a procfs of its own' box --pid host --security-opt proc-opts=subset=pid box true
	refused_with_hint 'suid. is not known' box --security-opt proc-opts=suid box true
	like "$(box --security-opt writable-cgroups box grep ' /sys/fs/cgroup ' /proc/self/mounts)" ' rw,|tmpfs'
	refused_with_hint 'device-cgroup-rule' box --device-cgroup-rule 'c 1:3 rwm' box true
	like "$stderr" "only the host's root"
}

@test "--privileged and --device: the nodes that the user can open, as they are on the host, and no others" {
	local nodes
	nodes=$(box --privileged box sh -c 'for d in /dev/*; do if [ -c $d ] || [ -b $d ]; then if [ ! -r $d ] && [ ! -w $d ]; then echo $d; fi; fi; done; ls /dev')
	unlike "$nodes" '/dev/'
	for d in kmsg mem; do
		if [ ! -r "/dev/$d" ] && [ ! -w "/dev/$d" ]; then unlike "$nodes" "(^|[[:space:]])$d([[:space:]]|$)"; fi
	done
	# making one is refused, also for who has all capabilities in there
	exits 1 box --privileged box mknod /tmp/n c 1 3
	if [ ! -e /dev/mem ] || [ -r /dev/mem ]; then return 0; fi
	exits 1 box --device /dev/mem box head -c 1 /dev/mem
}
