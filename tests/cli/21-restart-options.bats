#!/usr/bin/env bats
# what limits a container's life: --timeout, --requires, --rmi, --restart with --rm; stop --signal
# lanes: user root
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
# count_above NAME N
count_above() {
	[ "$(show "$1" RestartCount)" -gt "$2" ]
}

@test "what cannot be is refused; --rm goes with on-failure and is done after the last end" {
	refused_with_hint 'not a restart policy' rl create --restart sometimes box true
	refused_with_hint 'not a number' rl create --restart on-failure:x box true
	refused_with_hint 'exclude each other' rl create --rm --restart always box true
	refused_with_hint 'exclude each other' rl create --rm --restart unless-stopped box true
	up c --rm --restart on-failure:2 -- 'exit 1'
	eventually 5 count_above c 0
	eventually 10 no_container c
	is "$(rl create --restart never --name n box true | wc -l)" 1
	is "$(show n HostConfig.RestartPolicy.Name)" no
}
@test "--timeout kills it, each run anew" {
	exits 137 rl run --name c --network none --timeout 1 box sleep 100
	like "$(show c State.Error)" 'timeout 1'
	is "$(show c Config.Timeout)" 1
	exits 0 rl run --rm --network none --timeout 60 box true
	up d --timeout 1 --restart on-failure:1 -- 'echo run; sleep 100'
	eventually 10 count_above d 0
	eventually 10 state_is d exited
	is "$(show d State.ExitCode) $(rl logs d | grep -c run)" "137 2"
	refused 'timeout' rl create --timeout 99999999999 box true
	refused 'timeout' rl create --timeout -1 box true
}

@test "--requires: others are started first, and are kept" {
	local a b
	a=$(rl create --name a --network none box sleep 100)
	b=$(rl create --name b --network none --requires a box sleep 100)
	up c --requires "b,${a:0:12}" -- 'sleep 100'
	is "$(rl ps --format '{{.Names}}' | sort | xargs)" "a b c"
	is "$(rl inspect --format '{{json .Dependencies}}' c | tr -d ' \n')" "[\"$b\",\"$a\"]"
	rl stop -t 0 a b c >/dev/null
	rl start c >/dev/null
	is "$(rl ps -q | wc -l)" 3
	refused_with_hint 'required by 2 others' rl rm -f a
	is "$(rl rm -f -t 0 --depend b | wc -l)" 2
	is "$(rl ps -aq)" "${a:0:12}"
	rl rm -f -t 0 a >/dev/null
	refused 'no such container' rl create --requires nobody box true
	# a requirement that cannot be started: nothing runs, nothing stays
	rl create --name bad --network none box /no/such >/dev/null
	exits 127 rl run --name d --network none --requires bad box true
	no_container d
}

@test "--rmi removes the image behind the container, unless another one needs it" {
	rl tag box other:1
	rl run --rmi --network none other:1 true
	run ! rl image exists other:1
	rl image exists box
	rl import --change "LABEL alone=yes" "$RL_T_BOX" alone >/dev/null
	rl create --name keeps alone true >/dev/null
	rl run --rmi --network none alone true
	rl image exists alone
	is "$(rl ps -aq | wc -l)" 1
	rl rm keeps
	rl run -d --rmi --network none --name last alone sh -c 'sleep 3' >/dev/null
	is "$(rl inspect --format '{{.HostConfig.AutoRemove}} {{.HostConfig.AutoRemoveImage}}' last)" "true true"
	eventually 15 no_container last
	run ! rl image exists alone
	is_empty() { [ -z "$(ls "$RL_ROOT/trash")" ]; }
	eventually 5 is_empty
}

@test "stop: its signal, its time, and what a container was made with" {
	up a --stop-signal INT --stop-timeout 1 -- 'trap "exit 5" INT; trap "exit 6" USR1; trap : TERM; while :; do sleep 0.05; done'
	rl stop a
	is "$(show a State.ExitCode)" 5
	rl start a
	rl stop --signal USR1 --timeout 20 a
	is "$(show a State.ExitCode)" 6
	rl start a
	rl stop -s TERM -t 1 a
	is "$(show a State.ExitCode)" 137
	refused 'not a signal' rl stop -s NONE a
	refused 'number of seconds' rl stop --timeout 99999999999 a
}
