#!/usr/bin/env bats
# restart policies, restart, update --restart, what starts at boot
# lanes: user root
# drivers: fuse_overlayfs
load lib

# up NAME [ARG...] -- COMMAND - detached, without a network
up() {
	local name=$1 args=()
	shift
	while [ "$1" != -- ]; do args+=("$1"); shift; done
	shift
	rl run -d --name "$name" --network none "${args[@]}" box sh -c "$1" >/dev/null
}
show() {
	rl inspect --format "{{.$2}}" "$1"
}
state_is() {
	[ "$(show "$1" State.Status)" = "$2" ]
}
# has_run NAME N - its command was started N times
has_run() {
	[ "$(rl logs "$1" | grep -c '^run$')" -ge "$2" ]
}
count_is() {
	is "$(show "$1" RestartCount)" "$2"
}
monitor_of() {
	rl inspect --format '{{.State.ConmonPid}}' "$1"
}
# run_dir NAME - its runtime directory
run_dir() {
	echo "$RL_RUNROOT/containers/$(show "$1" Id)"
}
# in_long_pause NAME - it has failed so often that it now waits for 6.4 s at least
in_long_pause() {
	eventually 30 count_above "$1" 6 && eventually 5 state_is "$1" restarting
}
# count_above NAME N
count_above() {
	[ "$(show "$1" RestartCount)" -gt "$2" ]
}
# a command that is told by a file in its own writable layer how often it was started
NTH='echo run; n=$(cat /n 2>/dev/null || echo 0); n=$((n + 1)); echo $n >/n;'

@test "on-failure starts it again until it succeeds, and counts" {
	up c --restart on-failure -- "$NTH [ \$n -ge 4 ] || exit 3"
	eventually 10 state_is c exited
	is "$(rl logs c | grep -c '^run$')" 4
	count_is c 3
	is "$(show c State.ExitCode)" 0
	is "$(show c HostConfig.RestartPolicy.Name) $(show c HostConfig.RestartPolicy.MaximumRetryCount)" "on-failure 0"
}

@test "on-failure:N gives up after N restarts; a start by hand counts anew" {
	up c --restart on-failure:2 -- 'echo run; exit 3'
	eventually 10 state_is c exited
	is "$(rl logs c | grep -c '^run$')" 3
	count_is c 2
	is "$(show c State.ExitCode) $(show c HostConfig.RestartPolicy.MaximumRetryCount)" "3 2"
	rl start c
	eventually 10 has_run c 6
	eventually 10 state_is c exited
	is "$(rl logs c | grep -c '^run$')" 6
	count_is c 2
}

@test "always starts it again also after success, with growing pauses; between the runs it is restarting" {
	local times
	up c --restart always -- 'echo run'
	eventually 10 has_run c 4
	# 100, 200 and 400 ms lie between the first four; the upper bounds are for a busy machine
	times=$(rl logs -t c | head -4 | python3 -c '
import sys, datetime
t = [datetime.datetime.fromisoformat(l.split()[0].replace("Z", "+00:00")[:26] + "+00:00") for l in sys.stdin]
d = [(b - a).total_seconds() for a, b in zip(t, t[1:])]
print(d[0] >= 0.1 and d[1] >= 0.2 and d[2] >= 0.4 and d[0] < d[2] + 2)')
	is "$times" True
	in_long_pause c
	is "$(show c State.Restarting) $(show c State.Running) $(show c State.Pid)" "true false 0"
	like "$(rl ps --format '{{.Status}}')" '^Restarting \(0\) .* ago$'
	is "$(rl ps -q --filter status=restarting | wc -l)" 1
	is "$(rl ps -a --filter restart-policy=always --format '{{.Names}}')" c
	is "$(rl ps -aq --filter restart-policy=no)" ""
	exits 2 rl rm c
	like "$stderr" restarting
	rl rm -f c
}

ports() {
	rl inspect --format '{{json .NetworkSettings.Ports}}' "$1"
}

@test "the monitor, the log and its bound, and the chosen ports stay the same over restarts" {
	local m port
	rl run -d --name c --restart always -p 127.0.0.1::80 --log-opt max-size=400k box \
		sh -c 'yes "a line of some length to fill the log" | head -n 2000; sleep 0.2; exit 1' >/dev/null
	m=$(monitor_of c)
	port=$(ports c)
	like "$port" '"HostPort":"[0-9]+"'
	eventually 20 count_above c 3
	is "$(monitor_of c)" "$m"
	ports_are() { [ "$(ports c)" = "$port" ]; }
	eventually 10 ports_are
	[ "$(cat "$RL_ROOT/containers/$(show c Id)"/ctr.log* | wc -c)" -le 409600 ]
	rl rm -f -t 0 c
}

@test "stop is final: while it runs, between two runs, and with a container that ignores it" {
	up a --restart always -- 'trap "exit 7" TERM; echo run; while :; do sleep 0.05; done'
	up b --restart always -- 'echo run; exit 1'
	eventually 5 has_run a 1
	in_long_pause b
	rl stop -t 5 a b
	is "$(show a State.Status) $(show a State.ExitCode) $(show a State.StoppedByUser)" "exited 7 true"
	is "$(show b State.Status) $(show b State.ExitCode) $(show b State.StoppedByUser)" "exited 1 true"
	sleep 0.5
	is "$(rl ps -q)" ""
	is "$(rl logs a | grep -c run)" 1
	# what was stopped by hand can be started by hand, and then is watched as before
	rl start a
	eventually 5 has_run a 2
	is "$(show a State.StoppedByUser)" false
}

@test "kill with a signal that ends it is final, too; others are not a wish to end it" {
	up a --restart always -- 'echo run; sleep 100'
	up b --restart always -- 'trap "echo hup; exit 9" HUP; echo run; while :; do sleep 0.05; done'
	up c --restart always -- 'echo run; exit 1'
	eventually 5 has_run a 1
	eventually 5 has_run b 1
	rl kill a
	eventually 5 state_is a exited
	is "$(show a State.ExitCode) $(show a State.StoppedByUser)" "137 true"
	rl kill -s HUP b
	eventually 5 has_run b 2
	count_is b 1
	in_long_pause c
	refused 'waits to be started again' rl kill -s USR1 c
	rl kill c
	eventually 5 state_is c exited
	is "$(rl logs a | grep -c run)" 1
}

@test "clients learn each end; wait and start in the pause between two runs" {
	exits 4 timeout 20 "$RL" run --name c --network none --restart always box sh -c 'echo out; exit 4'
	is "$output" out
	up d --restart always -- 'exit 5'
	in_long_pause c
	in_long_pause d
	# start ends the pause
	local before=$SECONDS
	is "$(rl start d)" d
	exits 4 timeout 20 "$RL" start -a c
	is "$output" out
	[ $((SECONDS - before)) -le 5 ] || fail "start waited for the pause"
	is "$(timeout 20 "$RL" wait d)" 5
}

@test "restart: running, created, ended and waiting ones; by its options; its signal and time" {
	local m id
	rl create --name new --network none box sh -c 'echo run; sleep 100' >/dev/null
	up run -- 'trap "echo int; exit 0" INT; echo run; while :; do sleep 0.05; done'
	up over -- 'echo run'
	up fail --restart always -- "$NTH exit 1"
	eventually 5 has_run run 1
	eventually 5 state_is over exited
	m=$(monitor_of run) id=$(show run Id)
	is "$(rl restart -s INT run)" run
	eventually 5 has_run run 2
	is "$(rl logs run | sed -n 2p)" int
	is "$(monitor_of run)" "$m"
	count_is run 0
	is "$(rl restart new over | xargs)" "new over"
	eventually 5 has_run new 1
	eventually 5 has_run over 2
	eventually 10 count_above fail 3
	rl restart fail
	[ "$(show fail RestartCount)" -lt 3 ] || fail "a restart by hand did not begin anew"
	rl rm -f fail >/dev/null
	echo "$id" >"$T/cid"
	is "$(rl restart -t 0 --cidfile "$T/cid")" "$id"
	eventually 5 has_run run 3
	is "$(rl restart -t 0 -l)" "$(show over Id)"
	is "$(rl restart -t 0 --running | wc -l)" 2
	is "$(rl restart -t 0 --filter name=run)" "$id"
	is "$(rl container restart --timeout 0 --all | wc -l)" 3
	refused 'no container' rl restart
	refused 'not a signal' rl restart -s NONE run
	refused 'no such container' rl restart nobody
}

@test "restart of a paused container, of one with --rm, and a stop that comes meanwhile" {
	up a -- 'echo run; sleep 100'
	rl pause a
	rl restart -t 1 a
	is "$(show a State.Status)" running
	up b --rm -- 'trap : TERM; echo run; while :; do sleep 0.05; done'
	eventually 5 has_run b 1
	rl restart -t 0 b
	eventually 5 has_run b 2
	rl restart -t 60 b 2>"$T/err" &
	eventually 5 state_is b stopping
	rl stop -t 0 b
	wait $! && return 1
	like "$(cat "$T/err")" 'being stopped'
	no_container b
}

@test "update --restart: of what runs, what waits and what has ended" {
	# its first run lasts until it is told to end
	up a -- 'echo run; [ -e /told ] || { touch /told; sleep 100; }; exit 1'
	eventually 5 has_run a 1
	is "$(rl update --restart always a)" "$(show a Id)"
	is "$(show a HostConfig.RestartPolicy.Name)" always
	# its end may come before that of the command
	rl exec a killall -9 sleep || [ $? = 137 ]
	eventually 10 has_run a 2
	eventually 20 count_above a 4
	eventually 5 state_is a restarting
	rl container update --restart no a
	eventually 1 state_is a exited
	is "$(show a HostConfig.RestartPolicy.Name)" no
	rl update --restart on-failure:1 a
	is "$(show a HostConfig.RestartPolicy.Name) $(show a HostConfig.RestartPolicy.MaximumRetryCount)" "on-failure 1"
	refused_with_hint 'not a restart policy' rl update --restart sometimes a
	# nothing is to change
	is "$(rl update a)" "$(show a Id)"
	is "$(show a HostConfig.RestartPolicy.Name) $(show a HostConfig.RestartPolicy.MaximumRetryCount)" "on-failure 1"
	refused_with_hint "no such container" rl update nope
	rl create --name r --rm box true >/dev/null
	refused_with_hint 'removed when it ends' rl update --restart always r
	refused 'unknown option' rl update --memory-swappiness 1 a
}

@test "a start that fails between two runs counts as an end, and is tried again" {
	mkdir -p "$T/src"
	up c -v "$T/src:/src" --restart on-failure:9 -- 'echo run; sleep 0.5; exit 1'
	eventually 5 has_run c 1
	rmdir "$T/src"
	eventually 10 count_above c 2
	like "$(show c State.ExitCode) $(show c State.Error)" '^125 .*src'
	mkdir "$T/src"
	eventually 20 has_run c 2
}

@test "a monitor that is killed leaves a definite state: running, waiting, starting" {
	local m
	up a --restart always -- 'echo run; sleep 100'
	m=$(monitor_of a)
	kill -9 "$m"
	eventually 1 state_is a exited
	is "$(show a State.ExitCode)" 137
	up b --restart always -- 'echo run; exit 3'
	m=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["monitor"])' "$(run_dir b)/state.json")
	in_long_pause b
	kill -9 "$m"
	eventually 1 state_is b exited
	is "$(show b State.ExitCode) $(rl ps -a --filter name=b --format '{{.State}}')" "3 exited"
	for i in 1 2 3 4 5 6; do
		up "c$i" --restart always -- 'exit 1'
		m=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["monitor"])' "$(run_dir "c$i")/state.json")
		# about when the first pause is over
		sleep "0.1$i"
		kill -9 "$m"
		eventually 1 state_is "c$i" exited
	done
	rl start b
	eventually 5 has_run b 6
	rl rm -f -t 0 b >/dev/null
}

@test "after a boot: what is to run is started by one command, whatever is left of the runtime directory" {
	local i
	up always --restart always -- 'echo run; sleep 100'
	up unless --restart unless-stopped -- 'echo run; sleep 100'
	up stopped --restart unless-stopped -- 'echo run; sleep 100'
	up ending --restart unless-stopped -- 'echo run; sleep 100'
	up failing --restart on-failure -- 'echo run; sleep 100'
	up plain -- 'echo run; sleep 100'
	rl stop -t 0 always stopped >/dev/null
	rl stop -t 0 --until-boot ending >/dev/null
	is "$(rl ps -a --filter should-start-on-boot=true --format '{{.Names}}' | sort | xargs)" "always ending unless"
	is "$(rl ps -a --filter should-start-on-boot=false --format '{{.Names}}' | sort | xargs)" "failing plain stopped"
	cp -r "$RL_RUNROOT" "$T/kept"
	for i in kept gone; do
		# the machine goes down: every process is gone at once
		for c in unless failing plain; do
			is_live "$c" || continue
			kill -9 "$(monitor_of "$c")"
		done
		for c in always ending; do
			is_live "$c" || continue
			rl stop -t 0 --until-boot "$c" >/dev/null
		done
		rl ps -aq >/dev/null
		find "$RL_RUNROOT" -mindepth 1 -delete
		if [ $i = kept ]; then
			cp -r "$T/kept/." "$RL_RUNROOT/"
			# of another boot
			find "$RL_RUNROOT" -name state.json -exec sed -i 's/"boot": *"[^"]*"/"boot":"0"/' {} +
		fi
		is "$(rl ps -q)" ""
		is "$(rl start --all --filter should-start-on-boot=true | wc -l)" 3
		is "$(rl ps --format '{{.Names}}' | sort | xargs)" "always ending unless"
		is "$(show stopped State.Status) $(show plain State.Status)" "exited exited"
	done
}
is_live() {
	rl ps --format '{{.Names}}' | grep -qx "$1"
}
