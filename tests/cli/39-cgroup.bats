#!/usr/bin/env bats
# the control group of a container: in a tree of the user's own, as it is where there is no systemd, and without one
# lanes: super
load lib
load tree

setup_file() {
	T=$(mktemp -d "$RL_T_WORK/XXXXXX")
	chmod 711 "$RL_T_WORK" "$T"
	export T RL_ROOT=$T/s RL_RUNROOT=$T/r
	mkdir -m 700 "$RL_ROOT" "$RL_RUNROOT"
	chown "$RL_T_USER:" "$RL_ROOT" "$RL_RUNROOT"
	as_user "$RL" import "$RL_T_BOX" box >/dev/null
}

teardown_file() {
	as_user "$RL" rm -fa -t 0 >/dev/null
	as_user "$RL" rmi -fa >/dev/null
	remove "$T"
}

teardown() {
	as_user "$RL" rm -fa -t 0 >/dev/null
}

@test "a container is born in a group of its own, exec comes into it, and nothing stays" {
	run in_tree '
		rl run -d --name c --network none box sleep 100 >/dev/null
		[ "$(group c)" = $TOP/rl-$(rl inspect --format "{{.Id}}" c) ]
		grep -qx "$(rl inspect --format "{{.State.Pid}}" c)" /sys/fs/cgroup$(group c)/cgroup.procs
		rl exec c grep -x 0::/ /proc/self/cgroup
		rl exec -d c sleep 100
		[ "$(wc -l </sys/fs/cgroup$(group c)/cgroup.procs)" = 2 ]
		rl exec c sh -c "echo 1 >/sys/fs/cgroup/cgroup.freeze" 2>/dev/null && exit 9
		rl info --format "{{.Host.CgroupManager}} {{.Host.CgroupsVersion}}"
		rl stop -t 0 c >/dev/null
		[ -z "$(group c)" ]
		find $TREE -name "rl-*"'
	is "$status" 0
	is "$output" $'0::/\ncgroupfs v2'
}

@test "joined namespaces and --pid host: the group is the container's own all the same, and empty at its end" {
	run in_tree '
		rl run -d --name c --network none box sleep 100 >/dev/null
		rl run -d --name j --network none --pid container:c --cgroupns container:c box sleep 100 >/dev/null
		[ "$(group c)" != "$(group j)" ]
		grep -q . /sys/fs/cgroup$(group j)/cgroup.procs
		rl run -d --name h --pid host --cgroupns host --network none box sh -c "setsid sleep 77 & exec sleep 100" >/dev/null
		rl exec h grep "^0::" /proc/self/cgroup | grep -qx "0::$(group h)"
		at=/sys/fs/cgroup$(group h)
		rl kill h >/dev/null
		rl wait h
		[ ! -d $at ]
		# one that leaves its session and its group of processes; nothing but the control group knows it
		rl run -d --name u --pid host --userns host --cgroupns host --network none box sh -c "setsid sleep 77 & exec sleep 100" >/dev/null
		at=/sys/fs/cgroup$(group u)
		until [ "$(wc -l <$at/cgroup.procs)" = 2 ]; do sleep 0.05; done
		pids=$(cat $at/cgroup.procs)
		rl kill u >/dev/null
		rl wait u
		[ ! -d $at ]
		for p in $pids; do ! grep -q "^State:.[^ZX]" /proc/$p/status 2>/dev/null || echo "lives: $p"; done'
	is "$status" 0
	is "$output" $'137\n137'
}

@test "pause is the freezer of the group; a monitor that is killed leaves no group" {
	run in_tree '
		rl run -d --name c --network none box sh -c "while :; do :; done" >/dev/null
		rl pause c >/dev/null
		grep -x "frozen 1" /sys/fs/cgroup$(group c)/cgroup.events
		rl unpause c >/dev/null
		grep -x "frozen 0" /sys/fs/cgroup$(group c)/cgroup.events
		rl pause c >/dev/null
		kill -9 $(rl inspect --format "{{.State.ConmonPid}}" c)
		until [ "$(rl inspect --format "{{.State.Status}}" c)" = exited ]; do sleep 0.1; done
		rl start c >/dev/null
		rl pause c >/dev/null
		rl rm -f -t 0 c'
	is "$status" 0
	is "$output" $'frozen 1\nfrozen 0\nc'
}

@test "--cgroups and --cgroup-parent say where; what cannot be had is refused" {
	run in_tree '
		for mode in disabled no-conmon split; do
			rl run -d --name $mode --cgroups $mode --network none box sleep 100 >/dev/null
			[ "$(rl inspect --format "{{.HostConfig.Cgroups}}" $mode)" = $mode ]
		done
		[ -z "$(group disabled)" ]
		[ "$(group no-conmon)" = $TOP/rl-$(rl inspect --format "{{.Id}}" no-conmon) ]
		[ "$(group split)" = $TOP/shell/rl-payload-$(rl inspect --format "{{.Id}}" split) ]
		rl run -d --name p --cgroup-parent a/b --network none box sleep 100 >/dev/null
		[ "$(group p)" = $TOP/a/b/rl-$(rl inspect --format "{{.Id}}" p) ]
		[ "$(rl inspect --format "{{.HostConfig.CgroupParent}}" p)" = a/b ]
		rl run -d --name abs --cgroup-parent $TOP/abs --network none box sleep 100 >/dev/null
		[ "$(group abs)" = $TOP/abs/rl-$(rl inspect --format "{{.Id}}" abs) ]
		rl run --network none --cgroup-parent x.slice box true && exit 9 || echo $?
		rl --cgroup-manager systemd run --network none box true && exit 9 || echo $?
		rl rm -fa -t 0 >/dev/null'
	is "$status" 0
	like "$output" $'cannot have the cgroup that was asked for: no systemd manager.*\n125\n.*no systemd manager.*\n125'
}

@test "what was made around a group goes with the last container in it, and nothing else" {
	run in_tree '
		gone() { for _ in $(seq 50); do [ -e "$1" ] || return 0; sleep 0.1; done; echo "there: $1"; }
		mkdir $TREE/mine
		for n in 1 2; do
			rl run -d --name p$n --cgroup-parent a/b --network none box sleep 100 >/dev/null
			rl run -d --name q$n --cgroup-parent mine/new --network none box sleep 100 >/dev/null
			rl run -d --name s$n --cgroups split --network none box sleep 100 >/dev/null
		done
		grep -qx $$ $TREE/shell/supervisor/cgroup.procs
		[ "$(cat $TREE/shell/cgroup.subtree_control)" = "$(cat $TREE/shell/cgroup.controllers)" ]
		# the one that made them
		rl rm -f -t 0 p1 q1 s1 >/dev/null
		[ -d $TREE/a/b ] && [ -d $TREE/mine/new ] && grep -qx $$ $TREE/shell/supervisor/cgroup.procs
		# a monitor that is killed does not see to it
		kill -9 $(rl inspect --format "{{.State.ConmonPid}}" p2 s2)
		rl rm -f -t 0 p2 q2 s2 >/dev/null
		gone $TREE/a
		gone $TREE/mine/new
		gone $TREE/shell/supervisor
		[ -z "$(cat $TREE/shell/cgroup.subtree_control)" ]
		grep -qx $$ $TREE/shell/cgroup.procs
		rmdir $TREE/mine
		# what was there before is not ours
		mkdir $TREE/shell/supervisor
		rl run --rm --cgroups split --network none box true
		rl run --rm --cgroup-parent a/b --network none box true
		gone $TREE/a
		# the monitor of the first one has had time to take it away
		sleep 0.5
		[ -d $TREE/shell/supervisor ] || echo "supervisor is gone"
		rmdir $TREE/shell/supervisor 2>/dev/null || echo $$ >$TREE/shell/cgroup.procs'
	is "$output" ""
	is "$status" 0
}

@test "many containers that make and remove the same parent" {
	run in_tree '
		for n in 1 2 3 4 5 6; do
			(for _ in 1 2 3 4; do rl run --rm --cgroup-parent a/b --network none box true; done) &
			pids="$pids $!"
		done
		for p in $pids; do wait $p || echo failed; done
		for _ in $(seq 50); do [ -d $TREE/a ] || break; sleep 0.1; done
		[ ! -d $TREE/a ]'
	is "$output" ""
	is "$status" 0
}

@test "systemd mode: the container makes groups of its own, also where its root is another user, and has no say over its limits" {
	run in_tree '
		for how in "" "--userns keep-id" "--userns auto"; do
			rl run -d --name s $how --user 0 --systemd always --network none box sleep 100 >/dev/null
			rl exec s sh -c "mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs && cat /sys/fs/cgroup/init/cgroup.procs"
			rl exec s grep "^0::" /proc/self/cgroup
			rl exec s sh -c "echo 1 >/sys/fs/cgroup/cgroup.freeze" 2>/dev/null && exit 9
			rl rm -f -t 0 s >/dev/null
		done'
	is "$status" 0
	is "$output" $'1\n0::/init\n1\n0::/init\n1\n0::/init'
}

@test "without a group of its own the tree cannot be written, whatever was asked for" {
	run in_tree '
		rl run --rm --cgroups disabled --privileged --network none box sh -c "mkdir /sys/fs/cgroup/x" && exit 9 || echo $?'
	is "$status" 0
	like "$output" 'Read-only file system'
}

@test "options that contradict each other" {
	for args in '--cgroups=disabled --cgroup-parent a' '--cgroups=split --cgroup-parent a'; do
		# shellcheck disable=SC2086
		refused 'exclude each other' as_user "$RL" create $args box true
	done
	refused 'is not a path of control groups' as_user "$RL" create --cgroup-parent ../x box true
	refused 'is not the name of a slice' as_user "$RL" create --cgroup-parent 'a b.slice' box true
	refused_with_hint 'is no slice of systemd' as_user "$RL" --cgroup-manager systemd create --cgroup-parent /a box true
	refused_with_hint 'is a slice of systemd' as_user "$RL" --cgroup-manager cgroupfs create --cgroup-parent a.slice box true
}
