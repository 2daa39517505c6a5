#!/usr/bin/env bats
# systemd as PID 1 of a container; RL_SYSTEMD_ROOT names a tar archive of a root with it (tests/helpers/systemd-root.sh)
# lanes: super
load lib
load tree

setup_file() {
	[ -n "${RL_SYSTEMD_ROOT:-}" ] || return 0
	T=$(mktemp -d "$RL_T_WORK/XXXXXX")
	chmod 711 "$RL_T_WORK" "$T"
	export T RL_ROOT=$T/s RL_RUNROOT=$T/r
	mkdir -m 700 "$RL_ROOT" "$RL_RUNROOT"
	chown "$RL_T_USER:" "$RL_ROOT" "$RL_RUNROOT"
	as_user "$RL" import - sd <"$RL_SYSTEMD_ROOT" >/dev/null
}

setup() {
	[ -n "${RL_SYSTEMD_ROOT:-}" ] || skip "machine: RL_SYSTEMD_ROOT names no root with systemd"
}

teardown_file() {
	[ -n "${T:-}" ] || return 0
	as_user "$RL" rm -fa -t 0 >/dev/null
	as_user "$RL" rmi -fa >/dev/null
	remove "$T"
}

teardown() {
	[ -z "${T:-}" ] || as_user "$RL" rm -fa -t 0 >/dev/null
}

@test "it boots, keeps a journal, has groups of its own, and stops in order" {
	# --systemd true is what a command of that name gets by itself
	run in_tree '
		rl run -d --name s --network none sd /sbin/init >/dev/null
		for _ in $(seq 300); do
			state=$(rl exec s systemctl is-system-running 2>/dev/null || :)
			case $state in running | degraded) break ;; esac
			sleep 0.2
		done
		echo $state $(rl exec s systemctl --failed --no-legend)
		rl exec s systemctl is-active systemd-journald
		rl exec s sh -c "systemd-cat -t test echo written; journalctl --sync; journalctl -t test -o cat --no-pager"
		rl exec s grep ^0:: /proc/1/cgroup
		ls -d /sys/fs/cgroup$TOP/rl-*/system.slice | wc -l
		rl inspect --format "{{.Config.StopSignal}}" s
		rl stop -t 60 s
		rl inspect --format "{{.State.ExitCode}} {{.State.Status}}" s'
	is "$output" $'running\nactive\nwritten\n0::/init.scope\n1\nSIGRTMIN+3\ns\n0 exited'
	is "$status" 0
}

@test "without control groups of version 2 it cannot, and why says so" {
	[ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || skip "machine: it has them"
	as_user "$RL" run -d --name h --network none sd /sbin/init >/dev/null
	is "$(as_user "$RL" wait h)" 255
	like "$(as_user "$RL" why h)" 'systemd needs control groups'
}
