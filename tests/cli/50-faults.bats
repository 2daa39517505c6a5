#!/usr/bin/env bats
# faults while containers run: killed commands, monitors and helpers
load lib

monitor_of() {
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["monitor"])' \
		"$RL_RUNROOT/containers/$(rl inspect --format '{{.Id}}' "$1")/state.json"
}

@test "a killed CLI loses nothing" {
	local round step pid steps=0
	for round in $(seq "$(number 10 1)"); do
		for step in $(seq 0 "$(number 10 25)" 500); do
			setsid "$RL" run --name victim --network none box sleep 0.05 >/dev/null 2>&1 &
			pid=$!
			sleep "$(printf '0.%03d' "$step")"
			kill -KILL $pid 2>/dev/null || :
			wait $pid 2>/dev/null || :
			rl rm -f -t 0 victim >/dev/null 2>&1 || rl rm -fa -t 0 >/dev/null
			rl create --name victim box true >/dev/null
			rl rm victim >/dev/null
			steps=$((steps + 1))
		done
	done
	rl rm -fa -t 0 >/dev/null
	is "$(ls -A "$RL_ROOT/containers" "$RL_ROOT/names" "$RL_RUNROOT/containers" | grep -v ':$' | tr -d '\n')" ''
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "a killed monitor leaves a definite state within a second" {
	local i monitor init
	for i in $(seq "$(number 100 5)"); do
		rl run -d --name m --network none box sleep 1000 >/dev/null
		monitor=$(monitor_of m)
		init=$(rl inspect --format '{{.State.Pid}}' m)
		kill -KILL "$monitor"
		eventually 1 is_state m exited
		eventually 1 ended "$init"
		is "$(rl inspect --format '{{.State.ExitCode}}' m)" 137
		rl start m >/dev/null
		is "$(state m)" running
		rl rm -f -t 0 m >/dev/null
	done
}

@test "a monitor killed while its container stops" {
	local i
	for i in $(seq "$(number 100 3)"); do
		rl run -d --name m --network none box probe stubborn >/dev/null
		rl stop -t 2 m >/dev/null 2>&1 &
		sleep 0.1
		kill -KILL "$(monitor_of m)"
		wait $! || :
		eventually 1 is_state m exited
		rl rm m >/dev/null
	done
}

@test "a killed init: 137" {
	rl run -d --name m --network none box sleep 1000 >/dev/null
	kill -KILL "$(rl inspect --format '{{.State.Pid}}' m)"
	is "$(rl wait m)" 137
	is "$(state m)" exited
	rl rm m
}

@test "a lost slirp4netns: the container can still be stopped and removed" {
	local slirp
	rl run -d --name n box sleep 1000 >/dev/null
	slirp=$(pgrep -n -u "$(id -u)" slirp4netns)
	kill -KILL "$slirp"
	sleep 0.2
	rl stop -t 0 n >/dev/null
	rl rm n
}

@test "a lost fuse-overlayfs: the container can still be removed" {
	[ -w /dev/fuse ] || skip "machine: no /dev/fuse"
	local pid
	rl --root "$T/f" --storage-driver fuse_overlayfs import "$RL_T_BOX" box >/dev/null
	rl --root "$T/f" run -d --name f --network none box sleep 1000 >/dev/null
	pid=$(pgrep -n -u "$(id -u)" fuse-overlayfs)
	kill -KILL "$pid"
	rl --root "$T/f" rm -f -t 0 f >/dev/null
	rl --root "$T/f" rmi -a >/dev/null
	remove "$T/f"
}

@test "killed while removing: a second rm finishes" {
	local i pid
	for i in $(seq "$(number 50 8)"); do
		rl create --name r --network none box true >/dev/null
		"$RL" rm r >/dev/null 2>&1 &
		pid=$!
		sleep "0.00$((i % 10))"
		kill -KILL $pid 2>/dev/null || :
		wait $pid 2>/dev/null || :
		rl rm -f r >/dev/null
		is "$(rl ps -aq)" ''
	done
	# the next removal takes along what a killed one has left in the runtime directory
	rl create --name last --network none box true >/dev/null
	rl rm last >/dev/null
	is "$(ls -A "$RL_RUNROOT/containers")" ''
}

@test "an import killed at any moment leaves no half image" {
	local i pid
	for i in $(seq 0 "$(number 2 20)" 200); do
		"$RL" import "$RL_T_BOX" torn >/dev/null 2>&1 &
		pid=$!
		sleep "$(printf '0.%03d' "$i")"
		kill -KILL $pid 2>/dev/null || :
		wait $pid 2>/dev/null || :
	done
	rl import "$RL_T_BOX" torn >/dev/null
	is "$(box torn cat /srv/index.html)" 'hello from rl'
	eventually 5 bash -c "[ -z \"\$(ls -A '$RL_ROOT/tmp')\" ]"
	rl rmi torn
}

@test "the runtime directory is gone, as after a reboot" {
	rl create --name b --network none box echo hello >/dev/null
	rl run --name b2 --network none box true
	remove "$RL_RUNROOT"
	is "$(state b) $(state b2)" 'created exited'
	is "$(rl start -a b)" hello
	rl rm b b2 >/dev/null
}

@test "the runtime directory is left over from before a reboot" {
	rl run -d --name b --network none box sleep 1000 >/dev/null
	cp -a "$RL_RUNROOT" "$T/old"
	rl rm -f -t 0 b >/dev/null
	rl create --name b --network none box true >/dev/null
	local id
	id=$(rl inspect --format '{{.Id}}' b)
	mkdir -p "$RL_RUNROOT/containers/$id"
	cp "$T"/old/containers/*/state.json "$RL_RUNROOT/containers/$id/"
	is "$(state b)" exited
	rl start b >/dev/null
	rl rm -f -t 0 b >/dev/null
	rm -rf "$T/old"
}

@test "many short runs leave nothing" {
	local before i
	before=$(find "$RL_ROOT" "$RL_RUNROOT" | wc -l)
	for i in $(seq "$(number 10000 40)"); do
		"$RL" run --rm --network none box true
	done
	rl ps -a >/dev/null
	# the last monitor removes its files behind the report
	eventually 5 bash -c "[ \$(find '$RL_ROOT' '$RL_RUNROOT' | wc -l) -le $((before + 2)) ]"
}
