# The group of a container where systemd makes it: a scope of the user's manager
load lib

setup_file() {
	login u1 rl import /job/box.tar box
}

teardown() {
	login u1 rl rm -fa -t 0
}

# in_session SCRIPT - as a user in a session
in_session() {
	login u1 bash -ec 'group() { rl inspect --format "{{.State.CgroupPath}}" $1; }; pid() { rl inspect --format "{{.State.$2}}" $1; }
		of() { sed -n "s/^0:://p" /proc/$1/cgroup; }; '"$1"
}

@test "each container is a scope of the user's manager: the monitor in one group, the container in the other" {
	run in_session '
		rl run -d --name c box sleep 1000 2>/dev/null
		top=/user.slice/user-$(id -u).slice/user@$(id -u).service/user.slice/rl-$(rl inspect --format "{{.Id}}" c).scope
		[ "$(group c)" = $top/container ]
		[ "$(of $(pid c Pid))" = $top/container ]
		[ "$(of $(pid c ConmonPid))" = $top/supervisor ]
		[ "$(pgrep -u $(id -u) -c slirp4netns)" = 1 ]
		[ "$(of $(pgrep -u $(id -u) slirp4netns))" = $top/supervisor ]
		rl exec c grep "^0::" /proc/self/cgroup
		rl exec -d c sleep 77
		[ "$(of $(pgrep -u $(id -u) -xf "sleep 77"))" = $top/container ]
		cat /sys/fs/cgroup$top/container/cgroup.controllers
		systemctl --user is-active $(basename $top)
		rl rm -f -t 0 c >/dev/null
		for _ in $(seq 50); do [ -d /sys/fs/cgroup$top ] || break; sleep 0.1; done
		[ ! -d /sys/fs/cgroup$top ]
		systemctl --user --all list-units "rl-*.scope" --no-legend --plain'
	echo "$output"
	[ "$status" = 0 ]
	[ "$(tail -n 3 <<<"$output")" = $'0::/\ncpu memory pids\nactive' ]
}

@test "--cgroups and --cgroup-parent: outside, around init alone, in a slice of one's own" {
	run in_session '
		rl run -d --name d --cgroups disabled --network none box sleep 1000 2>/dev/null >&2
		[ "$(of $(pid d Pid))" = "$(of self)" ]
		rl run -d --name n --cgroups no-conmon --network none box sleep 1000 2>/dev/null >&2
		case $(group n) in */user.slice/rl-*.scope/container) ;; *) exit 8 ;; esac
		[ "$(of $(pid n Pid))" = "$(group n)" ]
		[ "$(of $(pid n ConmonPid))" = "$(of self)" ]
		[ -e /sys/fs/cgroup$(group n)/pids.max ]
		rl exec n grep "^0::" /proc/self/cgroup
		rl run -d --name s --cgroup-parent my-own.slice --network none box sleep 1000 2>/dev/null >&2
		case $(group s) in */my.slice/my-own.slice/rl-*.scope/container) ;; *) exit 9 ;; esac
		rl run --rm --cgroup-parent /x --network none box true && exit 10 || echo $?'
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" =~ 0::/.*'/x is no slice of its'.*125$ ]]
}

@test "the end of the last session stops containers in order" {
	no_session u1
	in_session 'rl run -d --name t --network none box sh -c "trap \"echo asked; exit 7\" TERM; while :; do sleep 0.1; done" 2>&1 >/dev/null | grep -c enable-linger
		rl run -d --name u --stop-timeout 2 --network none box sleep 1000 2>&1 >/dev/null | grep -c enable-linger || :' >"$BATS_TEST_TMPDIR/hints"
	# said once
	[ "$(cat "$BATS_TEST_TMPDIR/hints")" = $'1\n0' ]
	no_session u1
	run in_session 'rl logs t; rl inspect --format "{{.State.ExitCode}} {{.State.StoppedByUser}}" t'
	[ "$output" = $'asked\n7 false' ]
}

@test "with lingering they outlive it, and nothing is said" {
	linger u1 on
	run in_session 'rl run -d --name l --network none box sleep 1000 2>&1 >/dev/null; rl inspect --format "{{.State.Pid}}" l'
	[ "$status" = 0 ]
	[[ "$output" =~ ^[0-9]+$ ]]
	loginctl list-sessions --no-legend | awk '$3 == "u1" { print $1 }' | xargs -r loginctl terminate-session || :
	sleep 12
	kill -0 "$output"
	[ "$(in_session 'rl ps --format "{{.Names}} {{.State}}"')" = 'l running' ]
	loginctl disable-linger u1
}

@test "an init that makes groups of its own, with controllers, and exec into it" {
	run in_session '
		rl run -d --name i --systemd always --user 0 --network none box sh -c "mkdir /sys/fs/cgroup/init.scope && echo 1 >/sys/fs/cgroup/init.scope/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control; exec sleep 1000" 2>/dev/null >&2
		for _ in $(seq 100); do grep -q pids /sys/fs/cgroup$(group i)/cgroup.subtree_control && break; sleep 0.1; done
		rl exec i grep "^0::" /proc/self/cgroup'
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = 0::/init.scope ]
}
