#!/usr/bin/env bats
# what a hostile image or container must not reach
# drivers: vfs fuse_overlayfs
load lib
load attacks

setup() {
	CANARY=$T/canary
	rm -rf "$CANARY"
	mkdir -p "$CANARY/dir"
	echo sings >"$CANARY/file"
	CANARY_BEFORE=$(canary)
}
canary() { # names, bytes, inode, mode, times, links
	find "$CANARY" -printf '%P %i %m %T@ %n %s\n' | sort
	cat "$CANARY/file"
}
unharmed() {
	is "$(canary)" "$CANARY_BEFORE"
}

# fails closed, or ran without harm: exit code 0 or 125-127, one line
closed() {
	run --separate-stderr timeout 20 "$@"
	case $status in
	0 | 1 | 125 | 126 | 127) ;;
	*) fail "exit code $status: $*" "$stderr" ;;
	esac
}

@test "1: the program cannot be overwritten through /proc" {
	local hash wins i
	hash=$(sha256sum "$RL_T_BIN"/*)
	image selfexe 'printf "#!/proc/self/exe\n" >entry; chmod 755 entry'
	for i in '' a 'a b c'; do
		# shellcheck disable=SC2086 # none, one or three arguments
		exits 127 rl run --rm --network none selfexe /entry $i
		like "$stderr" '/proc/self/exe'
	done
	exits 127 rl run --rm --network none --entrypoint /proc/self/exe box version
	like "$stderr" '/proc/self/exe'
	rl run -d --name o --network none box probe overwrite "$(number 20 3)" >/dev/null
	while is_state o running; do
		rl exec o true 2>/dev/null || :
	done
	wins=$(rl logs o | sed -n 's/wins //p')
	is "$wins" 0
	like "$(rl logs o)" 'tries [1-9]'
	is "$(sha256sum "$RL_T_BIN"/*)" "$hash"
}

@test "2: leaked descriptors and working directories" {
	local n
	exec 9</
	for n in $(seq 3 "$(number 30 12)"); do
		closed rl run --rm --network none -w "/proc/self/fd/$n" box sh -c 'ls -d etc/shadow root/.ssh usr/share 2>/dev/null; pwd'
		unlike "$output" 'etc/shadow|usr/share'
		closed rl run --rm --network none -w "/proc/self/fd/$n/../../.." box sh -c 'ls usr/share 2>/dev/null'
		is "$output" ''
	done
	image fdcwd 'touch x' --config '{"WorkingDir":"/proc/self/fd/9"}'
	closed rl run --rm --network none fdcwd ls usr/share
	unlike "$output" '[a-z]'
	rl run -d --name c --network none box sleep 100 >/dev/null
	closed rl exec -w /proc/self/fd/9 c ls usr/share
	is "$output" ''
	exec 9<&-
}

@test "3: masked paths through a fake /dev/null" {
	image fakenull "mkdir dev; ln -s '$CANARY/file' dev/null"
	closed rl run --rm --network none fakenull sh -c 'head -c 10 /proc/kcore | wc -c; stat -c %t:%T /dev/null'
	[ "$status" != 0 ] || like "$output" '1:3'
	image fakenull2 'mkdir dev; echo data >dev/null'
	closed rl run --rm --network none fakenull2 sh -c 'head -c 10 /proc/kcore 2>/dev/null | wc -c'
	[ "$status" != 0 ] || is "$output" 0
	unharmed
}

@test "4: a fake /proc" {
	image fakeproc "ln -s x proc; mkdir x" 2>/dev/null
	closed rl run --rm --network none fakeproc probe status
	[ "$status" != 0 ] || like "$output" 'Seccomp:.2'
	image fakeproc2 "ln -s '$CANARY' proc"
	closed rl run --rm --network none fakeproc2 true
	image fakesys "ln -s '$CANARY' sys; ln -s '$CANARY' dev"
	closed rl run --rm --network none fakesys true
	mkdir -p "$T/proc/self/attr"
	: >"$T/proc/self/attr/exec"
	closed rl run --rm --network none -v "$T/proc:/proc" box sh -c 'grep Seccomp: /proc/self/status'
	[ "$status" != 0 ] || like "$output" 'Seccomp:.2'
	closed rl run --rm --network none --tmpfs /proc/self box probe status
	[ "$status" != 0 ] || like "$output" 'Seccomp:.2'
	unharmed
}

@test "5: rename races while mounts are made" {
	local n i
	n=$(number 2000 40)
	mkdir -p "$T/shared/a/m"
	ln -s / "$T/shared/b"
	rl run -d --name swapper --network none -v "$T/shared:/s" box probe swap /s/a /s/b >/dev/null
	for i in $(seq "$n"); do
		run timeout 20 "$RL" run --rm --network none -v "$T/shared:/s" -v "$CANARY:/s/a/m:ro" -w /s/a/x box true
		case $status in 0 | 125 | 126 | 127) ;; *) fail "exit code $status: $output" ;; esac
	done
	rl rm -f -t 0 swapper >/dev/null
	unharmed
	[ ! -e /m ] && [ ! -e /x ]
}

@test "6: directories and mounts through links of the image" {
	image links "ln -s b a; ln -s '$CANARY' b; ln -s ../../../../../../../$CANARY c"
	closed rl run --rm --network none -w /a/n links true
	closed rl run --rm --network none -w /c/n links true
	closed rl run --rm --network none --tmpfs /a/m links true
	mkdir -p "$T/src"
	closed rl run --rm --network none -v "$T/src:/a/v" links true
	unharmed
	image linkwd "ln -s '$CANARY' a" --config '{"WorkingDir":"/a/made"}'
	closed rl run --rm --network none linkwd true
	image linketc "ln -s '$CANARY' etc" 2>/dev/null
	closed rl run --rm --network none linketc true
	unharmed
}

@test "7: capabilities in run and exec" {
	local s
	rl run -d --name c --network none box sleep 100 >/dev/null
	for s in "$(box box probe status)" "$(rl exec c probe status)" "$(rl exec -u app c probe status)" "$(box -u 5 box probe status)"; do
		is "$(grep -E 'CapInh|CapAmb' <<<"$s" | cut -f2 | sort -u)" 0000000000000000
		is "$(grep CapBnd <<<"$s" | cut -f2)" 00000000a80425fb
	done
	is "$(rl exec -u app c probe status | grep CapEff | cut -f2)" 0000000000000000
}

@test "8: passwd and group that are links, FIFOs or giants" {
	local start
	image pwfifo 'mkdir etc; mkfifo etc/passwd; mkfifo etc/group'
	start=$(now_ms)
	closed rl run --rm --network none -u app pwfifo true
	[ $(($(now_ms) - start)) -lt 5000 ] || fail "took $(($(now_ms) - start)) ms"
	image pwlink "mkdir etc; ln -s '$CANARY/file' etc/passwd; ln -s /../../../../etc/group etc/group"
	closed rl run --rm --network none -u app pwlink true
	image pwbig 'mkdir etc; truncate -s 20M etc/passwd'
	closed rl run --rm --network none -u app pwbig true
	[ "$status" != 0 ] || fail "a 20 MiB passwd was read"
	image pwdev 'mkdir -p etc; ln -s /dev/zero etc/passwd'
	closed rl run --rm --network none -u app pwdev true
	unharmed
}

@test "9: labels, volumes and signals of an image are data" {
	image odd 'touch x' --config '{"Labels":{"io.podman.x":"1","rl.internal":"x","":"y"},"Volumes":{"/../../etc":{},"relative":{}},"StopSignal":"9999","Cmd":["true"]}'
	closed rl run --rm --network none odd
	image odd2 'touch x' --config '{"Cmd":["true"],"Env":["=x","NOEQUALS","A=b"],"User":"0:0:0","Entrypoint":["sh","-c"]}'
	closed rl run --rm --network none odd2
	unharmed
}

@test "10: tar traversal" {
	python3 - "$T" "$CANARY" <<-'END'
		import io, sys, tarfile
		where, canary = sys.argv[1:]
		def make(name, *entries):
		    with tarfile.open(f"{where}/t-{name}.tar", "w", format=tarfile.PAX_FORMAT) as tar:
		        for entry in entries:
		            info = tarfile.TarInfo(entry[0])
		            kind = entry[1]
		            data = b""
		            if kind == "file":
		                data = b"overwritten"
		                info.size = len(data)
		            elif kind == "dir":
		                info.type, info.mode = tarfile.DIRTYPE, 0o755
		            else:
		                info.type = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}[kind]
		                info.linkname = entry[2]
		            if len(entry) > 3:
		                info.pax_headers = entry[3]
		            tar.addfile(info, io.BytesIO(data))
		up = "../" * 20
		make("dotdot", (up + canary.lstrip("/") + "/file", "file"))
		make("absolute", (canary + "/file", "file"))
		make("linkwrite", ("l", "sym", canary), ("l/file", "file"))
		make("twohops", ("a", "sym", "b"), ("b", "sym", canary), ("a/dir/new", "file"))
		make("hardout", ("h", "hard", up + canary.lstrip("/") + "/file"), ("h", "file"))
		make("hardlink", ("l", "sym", canary), ("h", "hard", "l/file"), ("h", "file"))
		make("pax", ("ok", "file", None, {"path": canary + "/file"}))
		make("paxlink", ("l", "sym", "x", {"linkpath": canary}), ("l/file", "file"))
		make("relup", ("d", "dir"), ("d/l", "sym", up + canary.lstrip("/")), ("d/l/file", "file"))
		make("whiteout", ("l", "sym", canary), ("l/.wh.file", "file"), ("l/.wh..wh..opq", "file"))
		make("whdot", (".wh...", "file"), (".wh.", "file"), ("d/.wh...", "file"))
	END
	local t
	for t in "$T"/t-*.tar; do
		run timeout 30 "$RL" import "$t" evil
		unharmed
		python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/evil-oci.tar" evil2 "$RL_T_BOX" "$t"
		run timeout 30 "$RL" load -q -i "$T/evil-oci.tar"
		unharmed
		[ "$status" != 0 ] || { closed rl run --rm --network none evil2 true; rl rmi -f evil2 >/dev/null; }
	done
	# a link in one layer, a write through it in the next
	image twolayers "ln -s '$CANARY' l"
	mkdir -p "$T/second/l" && echo overwritten >"$T/second/l/file"
	tar -C "$T/second" -cf "$T/second.tar" l/file
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/two.tar" two "$RL_T_BOX" "$T/evil.tar" "$T/second.tar"
	run timeout 30 "$RL" load -q -i "$T/two.tar"
	[ "$status" != 0 ] || closed rl run --rm --network none two sh -c 'cat /l/file'
	unharmed
}

@test "11: bombs are refused or bounded" {
	local start
	head -c 300M /dev/zero | gzip -1 >"$T/zeros.gz"
	start=$(now_ms)
	run timeout 60 "$RL" import "$T/zeros.gz" bomb
	[ $(($(now_ms) - start)) -lt 60000 ]
	python3 -c 'import sys; sys.stdout.write("[" * 100000)' >"$T/deep"
	python3 "$RL_T_HELPERS/mkimage.py" oci "$T/deeplayout" deep:1 "$RL_T_BOX"
	cp "$T/deep" "$T/deeplayout/index.json"
	refused . rl load -q -i "$T/deeplayout"
	python3 -c 'print("{\"schemaVersion\":2,\"x\":\"" + "a" * 5000000 + "\"}")' >"$T/deeplayout/index.json"
	refused . rl load -q -i "$T/deeplayout"
	is "$(ls -A "$RL_ROOT/tmp")" ''
	rm -f "$T/zeros.gz"
}

@test "14: -t gives a terminal of the container's own" {
	run bash -c 'script -qec "\"$RL\" run -t --rm --network none box probe fds" /dev/null </dev/null'
	like "$output" '0 /dev/(pts/0|console)'
	unlike "$output" "$(tty 2>/dev/null || echo nevermatch)"
}

@test "15: system calls, also as an ordinary user and with added capabilities" {
	like "$(box -u app box probe syscalls)" 'unshare_user EPERM'
	like "$(box -u app box probe syscalls)" 'keyctl EPERM'
	like "$(box --cap-add SYS_TIME box probe syscalls)" 'io_uring_setup EPERM'
}

@test "16: sysctl, core_pattern and release_agent" {
	exits 0 box box sh -c 'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory /proc/sysrq-trigger; do
		(echo x >$f) 2>/dev/null && echo "$f written"; done; true'
	is "$output" ''
	exits 0 box --cap-add SYS_ADMIN --security-opt seccomp=unconfined box sh -c '
		mount -o remount,rw /proc/sys 2>/dev/null; mkdir -p /cg; mount -t cgroup2 none /cg 2>/dev/null
		(echo x >/proc/sys/kernel/core_pattern) 2>/dev/null && echo core; (echo x >/cg/release_agent) 2>/dev/null && echo agent; true'
	is "$output" ''
}

@test "20: names as paths, in every command that takes one" {
	local bad command
	for bad in ../../../etc . .. -- 'a/../b' $'x\ny'; do
		for command in start stop kill rm logs inspect wait attach exec; do
			run --separate-stderr timeout 10 "$RL" "$command" -- "$bad"
			[ "$status" != 0 ] || fail "$command accepted $bad"
			[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "$command: $stderr"
		done
	done
	refused . rl run --rm --cidfile "$T/nodir/cid" box true
	is "$(ls -A "$RL_ROOT/names")" ''
}
