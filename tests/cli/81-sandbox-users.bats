#!/usr/bin/env bats
# sandboxes of two users of one machine: neither sees anything of the other
# lanes: super
load lib

setup_file() {
	T=$(mktemp -d /tmp/rlts.XXXXXX)
	chmod 755 "$T"
	mkdir "$T/u" "$T/u/p" "$T/o" "$T/o/p"
	chown -R "$RL_T_USER:" "$T/u"
	chown -R 65534:65534 "$T/o"
	export T RL_ROOT=$T/u/s RL_RUNROOT=$T/u/r
	# one of the first user's, which does what could be seen
	cat >"$T/u/busy.py" <<'END'
import ctypes, os, socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0rl-busy-sandbox"); s.listen()
n = socket.socket(); n.bind(("0.0.0.0", 8123)); n.listen()
open("/tmp/rl-busy", "w").write("x"); open("/dev/shm/rl-busy", "w").write("x"); open(os.environ["HOME"] + "/rl-busy", "w").write("x")
print(ctypes.CDLL(None).shmget(0x726c, 4096, 0o1666), flush=True)
open("ready", "w")
time.sleep(1000)
END
	as_user "$RL" sandbox --name busy -v "$T/u/busy.py:/run/busy.py" "$T/u/p" -- /usr/bin/python3 /run/busy.py >"$T/out" 2>&1 3>&- 4>&- &
	for _ in $(seq 200); do
		[ ! -e "$T/u/p/ready" ] || break
		sleep 0.05
	done
}
teardown_file() {
	as_user "$RL" rm -fa -t 0 >/dev/null 2>&1 || :
	rm -rf "$T"
}
teardown() { :; }

# other ARG... - rl as the second user, who has no subordinate ids and no home
other() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME=/nonexistent \
		RL_ROOT="$T/o/s" RL_RUNROOT="$T/o/r" "$RL" "$@"
}

@test "it is there: what follows would be seen if it could be" {
	[ -e "$T/u/p/ready" ]
	like "$(cat "$T/out")" '^[0-9]+$'
	as_user "$RL" exec busy ls /tmp/rl-busy /dev/shm/rl-busy
}

@test "processes, /tmp, /dev/shm and homes of another user's sandbox are not seen" {
	run other sandbox "$T/o/p" -- sh -c 'cat /proc/[0-9]*/cmdline | tr "\0" " "; ls /tmp /dev/shm /home/* /run'
	unlike "$output" 'busy'
	# nor on the host
	[ ! -e /tmp/rl-busy ]
	[ ! -e /dev/shm/rl-busy ]
}

@test "nor are its sockets and its shared memory" {
	cat >"$T/o/p/look.py" <<'END'
import ctypes, socket
def reach(family, address):
    try:
        socket.socket(family).connect(address)
        return "reached"
    except OSError:
        return "no"
print(reach(socket.AF_UNIX, "\0rl-busy-sandbox"), reach(socket.AF_INET, ("127.0.0.1", 8123)), ctypes.CDLL(None).shmget(0x726c, 4096, 0))
END
	is "$(other sandbox "$T/o/p" -- /usr/bin/python3 look.py)" 'no no -1'
	is "$(as_user "$RL" exec busy /usr/bin/python3 -c 'import ctypes; print(ctypes.CDLL(None).shmget(0x726c, 4096, 0) >= 0)')" True
	# nor are they on the host
	unlike "$(ss -xl)" 'rl-busy'
	is "$(ipcs -m | grep -c 0x0000726c || :)" 0
}

@test "its records are closed, and its directory is what its mode says" {
	run ! other sandbox "$T/o/p" -- ls "$T/u/s"
	run ! other --root "$T/u/s" ps
	chmod 700 "$T/u"
	run ! other sandbox "$T/u/p" -- true
	chmod 755 "$T/u"
}

@test "files that the user cannot read stay unreadable" {
	run ! other sandbox "$T/o/p" -- cat /etc/shadow
	run ! as_user "$RL" sandbox "$T/u/p" -- cat /etc/shadow
	run ! as_user "$RL" sandbox --root "$T/u/p" -- cat /etc/shadow
}

@test "signals do not reach processes outside of the sandbox" {
	sleep 1000 3>&- 4>&- &
	local pid=$!
	run ! as_user "$RL" sandbox "$T/u/p" -- kill -0 "$pid"
	kill "$pid"
}

@test "groups of the user still count" {
	groupadd -f rlsandbox
	mkdir "$T/shared"
	chgrp rlsandbox "$T/shared"
	chmod 2770 "$T/shared"
	usermod -aG rlsandbox "$RL_T_USER"
	as_user "$RL" sandbox "$T/shared" -- touch made
	is "$(stat -c %G "$T/shared/made")" rlsandbox
	gpasswd -d "$RL_T_USER" rlsandbox >/dev/null
	groupdel rlsandbox
}
