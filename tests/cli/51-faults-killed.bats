#!/usr/bin/env bats
# killed in the middle: the command, the monitor, the helpers
load lib
load faults

# kill_run MODE MILLISECONDS
kill_run() {
	local mode=$1 ms=$2 pid
	case $mode in
	tty)
		rm -f "$T/pid"
		setsid script -qec "echo \$\$ >$T/pid; exec '$RL' run -it --name victim box sleep 0.1" /dev/null \
			>/dev/null 2>&1 </dev/null 3>&- &
		until [ -s "$T/pid" ]; do sleep 0.002; done
		pid=$(<"$T/pid")
		;;
	detached) setsid "$RL" run -d --name victim box sleep 1000 >/dev/null 2>&1 3>&- & pid=$! ;;
	detached-rm) setsid "$RL" run -d --rm --name victim --network none box sleep 0.1 >/dev/null 2>&1 3>&- & pid=$! ;;
	rm) setsid "$RL" run --rm --name victim box sleep 0.1 >/dev/null 2>&1 3>&- & pid=$! ;;
	*) setsid "$RL" run --name victim --network none box sleep 0.1 >/dev/null 2>&1 3>&- & pid=$! ;;
	esac
	sleep "$(printf '0.%03d' "$ms")"
	kill -KILL "$pid" 2>/dev/null || :
	wait $! 2>/dev/null || :
}

@test "rl run killed within its first 500 ms" {
	local round step mode modes=(plain rm detached detached-rm tty) n=0
	for round in $(seq "$(number 10 1)"); do
		for step in $(seq 0 "$(number 10 40)" 500); do
			mode=${modes[n++ % 5]}
			kill_run "$mode" "$step"
			rl ps -a >/dev/null || fail "ps after $mode killed at $step ms" || return 1
			rl rm -fa -t 0 >/dev/null || fail "rm -fa after $mode killed at $step ms" || return 1
			rl create --name victim box true >/dev/null || fail "the name after $mode killed at $step ms" || return 1
			rl rm victim >/dev/null
			clean || fail "$mode killed at $step ms" || return 1
		done
	done
	echo "# $n of $n clean" >&3
}

@test "a monitor killed while it starts" {
	local i pid monitor n=0
	for i in $(seq 0 "$(number 1 8)" "$(number 60 40)"); do
		rl create --name m box sleep 1000 >/dev/null
		"$RL" start m >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "$(printf '0.%03d' "$i")"
		monitor=$(pgrep -u "$(id -u)" -f '^rl-monitor m' | head -1) || :
		[ -z "$monitor" ] || { kill -KILL "$monitor"; n=$((n + 1)); }
		wait $pid || :
		eventually 1 bash -c "case \$('$RL' inspect --format '{{.State.Status}}' m) in created|exited|running) ;; *) false ;; esac" ||
			fail "limbo after $i ms: $(state m)" || return 1
		rl rm -f -t 0 m >/dev/null || fail "rm after $i ms" || return 1
		clean || fail "after $i ms" || return 1
	done
	echo "# $n monitors killed" >&3
}

@test "a monitor killed while its container runs: stop, start and rm" {
	local i init before max=0
	for i in $(seq "$(number 100 4)"); do
		rl run -d --name m box sleep 1000 >/dev/null
		init=$(run_state m pid)
		kill -KILL "$(run_state m monitor)"
		eventually 1 is_state m exited
		eventually 1 gone "$init"
		before=$(now_ms)
		case $((i % 3)) in
		0) rl stop m >/dev/null ;;
		1) rl start m >/dev/null && is_state m running ;;
		2) rl rm m >/dev/null && rl create --name m box true >/dev/null ;;
		esac
		before=$(($(now_ms) - before))
		[ "$before" -le "$max" ] || max=$before
		rl rm -f -t 0 m >/dev/null
		clean
	done
	[ "$max" -lt 12000 ] || fail "it took $max ms"
	echo "# $i of $i, the slowest took $max ms" >&3
}

@test "an init that does not die with its monitor is ended by the next command" {
	local i init command
	for i in $(seq "$(number 20 1)"); do
		for command in 'stop -t 1' start rm 'rm -f'; do
			rl run -d --name m --network none box probe orphan >/dev/null
			init=$(run_state m pid)
			kill -KILL "$(run_state m monitor)"
			eventually 1 is_state m exited
			! gone "$init" || fail "the test's init is not stubborn" || return 1
			# shellcheck disable=SC2086 # words are wanted
			rl $command m >/dev/null || fail "rl $command" || return 1
			gone "$init" || fail "init survived rl $command" || return 1
			[ "$command" != start ] || is_state m running
			rl rm -fa -t 0 >/dev/null
			clean
		done
	done
}

@test "processes that share the host's pid namespace end with their container, and nobody else" {
	local init other kid
	rl run -d --name other --pid host --network none box sleep 1000 >/dev/null
	other=$(run_state other pid)
	rl run -d --name m --pid host --network none box probe orphan >/dev/null
	init=$(run_state m pid)
	eventually 2 pgrep -P "$init"
	kid=$(pgrep -P "$init")
	kill -KILL "$(run_state m monitor)"
	eventually 1 is_state m exited
	# as if the number of the namespace had been given to another container since
	python3 - "$RL_RUNROOT/containers/$(rl inspect --format '{{.Id}}' m)/state.json" "$(run_state other userns)" <<-'END'
		import json, sys
		state = json.load(open(sys.argv[1]))
		state["was"] = state["userns"]
		state["userns"] = int(sys.argv[2])
		json.dump(state, open(sys.argv[1], "w"))
	END
	rl start m >/dev/null
	is_state other running
	run ! gone "$other"
	kill -KILL "$kid" 2>/dev/null || :
	init=$(run_state m pid)
	eventually 2 pgrep -P "$init"
	kid=$(pgrep -P "$init")
	kill -KILL "$(run_state m monitor)"
	eventually 1 is_state m exited
	rl rm m >/dev/null
	eventually 2 gone "$init"
	eventually 2 gone "$kid"
	rl rm -f -t 0 other >/dev/null
	clean
}

@test "a killed helper or init is seen" {
	local i slirp init
	for i in $(seq "$(number 20 2)"); do
		rl run -d --name n box sleep 1000 >/dev/null
		init=$(run_state n pid)
		slirp=$(pgrep -P "$(run_state n monitor)" -x slirp4netns)
		kill -KILL "$slirp"
		eventually 2 bash -c "[ -n \"\$(pgrep -P $(run_state n monitor) -x slirp4netns)\" ]"
		is_state n running
		kill -KILL "$init"
		is "$(rl wait n)" 137
		is "$(rl inspect --format '{{.State.Status}} {{.State.ExitCode}}' n)" 'exited 137'
		rl rm n >/dev/null
		clean
	done
}

@test "a killed fuse-overlayfs ends its container with a reason" {
	[ -w /dev/fuse ] || skip "machine: no /dev/fuse"
	local i old=$RL_ROOT
	export RL_ROOT=$T/fuse
	rl --storage-driver fuse_overlayfs import "$RL_T_BOX" box >/dev/null
	for i in $(seq "$(number 20 1)"); do
		rl run -d --name f --network none box sleep 1000 >/dev/null
		kill -KILL "$(pgrep -P "$(run_state f monitor)" -x fuse-overlayfs)"
		is "$(rl wait f)" 137
		like "$(rl inspect --format '{{.State.Error}}' f)" 'file system'
		rl start f >/dev/null
		is_state f running
		kill -KILL "$(run_state f monitor)"
		eventually 1 is_state f exited
		rl rm f >/dev/null
		clean
	done
	rl rmi -a >/dev/null
	remove "$RL_ROOT"
	RL_ROOT=$old
}
