#!/usr/bin/env bats
# pause, unpause, and what stands still meanwhile; commit --pause
# lanes: user root
load lib
load faults

# count NAME [ARG...] - a container that counts in its output; its init is the shell
COUNT='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done'
count() {
	local name=$1
	shift
	rl run -d --name "$name" --network none "$@" box sh -c "$COUNT" >/dev/null
	eventually 5 counts "$name" 0
}
last() {
	rl logs --tail 1 "$1"
}
# counts NAME N - whether it has come beyond N
counts() {
	[ "$(last "$1")" -gt "$2" ]
}
# still NAME - its output does not grow
still() {
	local before
	sleep 0.1
	before=$(rl logs "$1" | wc -l)
	sleep "${2:-0.5}"
	is "$(rl logs "$1" | wc -l)" "$before"
}
# look NAME numbers|states - the host's numbers of its processes that live, or the states that these are in, each once
look() {
	python3 - "$(rl inspect --format '{{.State.Pid}}' "$1")" "$2" <<-'END'
		import os, sys
		def ns(pid): return os.stat(f"/proc/{pid}/ns/user").st_ino
		own, numbers, states = ns(sys.argv[1]), [], set()
		for pid in filter(str.isdigit, os.listdir("/proc")):
		    try:
		        if ns(pid) == own:
		            for task in os.listdir(f"/proc/{pid}/task"):
		                state = open(f"/proc/{pid}/task/{task}/stat").read().rsplit(")", 1)[1].split()[0]
		                if state not in "ZX":
		                    numbers.append(task)
		                    states.add(state)
		    except OSError:
		        pass
		print(*(numbers if sys.argv[2] == "numbers" else sorted(states)))
	END
}
states() {
	look "$1" states
}
members() {
	look "$1" numbers
}

@test "pause, unpause: it stops counting and goes on; what shows it" {
	local n
	count c
	is "$(rl pause c)" c
	is_state c paused
	still c
	is "$(states c)" T
	is "$(rl inspect --format '{{.State.Paused}} {{.State.Running}} {{.State.Status}}' c)" 'true false paused'
	is "$(rl ps --filter status=paused --format '{{.Names}} {{.Status}} {{.State}}')" 'c Paused paused'
	is "$(rl ps -a --filter status=running -q)" ''
	is "$(rl info --format '{{.Store.ContainerStore.Paused}} {{.Store.ContainerStore.Running}}')" '1 0'
	is "$(rl wait --condition paused c)" -1
	n=$(last c)
	is "$(rl unpause c)" c
	is_state c running
	is "$(rl inspect --format '{{.State.Paused}}' c)" false
	eventually 5 counts c "$n"
	unlike "$(states c)" T
	is "$(rl container pause c)" c
	is "$(rl container unpause c)" c
	eventually 5 counts c "$((n + 10))"
}

@test "what is refused, each with a hint" {
	count c
	refused_with_hint 'container c: it is not paused' rl unpause c
	rl pause c >/dev/null
	refused_with_hint 'already paused' rl pause c
	refused_with_hint 'can only create exec sessions on running containers' rl exec c true
	refused_with_hint 'c is paused' rl start c
	refused_with_hint 'c is paused' rl start --attach c
	exits 2 rl rm c
	like "$stderr" 'c is paused'
	refused_with_hint 'SIGCONT' rl kill -s CONT c
	still c 0.2
	rl unpause c >/dev/null
	is "$(rl exec c echo in)" in
	rl create --name made box true >/dev/null
	refused_with_hint 'made is not running \(created\)' rl pause made
	refused_with_hint 'made is not running \(created\)' rl unpause made
	rl run --name over --network none box true
	refused_with_hint 'over is not running \(exited\)' rl pause over
	refused_with_hint 'over is not running \(exited\)' rl unpause over
	refused 'nosuch' rl pause nosuch
	refused 'no container' rl pause
	refused 'exclude' rl pause --all c
}

@test "--all, --filter, --latest, --cidfile" {
	count a -l which=one
	count b
	rl create --name made box true >/dev/null
	rl run -d --name c --cidfile "$T/cid" --network none box sleep 1000 >/dev/null
	is "$(rl pause --all | wc -l)" 3
	is "$(state a) $(state b) $(state c) $(state made)" 'paused paused paused created'
	is "$(rl unpause --all | wc -l)" 3
	is "$(rl pause --all | wc -l)" 3
	rl unpause --filter label=which=one >/dev/null
	rl unpause --cidfile "$T/cid" >/dev/null
	is "$(state a) $(state b) $(state c)" 'running paused running'
	rl pause --latest >/dev/null
	rl pause --filter name=a >/dev/null
	is "$(state a) $(state b) $(state c)" 'paused paused paused'
	rl unpause --latest >/dev/null
	is "$(state a) $(state b) $(state c)" 'paused paused running'
}

@test "a hundred processes that fork all the time, and a process that was added" {
	local n ms
	# shellcheck disable=SC2016 # for the shell inside
	rl run -d --name f --network none box sh -c '
		for i in $(seq 100); do (while :; do (:); (: & :); sleep 0.5; done) & done; : >/all; wait' >/dev/null
	rl exec -d f sh -c "$COUNT >/n"
	eventually 40 rl exec f test -s /n -a -e /all
	ms=$(now_ms)
	rl pause f >/dev/null
	ms=$(($(now_ms) - ms))
	# a zombie may wait for its parent, which stands still
	like "$(states f)" '^T$'
	n=$(members f)
	sleep 0.5
	is "$(members f)" "$n"
	like "$(states f)" '^T$'
	[ "$(wc -w <<<"$n")" -gt 101 ]
	echo "# $(wc -w <<<"$n") processes in $ms ms" >&3
	rl unpause f >/dev/null
	eventually 5 bash -c '! grep -q "^State:.T" /proc/'"$(rl inspect --format '{{.State.Pid}}' f)"/status
	n=$(rl exec f tail -n 1 /n)
	eventually 5 bash -c "[ \"\$('$RL' exec f tail -n 1 /n)\" -gt $n ]"
	rl pause f >/dev/null
	ms=$(now_ms)
	rl rm -f f >/dev/null
	[ $(($(now_ms) - ms)) -lt 5000 ]
}

@test "what the container has stopped itself stays stopped" {
	local n
	rl run -d --name s --network none box sh -c "(sh -c 'kill -STOP \$\$; : >/woken; sleep 1000') & $COUNT" >/dev/null
	eventually 5 counts s 3
	like "$(states s)" 'T'
	rl pause s >/dev/null
	is "$(states s)" T
	n=$(last s)
	rl unpause s >/dev/null
	eventually 5 counts s "$n"
	exits 1 rl exec s test -e /woken
	like "$(states s)" T
	rl exec s sh -c 'for p in /proc/[0-9]*; do grep -q "^State:.T" $p/status && kill -CONT ${p#/proc/}; done; :'
	eventually 5 rl exec s test -e /woken
}

@test "a shell with job control does not notice" {
	local i
	rl run -dit --name j --network none box sh -c 'set -m; sleep 1000 & sh -c "echo ready; while ! [ -e /go ]; do sleep 0.01; done; echo foreground over"; jobs; echo end; exec sleep 1000' >/dev/null
	eventually 5 bash -c '"$RL" logs j | grep -q ready'
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rl pause j >/dev/null
		is "$(states j)" T
		rl unpause j >/dev/null
	done
	is_state j running
	rl exec j touch /go
	eventually 5 bash -c '"$RL" logs j | grep -q "^end"'
	like "$(rl logs j)" 'foreground over'
	like "$(rl logs j)" 'Running'
	unlike "$(rl logs j)" 'Stopped'
}

@test "a process of several threads, one in a PID namespace below, one of another user" {
	rl run -d --name n --privileged --network none box sh -c "
		unshare -p -f sh -c 'while :; do sleep 0.01; done' & wait" >/dev/null
	rl exec -d -u app n sleep 1000
	eventually 5 bash -c "[ \$('$RL' exec n ps | grep -c 'sleep\|sh -c') -ge 4 ]"
	rl pause n >/dev/null
	is "$(states n)" T
	rl unpause n >/dev/null
	unlike "$(states n)" T
}

@test "shared PID namespaces: only its own processes stand still" {
	local n
	count host --pid host
	count other
	count guest --pid container:other
	rl pause host >/dev/null
	still host
	n=$(last guest)
	rl pause other >/dev/null
	still other
	eventually 5 counts guest "$n"
	rl unpause other host >/dev/null
	rl pause guest >/dev/null
	still guest
	n=$(last other)
	eventually 5 counts other "$n"
	n=$(last host)
	eventually 5 counts host "$n"
	rl unpause guest >/dev/null
	rl run -d --name both --pid host --userns host --network none box sleep 1000 >/dev/null
	refused_with_hint 'told from others' rl pause both
	is_state both running
}

@test "attach and logs work, a signal waits until it goes on" {
	rl run -d --name p --network none box probe signals >/dev/null
	eventually 5 bash -c '"$RL" logs p | grep -q ready'
	"$RL" attach p >"$T/out" 2>&1 3>&- &
	local client=$!
	rl pause p >/dev/null
	rl kill -s USR1 p >/dev/null
	# sent on by the client that is attached
	sleep 0.2
	kill -HUP "$client"
	sleep 0.3
	is "$(rl logs p)" ready
	rl unpause p >/dev/null
	eventually 5 bash -c "grep -q 'signal 1\$' '$T/out' || grep -q 'signal 10\$' '$T/out'"
	is_state p running
	rl pause p >/dev/null
	rl kill p >/dev/null
	wait "$client" || is "$?" 137
	is "$(rl wait p)" 137
	is_state p exited
}

@test "stop of a paused container: the signal counts, and the time" {
	local ms
	rl run -d --name p --network none --stop-signal USR2 box probe signals >/dev/null
	eventually 5 bash -c '"$RL" logs p | grep -q ready'
	rl pause p >/dev/null
	ms=$(now_ms)
	rl stop p >/dev/null
	[ $(($(now_ms) - ms)) -lt 3000 ]
	is "$(rl inspect --format '{{.State.ExitCode}} {{.State.Paused}}' p)" '7 false'
	rl run -d --name q --network none box probe stubborn >/dev/null
	rl pause q >/dev/null
	ms=$(now_ms)
	rl stop -t 1 q >/dev/null
	ms=$(($(now_ms) - ms))
	[ "$ms" -ge 1000 ] && [ "$ms" -lt 3000 ] || fail "$ms ms"
	is "$(rl wait q)" 137
	rl start q >/dev/null
	is_state q running
	rl pause q >/dev/null
	rl stop -t 0 q >/dev/null
	is_state q exited
}

@test "a paused container whose monitor is killed: a definite state, and stop, start, rm" {
	local i init before max=0
	for i in $(seq "$(number 100 4)"); do
		count m
		rl pause m >/dev/null
		init=$(run_state m pid)
		kill -KILL "$(run_state m monitor)"
		eventually 1 is_state m exited
		eventually 1 gone "$init"
		is "$(rl inspect --format '{{.State.ExitCode}} {{.State.Paused}}' m)" '137 false'
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
	[ "$max" -lt 12000 ]
	echo "# $i of $i, the slowest took $max ms" >&3
}

@test "an init that outlives its monitor while it is paused is ended by the next command" {
	local init
	rl run -d --name m --network none box probe orphan >/dev/null
	rl pause m >/dev/null
	init=$(run_state m pid)
	kill -KILL "$(run_state m monitor)"
	eventually 1 is_state m exited
	run ! gone "$init"
	rl rm m >/dev/null
	gone "$init"
	clean
}

@test "rm -f of a paused container, also with the host's processes in view" {
	local i ms max=0
	for i in $(seq "$(number 100 5)"); do
		count p
		count h --pid host
		rl pause p h >/dev/null
		ms=$(now_ms)
		rl rm -f -t 0 p h >/dev/null
		ms=$(($(now_ms) - ms))
		[ "$ms" -le "$max" ] || max=$ms
		clean
	done
	[ "$max" -lt 5000 ]
	echo "# $i of $i, the slowest took $max ms" >&3
}

@test "a pause that is killed in the middle is done all the same, or was never asked for" {
	local i pid
	for i in $(seq 0 "$(number 1 3)" 20); do
		count k
		"$RL" pause k >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "$(printf '0.%03d' "$i")"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		sleep 0.3
		case $(state k) in
		paused)
			is "$(states k)" T
			rl unpause k >/dev/null
			;;
		running) ;;
		*) fail "it is $(state k)" || return 1 ;;
		esac
		eventually 5 counts k "$(last k)"
		rl rm -f -t 0 k >/dev/null
	done
}

@test "pausing and adding processes at the same time" {
	local i pid n=0
	count x
	(while [ ! -e "$T/stop" ]; do "$RL" exec -d x sleep 0.2 >/dev/null 2>&1 || :; done) 3>&- &
	pid=$!
	for i in $(seq "$(number 200 20)"); do
		rl pause x >/dev/null
		like "$(states x)" '^T$' || { touch "$T/stop"; return 1; }
		rl unpause x >/dev/null
		n=$((n + 1))
	done
	touch "$T/stop"
	wait "$pid"
	rm "$T/stop"
	echo "# $n times" >&3
}

# step NAME - a container that writes the same number into first/ and last/ with a thousand files between them
step() {
	# shellcheck disable=SC2016 # for the shell inside
	rl run -d --name "$1" --network none box sh -c '
		mkdir /d; for i in $(seq 3000); do echo $i >/d/m$i; done
		i=0; while :; do i=$((i + 1)); echo $i >/d/a.new; mv /d/a.new /d/a; echo $i >/d/z.new; mv /d/z.new /d/z; done' >/dev/null
	eventually 20 rl exec "$1" test -s /d/z
}
apart() {
	# shellcheck disable=SC2016 # for the shell inside
	box "$1" sh -c 'echo $(($(cat /d/a) - $(cat /d/z)))'
}

@test "commit --pause: files that are written in step fit together" {
	local i without=0
	step s
	for i in 1 2 3; do
		rl commit -q --pause s "still:$i" >/dev/null
		is_state s running
		like "$(apart "still:$i")" '^[01]$'
		rl commit -q s "moving:$i" >/dev/null
		like "$(apart "moving:$i")" '^[01]$' 2>/dev/null || without=$((without + 1))
	done
	echo "# without --pause $without of 3 do not fit" >&3
	# one that is paused already stays so, and one that has ended is no trouble
	rl pause s >/dev/null
	rl commit -q -p s still:4 >/dev/null
	is_state s paused
	rl rm -f -t 0 s >/dev/null
	rl create --name e box true >/dev/null
	rl commit -q -p e still:5 >/dev/null
	rl rmi -f still:1 still:2 still:3 still:4 still:5 moving:1 moving:2 moving:3 >/dev/null
}

@test "commit --pause that fails or is killed lets the container go on" {
	local pid sig n
	step s
	refused . rl commit -q --pause --change FROB=1 s bad:1
	is_state s running
	for sig in INT TERM KILL; do
		"$RL" commit -q --pause s killed:1 >/dev/null 2>&1 3>&- &
		pid=$!
		eventually 5 is_state s paused
		kill "-$sig" "$pid"
		wait "$pid" || :
		eventually 2 is_state s running
		n=$(rl exec s cat /d/a)
		eventually 5 bash -c "[ \"\$('$RL' exec s cat /d/a)\" -gt $n ]"
	done
	# one that was complete before the signal came
	rl rmi -f killed:1 >/dev/null 2>&1 || :
	# meanwhile it cannot be unpaused, and a stop wins
	"$RL" commit -q --pause s stopped:1 >"$T/out" 2>&1 3>&- &
	pid=$!
	eventually 5 is_state s paused
	refused_with_hint 'another command' rl unpause s
	rl stop -t 0 s >/dev/null
	! wait "$pid" || fail "it says that all is well"
	is_state s exited
	rl rmi -fa >/dev/null
	rl import "$RL_T_BOX" box >/dev/null
}
