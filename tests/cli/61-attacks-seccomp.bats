#!/usr/bin/env bats
# system call filters: the default one in every way into a container, and files that are wrong
load lib

profile() { # DEFAULT RULE...
	local dflt=$1 rules
	shift
	rules=$(IFS=,; echo "$*")
	echo "{\"defaultAction\":\"SCMP_ACT_$dflt\",\"syscalls\":[$rules]}" >"$T/p.json"
}
rule() { # ACTION NAMES [ARGS]
	echo "{\"names\":[$2],\"action\":\"SCMP_ACT_$1\"${3:+,\"args\":[$3]}}"
}
with() {
	box --security-opt "seccomp=$T/p.json" box "$@"
}

@test "15: the same list for run, exec, another user, added capabilities and no-new-privileges" {
	local want s
	want=$(box box probe syscalls)
	for s in af_alg af_vsock unshare_user clone_user clone_ns mount umount fsopen open_tree keyctl io_uring_setup bpf \
		perf_event_open userfaultfd open_by_handle_at setns pivot_root; do
		like "$want" "$s EPERM"
	done
	like "$want" 'clone3 ENOSYS'
	if [ "$(uname -m)" = x86_64 ]; then
		unlike "$want" '(x32|i386)_[a-z0-9]* (ok|EFAULT|EINVAL)'
	fi
	rl run -d --name c --network none box sleep 100 >/dev/null
	is "$(rl exec c probe syscalls)" "$want"
	is "$(rl exec -u app c probe syscalls)" "$want"
	is "$(box -u app box probe syscalls)" "$want"
	is "$(box --security-opt no-new-privileges box probe syscalls)" "$want"
	is "$(box --cap-add NET_ADMIN box probe syscalls)" "$want"
	s=$(box --cap-add SYS_ADMIN box probe syscalls)
	like "$s" 'keyctl EPERM'
	like "$s" 'io_uring_setup EPERM'
	like "$s" 'userfaultfd EPERM'
}

@test "contradicting rules: the stricter one holds, or the profile is refused" {
	profile ALLOW "$(rule LOG '"mkdir","mkdirat"')" "$(rule ERRNO '"mkdir","mkdirat"')"
	exits 1 with mkdir /x
	profile ALLOW "$(rule ERRNO '"mkdir","mkdirat"')" "$(rule LOG '"mkdir","mkdirat"')"
	exits 1 with mkdir /x
	profile ALLOW "$(rule ERRNO '"socket"' '{"index":0,"value":38,"op":"SCMP_CMP_EQ"}')" "$(rule LOG '"socket"')"
	refused 'contradict' with true
	profile ALLOW "$(rule ERRNO '"socket"' '{"index":0,"value":38,"op":"SCMP_CMP_EQ"}')" \
		"$(rule LOG '"socket"' '{"index":0,"value":38,"op":"SCMP_CMP_EQ"}')"
	refused 'contradict' with true
	profile ALLOW "$(rule ERRNO '"mkdir","mkdirat"')" "$(rule ERRNO '"mkdir","mkdirat"')" \
		"$(rule ERRNO '"mkdir"' '{"index":1,"value":511,"op":"SCMP_CMP_EQ"}')"
	exits 1 with mkdir /x
}

@test "profiles that are broken are refused" {
	local text
	for text in '' '[]' '{}' '{"defaultAction":"x"}' '{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x"}' \
		'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}' \
		'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":9,"value":1,"op":"SCMP_CMP_EQ"}]}]}'; do
		printf '%s' "$text" >"$T/p.json"
		refused . with true
	done
	head -c 3000000 /dev/zero | tr '\0' '[' >"$T/p.json"
	refused . with true
	rm "$T/p.json" && mkfifo "$T/p.json"
	refused 'not a regular file' timeout 5 "$RL" run --rm --network none --security-opt "seccomp=$T/p.json" box true
	rm "$T/p.json"
	refused 'not a regular file' timeout 5 "$RL" run --rm --network none --security-opt seccomp=/dev/zero box true
}
