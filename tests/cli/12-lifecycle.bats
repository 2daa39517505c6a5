#!/usr/bin/env bats
# create, start, stop, kill, rm, ps, wait, inspect
# lanes: user root
# drivers: vfs fuse_overlayfs
load lib

@test "created, running, exited, and started again" {
	rl create --name life --network none box sh -c 'echo run; sleep 0.1; exit 4' >/dev/null
	is "$(state life)" created
	is "$(rl start life)" life
	is "$(rl wait life)" 4
	is "$(state life)" exited
	is "$(rl inspect --format '{{.State.ExitCode}} {{.State.Running}}' life)" '4 false'
	exits 4 rl start -a life
	is "$output" run
	is "$(rl logs life)" 'run
run'
	is "$(rl rm life)" life
}

@test "run -d prints the id, and every command takes a prefix of it" {
	local id
	id=$(rl run -d --network none box sleep 100)
	like "$id" '^[0-9a-f]{64}$'
	is "$(state "${id:0:8}")" running
	rl stop -t 0 "${id:0:12}"
	rl rm "${id:0:12}"
}

@test "stop: the signal, the grace, the kill" {
	local start
	rl run -d --name polite --network none box probe signals >/dev/null
	eventually 5 bash -c '"$RL" logs polite | grep -q ready'
	rl stop -t 1 polite >/dev/null
	is "$(rl wait polite)" 137
	like "$(rl logs polite)" 'signal 15'
	rl run -d --name usr2 --stop-signal USR2 --network none box probe signals >/dev/null
	eventually 5 bash -c '"$RL" logs usr2 | grep -q ready'
	start=$(now_ms)
	rl stop usr2 >/dev/null
	[ $(($(now_ms) - start)) -lt 3000 ]
	is "$(rl wait usr2)" 7
	rl stop usr2 >/dev/null
	rl create --name never --network none box true >/dev/null
	rl stop never >/dev/null
	exits 125 rl stop nosuch
	like "$stderr" 'nosuch'
}

@test "stop -t is kept, a stubborn init gets 137 after it" {
	local start took
	rl run -d --name stubborn --network none box probe stubborn >/dev/null
	eventually 5 bash -c '"$RL" logs stubborn | grep -q ready'
	start=$(now_ms)
	rl stop -t "$(number 10 2)" stubborn >/dev/null
	took=$(($(now_ms) - start))
	[ $took -ge "$(number 10000 2000)" ] && [ $took -le "$(number 11500 3500)" ] || fail "took $took ms"
	is "$(rl wait stubborn)" 137
	is "$(state stubborn)" exited
}

@test "kill" {
	rl run -d --name k --network none box probe signals >/dev/null
	eventually 5 bash -c '"$RL" logs k | grep -q ready'
	rl kill -s HUP k >/dev/null
	eventually 5 bash -c '"$RL" logs k | grep -q "signal 1$"'
	is "$(state k)" running
	rl kill -s -USR1 k >/dev/null
	eventually 5 bash -c '"$RL" logs k | grep -q "signal 10"'
	is "$(rl kill k)" k
	is "$(rl wait k)" 137
	exits 125 rl kill k
	like "$stderr" 'k'
	refused 'FROB' rl kill -s FROB k
	refused 'is not a signal' rl kill -s -- k
}

@test "rm: not a running one without -f; many at once; missing ones" {
	rl run -d --name busy --network none box sleep 100 >/dev/null
	exits 2 rl rm busy
	like "$stderr" 'container busy is running'
	is "$(wc -l <<<"$stderr")" 2
	rl run -d --name busier --network none box sleep 100 >/dev/null
	exits 2 rl rm busy busier
	exits 125 rl rm busy nosuch
	rl rm -f -t 0 busier
	is "$(state busy)" running
	rl rm -f -t 0 busy
	exits 1 rl rm nosuch
	like "$stderr" 'nosuch'
	exits 0 rl rm -f nosuch
	rl create --name a1 box true >/dev/null
	rl create --name a2 box true >/dev/null
	is "$(rl rm a1 a2)" 'a1
a2'
	rl create --name a3 box true >/dev/null
	exits 1 rl rm nosuch a3
	is "$(rl ps -aq)" ''
}

@test "ps: columns, filters, formats" {
	rl run -d --name up --network none -l kind=x box sleep 100 >/dev/null
	rl create --name made box true >/dev/null
	exits 0 rl ps
	like "$output" 'CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES'
	like "$output" 'up'
	unlike "$output" 'made'
	exits 0 rl ps -a
	like "$output" 'made'
	like "$output" 'Up '
	like "$output" 'Created'
	is "$(rl ps -a --filter name=made --format '{{.Names}}')" made
	is "$(rl ps -a --filter status=running --format '{{.Names}}')" up
	is "$(rl ps -a --filter label=kind=x --format '{{.Names}}')" up
	is "$(rl ps -q --no-trunc)" "$(rl inspect --format '{{.Id}}' up)"
	is "$(rl ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" 'made up '
	rl ps -a --format json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)) == 2'
	is "$(rl ps -a --format 'table {{.Names}}\t{{.Image}}' | wc -l)" 3
	refused 'frob' rl ps --filter frob=1
	refused . rl ps --format '{{.Frob'
	rl rm -f -t 0 up made
	exits 0 rl ps -a
	is "$(wc -l <<<"$output")" 1
}

@test "ps --size counts what belongs to other ids, behind directories that are closed to the user" {
	rl run --name sized --network none box sh -c 'mkdir -m 700 /d; head -c 3000000 /dev/zero >/d/f; chown -R 1000:1000 /d; chmod 600 /d/f'
	rl run --name small --network none box sh -c 'echo x >/f'
	# vfs copies the image, which counts
	is "$(rl ps -a --size --format json | python3 -c 'import json, sys; s = {c["Names"][0]: c["Size"]["rwSize"] for c in json.load(sys.stdin)}; print(s["sized"] - s["small"])')" 2999998
	is "$(rl ps -a --sort size --format '{{.Names}}' | paste -sd' ')" 'sized small'
	is "$(rl ps -a --sort names --format '{{.Names}} {{.Size}}' | grep -c 'B (virtual .*B)$')" 2
	is "$(rl ps -a --sort names --format '{{.Size}} {{.Names}}' | head -1)" "$(rl ps -a --filter name=sized --format '{{.Size}} {{.Names}}')"
	rl rm sized small
}

@test "wait: several, a created one, an exited one" {
	rl create --name w1 --network none box sh -c 'exit 1' >/dev/null
	rl create --name w2 --network none box sh -c 'sleep 0.2; exit 2' >/dev/null
	rl start w1 w2 >/dev/null
	is "$(rl wait w1 w2)" '1
2'
	exits 125 rl wait nosuch
	is "$(rl wait --ignore w1 nosuch)" $'1\n-1'
}

@test "inspect: JSON, several, types" {
	rl create --name i1 box true >/dev/null
	rl inspect i1 | python3 -c 'import json, sys; d = json.load(sys.stdin); assert d[0]["State"]["Status"] == "created"'
	rl inspect box | python3 -c 'import json, sys; d = json.load(sys.stdin); assert len(d[0]["RootFS"]["Layers"]) == 1'
	is "$(rl inspect --format '{{len .RootFS.Layers}}' box)" 1
	is "$(rl inspect --type container --format '{{.Name}}' i1 | tr -d /)" i1
	rl inspect i1 box | python3 -c 'import json, sys; assert len(json.load(sys.stdin)) == 2'
	local command
	for command in inspect 'container inspect' 'image inspect' 'inspect --type image' 'inspect --type container'; do
		# shellcheck disable=SC2086 # words are wanted
		exits 125 rl $command nosuch
		is "$output" '[]'
		like "$stderr" 'nosuch'
	done
	exits 125 rl inspect --type image i1
	# those that are there are shown all the same
	exits 125 rl inspect nosuch i1 box
	like "$stderr" 'nosuch'
	is "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)))' <<<"$output")" 2
	exits 125 rl inspect --format '{{.Name}}' nosuch i1
	is "$output" i1
}

@test "a started container outlives the command that started it" {
	(rl run -d --name outlives --network none box sleep 100 >/dev/null)
	setsid -w "$RL" run -d --name outlives2 --network none box sleep 100 >/dev/null
	sleep 0.2
	is "$(state outlives) $(state outlives2)" 'running running'
}

@test "starting what runs, and what cannot start" {
	rl run -d --name s1 --network none box sleep 100 >/dev/null
	exits 0 rl start s1
	rl create --name s2 --network none box /no/such/program >/dev/null
	exits 127 rl start s2 || [ "$status" = 125 ]
	like "$stderr" 'no/such/program'
	unlike "$(state s2)" running
	rl rm s2
	# what ran before has ended, whatever happens to a later start
	mkdir "$T/s3"
	rl run --name s3 --network none -v "$T/s3:/mnt" box true
	rmdir "$T/s3"
	exits 125 rl start s3
	like "$stderr" 's3'
	is "$(rl inspect --format '{{.State.Status}} {{.State.ExitCode}}' s3)" 'exited 125'
}

@test "parallel runs of one name: exactly one" {
	local won pids=()
	for _ in $(seq "$(number 100 12)"); do
		{ rl run -d --name only --network none box sleep 100 >/dev/null 2>&1 && echo won; } &
		pids+=($!)
	done >"$T/won"
	for won in "${pids[@]}"; do wait "$won" || :; done
	won=$(grep -c won "$T/won")
	is "$won" 1
	is "$(rl ps -aq | wc -l)" 1
	is "$(ls "$RL_ROOT/containers" | wc -l)" 1
}

@test "many containers at once" {
	local n i pids=()
	n=$(number 800 20)
	for i in $(seq "$n"); do
		rl run -d --name "m$i" --network none box sleep 100 >/dev/null &
		pids+=($!)
		[ $((i % 8)) != 0 ] || wait "${pids[-8]}"
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(rl ps -q | wc -l)" "$n"
	rl rm -fa -t 0 >/dev/null
	is "$(rl ps -aq)" ''
}
