#!/usr/bin/env bats
# what even a privileged container must not reach: the caller's own files that rl itself brings inside
# drivers: vfs fuse_overlayfs
load lib

@test "a privileged container is told which one it is, in words for a shell; others are not" {
	local id
	id=$(rl create --name known --network none --privileged box sh -c '. /run/.containerenv; echo "$engine $name $id $image $imageid $rootless"')
	is "$(rl start -a known)" "rl-$(rl version --format '{{.Client.Version}}') known $id docker.io/library/box:latest $(rl image inspect -f '{{.Id}}' box) $((EUID != 0))"
	is "$(box box sh -c 'test -f /run/.containerenv && wc -c </run/.containerenv')" 0
	mkdir -p "$T/odd\"\$(touch x)/bin"
	is "$(rl create --name odd --network none --privileged --rootfs "$T/odd\"\$(touch x)" true | wc -l)" 1
	is "$(grep ^image= "$RL_ROOT/containers/$(rl inspect -f '{{.Id}}' odd)/containerenv")" "image=\"$T/odd\\\"\\\$(touch x)\""
}

@test "--init: the host's program stays read-only, also for who may remount" {
	local own=$T/own before
	cp -r "$RL_T_BIN" "$own"
	before=$(sha256sum "$own"/* && stat -c '%a %n' "$own"/*)
	exits 0 "$own/rl" run --rm --network none --init --privileged box sh -c '
		mount -o remount,bind,rw /run/rl-init && echo remounted
		(: >>/run/rl-init) && echo opened
		chmod 4777 /run/rl-init && echo changed
		for p in /proc/1/exe /proc/1/root/run/rl-init; do chmod 4777 $p && echo changed; done
		true'
	is "$output" ''
	is "$(sha256sum "$own"/* && stat -c '%a %n' "$own"/*)" "$before"
	remove "$own"
}

@test "keys of the caller's session are out of reach where keyctl is allowed" {
	local s
	s=$("$RL_T_HELPERS/probe" withkey canary "$RL_T_HELPERS/probe" key canary) || skip "no keyrings here"
	is "$s" 'key ok'
	exits 0 "$RL_T_HELPERS/probe" withkey canary "$RL" run --rm --network none box probe key canary
	is "$output" 'key EPERM'
	exits 0 "$RL_T_HELPERS/probe" withkey canary "$RL" run --rm --network none --privileged box probe key canary
	is "$output" 'key ENOKEY'
	exits 0 "$RL_T_HELPERS/probe" withkey canary "$RL" run --rm --network none --security-opt seccomp=unconfined -u app box probe key canary
	is "$output" 'key ENOKEY'
	echo '{"defaultAction":"SCMP_ACT_ALLOW"}' >"$T/all.json"
	exits 0 "$RL_T_HELPERS/probe" withkey canary "$RL" run --rm --network none --security-opt "seccomp=$T/all.json" box probe key canary
	is "$output" 'key ENOKEY'
	rl run -d --name c --network none box sleep 100 >/dev/null
	exits 0 "$RL_T_HELPERS/probe" withkey canary "$RL" exec --privileged c probe key canary
	is "$output" 'key ENOKEY'
}
