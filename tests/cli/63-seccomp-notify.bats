#!/usr/bin/env bats
# system calls that a filter hands to a listener outside, and what else a profile can do with one
# lanes: user root
load lib

mkdir_nr() {
	case $(uname -m) in x86_64) echo 83 ;; *) echo 34 ;; esac
}

# profile JSON-MEMBERS ACTION [RULE-MEMBERS] - mkdir(2) gets ACTION, all else goes
profile() {
	printf '{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}],%s
		"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_%s"%s}]}' "${1:+$1,}" "$2" "${3:+,$3}" >"$T/p.json"
}

with() {
	box --security-opt "seccomp=$T/p.json" "$@"
}

# listen ERRNO COUNT - sets LISTENER; it ends when its standard input does
listen() {
	rm -f "$T/l.sock"
	exec {LISTENER_IN}<> <(:)
	python3 "$BATS_TEST_DIRNAME/../helpers/listener.py" "$T/l.sock" "$(mkdir_nr)" "$1" "${2:-1}" >"$T/said" 2>&1 <&"$LISTENER_IN" 3>&- &
	LISTENER=$!
	eventually 10 test -S "$T/l.sock"
}

teardown() {
	[ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || :
	t_clean
}

@test "a listener answers the calls of run and exec, and is told which container it is" {
	local id pid
	listen 42 3
	profile "\"listenerPath\":\"$T/l.sock\",\"listenerMetadata\":\"who am I\"" NOTIFY
	rl run -d --name c --network none --security-opt "seccomp=$T/p.json" --annotation a.b=c box sh -c 'mkdir /x; echo "code $?"; exec sleep 100' >/dev/null
	eventually 10 sh -c "'$RL' logs c | grep -q 'code 1'"
	like "$(rl logs c 2>&1)" 'mkdir: .*No message of desired type'
	id=$(rl inspect -f '{{.Id}}' c) pid=$(rl inspect -f '{{.State.Pid}}' c)
	exits 1 rl exec c mkdir /y
	like "$stderr" 'No message of desired type'
	exits 0 rl exec c true
	eventually 10 test "$(grep -c ^more "$T/said")" = 3
	python3 - "$T/said" "$id" "$pid" <<-'END'
		import json, sys
		lines = [l for l in open(sys.argv[1]) if l[0] == "{"]
		said, ident, pid = [json.loads(l) for l in lines], sys.argv[2], int(sys.argv[3])
		for i, s in enumerate(said):
		    assert s["fds"] == ["seccompFd"] and s["metadata"] == "who am I" and s["ociVersion"], s
		    assert s["state"]["id"] == ident and s["state"]["bundle"].endswith("/containers/" + ident), s
		    assert s["state"]["annotations"]["a.b"] == "c" and s["state"]["pid"] == pid, s
		    assert (s["pid"] == pid) == (i == 0), s
		    assert s["state"]["status"] == ("running" if i else "creating"), s
	END
	# one state for each connection, which is closed behind it, with one descriptor
	is "$(grep ^more "$T/said" | sort -u)" 'more 0 descriptors 1'
	[ "$(grep -c ^call "$T/said")" = 2 ]
	# the container has nothing of it
	is "$(rl exec c sh -c 'ls /proc/1/fd | wc -l' 2>/dev/null || echo 3)" 3
}

@test "every call is handed out: also those of rl's own between filter and command" {
	listen continue
	printf '{"defaultAction":"SCMP_ACT_NOTIFY","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV","SECCOMP_FILTER_FLAG_LOG"],"listenerPath":"%s"}' "$T/l.sock" >"$T/p.json"
	exits 0 timeout 60 "$RL" run --rm --network none --security-opt "seccomp=$T/p.json" box sh -c 'mkdir /x && echo made'
	is "$output" made
}

@test "no listener, one that is gone, a wrong path: no command is executed" {
	profile "\"listenerPath\":\"$T/none.sock\"" NOTIFY
	refused_with_hint "reach the seccomp listener at $T/none.sock: No such file" with box sh -c 'echo ran'
	profile '' NOTIFY
	refused_with_hint 'a listener, but none is named' with box sh -c 'echo ran'
	profile '"listenerPath":"rel.sock"' NOTIFY
	refused 'not an absolute path' with box true
	profile "\"listenerPath\":\"/$(printf '%0200d' 0)\"" NOTIFY
	refused 'not an absolute path of at most' with box true
	profile '"listenerMetadata":"x"' NOTIFY
	refused 'without "listenerPath"' with box true
	profile '"flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]' ALLOW
	refused 'WAIT_KILLABLE_RECV without' with box true
	# it accepts, and goes away: what is handed out is "not implemented", never done
	listen 42 1
	profile "\"listenerPath\":\"$T/l.sock\"" NOTIFY
	rl run -d --name c --network none --security-opt "seccomp=$T/p.json" box sh -c 'while [ ! -e /go ]; do sleep 0.1; done; mkdir /x; echo $?; ls -d /x; sleep 100' >/dev/null
	kill "$LISTENER" && LISTENER=
	refused 'reach the seccomp listener' rl exec c sh -c 'echo ran'
	rl cp "$T/p.json" c:/go
	eventually 10 sh -c "'$RL' logs c 2>&1 | grep -q 'No such file'"
	like "$(rl logs c 2>&1)" 'Function not implemented'
	# without anything to hand out, the path is of no meaning
	profile "\"listenerPath\":\"$T/none.sock\"" ERRNO
	exits 1 with box mkdir /x
}

@test "the annotation names the listener where the profile does not; an image's own profile may name none" {
	listen 42
	profile '' NOTIFY
	exits 1 with --annotation "run.oci.seccomp.receiver=$T/l.sock" box mkdir /x
	like "$stderr" 'No message of desired type'
	profile "\"listenerPath\":\"$T/l.sock\"" NOTIFY
	rl create --name l box true >/dev/null
	rl commit -q -c "LABEL io.containers.seccomp.profile='$(tr -d '\n' <"$T/p.json")'" l listening >/dev/null
	refused 'names a listener' box --seccomp-policy image listening true
}

@test "the other actions: each error code, killed, traced, logged, trapped" {
	profile '' ERRNO '"errnoRet":42'
	exits 1 with box mkdir /x
	like "$stderr" 'No message of desired type'
	profile '' ERRNO '"errno":"ENOMSG"'
	exits 1 with box mkdir /x
	like "$stderr" 'No message of desired type'
	profile '' ERRNO
	exits 1 with box mkdir /x
	like "$stderr" 'not permitted'
	profile '' ERRNO '"errno":"ENOSUCH"'
	refused 'ENOSUCH. is not known' with box true
	profile '' ERRNO '"errnoRet":5000'
	refused 'out of range' with box true
	profile '' KILL_PROCESS
	exits 159 with box mkdir /x
	profile '' KILL_THREAD
	exits 159 with box mkdir /x
	profile '' TRAP
	exits 159 with box mkdir /x
	profile '' LOG
	exits 0 with box mkdir /x
	# nobody traces it: the kernel answers "not implemented"
	profile '' TRACE
	exits 1 with box mkdir /x
	like "$stderr" 'not implemented'
	profile '"flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_TSYNC"]' ERRNO
	exits 1 with box mkdir /x
	profile '"flags":["SECCOMP_FILTER_FLAG_FROB"]' ERRNO
	refused 'FROB' with box true
	# what no rule names: the default's own code
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}' >"$T/p.json"
	exits 1 with box mkdir /x
	python3 - "$T/p.json" "$T/q.json" <<-'END'
		import json, subprocess, sys
		json.dump({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 42, "syscalls": [{"action": "SCMP_ACT_ALLOW", "names": """
		    read write readv writev open openat close fstat newfstatat stat lstat fstatat64 mmap mprotect munmap brk rt_sigaction rt_sigprocmask
		    rt_sigreturn ioctl access faccessat execve execveat exit exit_group arch_prctl set_tid_address set_robust_list prctl capset
		    capget fcntl getuid geteuid getgid getegid uname sysinfo umask prlimit64 getrandom rseq poll dup2 dup3 getppid getpid
		    setgid setuid getcwd""".split()}]}, open(sys.argv[2], "w"))
	END
	exits 1 box --security-opt "seccomp=$T/q.json" box mkdir /x
	like "$stderr" 'No message of desired type'
}

@test "architectures: a profile for this machine alone kills calls of the others, the sub-architectures of its map do not" {
	[ "$(uname -m)" = x86_64 ] || skip 'machine: the calls that are made are those of x86_64'
	echo '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[]}' >"$T/p.json"
	exits 159 with box probe syscalls
	echo '{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}]}' >"$T/p.json"
	exits 159 with box probe syscalls
	profile '' ERRNO
	exits 0 with box probe syscalls
	echo '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","SCMP_ARCH_S390X"],"syscalls":[]}' >"$T/p.json"
	refused 'architecture' with box true
	echo '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_FROB"]}' >"$T/p.json"
	refused 'FROB is unknown' with box true
}
