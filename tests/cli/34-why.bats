#!/usr/bin/env bats
# rl why: what happened to a container, and what to do
load lib

# quiet ARG... - a container whose output is not of interest
quiet() {
	rl run --network none "$@" >/dev/null 2>&1 || :
}

# why NAME WHAT SECOND - two lines, the first about the end, the second as expected
why() {
	exits 0 rl why "$1" || return 1
	[ "$(printf '%s\n' "$output" | wc -l)" = 2 ] || fail "not two lines: $output" || return 1
	like "${output%%$'\n'*}" "^$1 $2" || return 1
	like "${output#*$'\n'}" "$3"
}

cause() {
	rl why --format '{{.Cause}}' "$1"
}

@test "ends that the command chose" {
	quiet --name nothing box true
	quiet --name said box sh -c 'echo all done'
	quiet --name failed box sh -c 'echo first; echo oh no >&2; exit 3'
	quiet --name missing box sh -c 'nonexistent'
	why nothing 'exited .* ago with code 0: ' 'must stay in the foreground'
	why said 'exited .* ago with code 0: its command was done' 'last output: all done'
	why failed 'exited .* ago with code 3: its command failed' 'last output: oh no'
	why missing 'exited .* with code 127: something that its command called was not found' 'last output: .*nonexistent'
}

@test "commands that could not be executed" {
	rl create --name nocmd --network none box nonexistent >/dev/null
	exits 127 rl start nocmd
	rl create --name noexec --network none box /etc/passwd >/dev/null
	exits 126 rl start noexec
	rl create --name format --network none box /bad >/dev/null
	rl create --name maker --network none box true >/dev/null
	printf 'no program' >"$T/bad"
	chmod 755 "$T/bad"
	rl create --name badformat --network none -v "$T/bad:/bad" box /bad >/dev/null
	exits 126 rl start badformat
	why nocmd 'could not be started .* ago: .*nonexistent' 'spelled right'
	why noexec 'could not be started .*: .*Permission denied' 'chmod \+x'
	why badformat 'could not be started .*: .*not a program for this machine' 'another architecture'
	why format 'was created .*: it was never started' "'rl start format'"
}

@test "signals: a crash, a kill from outside, a stop, a stop that had to kill" {
	quiet --name crash --init box sh -c 'kill -SEGV $$'
	quiet --name forbidden --init box sh -c 'kill -SYS $$'
	quiet --name large --ulimit fsize=1000 --init box sh -c 'exec dd if=/dev/zero of=/x bs=2000 count=1'
	quiet -d --name term --init box sleep 1000
	quiet -d --name kill box sleep 1000
	quiet -d --name stop --init box sleep 1000
	quiet -d --name forced box sleep 1000
	rl kill -s TERM term
	rl kill kill
	rl stop stop
	rl stop -t 0 forced
	eventually 5 is_state term exited
	eventually 5 is_state kill exited
	why crash 'exited .* code 139: .*SIGSEGV' 'printed nothing'
	why forbidden 'exited .* code 159: .*SIGSYS' 'security-opt seccomp'
	why large 'exited .* code 153: .*SIGXFSZ' 'ulimit fsize'
	why term "exited .* code 143: .*not by 'rl stop'" 'rl kill'
	why kill "exited .* code 137: .*not by 'rl stop'" 'rl kill'
	why stop 'exited .* code 143: it was stopped' "'rl start stop'"
	why forced 'exited .* code 137: it was asked to stop, did not' 'stop-timeout'
}

@test "the monitor's death, and the machine's" {
	quiet -d --name lost box sleep 1000
	kill -KILL "$(rl inspect --format '{{.State.ConmonPid}}' lost)"
	eventually 5 is_state lost exited
	why lost 'ended with code 137: its monitor was killed' "'rl start lost'"
	# a reboot takes the runtime directory
	rm -r "$RL_RUNROOT/containers/$(rl inspect --format '{{.Id}}' lost)"
	why lost 'ended with code 137: the machine' "'rl start lost'"
}

@test "what runs: since when, where it listens; paused, stopping" {
	local port
	port=$(free_port)
	rl run -d --name web -p "127.0.0.1:$port:80" box sleep 1000 >/dev/null
	why web 'is running for ' "published ports: 127.0.0.1:$port to 80/tcp"
	rl create --name second -p "127.0.0.1:$port:80" box sleep 1000 >/dev/null
	exits 125 rl start second
	why second 'could not be started .*: .*port' 'ss -ltnp'
	rl pause web
	why web 'is paused for ' "'rl unpause web'"
	rl unpause web
	quiet -d --name slow box probe stubborn
	rl stop -t 3 slow >/dev/null 3>&- 4>&- &
	local pid=$!
	eventually 3 is_state slow stopping
	why slow 'is being stopped' "'rl kill slow'"
	wait "$pid"
}

@test "--latest, --format, and who is not there" {
	quiet --name one box sh -c 'exit 4'
	quiet --name two box sh -c 'printf "\033[31mred"; exit 5'
	like "$(rl why -l)" '^two exited .* code 5'
	# the terminal is not played with
	like "$(rl why two)" 'x1b\[31mred'
	is "$(cause one)" failed
	is "$(rl why --format json one | python3 -c 'import json, sys; j = json.load(sys.stdin); print(j["Name"], j["ExitCode"], j["Cause"], j["Status"])')" 'one 4 failed exited'
	refused 'no such container' rl why nobody
	refused 'no container was named' rl why
	rm "$RL_ROOT/containers/$(rl inspect --format '{{.Id}}' one)/container.json"
	is "$(rl why --format '{{.Cause}}' one)" damaged
}
