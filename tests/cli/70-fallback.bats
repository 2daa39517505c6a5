#!/usr/bin/env bats
# old kernels and poor hosts: each fallback is forced
# lanes: super
load lib

t_user_begin() {
	T=$(mktemp -d /tmp/rltf.XXXXXX)
	chown "$RL_T_USER:" "$T"
	export T RL_ROOT=$T/s RL_RUNROOT=$T/r
	as_user "$RL" import "$RL_T_BOX" box >/dev/null
}
setup_file() { t_user_begin; }
teardown_file() {
	as_user "$RL" rm -fa -t 0 >/dev/null 2>&1 || :
	umount "$T"/small* 2>/dev/null || :
	rm -rf "$T"
}
teardown() {
	as_user "$RL" rm -fa -t 0 >/dev/null
	is "$(ls -A "$RL_ROOT/containers")" ''
}

# without NAME[,NAME…] COMMAND… - as the user, on a kernel without these system calls
without() {
	local names=$1
	shift
	setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups true
	"$RL_T_HELPERS/nosyscall" "$names" setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups \
		env -i PATH="$PATH" HOME="$RL_T_HOME" XDG_RUNTIME_DIR="$RL_T_XDG" RL_ROOT="$RL_ROOT" RL_RUNROOT="$RL_RUNROOT" "$@"
}

@test "without openat2" {
	is "$(without openat2 "$RL" run --rm --network none box echo works)" works
	mkdir -p "$T/src" && chown "$RL_T_USER:" "$T/src"
	is "$(without openat2 "$RL" run --rm --network none -v "$T/src:/a/b" -w /c/d box pwd)" /c/d
}

@test "without close_range" {
	exec 9</
	is "$(without close_range "$RL" run --rm --network none box probe fds | cut -d' ' -f1 | tr '\n' ' ')" '0 1 2 '
	exec 9<&-
}

@test "without clone3" {
	run --separate-stderr without clone3 "$RL" run --rm --network none box echo works
	[ "$status" = 0 ] && is "$output" works || { is "$status" 125; [ "$(wc -l <<<"$stderr")" -le 2 ]; }
}

@test "without mount_setattr" {
	run --separate-stderr without mount_setattr "$RL" run --rm --network none -v /usr:/u:ro box sh -c 'touch /u/x 2>/dev/null && echo writable; echo works'
	[ "$status" = 0 ] && is "$output" works || { is "$status" 125; [ "$(wc -l <<<"$stderr")" -le 2 ]; }
}

@test "without subordinate ids: single-id mode works and says so" {
	local saved
	saved=$(mktemp -d)
	cp -p /etc/subuid /etc/subgid "$saved/"
	sed -i "/^$RL_T_USER:/d" /etc/subuid /etc/subgid
	run --separate-stderr as_user RL_RUNROOT="$T/r1" "$RL" --root "$T/s1" import "$RL_T_BOX" box
	local imported=$status said=$stderr
	run --separate-stderr as_user RL_RUNROOT="$T/r1" "$RL" --root "$T/s1" run --rm --network none box id -u
	cp -p "$saved/subuid" /etc/subuid
	cp -p "$saved/subgid" /etc/subgid
	rm -rf "$saved"
	is "$imported" 0
	is "$status" 0
	is "$output" 0
	like "$said" 'add-subuids'
	rm -rf "$T/s1" "$T/r1"
}

@test "without newuidmap: single-id mode works, and says so once" {
	# in a mount namespace where it is no program
	hidden() {
		unshare -m --propagation private sh -c 'for f in "$(command -v newuidmap)" "$(command -v newgidmap)"; do
			mount --bind /dev/null "$f"; done; exec "$@"' sh setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" \
			--init-groups env -i PATH="$PATH" HOME="$RL_T_HOME" RL_ROOT="$T/s3" RL_RUNROOT="$T/r3" "$RL" "$@"
	}
	run --separate-stderr hidden import "$RL_T_BOX" box
	is "$status" 0
	like "$stderr" 'newuidmap'
	run --separate-stderr hidden run --rm --network none box id -u
	is "$status" 0
	is "$output" 0
	is "$stderr" ''
	hidden rmi -a >/dev/null
	rm -rf "$T/s3" "$T/r3"
}

@test "without /dev/fuse and /dev/net/tun for the user: one line with the cause" {
	chmod 600 /dev/net/tun
	run --separate-stderr as_user "$RL" run --rm box true
	chmod 666 /dev/net/tun
	is "$status" 125
	like "$stderr" 'tun'
	is "$(as_user "$RL" ps -aq)" ''
	chmod 600 /dev/fuse
	run --separate-stderr as_user "$RL" --root "$T/s2" --storage-driver fuse_overlayfs import "$RL_T_BOX" box
	chmod 666 /dev/fuse
	is "$status" 125
	like "$stderr" 'fuse'
	rm -rf "$T/s2"
}

@test "a full disk: one line, rm works, and the retry succeeds" {
	local small=$T/small
	mkdir "$small"
	mount -t tmpfs -o size=4m,mode=777 none "$small"
	run --separate-stderr as_user "$RL" --root "$small/s" import "$RL_T_BOX" box
	is "$status" 0
	head -c 20M /dev/urandom >"$T/big"
	tar -C "$T" -cf "$T/big.tar" big
	run --separate-stderr as_user "$RL" --root "$small/s" import "$T/big.tar" big
	is "$status" 125
	like "$stderr" 'space'
	is "$(ls -A "$small/s/tmp")" ''
	as_user "$RL" --root "$small/s" rmi box >/dev/null
	as_user "$RL" --root "$small/s" import "$RL_T_BOX" box >/dev/null
	umount "$small"
	rm -f "$T/big" "$T/big.tar"
}

@test "no inodes left" {
	local small=$T/small2
	mkdir "$small"
	mount -t tmpfs -o size=20m,nr_inodes=200,mode=777 none "$small"
	run --separate-stderr as_user "$RL" --root "$small/s" import "$RL_T_BOX" box
	is "$status" 125
	like "$stderr" 'space|inodes'
	umount "$small"
}
