#!/usr/bin/env bats
# where output goes: the journal, the caller's own descriptors, a file of the user's choice; clients that do not read
# lanes: user root
load lib

@test "passthrough: the container has the caller's descriptors, nothing is kept" {
	echo in | "$RL" run --name c --network none --log-driver passthrough box sh -c 'cat; echo err >&2; exit 3' >"$T/out" 2>"$T/err" && fail 'exit code' || is "$?" 3
	is "$(cat "$T/out")" in
	is "$(cat "$T/err")" err
	refused_with_hint 'keeps no log' rl logs c
	[ ! -e "$RL_ROOT/containers/$(rl inspect --format '{{.Id}}' c)/ctr.log" ]
	# detached it writes on, after the command line has ended
	"$RL" run -d --name d --network none --log-driver passthrough box sh -c 'sleep 0.3; echo late' >"$T/out" 3>&-
	rl wait d >/dev/null
	is "$(tail -n 1 "$T/out")" late
	# the file is the caller's still
	is "$(stat -c %u "$T/out")" "$(id -u)"
	refused_with_hint 'exclude each other' rl run -t --log-driver passthrough box true
}

@test "passthrough hands on no terminal, passthrough-tty does" {
	term_start "$RL run --rm --network none --log-driver passthrough box echo shown; $RL run --rm --network none --user 1000 --log-driver passthrough-tty box sh -c 'test -t 1 && echo has-one'; stat -c own=%u \$(tty); echo end; exec sleep 60"
	term_shows end
	like "$(term_text)" 'does not hand on a terminal'
	like "$(term_text)" has-one
	like "$(term_text)" "own=$(id -u)"
	term_end
}

@test "a log in a file of the user's choice, rotated there, read from there" {
	mkdir "$T/logs"
	for format in k8s-file json-file; do
		rl run --name c --network none --log-driver $format --log-opt path="$T/logs/$format" --log-opt max-size=64k box seq 20000 >/dev/null
		[ -s "$T/logs/$format.1" ]
		is "$(stat -c %a "$T/logs/$format")" 600
		[ "$(cat "$T/logs/$format" "$T/logs/$format.1" | wc -c)" -le 65536 ]
		is "$(rl logs --tail 1 c)" 20000
		is "$(rl logs c | tail -n 3 | tr '\n' ' ')" '19998 19999 20000 '
		is "$(rl inspect --format '{{.HostConfig.LogConfig.Path}}' c)" "$T/logs/$format"
		rl rm c >/dev/null
	done
	mkfifo "$T/fifo"
	refused 'open the container.s log' rl run --network none --log-opt path="$T/fifo" box true
	refused_with_hint 'not valid' rl create --log-opt path= box true
}

@test "--log-driver '' is the default; options of another driver are refused" {
	rl run --name c --network none --log-driver '' box echo x >/dev/null
	is "$(rl logs c)" x
	refused_with_hint 'not for the log driver' rl create --log-opt tag=x box true
	refused_with_hint 'not for the log driver' rl create --log-driver journald --log-opt max-size=1m box true
	refused_with_hint 'not valid' rl create --log-driver journald --log-opt 'tag={{.Foo}}' box true
	refused_with_hint 'not valid' rl create --log-driver journald --log-opt label=message=x box true
	refused_with_hint 'not known' rl create --log-driver syslog box true
}

# in_journal real|deaf SCRIPT - run it with a journal of its own
in_journal() {
	[ "$(id -u)" = 0 ] || skip 'machine: only root has a journal made for it'
	[ "$1" = deaf ] || [ -x /lib/systemd/systemd-journald ] || skip 'systemd-journald is not installed'
	"$RL_T_HELPERS/journal.sh" "$1" bash -euc "$2"
}

@test "journald: written by systemd's protocol, read back as it was" {
	in_journal real '
		"$RL" run --name j --network none --log-driver journald --log-opt "tag=x-{{.Name}}" --log-opt label=MINE=v \
			box sh -c "echo out; echo err >&2; printf part; sleep 0.2; echo rest" >/dev/null 2>&1
		sleep 0.5
		"$RL" logs j >"$T/out" 2>"$T/err"
		"$RL" logs --tail 1 j >"$T/tail"
		journalctl -q --no-pager -o export CONTAINER_NAME=j >"$T/export"
		"$RL" run -d --name k --network none --log-driver journald box sh -c "for i in 1 2 3; do echo f\$i; sleep 0.2; done" >/dev/null
		timeout 20 "$RL" logs -f k >"$T/follow"
		"$RL" rm -f j k >/dev/null'
	is "$(cat "$T/out")" 'out
partrest'
	is "$(cat "$T/err")" err
	is "$(cat "$T/tail")" rest
	is "$(tr '\n' ' ' <"$T/follow")" 'f1 f2 f3 '
	for field in CONTAINER_TAG=x-j SYSLOG_IDENTIFIER=x-j MINE=v IMAGE_NAME=docker.io/library/box:latest \
		PRIORITY=3 PRIORITY=6 CONTAINER_PARTIAL_MESSAGE=true; do
		grep -qx "$field" "$T/export" || fail "no $field"
	done
	like "$(grep -m 1 CONTAINER_ID_FULL "$T/export")" '=[0-9a-f]{64}$'
}

@test "a journal that does not read never blocks the container" {
	in_journal deaf '
		timeout 20 "$RL" run --rm --name j --network none --log-driver journald box seq 50000 | tail -n 1 >"$T/out"'
	is "$(cat "$T/out")" 50000
}

@test "without a journal, the driver says so" {
	[ ! -S /run/systemd/journal/socket ] || skip 'machine: there is a journal'
	refused_with_hint 'connect to the journal' rl run --name j --network none --log-driver journald box true
}

@test "five clients: one that is stopped neither holds the container nor the others" {
	local pids=() i n
	n=$(number 300000 60000)
	rl run -d -i --name c --network none box sh -c "read x; seq $n; echo end" >/dev/null
	for i in 1 2 3 4 5; do
		"$RL" attach --no-stdin c >"$T/out$i" 2>"$T/err$i" 3>&- &
		pids[i]=$!
	done
	eventually 10 attached 5
	kill -STOP "${pids[5]}"
	echo go | timeout 10 "$RL" attach c >/dev/null 2>&1
	is "$(timeout 20 "$RL" wait c)" 0
	for i in 1 2 3 4; do wait "${pids[i]}"; done
	for i in 1 2 3 4; do
		tail -n 1 "$T/out$i" | grep -qx end || grep -q 'reads too slowly' "$T/err$i" || fail "client $i lost output without a word"
	done
	kill -CONT "${pids[5]}"
	wait "${pids[5]}" || :
	is "$(rl logs --tail 1 c)" end
}
# attached N - the monitor serves so many
attached() {
	[ "$(rl events --stream=false -f event=attach -f container=c | wc -l)" -ge "$1" ]
}
