# Every way into the machine: what a user of it meets first
load lib

setup() {
	no_session u1
}

@test "each way to log in is a real one: a runtime directory, a bus, a place below the user's slice" {
	for way in ssh su machinectl linger; do
		export RL_VM_LOGIN=$way
		run login u1 sh -c 'id -un; echo $XDG_RUNTIME_DIR; test -S $XDG_RUNTIME_DIR/bus && cat /proc/self/cgroup'
		[ "$status" = 0 ]
		[[ "$output" =~ u1.*/run/user/$(id -u u1).*0::/user.slice/user-$(id -u u1).slice/ ]] || { echo "$way: $output"; return 1; }
		no_session u1
	done
}
