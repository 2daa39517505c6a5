#!/usr/bin/env bats
# the end of a container, and of the machine
load lib
load faults

@test "a container that ignores SIGTERM: 10 to 11.5 s and 137" {
	local i before max=0 min=99999
	for i in $(seq "$(number 10 1)"); do
		rl run -d --name s --network none box probe stubborn >/dev/null
		before=$(now_ms)
		rl stop s >/dev/null
		before=$(($(now_ms) - before))
		[ "$before" -le "$max" ] || max=$before
		[ "$before" -ge "$min" ] || min=$before
		is "$(rl inspect --format '{{.State.ExitCode}}' s)" 137
		rl rm s >/dev/null
	done
	echo "# $min to $max ms" >&3
	[ "$min" -ge 10000 ]
	[ "$max" -le 11500 ]
	clean
}

@test "stopping twice, while it is removed, what has ended, what never ran" {
	local i a b
	for i in $(seq "$(number 50 3)"); do
		rl run -d --name s --network none box probe stubborn >/dev/null
		"$RL" stop -t 1 s >/dev/null 3>&- &
		a=$!
		"$RL" stop -t 1 s >/dev/null 3>&- &
		b=$!
		wait "$a"
		wait "$b"
		is_state s exited
		rl stop s >/dev/null
		rl start s >/dev/null
		"$RL" stop -t 30 s >/dev/null 2>&1 3>&- &
		a=$!
		sleep 0.05
		rl rm -f -t 0 s >/dev/null
		wait "$a" || :
		rl create --name s --network none box true >/dev/null
		rl stop s >/dev/null
		"$RL" start s >/dev/null 2>&1 3>&- &
		a=$!
		rl stop -t 1 s >/dev/null
		wait "$a" || :
		rl rm -f s >/dev/null
		clean
	done
}

@test "a container that is killed just when it ends" {
	local i pid
	for i in $(seq "$(number 200 10)"); do
		rl run -d --name k --network none box sleep "0.0$((i % 10))" >/dev/null
		sleep "0.0$((RANDOM % 10))"
		rl kill k >/dev/null 2>"$T/err" || like "$(cat "$T/err")" 'not running'
		eventually 3 is_state k exited
		rl rm k >/dev/null
	done
	clean
}

@test "rm -f with the host's processes in view, and with a parent that does not reap" {
	local i
	for i in $(seq "$(number 100 3)"); do
		rl run -d --name p --pid host --network none box sh -c 'sleep 1000 & sleep 1000 & wait' >/dev/null
		rl rm -f -t 0 p >/dev/null
		rl run -d --name z --network none box sh -c 'sleep 0 & exec sleep 1000' >/dev/null
		rl rm -f -t 0 z >/dev/null
	done
	clean
	echo "# $i of $i" >&3
}

@test "the machine went down: what ran is exited, also without the runtime directory" {
	local id init
	rl run -d --name up --network none box sleep 1000 >/dev/null
	rl create --name new --network none box true >/dev/null
	init=$(run_state up pid)
	kill -KILL "$(run_state up monitor)"
	eventually 2 gone "$init"
	remove "$RL_RUNROOT"
	is "$(state up) $(state new)" 'exited created'
	is "$(rl inspect --format '{{.State.ExitCode}}' up)" 137
	rl start up >/dev/null
	is_state up running
	rl rm -f -t 0 up new >/dev/null
	clean
}

@test "pids of before a reboot belong to others now" {
	local id pid
	rl run -d --name old --network none box sleep 1000 >/dev/null
	id=$(rl inspect --format '{{.Id}}' old)
	kill -KILL "$(run_state old monitor)"
	eventually 2 is_state old exited
	sleep 1000 3>&- &
	pid=$!
	# the very same pid, start time and namespace, but of another boot
	python3 - "$RL_RUNROOT/containers/$id/state.json" "$pid" <<-'END'
		import json, os, sys
		state = json.load(open(sys.argv[1]))
		pid = sys.argv[2]
		state["pid"] = state["monitor"] = int(pid)
		state["startTime"] = state["monitorStart"] = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[19])
		state["userns"] = os.stat(f"/proc/{pid}/ns/user").st_ino
		state["boot"] = "00000000-0000-0000-0000-000000000000"
		json.dump(state, open(sys.argv[1], "w"))
	END
	is_state old exited
	rl stop -t 0 old >/dev/null
	rl start old >/dev/null
	rl rm -f -t 0 old >/dev/null
	kill -0 "$pid"
	kill "$pid"
	clean
}
