#!/usr/bin/env bats
# rl sandbox: the host's files without an image; and --rootfs
# lanes: user root
# drivers: vfs fuse_overlayfs
load lib

setup_file() {
	t_begin
	mkdir -p "$T/p/sub"
	echo one >"$T/p/file"
	echo two >"$T/p/sub/gone"
	export SSH_AUTH_SOCK=/nonexistent DBUS_SESSION_BUS_ADDRESS=unix:path=/x API_TOKEN=secret
}
teardown() {
	term_end
	t_clean
}

# sandbox ARG... - in the directory of the tests
sandbox() {
	rl sandbox "$@"
}

@test "a command of the host runs in the directory, as the same user, with what it prints and how it ends" {
	cd "$T/p"
	exits 0 sandbox -- sh -c 'id -u; id -g; pwd; cat file; echo err >&2'
	is "$output" "$(id -u)
$(id -g)
$T/p
one"
	is "$stderr" err
	exits 7 sandbox -- sh -c 'exit 7'
	exits 139 sandbox -- sh -c 'kill -SEGV $$'
	exits 127 sandbox -- nonexistent-command
	exits 126 sandbox -- /etc/passwd
	is "$(echo piped | sandbox -- cat)" piped
	[ -z "$(rl ps -aq)" ]
}

@test "the directory can be written to, the rest of the machine cannot" {
	exits 0 sandbox "$T/p" -- sh -c 'echo new >made; mkdir -p d; for i in / /etc /usr /var /usr/local/bin; do echo x >$i/rl-test && echo $i; done; :'
	is "$output" ''
	is "$(cat "$T/p/made")" new
	is "$(stat -c %u "$T/p/made")" "$(id -u)"
	rm -r "$T/p/made" "$T/p/d"
	exits 1 sandbox -r "$T/p" -- touch made
	like "$stderr" 'Read-only'
	[ ! -e "$T/p/made" ]
	is "$(sandbox -r "$T/p" -- cat file)" one
}

@test "home, /tmp, /run and the session are empty; other processes are not seen" {
	local seen mark=$HOME/rl-sandbox-$$
	echo key >"$mark"
	touch "/tmp/rl-sandbox-$$"
	run sandbox "$T/p" -- sh -c 'ls -A ~ /tmp /var/tmp /home/* 2>/dev/null; ls /proc | grep -c "^[0-9]"; touch ~/x /tmp/x && echo writable'
	seen=$output
	rm -f "$mark" "/tmp/rl-sandbox-$$"
	unlike "$seen" 'rl-sandbox-'
	like "$seen" 'writable'
	[ ! -e "$HOME/x" ]
	[ ! -e /tmp/x ]
	# init, the shell, ls and grep
	[ "$(grep -E '^[0-9]+$' <<<"$seen")" -le 4 ]
	exits 0 sandbox "$T/p" -- sh -c 'ls -A /root; ls /run/user 2>/dev/null; :'
	is "$output" ''
}

@test "the environment is cleaned, and -e passes more on" {
	run sandbox "$T/p" -- env
	unlike "$output" 'SSH_AUTH_SOCK|DBUS|XDG_RUNTIME_DIR|API_TOKEN|RL_ROOT'
	like "$output" "PATH=$PATH"
	like "$output" "HOME=$HOME"
	like "$output" 'container=rl'
	is "$(sandbox -e API_TOKEN -e A=b "$T/p" -- sh -c 'echo $API_TOKEN $A')" 'secret b'
}

@test "no network, no rights, and none to gain" {
	exits 0 sandbox "$T/p" -- cat /proc/net/dev
	is "$(grep -c : <<<"$output")" 1
	exits 0 sandbox "$T/p" -- cat /proc/self/status
	is "$(grep -E '^(Cap...|NoNewPrivs|Seccomp):' <<<"$output" | tr -d '\t')" 'CapInh:0000000000000000
CapPrm:0000000000000000
CapEff:0000000000000000
CapBnd:0000000000000000
CapAmb:0000000000000000
NoNewPrivs:1
Seccomp:2'
	# a set-uid file that is the user's own
	cp "$(command -v id)" "$T/p/setuid"
	chmod 4755 "$T/p/setuid"
	exits 0 sandbox "$T/p" -- sh -c 'grep " $PWD " /proc/mounts; ./setuid -u'
	like "$output" 'nosuid'
	like "$output" "$(id -u)\$"
	rm "$T/p/setuid"
	run ! sandbox "$T/p" -- mount -t tmpfs t /mnt
	exits 1 sandbox "$T/p" -- unshare -U true
}

@test "sockets of the host cannot be reached: abstract ones, loopback, those in /tmp" {
	python3 - "$T" <<'END' &
import socket, sys, time
a = socket.socket(socket.AF_UNIX); a.bind("\0rl-sandbox" + sys.argv[1]); a.listen()
b = socket.socket(); b.bind(("127.0.0.1", 0)); b.listen()
open(sys.argv[1] + "/port", "w").write(str(b.getsockname()[1]))
time.sleep(60)
END
	local pid=$! port
	eventually 10 test -s "$T/port"
	port=$(cat "$T/port")
	cat >"$T/p/reach.py" <<'END'
import socket, sys
def reach(family, address):
    try:
        socket.socket(family).connect(address)
        return "reached"
    except OSError:
        return "no"
print(reach(socket.AF_UNIX, "\0rl-sandbox" + sys.argv[2]), reach(socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))))
END
	is "$(python3 "$T/p/reach.py" "$port" "$T")" 'reached reached'
	is "$(sandbox "$T/p" -- /usr/bin/python3 reach.py "$port" "$T")" 'no no'
	is "$(sandbox -n slirp4netns "$T/p" -- /usr/bin/python3 reach.py "$port" "$T")" 'no no'
	kill "$pid"
	rm "$T/p/reach.py" "$T/port"
}

@test "-n gives a network" {
	exits 0 sandbox -n slirp4netns "$T/p" -- cat /proc/net/dev /etc/resolv.conf
	like "$output" 'tap0'
	like "$output" 'nameserver 10.0.2.3'
	exits 0 sandbox -n host "$T/p" -- cat /proc/net/dev
	is "$(grep -c : <<<"$output")" "$(grep -c : /proc/net/dev)"
}

@test "--copy: what is written stays in the sandbox; diff and export show it, start goes on with it" {
	exits 0 sandbox -O --name kept "$T/p" -- sh -c 'echo more >>file; echo n >new; rm -f sub/gone; cat file'
	is "$output" 'one
more'
	is "$(cat "$T/p/file")" one
	[ ! -e "$T/p/new" ]
	[ -e "$T/p/sub/gone" ]
	is "$(rl diff kept)" "C $T/p/file
A $T/p/new
C $T/p/sub
D $T/p/sub/gone"
	is "$(rl diff --format json kept | tr -d ' \n')" \
		"{\"changed\":[\"$T/p/file\",\"$T/p/sub\"],\"added\":[\"$T/p/new\"],\"deleted\":[\"$T/p/sub/gone\"]}"
	rl export kept | tar xf - -O ./file file 2>/dev/null | grep -qx more
	refused_with_hint 'a sandbox is no image' rl commit kept x
	run rl start -a kept
	is "$output" 'one
more
more'
	rl rm kept
	is "$(ls "$T/p")" 'file
sub'
}

@test "--keep: it stays and can be looked at; without a copy there is nothing to compare" {
	exits 0 sandbox --keep "$T/p" -- true
	is "$(rl ps -a --format '{{.Image}} {{.Command}}')" "$T/p true"
	like "$(rl why -l)" 'its command had nothing more to do'
	refused_with_hint 'no copy' rl diff -l
	rl start -a "$(rl ps -lq)"
}

@test "--root: root inside, with the ids of a container" {
	exits 0 sandbox --root "$T/p" -- sh -c 'id -u; touch mine; echo x >/etc/rl-test || echo no'
	like "$output" '^0'
	like "$output" 'no$'
	is "$(stat -c %u "$T/p/mine")" "$(id -u)"
	rm "$T/p/mine"
}

@test "directories that would give away too much are refused" {
	refused_with_hint 'would be none' rl sandbox / -- true
	refused_with_hint 'home directory' rl sandbox "$HOME" -- true
	# the home's parent, which is / for root, is refused above
	[ "$RL_T_LANE" = root ] || refused_with_hint 'home directory' rl sandbox "$(dirname "$HOME")" -- true
	refused 'cannot be a sandbox' rl sandbox /proc -- true
	refused_with_hint 'where rl keeps its records' rl sandbox "$RL_ROOT/images" -- true
	refused 'No such file' rl sandbox "$T/nonexistent" -- true
	refused_with_hint 'comes behind' rl sandbox "$T/p" true
	refused_with_hint 'Not a directory' rl sandbox "$T/p/file"
	refused 'exclude each other' rl sandbox -O -r "$T/p" -- true
}

@test "rl's own records are hidden even where their place is shared" {
	exits 0 sandbox "$T" -- sh -c 'ls -A s r'
	is "$output" 's:

r:' || is "$output" 'r:

s:'
}

@test "-v, --tmpfs and -w work as for containers; a directory with strange characters does, too" {
	mkdir "$T/p/a b:c,d"
	echo strange >"$T/p/a b:c,d/x"
	is "$(cd "$T/p/a b:c,d" && sandbox -- cat x)" strange
	is "$(sandbox -O "$T/p/a b:c,d" -- sh -c 'echo y >>x; cat x' | tail -1)" y
	is "$(sandbox -v "$T/p/sub:/mnt" -w /mnt "$T/p" -- cat gone)" two
	exits 0 sandbox --tmpfs /opt "$T/p" -- sh -c 'echo x >/opt/x && ls /opt'
	is "$output" x
	rm -r "$T/p/a b:c,d"
}

@test "a link to a directory leads to it" {
	ln -s p "$T/link"
	is "$(cd "$T/link" && sandbox -- pwd)" "$T/p"
	rm "$T/link"
}

@test "on a terminal: a shell with job control; Ctrl-C ends a command" {
	term_start "cd '$T/p' && SHELL=/bin/sh '$RL' sandbox; echo code \$?; '$RL' sandbox -- sleep 100; echo code \$?; sleep 100"
	sleep 0.5
	term_keys 'tty; echo in $((40 + 2))' Enter
	term_shows '/dev/pts/0'
	term_shows 'in 42'
	term_keys 'exit 4' Enter
	term_shows 'code 4'
	sleep 1
	term_keys C-c
	term_shows 'code 130'
}

@test "inside a sandbox there is no second one, and it says why" {
	cp "$RL" "${RL%/*}"/rl-* "$T/p/"
	run --separate-stderr sandbox "$T/p" -- ./rl --root /tmp/s --runroot /tmp/r sandbox -- true
	is "$status" 125
	like "$stderr" 'namespace'
	rm "$T/p"/rl*
}

# --- --rootfs ---------------------------------------------------------------------------------------------------------

make_root() {
	mkdir -p "$T/root"
	tar xf "$RL_T_BOX" -C "$T/root"
}

@test "--rootfs DIR: the directory is the root, and is written to" {
	make_root
	is "$(rl run --rm --network none --rootfs "$T/root" sh -c 'echo hi >/written; cat /written')" hi
	is "$(cat "$T/root/written")" hi
	rl create --name plain --network none --rootfs "$T/root" true >/dev/null
	is "$(rl inspect --format '{{.Rootfs}}' plain)" "$T/root"
	refused_with_hint 'no copy' rl diff plain
	exits 1 rl run --rm --network none --read-only --rootfs "$T/root" sh -c 'echo x >/new'
	remove "$T/root"
}

@test "--rootfs DIR:O: what is written goes to the container; diff, export and commit know it" {
	make_root
	exits 0 rl run --name over --network none --rootfs "$T/root:O" sh -c 'echo hi >/written; rm /bin/probe'
	[ ! -e "$T/root/written" ]
	[ -e "$T/root/bin/probe" ]
	is "$(rl diff over | grep -E 'written|probe')" 'D /bin/probe
A /written'
	is "$(rl export over | tar xf - -O written)" hi
	rl commit -q over fromroot >/dev/null
	is "$(rl run --rm --network none fromroot cat /written)" hi
	rl run --rm --network none fromroot sh -c '[ ! -e /bin/probe ] && [ -e /bin/busybox ]'
	rl rm over
	rl rmi fromroot
	[ -e "$T/root/bin/probe" ]
	remove "$T/root"
}

@test "--rootfs: what is no directory, the host's root, unknown options" {
	refused_with_hint 'No such file' rl run --rootfs "$T/nonexistent" true
	refused 'Not a directory' rl run --rootfs "$T/p/file" true
	refused_with_hint "host's own root" rl run --rootfs / true
	refused_with_hint 'not known' rl run --rootfs "$T/p:X" true
	refused_with_hint 'administrator' rl run --rootfs "$T/p:idmap" true
}

@test "a host without a resolver, hosts and host name" {
	local own=(unshare -m)
	[ "$(id -u)" = 0 ] || own=(unshare --map-auto --map-root-user -m)
	mkdir "$T/over" "$T/own"
	# a store of that user's own: in the namespace nobody has the ids of this one
	is "$("${own[@]}" sh -euc '
		mount -t tmpfs none "$2/over"
		mkdir "$2/over/u" "$2/over/w"
		mount -t overlay overlay -o userxattr,lowerdir=/etc,upperdir="$2/over/u",workdir="$2/over/w" /etc
		rm -f /etc/resolv.conf /etc/hosts /etc/hostname
		export RL_ROOT="$2/over/s" RL_RUNROOT="$2/over/r"
		"$1" sandbox "$2/own" -- sh -c "ls -d /etc/resolv.conf /etc/hosts /etc/hostname /etc/passwd 2>&1; echo x >file"
		cat "$2/own/file"
	' - "$RL" "$T" | grep -v 'No such file')" $'/etc/passwd\nx'
}
