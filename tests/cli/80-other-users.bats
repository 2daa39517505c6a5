#!/usr/bin/env bats
# a second user of the machine sees nothing and can use nothing
# lanes: super
load lib

setup_file() {
	T=$(mktemp -d /tmp/rlto.XXXXXX)
	chmod 755 "$T"
	mkdir "$T/u"
	chown "$RL_T_USER:" "$T/u"
	export T RL_ROOT=$T/u/s RL_RUNROOT=$T/u/r
	as_user "$RL" import "$RL_T_BOX" box >/dev/null
	as_user "$RL" run -d --name secret --network none box sh -c 'echo private; sleep 1000' >/dev/null
}
teardown_file() {
	as_user "$RL" rm -fa -t 0 >/dev/null 2>&1 || :
	rm -rf "$T"
}
teardown() { :; }

as_other() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME=/nonexistent "$@"
}

@test "the store and the runtime directory are closed" {
	is "$(stat -c %a "$RL_ROOT")" 700
	is "$(stat -c %a "$RL_RUNROOT")" 700
	run ! as_other ls "$RL_ROOT"
	run ! as_other ls "$RL_RUNROOT"
	run ! as_other cat "$RL_ROOT"/containers/*/ctr.log
}

@test "control sockets are the user's alone" {
	local socket
	while read -r socket; do
		like "$(stat -c %a "$socket")" '^[67]00$'
	done < <(find "$RL_RUNROOT" -type s)
	[ -z "$(ss -xl | grep -F '@' | grep -E "rl|ctl\.sock" || :)" ]
}

@test "rl refuses another user's store and runtime directory" {
	run --separate-stderr as_other "$RL" --root "$RL_ROOT" --runroot "$T/x" ps
	is "$status" 125
	run --separate-stderr as_other "$RL" --root "$T/y" --runroot "$RL_RUNROOT" ps
	is "$status" 125
}

@test "set-uid files of an image cannot be run from the host" {
	as_user "$RL" run --rm --network none box true
	local file
	as_user "$RL" exec secret sh -c 'cp /bin/busybox /suid && chmod 4755 /suid'
	while read -r file; do
		run ! as_other "$file" true
	done < <(find "$RL_ROOT" -name suid)
}

@test "a runtime directory prepared by somebody else in /tmp is refused" {
	local uid dir
	uid=$(id -u "$RL_T_USER")
	dir=/tmp/rl-run-$uid
	rm -rf "$dir"
	mkdir "$dir"
	chown 65534 "$dir"
	run --separate-stderr setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups \
		env -i PATH="$PATH" HOME="$RL_T_HOME" RL_ROOT="$RL_ROOT" "$RL" ps
	rmdir "$dir"
	is "$status" 125
	like "$stderr" "$dir"
	ln -s /etc "$dir"
	run --separate-stderr setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups \
		env -i PATH="$PATH" HOME="$RL_T_HOME" RL_ROOT="$RL_ROOT" "$RL" ps
	rm "$dir"
	is "$status" 125
}
