#!/usr/bin/env bats
# the window between entering a container's namespaces and being confined, seen by who lives there
load lib

# spy OPTIONS -- COMMAND...: while containers "o" and its sibling look at everything that comes, run COMMAND
spy() {
	local opts=() own=$T/own hash
	rm -rf "$own" && mkdir "$own" && cp "$RL_T_BIN"/* "$own"
	hash=$(sha256sum "$own"/*)
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	"$own/rl" run -d --name o --network none "${opts[@]}" box probe spy "$(number 20 2)" >/dev/null
	"$own/rl" run -d --name w --network none "${opts[@]}" --pid container:o --userns container:o box probe overwrite "$(number 20 2)" >/dev/null
	while is_state o running; do
		timeout 20 "$own/$1" "${@:2}" >/dev/null 2>&1 || :
	done
	like "$(rl logs o)" 'wins 0$'
	unlike "$(rl logs o)" 'seen 0'
	# the sibling may write the other's files, where it shares its user namespace, but none of ours
	is "$(sha256sum "$own"/*)" "$hash"
	remove "$own"
}

@test "exec: nothing of the joining process can be looked at" {
	spy -- rl exec o true
}

@test "exec: nor with all capabilities of the container" {
	spy --privileged -- rl exec --privileged o true
}

@test "a shared process namespace: nothing of a starting container can be looked at" {
	spy --cap-add SYS_PTRACE -- rl run --rm --network none --pid container:o box true
}

@test "nor where the user namespace is shared, too" {
	spy --cap-add SYS_PTRACE -- rl run --rm --network none --pid container:o --userns container:o box true
}

@test "a sibling's processes are not ours to trace" {
	rl run -d --name a --network none box sleep 100 >/dev/null
	exits 0 box --pid container:a --cap-add SYS_PTRACE box sh -c '(: <>/proc/1/mem) 2>/dev/null && echo mem; ls /proc/1/root/ 2>/dev/null; ls -l /proc/1/exe 2>/dev/null | grep -- "->"; true'
	is "$output" ''
}
