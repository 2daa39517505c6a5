#!/usr/bin/env bats
# image scp: between users, and through ssh (whose place a script takes that runs the words in a shell, as sshd does)
# lanes: user super
# drivers: vfs
load lib

setup_file() {
	t_begin
	mkdir -p "$T/bin" "$T/far" "$T/other"
	# [-pPORT] -- HOST WORD...
	cat >"$T/bin/ssh" <<-'END'
		#!/bin/sh
		printf '%s\n' "$*" >>"$SCP_LOG"
		case $1 in -p*) shift ;; esac
		[ "$1" = -- ] || exit 255
		host=$2
		shift 2
		[ "$host" != unreachable ] || { echo "ssh: connect to host $host: No route to host" >&2; exit 255; }
		[ "$host" != bare ] || PATH=/bin:/usr/bin
		case $host in *far) RL_ROOT=$SCP_FAR/s RL_RUNROOT=$SCP_FAR/r ;; esac
		export PATH RL_ROOT RL_RUNROOT
		exec sh -c "$*"
	END
	# -H --user=USER -- COMMAND...: as another user, a store of the other's
	cat >"$T/bin/sudo" <<-'END'
		#!/bin/sh
		printf 'sudo %s\n' "$*" >>"$SCP_LOG"
		[ "$1" = -H ] && [ "$3" = -- ] || exit 1
		[ "$2" != --user=nobody ] || { echo 'sudo: a password is required' >&2; exit 1; }
		shift 3
		RL_ROOT=$SCP_OTHER/s RL_RUNROOT=$SCP_OTHER/r exec "$@"
	END
	chmod 755 "$T/bin/ssh" "$T/bin/sudo"
	ln -s "$RL" "$T/bin/rl"
	export PATH=$T/bin:$PATH SCP_LOG=$T/log SCP_FAR=$T/far SCP_OTHER=$T/other
	rl tag box scp/app:1
}
teardown_file() {
	local d
	for d in far other; do rl --root "$T/$d/s" --runroot "$T/$d/r" rmi -fa >/dev/null 2>&1 || :; done
	t_end
}

digest() {
	rl "$@" images --no-trunc --format '{{.Digest}}' scp/app:1
}

@test "to another machine, and back" {
	exits 0 rl image scp scp/app:1 me@far::
	like "$output" 'Loaded image: docker.io/scp/app:1'
	like "$(<"$SCP_LOG")" '-- me@far rl load'
	is "$(digest --root "$T/far/s" --runroot "$T/far/r")" "$(digest)"
	rl rmi scp/app:1
	exits 0 rl image scp -q far:2222::scp/app:1
	like "$(<"$SCP_LOG")" '-p2222 -- far rl save -q --format=oci-archive scp/app:1'
	is "$stderr" ''
	# docker-archives do not keep digests
	exits 0 rl image scp --format docker-archive scp/app:1 far::
	exits 0 rl image scp -q --format docker-archive far::scp/app:1
	like "$(<"$SCP_LOG")" '-- far rl save -q --format=docker-archive scp/app:1'
	refused_with_hint 'not known' rl image scp --format oci-dir scp/app:1 far::
	is "$(rl run --rm --network none --pull never scp/app:1 echo x)" x
	is "$(ls -A "$RL_ROOT/tmp" "$T/far/s/tmp" | grep -v :)" ''
}

@test "from machine to machine" {
	exits 0 rl image scp ssh://far::scp/app:1 bare2::
	like "$output" 'Loaded image'
}

@test "one clear line when it fails" {
	refused 'unreachable: .*No route' rl image scp unreachable::scp/app:1
	exits 125 rl image scp scp/app:1 unreachable::
	like "$stderr" 'ssh could not run a command there'
	exits 125 rl image scp scp/app:1 bare::
	like "$stderr" 'rl cannot be executed there'
	unlike "$stderr" 'roken pipe'
	exits 125 rl image scp bare::scp/app:1
	like "$stderr" 'rl cannot be executed there'
	refused 'no such image' rl image scp nothing:1 far::
	refused 'far: no such image' rl image scp far::nothing:1
}

@test "what becomes an argument of another program is checked" {
	local bad
	rm -f "$SCP_LOG"
	for bad in '-oProxyCommand=x::' 'a b::' '$(id)::' ';id::' '-x@far::' 'u;x@far::' 'far:99999::' 'far:x::' '::' '@far::' 'far::name'; do
		refused . rl image scp scp/app:1 "$bad" || fail "$bad" || return 1
	done
	for bad in 'far::-v' 'far::$(id)' 'far::a b' 'far::;id' 'far::'; do
		refused . rl image scp "$bad" || fail "$bad" || return 1
	done
	refused 'a destination ends with' rl image scp scp/app:1 far
	refused_with_hint 'where to' rl image scp scp/app:1
	refused_with_hint 'where to' rl image scp localhost::scp/app:1 localhost::
	[ ! -e "$SCP_LOG" ] || fail "something was run: $(<"$SCP_LOG")"
}

@test "to another user: through sudo, or as root" {
	if [ "$(id -u)" != 0 ]; then
		exits 0 rl image scp scp/app:1 friend@localhost::
		like "$(<"$SCP_LOG")" 'sudo -H --user=friend -- .*rl load'
		is "$(digest --root "$T/other/s" --runroot "$T/other/r")" "$(digest)"
		exits 0 rl image scp friend@localhost::scp/app:1 other@localhost::
		refused 'a password is required' rl image scp nobody@localhost::scp/app:1
		return
	fi
	refused 'no user' rl image scp scp/app:1 nosuchuser@localhost::
	# the user's own store, below the home that the test made for it
	exits 0 rl image scp scp/app:1 "$RL_T_USER@localhost::"
	local home
	home=$(getent passwd "$RL_T_USER" | cut -d: -f6)
	[ -d "$home/.local/share/rl/images" ] || fail "nothing below $home"
	is "$(stat -c %U "$home/.local/share/rl/images")" "$RL_T_USER"
	rl rmi scp/app:1
	exits 0 rl image scp "$RL_T_USER@localhost::scp/app:1"
	rl run --rm --network none --pull never scp/app:1 true
	RL_ROOT='' RL_RUNROOT='' as_user "$RL" rmi -fa
}
