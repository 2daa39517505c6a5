#!/usr/bin/env bats
# who reads a container's output: one that never does holds nothing up, one that follows the log misses nothing
# lanes: user
load lib
load faults

# The container's part: bursts of LINES lines with six digits, each when the test has seen the one before.
# shellcheck disable=SC2016
BURSTS='for i in $(seq "$1"); do
	until [ -e "/go/$i" ]; do sleep 0.01; done
	seq $((100000 + i * $2)) $((100000 + i * $2 + $2 - 1))
done'

# burst I LINES FILE - let it come, and wait until FILE ends with its last line
burst() {
	: >"$T/go/$1"
	eventually 20 ends_with "$3" $((100000 + $1 * $2 + $2 - 1))
}
ends_with() {
	[ "$(tail -n 1 "$1")" = "$2" ]
}
expected() { # BURSTS LINES
	seq $((100000 + $2)) $((100000 + $1 * $2 + $2 - 1))
}

setup() {
	mkdir -p "$T/go"
}
teardown() {
	t_clean
	rm -rf "$T/go"
}

@test "an attached client that never reads holds up neither the container nor other readers, nor fills the monitor" {
	local run stopped watcher i hwm monitor n=20 many=10000
	"$RL" run --name c --network none --log-driver none -v "$T/go:/go" box sh -c "$BURSTS
		until [ -e /go/flood ]; do sleep 0.01; done
		dd if=/dev/zero bs=64k count=1024 2>/dev/null
		until [ -e /go/end ]; do sleep 0.01; done" sh $n $many >"$T/run" &
	run=$!
	eventually 10 is_state c running
	"$RL" attach --no-stdin c >"$T/stopped" 2>&1 &
	stopped=$!
	"$RL" attach --no-stdin c >"$T/watcher" 2>&1 &
	watcher=$!
	monitor=$(run_state c monitor)
	burst 1 $many "$T/watcher"
	eventually 10 ends_with "$T/stopped" "$(tail -n 1 "$T/watcher")"
	kill -STOP $stopped
	# 70 kB each, so that who reads never has more waiting than the monitor keeps for him; together more than for one who does not
	for i in $(seq 2 $n); do
		burst "$i" $many "$T/watcher"
	done
	is "$(sha256sum <"$T/watcher")" "$(expected $n $many | sha256sum)"
	# 64 MiB as fast as they go, to the one reader that the container waits for
	: >"$T/go/flood"
	eventually 30 has_size "$T/run" $((n * many * 7 + 67108864))
	hwm=$(sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' "/proc/$monitor/status")
	echo "# the monitor had at most $hwm kB" >&3
	[ "$hwm" -lt 32768 ]
	# continued while there is still somebody who tells it, it learns what happened
	kill -CONT $stopped
	: >"$T/go/end"
	wait $run
	is "$(sha256sum <"$T/run")" "$({ expected $n $many; head -c 67108864 /dev/zero; } | sha256sum)"
	is_state c exited
	wait $stopped || :
	wait $watcher || :
	grep -q 'reads too slowly' "$T/stopped"
}
has_size() {
	[ "$(stat -c %s "$1")" -ge "$2" ]
}

@test "logs -f misses nothing across rotations while the container writes" {
	local format follower i n lines
	n=$(number 500 20)
	for format in k8s-file json-file; do
		# each burst is almost as much as both files hold: the log is rotated twice while it comes
		lines=1100
		[ $format = k8s-file ] || lines=750
		rl run -d --name c --network none --log-driver $format --log-opt max-size=64k -v "$T/go:/go" box sh -c "$BURSTS" sh "$n" $lines >/dev/null
		"$RL" logs -f c >"$T/log" &
		follower=$!
		for i in $(seq "$n"); do
			burst "$i" $lines "$T/log"
		done
		is "$(rl wait c)" 0
		wait $follower
		is "$(sha256sum <"$T/log")" "$(expected "$n" $lines | sha256sum)"
		# so it was: what is on the disk now is the end only
		is "$(rl logs c | tail -n 1)" "$(tail -n 1 "$T/log")"
		[ "$(rl logs c | head -n 1)" -gt $((100000 + (n - 1) * lines)) ]
		rl rm c >/dev/null
		rm "$T"/go/*
	done
}

@test "info: where events and volumes are, and that nobody listens" {
	is "$(rl info --format '{{.Host.EventLogger}} {{.Host.RemoteSocket.Exists}} {{.Store.VolumePath}}')" "file false $RL_ROOT/volumes"
}
