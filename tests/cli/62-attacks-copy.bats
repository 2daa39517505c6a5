#!/usr/bin/env bats
# copying in and out of containers that change their files meanwhile (cp, export, commit, diff), and hostile archives
# drivers: vfs fuse_overlayfs
load lib
load faults

setup() {
	CANARY=$T/canary
	rm -rf "$CANARY"
	mkdir -p "$CANARY/dir"
	echo sings >"$CANARY/file"
	CANARY_BEFORE=$(canary)
}
canary() { # names, bytes, inode, mode, times, links
	find "$CANARY" -printf '%P %i %m %U %G %T@ %n %s\n' | sort
	cat "$CANARY/file"
}
unharmed() {
	is "$(canary)" "$CANARY_BEFORE"
}
# swapper NAME - a container in which /x/d, a directory with "file" and "dir" in it, and a link to where CANARY is on the
# host change places all the time.  The container has something of its own at this path.
swapper() {
	rl run -d --name "$1" --network none box sh -c "mkdir -p /x/d/dir /x/up; echo own >/x/d/file
		mkdir -p '$CANARY/dir'; echo inner >'$CANARY/file'
		ln -s ../../../../../../../../../../$CANARY /x/l; exec probe swap /x/d /x/l" >/dev/null
	eventually 5 rl exec "$1" test -e /x/l
}
# quiet COMMAND... - succeeds, or fails with one line, in time
orderly() {
	run --separate-stderr timeout 20 "$RL" "$@"
	case $status in
	0) ;;
	125) [ "$(printf '%s\n' "$stderr" | wc -l)" -le 2 ] || fail "$stderr" ;;
	*) fail "exit code $status: $*" "$stderr" ;;
	esac
}

@test "17: cp into and out of a container that swaps directories and links" {
	local i n good=0
	n=$(number 2000 6)
	mkdir "$T/in"
	echo overwritten >"$T/in/file"
	mkdir "$T/in/dir"
	swapper c
	for i in $(seq "$n"); do
		orderly cp "$T/in/." c:/x/d
		[ "$status" != 0 ] || good=$((good + 1))
		orderly cp "$T/in/file" c:/x/d/dir/new
		orderly cp -a "$T/in" c:/x/l
		rm -rf "$T/out"
		mkdir "$T/out"
		orderly cp c:/x/d "$T/out"
		orderly cp -L c:/x/l/. "$T/out"
		# what is on the host was not read either
		! grep -rqx sings "$T/out" || fail "read on the host: $(find "$T/out")"
	done
	[ "$good" -gt 0 ]
	is_state c running
	rl rm -f -t 0 c >/dev/null
	unharmed
	clean
}

@test "18: export, commit and diff while a container swaps directories and links" {
	local i
	swapper c
	for i in $(seq "$(number 200 5)"); do
		orderly export -o "$T/e.tar" c
		if [ "$status" = 0 ]; then
			! tar -xOf "$T/e.tar" 2>/dev/null | grep -qx sings || fail 'read on the host'
		fi
		orderly commit -q c swapped
		orderly diff c
	done
	is_state c running
	rl rm -f -t 0 c >/dev/null
	unharmed
	rl rmi -f swapped >/dev/null 2>&1 || :
	clean
}

@test "10: archives of cp lead nowhere" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	rl exec c mkdir -p /w
	python3 - "$T" "$CANARY" <<-'END'
		import io, sys, tarfile
		where, canary = sys.argv[1:]
		up = "../" * 20 + canary.lstrip("/")
		def make(name, *entries):
		    with tarfile.open(f"{where}/t-{name}.tar", "w", format=tarfile.PAX_FORMAT) as tar:
		        for path, kind, *link in entries:
		            info = tarfile.TarInfo(path)
		            data = b"overwritten" if kind == b"0" else b""
		            info.type, info.size, info.mode = kind, len(data), 0o755
		            if link:
		                info.linkname = link[0]
		            info.devmajor, info.devminor = 1, 8
		            tar.addfile(info, io.BytesIO(data))
		make("dotdot", (up + "/file", b"0"))
		make("absolute", (canary + "/file", b"0"))
		make("linkwrite", ("l", b"2", canary), ("l/file", b"0"))
		make("relative", ("r", b"2", up), ("r/file", b"0"))
		make("twohops", ("a", b"2", "b"), ("b", b"2", canary), ("a/dir/new", b"0"))
		make("hardout", ("h", b"1", up + "/file"), ("h", b"0"))
		make("hardlink", ("m", b"2", canary), ("i", b"1", "m/file"), ("i", b"0"))
		make("device", ("mem", b"3"), ("disk", b"4"))
	END
	local t
	for t in "$T"/t-*.tar; do
		orderly cp - c:/w <"$t"
		unharmed
	done
	is "$(rl exec c sh -c 'ls -d /w/mem /w/disk 2>/dev/null')" ''
	# and out of the container, where the same links are
	rl exec c ln -s "$CANARY" /w/canary
	rl exec c sh -c "mkdir -p '$CANARY' && echo inner >'$CANARY/file'"
	is "$(rl cp -L c:/w/canary/file - | tar -xO)" inner
	mkdir "$T/h"
	rl cp c:/w/. "$T/h"
	unharmed
	rl cp "$T/h/." c:/w 2>/dev/null || :
	unharmed
}

@test "17: what is no file does not hang; a full disk and an interrupt leave no part of a file" {
	rl run -d --name c --network none --tmpfs /small:size=1m box sleep 1000 >/dev/null
	rl exec c sh -c 'mkdir -p /w/s && mkfifo /w/fifo'
	orderly cp c:/w "$T/w"
	is "$status" 0
	[ -p "$T/w/fifo" ]
	orderly cp -L c:/w/fifo "$T/fifo2"
	mkfifo "$T/in-fifo"
	orderly cp "$T/in-fifo" c:/w/in
	orderly cp c:/dev/zero "$T/zero"
	[ ! -s "$T/zero" ]
	# full: the old file stays
	rl exec c sh -c 'echo old >/small/f'
	head -c 3M /dev/urandom >"$T/large"
	refused 'No space left' rl cp "$T/large" c:/small/f
	refused 'No space left' rl cp "$T/large" c:/small/g
	is "$(rl exec c sh -c 'cat /small/f; ls -A /small')" $'old\nf'
	# interrupted while the archive is on its way
	mkfifo "$T/slow"
	"$RL" cp - c:/w <"$T/slow" 9>&- &
	local pid=$!
	exec 9>"$T/slow"
	tar -cf - -C "$T" large | head -c 2M >&9
	sleep 0.5
	# what a test starts in the background ignores SIGINT
	kill -TERM "$pid"
	wait "$pid" || :
	exec 9>&-
	is "$(rl exec c sh -c 'ls -A /w | grep -c "large\|rl-cp"')" 0
	rl rm -f -t 0 c >/dev/null
	clean
}
