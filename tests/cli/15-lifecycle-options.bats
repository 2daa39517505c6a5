#!/usr/bin/env bats
# options of the life-cycle commands, and what several containers at once cost
# lanes: user root
load lib

setup() {
	cd "$T" || return 1
}

@test "--preserve-fds and --preserve-fd: run and exec" {
	echo three >f3
	echo five >f5
	is "$(box --preserve-fds 1 box sh -c 'cat <&3' 3<f3)" three
	is "$(box --preserve-fd 5 box sh -c 'cat <&5; probe fds | cut -d" " -f1' 3<f3 5<f5 | tr '\n' ' ')" 'five 0 1 2 5 '
	rl run -d --name p --network none --preserve-fds 1 box sh -c 'cat <&3; exec sleep 1000' 3<f3 >/dev/null
	eventually 5 bash -c '[ "$("$RL" logs p)" = three ]'
	is "$(rl exec --preserve-fd 5,3 p sh -c 'cat <&5; cat <&3' 3<f3 5<f5)" 'five
three'
	is "$(rl exec p probe fds 3<f3 | cut -d' ' -f1 | tr '\n' ' ')" '0 1 2 '
	refused_with_hint 'descriptor 4 is not open' rl exec --preserve-fds 2 p true 3<f3 4>&-
	refused_with_hint 'not a descriptor' rl exec --preserve-fd 1 p true
	refused_with_hint 'descriptor 19 is not open' rl run --preserve-fd 19 box true
}

@test "--preserve-fds: nobody else holds the pipe open" {
	local got
	got=$(timeout 10 "$RL" run -d --name p --network none --preserve-fds 1 box \
		sh -c 'echo x >&3; exec 3>&-; exec sleep 1000' 3>&1 >/dev/null 4>&-)
	is "$got" x
	is "$(state p)" running
}

@test "exec --cidfile" {
	rl run -d --cidfile cid --network none box sleep 1000 >/dev/null
	is "$(rl exec --cidfile cid echo hello)" hello
	refused 'no-such-file' rl exec --cidfile no-such-file echo hello
	refused 'COMMAND' rl exec --cidfile cid
}

@test "wait --exit-first-match, --condition" {
	rl run -d --name slow --network none box sleep 1000 >/dev/null
	rl run -d --name quick --network none box sh -c 'sleep 0.3; exit 7' >/dev/null
	is "$(timeout 10 "$RL" wait --exit-first-match slow quick)" 7
	is "$(timeout 10 "$RL" wait --condition running slow)" -1
	is "$(timeout 10 "$RL" wait --condition running,exited quick)" 7
	refused_with_hint 'not a state' rl wait --condition removing slow
	refused 'nosuch' rl wait --exit-first-match slow nosuch
}

@test "--tmpfs has what the image has there, unless notmpcopyup" {
	is "$(box --tmpfs /etc box sh -c 'test -s /etc/passwd && stat -c %a /etc')" 755
	is "$(box --tmpfs /etc:mode=711 box sh -c 'test -s /etc/passwd && stat -c %a /etc')" 711
	is "$(box --mount type=tmpfs,target=/etc box test -s /etc/passwd && echo there)" there
	exits 1 box --tmpfs /etc:notmpcopyup box test -e /etc/passwd
	rl create --name t --network none --tmpfs /new box stat -c %a /new >/dev/null
	is "$(rl start -a t) $(rl start -a t)" '1777 1777'
}

@test "stop, rm and kill of several take as long as the slowest" {
	local i start took
	for i in 1 2 3 4; do
		rl run -d --name "s$i" --network none box probe stubborn >/dev/null
	done
	for i in 1 2 3 4; do
		eventually 5 bash -c '"$RL" logs s'"$i"' | grep -q ready'
	done
	start=$(now_ms)
	rl stop -t 2 -a >/dev/null
	took=$(($(now_ms) - start))
	[ $took -ge 2000 ] && [ $took -lt 4000 ] || fail "took $took ms"
	rl start s1 s2 s3 s4 >/dev/null
	for i in 1 2 3 4; do
		eventually 5 bash -c '[ "$("$RL" logs s'"$i"' | grep -c ready)" = 2 ]'
	done
	start=$(now_ms)
	is "$(rl rm -f -t 2 s1 s2 s3 s4)" 's1
s2
s3
s4'
	took=$(($(now_ms) - start))
	[ $took -ge 2000 ] && [ $took -lt 4000 ] || fail "took $took ms"
}

@test "--stop-timeout: no number of seconds; docker's name of stop --time" {
	refused '--stop-timeout: -5' rl create --stop-timeout=-5 box true
	refused '--stop-timeout: 9999999999' rl create --stop-timeout 9999999999 box true
	rl run -d --name deaf --network none box sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null
	local before
	before=$(now_ms)
	is "$(rl stop --timeout 0 deaf)" deaf
	[ $(($(now_ms) - before)) -lt 3000 ]
}

@test "a user other than root can open its standard streams again" {
	is "$(box -u 1000 box sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/proc/self/fd/1' 2>err)" 'a
c'
	is "$(cat err)" b
	is "$(box -t -u 1000 box sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; stat -c %u /dev/pts/0' | tr -d '\r')" 'a
b
1000'
	rl run -d --name u --network none box sleep 1000 >/dev/null
	is "$(rl exec -u 1000 u sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/proc/self/fd/1' 2>err)" 'a
c'
	is "$(cat err)" b
	rl exec -u app u sh -c 'echo file >/dev/stdout' >out
	is "$(cat out)" file
	is "$(echo in | rl exec -i -u app u cat /dev/stdin)" in
	is "$(rl exec -t -u app u sh -c 'echo tty >/dev/stdout' | tr -d '\r')" tty
}

@test "ps --format json: ports as objects, names as a list" {
	rl create --name j -p 127.0.0.1:18081-18083:81-83 -p 18090:90/udp box true >/dev/null
	rl ps -a --format json | python3 -c '
import json, sys
c = json.load(sys.stdin)[0]
assert c["Names"] == ["j"] and isinstance(c["Created"], int) and c["IsInfra"] is False, c
assert c["Ports"] == [{"host_ip": "127.0.0.1", "container_port": 81, "host_port": 18081, "range": 3, "protocol": "tcp"},
    {"host_ip": "", "container_port": 90, "host_port": 18090, "range": 1, "protocol": "udp"}], c["Ports"]'
}

@test "start -ai, attach --no-stdin, --sig-proxy=false, one stream only" {
	rl create -i --name ai --network none box sh -c 'read x; echo got $x; exit 3' >/dev/null
	exits 3 bash -c 'echo z | "$RL" start -ai ai'
	is "$output" 'got z'
	is "$(box -a stdout box sh -c 'echo o; echo e >&2' 2>&1)" o
	is "$(box -a stderr box sh -c 'echo o; echo e >&2' 2>&1)" e
	rl start ai >/dev/null
	timeout -s KILL 1 bash -c 'echo q | "$RL" attach --no-stdin ai' || :
	is "$(state ai)" running
	is "$(echo r | rl attach ai || :)" 'got r'
	"$RL" run --sig-proxy=false --name s --network none box sleep 1000 3>&- &
	local pid=$!
	eventually 5 is_state s running
	kill -TERM $pid
	wait $pid || :
	is "$(state s)" running
}

@test "names with a filter: those of the named that match" {
	rl create --name one --label kind=x --network none box sleep 1000 >/dev/null
	rl create --name two --label kind=y --network none box sleep 1000 >/dev/null
	rl create --name other --label kind=x --network none box sleep 1000 >/dev/null
	is "$(rl start --filter label=kind=x one two)" one
	is "$(rl ps --format '{{.Names}}')" one
	rl rm -f -t 0 --filter label=kind=x two other >/dev/null
	is "$(rl ps -a --format '{{.Names}}' --sort names)" $'one\ntwo'
	refused 'no such container: none' rl stop --filter label=kind=x none
	refused 'exclude each other' rl stop --latest --filter label=kind=x
	refused 'exclude each other' rl stop --all one
}

@test "stop tells who had to be killed" {
	rl run -d --name deaf --network none box sh -c 'trap "" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
	eventually 5 is_logged deaf ready
	exits 0 rl stop -t 1 deaf
	is "$output" deaf
	is "$stderr" 'Note: container deaf did not end within 1 s of SIGTERM and was killed'
	rl start deaf >/dev/null
	exits 0 rl stop -t 0 deaf
	is "$stderr" ''
	# nothing is left of this one that could tell
	rl run -d --rm --name gone --network none box sleep 1000 >/dev/null
	exits 0 rl stop -t 1 gone
	is "$stderr" 'Note: container gone did not end within 1 s of SIGTERM and was killed'
	rl run -d --name good --network none box sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
	eventually 5 is_logged good ready
	exits 0 rl stop -t 30 good
	is "$stderr" ''
}

is_logged() { # NAME TEXT
	[ "$(rl logs "$1")" = "$2" ]
}
