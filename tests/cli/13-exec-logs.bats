#!/usr/bin/env bats
# exec, logs, attach
# lanes: user root
load lib

setup() {
	rl run -d --name c --network none -e FROM=run -w /srv box sleep 1000 >/dev/null
}

@test "exec: output, exit codes, stdin" {
	exits 0 rl exec c sh -c 'echo out; echo err >&2'
	is "$output" out
	is "$stderr" err
	exits 42 rl exec c sh -c 'exit 42'
	exits 137 rl exec c sh -c 'kill -9 $$'
	exits 127 rl exec c /no/such
	exits 126 rl exec c /etc/passwd
	is "$(echo hi | rl exec -i c cat)" hi
	is "$(echo hi | rl exec c cat)" ''
	is "$(head -c 3000000 /dev/zero | rl exec -i c wc -c)" 3000000
	exits 125 rl exec nosuch true
}

@test "exec: user, environment, directory" {
	is "$(rl exec c sh -c 'echo $FROM; pwd')" 'run
/srv'
	is "$(rl exec -e FROM=exec -e X=y -w /tmp c sh -c 'echo $FROM $X; pwd')" 'exec y
/tmp'
	is "$(rl exec -u app c sh -c 'id -u; echo $HOME')" '1000
/home/app'
	is "$(rl exec -u 5:6 c sh -c 'id -u; id -g')" '5
6'
	exits 125 rl exec -w relative c true || [ "$status" != 0 ]
	# a mistyped one is not made, least of all by root for another user
	refused_with_hint '/no/such' rl exec -u app -w /no/such c pwd
	exits 1 rl exec c test -e /no
}

@test "exec: detached" {
	exits 0 rl exec -d c sh -c 'echo done >/tmp/mark'
	eventually 5 rl exec c test -e /tmp/mark
}

@test "exec: in the same namespaces, and nothing of the caller" {
	is "$(rl exec c probe ns)" "$(rl exec c sh -c 'probe ns')"
	is "$(rl exec c readlink /proc/self/ns/mnt)" "$(rl exec c readlink /proc/1/ns/mnt)"
	exec 9</
	is "$(rl exec c probe fds | cut -d' ' -f1 | tr '\n' ' ')" '0 1 2 '
	exec 9<&-
}

@test "exec: not in a stopped container" {
	rl stop -t 0 c >/dev/null
	refused 'c' rl exec c true
}

@test "exec: many at once" {
	local i pids=() n
	n=$(number 200 20)
	for i in $(seq "$n"); do
		rl exec c true &
		pids+=($!)
		[ $((i % 10)) != 0 ] || { for p in "${pids[@]}"; do wait "$p"; done; pids=(); }
	done
	for p in "${pids[@]}"; do wait "$p"; done
	# init, the shell, ls and wc: none of the others is left
	is "$(rl exec c sh -c 'set -- /proc/[0-9]*; echo $#')" 2
}

@test "exec: ends when its caller is killed, and the container stays" {
	"$RL" exec c sleep 555 &
	local pid=$!
	eventually 5 rl exec c pidof sleep
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	is "$(state c)" running
}

@test "logs: both streams, in order, with times and tails" {
	rl run -d --name l --network none box sh -c 'for i in 1 2 3 4 5; do echo line $i; done; echo bad >&2; printf partial' >/dev/null
	eventually 5 is_state l exited
	exits 0 rl logs l
	like "$output" $'line 1\nline 2\nline 3\nline 4\nline 5'
	like "$output" 'partial'
	is "$stderr" bad
	is "$(rl logs --tail 1 l 2>/dev/null | tail -1)" partial
	is "$(rl logs --tail 0 l 2>&1)" ''
	like "$(rl logs -n l 2>/dev/null | head -1)" 'l.* line 1'
	like "$(rl logs -t l 2>/dev/null | head -1)" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+.* line 1$'
	is "$(rl logs --since 2099-01-01 l 2>&1)" ''
	is "$(rl logs --until 2001-01-01 l 2>&1)" ''
	exits 125 rl logs nosuch || [ "$status" = 1 ]
}

@test "logs --follow --until DURATION: so long from now" {
	rl run -d --name l --network none box sh -c 'while :; do echo x; sleep 0.2; done' >/dev/null
	local begun=$SECONDS
	timeout 30 "$RL" logs -f --until 3s l >"$T/seen"
	[ $((SECONDS - begun)) -ge 2 ]
	[ "$(wc -l <"$T/seen")" -ge 2 ]
	is "$(rl inspect --format '{{.State.Status}}' l)" running
}

@test "logs: the order stays where both streams go to one place" {
	local script='i=0; while [ $i -lt 5 ]; do echo o$i; usleep 20000; echo e$i >&2; usleep 20000; i=$((i+1)); done'
	rl run --name mixed --network none box sh -c "$script" >/dev/null 2>&1
	is "$(rl logs mixed 2>&1 | tr '\n' ' ')" 'o0 e0 o1 e1 o2 e2 o3 e3 o4 e4 '
}

@test "logs: inspect tells where they are" {
	[ -f "$(rl inspect --format '{{.LogPath}}' c)" ]
	is "$(rl inspect --format '{{.LogPath}}' c)" "$(rl inspect --format '{{.HostConfig.LogConfig.Path}}' c)"
}

@test "logs: bytes are exact" {
	local n
	n=$(number 10000000 200000)
	rl run -d --name l --network none --log-opt max-size=1g box seq "$n" >/dev/null
	is "$(rl wait l)" 0
	is "$(rl logs l | sha256sum)" "$(seq "$n" | sha256sum)"
}

@test "logs -f ends with the container, and shows what comes" {
	rl run -d --name l --network none box sh -c 'echo first; sleep 0.5; echo last' >/dev/null
	exits 0 timeout 10 "$RL" logs -f l
	is "$output" 'first
last'
}

@test "logs: rotation bounds the disk" {
	rl run -d --name l --network none --log-opt max-size=64k box sh -c 'seq 100000' >/dev/null
	is "$(rl wait l)" 0
	[ "$(du -k --apparent-size -c "$RL_ROOT"/containers/*/ctr.log* | tail -1 | cut -f1)" -le 200 ]
	is "$(rl logs l | tail -1)" 100000
}

@test "logs: max-file keeps so many times max-size, also over restarts; other options are refused" {
	local format sum
	for format in k8s-file json-file; do
		rl create --name l --network none --log-driver $format --log-opt max-size=32k --log-opt max-file=8 box sh -c 'seq 20000' >/dev/null
		for _ in 1 2 3; do
			rl start l >/dev/null
			is "$(rl wait l)" 0
			sum=$(du -b -c "$RL_ROOT"/containers/*/ctr.log* | tail -1 | cut -f1)
			[ "$sum" -le 262144 ] || fail "$sum bytes" || return 1
		done
		# half of it is always kept
		[ "$sum" -ge $((262144 / 2 - 32768)) ] || fail "$sum bytes only" || return 1
		is "$(rl logs l | tail -1)" 20000
		rl rm l >/dev/null
	done
	refused_with_hint 'needs max-size' rl create --log-opt max-file=3 box
	refused_with_hint 'not for the log driver' rl create --log-opt tag=x box
	refused_with_hint 'not valid' rl create --log-opt max-size=1m --log-opt max-file=0 box
	refused_with_hint 'not valid' rl create --log-opt max-size=1m --log-opt max-file=x box
	is "$(rl ps -a --format "{{.Names}}")" c
}

@test "logs: none" {
	rl run -d --name l --network none --log-driver none box echo x >/dev/null
	is "$(rl wait l)" 0
	exits 125 rl logs l || is "$output" ''
}

@test "attach: output, input and exit code" {
	rl run -d -i --name a --network none box sh -c 'read x; echo got $x; exit 9' >/dev/null
	exits 9 bash -c 'echo hello | "$RL" attach a'
	is "$output" 'got hello'
	exits 125 rl attach a
}

@test "attach: two watchers see the same, and one that stops reading holds nothing up" {
	rl run -d --name a --network none box sh -c 'sleep 0.5; seq 50000; echo end' >/dev/null
	rl attach --no-stdin a >"$T/one" &
	local one=$!
	rl attach --no-stdin a | { sleep 3; cat >/dev/null; } &
	wait $one
	is "$(tail -1 "$T/one")" end
	is "$(rl logs a | tail -1)" end
}

@test "signals to a foreground run reach the container" {
	"$RL" run --name s --network none box probe signals >"$T/out" &
	local pid=$!
	eventually 5 grep -q ready "$T/out"
	kill -HUP $pid
	eventually 5 grep -q 'signal 1$' "$T/out"
	kill -USR2 $pid
	local code=0
	wait $pid || code=$?
	is $code 7
}

@test "an empty command" {
	exits 127 rl exec c ''
	like "$stderr" 'command is empty'
	unlike "$stderr" image
	exits 127 box box ''
}
