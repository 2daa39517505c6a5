#!/usr/bin/env bats
# images that lie about their files, and what they put on a terminal
# drivers: vfs fuse_overlayfs
load lib
load attacks

setup() {
	CANARY=$T/canary
	rm -rf "$CANARY"
	mkdir -p "$CANARY"
	echo sings >"$CANARY/file"
}
unharmed() {
	is "$(ls -A "$CANARY")" file
	is "$(cat "$CANARY/file")" sings
}

@test "links without a target under rl's own files stay inside the root" {
	image dangling "mkdir -p etc; ln -s ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf; ln -s '$CANARY/new' etc/hosts; ln -s ../../../../x/y etc/hostname"
	exits 0 box --hostname inside dangling sh -c 'cat /x/y && test -s /etc/hosts && test -e /run/systemd/resolve/stub-resolv.conf'
	is "$output" inside
	unharmed
	image loop 'mkdir -p etc; ln -s a etc/hosts; ln -s hosts etc/a'
	refused 'symbolic links' rl run --rm --network none loop true
	image toproc 'mkdir -p etc; ln -s /proc/sys/kernel/hostname etc/hosts'
	refused '/etc/hosts' rl run --rm --network none toproc true
	image tonew 'mkdir -p etc; ln -s /proc/nothing etc/hosts'
	refused '/etc/hosts' rl run --rm --network none tonew true
	unharmed
}

@test "what is mounted over by rl may be anything in the image" {
	local what
	image devices "mkdir -p dev sys/fs; ln -s '$CANARY' dev/pts; ln -s '$CANARY/file' dev/console; mkfifo dev/null; ln -s '$CANARY' dev/shm; ln -s '$CANARY' sys/fs/cgroup"
	exits 0 box devices sh -c 'stat -c %t:%T /dev/null; touch /dev/shm/x'
	is "$output" 1:3
	unharmed
	for what in 'ln -s bin proc' 'mkfifo proc' 'ln -s /sys proc' 'ln -s /proc sys' 'touch dev' "ln -s '$CANARY' dev"; do
		image odd "$what"
		refused 'mount point' rl run --rm --network none odd true
		unharmed
	done
}

@test "control characters of an image do not reach a terminal" {
	local esc=$'\033' command
	image esc 'touch x' --config '{"Labels":{"a\u001b]0;x\u0007":"v\u001b[31m\u009b2J\r\nFAKE"},"Env":["A\u001b[2J=x"],"Cmd":["sh","-c","sleep 100 #\u001b[2J\n\nFAKE"],"User":"0"}'
	rl run -d --name e --network none esc >/dev/null
	for command in 'ps -a --no-trunc' images "inspect e" "inspect --format '{{.Config.Labels}}' e" "inspect --format '{{json .Config.Cmd}}' e" \
		"ps --format '{{.Labels}} {{.Command}}'"; do
		run bash -c 'script -qec "\"$RL\" $1" /dev/null </dev/null' - "$command"
		unlike "$output" "$esc"
		unlike "$output" $'\302\233'
	done
	run script -qec "\"$RL\" inspect --format '{{json .Config.Cmd}}' e" /dev/null </dev/null
	like "$output" '#\\u001[bB]\[2J\\n'
	[[ $output != *\\\\* ]] || fail "escaped twice: $output"
	rl ps -a --no-trunc >"$T/list"
	is "$(wc -l <"$T/list")" 2
	image user 'touch x' --config '{"User":"\u001b[2J","Cmd":["true"]}'
	exits 126 rl run --rm --network none user
	unlike "$stderr" $'\033'
}

@test "attributes and devices of an archive that mean something to a storage driver" {
	python3 - "$T/x.tar" <<-'END'
		import sys, tarfile
		with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
		    info = tarfile.TarInfo("d")
		    info.type, info.mode = tarfile.DIRTYPE, 0o755
		    names = ("user.overlay.redirect", "user.overlay.opaque", "trusted.overlay.redirect", "user.fuseoverlayfs.opaque",
		             "user.containers.override_stat")
		    info.pax_headers = {"SCHILY.xattr." + name: "/../../etc" for name in names}
		    tar.addfile(info)
		    for name, numbers in (("disk", (8, 0)), ("whiteout", (0, 0))):
		        info = tarfile.TarInfo(name)
		        info.type, info.mode, (info.devmajor, info.devminor) = tarfile.CHRTYPE, 0o666, numbers
		        tar.addfile(info)
	END
	run rl import "$T/x.tar" attributes
	[ "$status" = 0 ] || return 0
	is "$(find "$RL_ROOT/layers" -name disk)" ''
	run getfattr -d -m - -R "$RL_ROOT/layers"
	unlike "$output" '\.\./etc'
	rl rmi -f attributes >/dev/null
}

@test "passwd and group: files that do not end, and lines that are too long" {
	image long 'mkdir etc; head -c 9000000 /dev/zero | tr "\0" a >etc/passwd; head -c 9000000 /dev/zero | tr "\0" , >etc/group'
	exits 126 timeout 5 "$RL" run --rm --network none -u app long true
	image kmsg 'mkdir etc; ln -s /proc/kmsg etc/passwd; ln -s /proc/self/mem etc/group'
	refused . timeout 5 "$RL" run --rm --network none -u app kmsg true
	rl run -d --name p --network none box sh -c 'rm /etc/passwd; mkfifo /etc/passwd; echo ready; sleep 100' >/dev/null
	eventually 5 sh -c '"$RL" logs p | grep ready'
	refused 'regular file' timeout 5 "$RL" exec p true
}
