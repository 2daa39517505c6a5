#!/usr/bin/env bats
# health checks, many of them: nothing is left behind, and the monitor does not grow
# lanes: user root
load lib

# private KIB of a process
private() {
	awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}
monitor_of() {
	rl inspect --format '{{.State.ConmonPid}}' "$1"
}
count() {
	rl exec c sh -c 'wc -c </count' 2>/dev/null || echo 0
}
more_than() {
	[ "$(count)" -ge "$1" ]
}

@test "very many checks of one container leave no process, no descriptor and no memory" {
	local monitor fds before after
	rl run -d --name c --network none --health-interval 20ms --health-cmd 'printf x >>/count; seq 1 2000; sleep 0 & true' box sleep 1000 >/dev/null
	monitor=$(monitor_of c)
	eventually 30 more_than 20
	fds=$(ls "/proc/$monitor/fd" | wc -l)
	rl update --health-interval disable c >/dev/null
	sleep 2
	before=$(private "$monitor")
	rl update --health-interval 20ms c >/dev/null
	eventually 120 more_than "$(number 10000 500)"
	rl update --health-interval disable c >/dev/null
	sleep 2
	# what is free is given back when nothing has happened for a while
	as_small() {
		after=$(private "$monitor")
		[ "$after" -le $((before + 32)) ]
	}
	eventually 10 as_small
	echo "checks: $(count), private KiB: $before, then $after" >&3
	is "$(ls "/proc/$monitor/fd" | wc -l)" "$fds"
	is "$(pgrep -P "$monitor" | wc -l)" 1
	is "$(rl ps --format '{{.HealthStatus}}')" healthy
	# the container's own init reaps what a check leaves; none of the checks themselves is left
	is "$(rl top c args | grep -c 'printf x')" 0
}

@test "an idle monitor with a check every 30 s is as small as one without" {
	local with without
	rl run -d --name a --network none box sleep 1000 >/dev/null
	rl run -d --name b --network none --health-interval 30s --health-cmd true box sleep 1000 >/dev/null
	is_well() { [ "$(rl inspect --format '{{.State.Health.Status}}' b)" = healthy ]; }
	eventually 10 is_well
	small() {
		without=$(private "$(monitor_of a)")
		with=$(private "$(monitor_of b)")
		[ "$with" -le $((without + 64)) ] && [ "$with" -le 716 ]
	}
	eventually 10 small
	echo "private KiB: $without without, $with with a check" >&3
}

@test "many short containers with checks leave nothing" {
	local i n pid pids=()
	n=$(number 1000 50)
	for ((i = 0; i < n; i++)); do
		# ten at a time
		((i < 10)) || wait "${pids[i - 10]}"
		rl run --rm --network none --health-interval 1ms --health-cmd 'echo x; sleep 0.0'"$((i % 5))" box sleep "0.0$((i % 10))" &
		pids+=($!)
	done
	for pid in "${pids[@]: -10}"; do wait "$pid"; done
	is "$(rl ps -aq)" ""
	eventually 5 nothing_left
}
nothing_left() {
	[ -z "$(find "$RL_ROOT/containers" "$RL_ROOT/names" "$RL_RUNROOT/containers" -mindepth 1 2>/dev/null)" ]
}
