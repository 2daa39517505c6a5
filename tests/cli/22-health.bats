#!/usr/bin/env bats
# health checks: what they run as, when, and what follows from their results
# lanes: user root
# drivers: fuse_overlayfs
load lib

# up NAME [ARG...] -- [COMMAND] - detached, without a network; it sleeps if nothing else is wanted
up() {
	local name=$1 args=()
	shift
	while [ "$1" != -- ]; do args+=("$1"); shift; done
	shift
	rl run -d --name "$name" --network none "${args[@]}" box sh -c "${1:-exec sleep 1000}" >/dev/null
}
show() {
	rl inspect --format "{{.$2}}" "$1"
}
health() {
	show "$1" State.Health.Status
}
health_is() {
	[ "$(health "$1")" = "$2" ]
}
# results NAME - the exit codes in its log, the oldest first
results() {
	rl inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{end}}' "$1"
}
# said NAME [N] - the last lines that checks have printed
said() {
	rl inspect --format '{{range .State.Health.Log}}{{println .Output}}{{end}}' "$1" | sed '/^$/d' | tail -n "${2:-100}"
}
has_log() {
	[ -n "$(results "$1")" ]
}
has_ended() {
	[ "$(show "$1" State.Status)" = exited ]
}
monitor_of() {
	rl inspect --format '{{.State.ConmonPid}}' "$1"
}
run_dir() {
	echo "$RL_RUNROOT/containers/$(show "$1" Id)"
}
# inside NAME WORD - processes of the container whose command line is this
inside() {
	rl top "$1" args | grep -cx "$2" || :
}
inside_is() {
	[ "$(inside "$1" "$2")" = "$3" ]
}

@test "starting, healthy, unhealthy, and healthy again; ps, its filter, inspect, why" {
	up c --health-cmd 'test -e /ok' --health-interval 50ms --health-retries 3 --
	rl run -d --name plain --network none box sleep 1000 >/dev/null
	like "$(rl ps --filter name=c --format '{{.Status}}')" '^Up .* \(starting|unhealthy\)$'
	is "$(show plain State.Health)" '<no value>'
	like "$(rl ps --filter name=plain --format '{{.Status}}')" '^Up [^(]*$'
	rl exec c touch /ok
	eventually 10 health_is c healthy
	is "$(show c State.Healthcheck.Status) $(show c State.Health.FailingStreak)" "healthy 0"
	like "$(rl ps --filter name=c --format '{{.Status}} {{.HealthStatus}}')" '^Up .* \(healthy\) healthy$'
	is "$(rl ps --filter health=healthy --format '{{.Names}}')" c
	is "$(rl ps --filter health=none --format '{{.Names}}')" plain
	is "$(rl ps -q --filter health=unhealthy --filter health=starting)" ""
	refused 'not a state of health' rl ps --filter health=well
	like "$(rl why c)" 'its health check succeeds'
	rl exec c rm /ok
	eventually 10 health_is c unhealthy
	[ "$(show c State.Health.FailingStreak)" -ge 3 ]
	is "$(rl ps --filter health=unhealthy --format '{{.Names}}')" c
	like "$(rl why c)" 'its health check fails'
	# five results are kept, no more
	is "$(results c)" '1 1 1 1 1 '
	rl exec c touch /ok
	eventually 10 health_is c healthy
	rl stop -t 0 c >/dev/null
	# what was known stays with the ended container, but it is not healthy any more
	like "$(results c)" '0 $'
	is "$(rl ps -aq --filter health=healthy)" ""
	unlike "$(rl ps -a --filter name=c --format '{{.Status}}')" healthy
}

@test "the image's check runs, its numbers can be changed one by one, and it can be switched off" {
	rl import -c 'HEALTHCHECK --interval=50ms --retries=7 CMD echo of the image' -c 'CMD ["sleep","1000"]' "$RL_T_BOX" checked >/dev/null
	rl run -d --name a --network none checked >/dev/null
	rl run -d --name b --network none --health-retries 2 --health-timeout 9s checked >/dev/null
	rl run -d --name c --network none --no-healthcheck checked >/dev/null
	rl run -d --name d --network none --health-cmd none checked >/dev/null
	eventually 10 health_is a healthy
	is "$(said a 1)" 'of the image'
	is "$(show b 'Config.Healthcheck.Interval') $(show b 'Config.Healthcheck.Retries') $(show b 'Config.Healthcheck.Timeout')" '50ms 2 9s'
	is "$(show a 'Config.Healthcheck.Test')" '[CMD-SHELL echo of the image]'
	sleep 0.3
	is "$(show c State.Health) $(show d State.Health)" '<no value> <no value>'
	is "$(show c Config.Healthcheck.Test)" '[NONE]'
	rl commit -q b made >/dev/null
	is "$(rl image inspect --format '{{.Healthcheck.Retries}} {{.Healthcheck.Test}}' made)" '2 [CMD-SHELL echo of the image]'
	refused 'no health check that this' rl create --health-interval 1s box true
	refused 'no health check is wanted' rl create --no-healthcheck --health-cmd true box true
	refused "'panic' is not known" rl create --health-cmd true --health-on-failure panic box true
}

@test "a check is what exec is: no capabilities to inherit, the filter, the user; empty input, no terminal" {
	local check='grep -E "^(CapInh|CapAmb|CapEff|Seccomp|NoNewPrivs):" /proc/self/status | tr "\t\n" "  "; readlink /proc/self/fd/0; id -u; tty; echo $VAR $SEC; pwd; ls /proc/self/fd | wc -w'
	printf hidden | rl secret create -q sec - >/dev/null 2>&1 || printf hidden | rl secret create sec - >/dev/null
	up root --health-cmd "$check" --health-interval 50ms --health-max-log-size 0 --
	up user -t -u 1000 -w /tmp -e VAR=value --secret sec,type=env,target=SEC --security-opt no-new-privileges \
		--health-cmd "$check" --health-interval 50ms --health-max-log-size 0 --
	eventually 10 has_log root
	eventually 10 has_log user
	like "$(said root 9)" 'CapInh: 0000000000000000 CapEff: [0-9a-f]{16} CapAmb: 0000000000000000 NoNewPrivs: 0 Seccomp: 2 '
	like "$(said user 9)" 'CapInh: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 '
	like "$(said user 9)" $'/dev/null\n1000\nnot a tty\nvalue hidden\n/tmp\n4'
	# what is done to it holds for exec as well
	is "$(said root 9 | sed -n 's/.*CapEff: \([0-9a-f]*\).*/\1/p' | tail -n 1)" "$(rl exec root sed -n 's/CapEff:.//p' /proc/self/status)"
	unlike "$(cat "$(run_dir user)"/*.json "$RL_ROOT/containers/$(show user Id)"/*.json 2>/dev/null | grep -v '"Output"')" hidden
	rl rm -fa -t 0 >/dev/null
	rl secret rm sec >/dev/null
}

@test "15: a check is refused the system calls that exec is refused" {
	up c --health-cmd '["CMD", "probe", "syscalls"]' --health-interval 50ms --health-max-log-size 0 --health-max-log-count 1 --
	eventually 10 has_log c
	is "$(said c 1000)" "$(rl exec c probe syscalls)"
	like "$(said c 1000)" 'keyctl EPERM'
}

@test "a check that overruns its time is ended with all that it has started, and there is never a second one" {
	up c --health-cmd 'sleep 501 & setsid sleep 502 & (sleep 503 &); echo begun; sleep 504' \
		--health-interval 50ms --health-timeout 400ms --health-retries 1 --
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(inside c 'sleep 504')" -le 1 ] || fail "two checks at once"
	done
	eventually 10 health_is c unhealthy
	like "$(results c)" '^(-1 )+$'
	like "$(said c 1)" '^the check took longer than 0.400 s: begun'
	# while the next one is under way, nothing of those before is left
	for n in 501 502 503 504; do
		[ "$(inside c "sleep $n")" -le 1 ] || fail "sleep $n is left"
	done
	rl update --no-healthcheck c >/dev/null
	for n in 501 502 503 504; do
		eventually 10 inside_is c "sleep $n" 0
	done
}

@test "commands that cannot be executed, and endless output, are failures" {
	up a --health-cmd '["CMD", "/nonexistent"]' --health-interval 50ms --health-retries 1 --
	up b --health-cmd '["CMD", "/etc/passwd"]' --health-interval 50ms --health-retries 1 --
	up c --health-cmd 'yes' --health-interval 50ms --health-timeout 300ms --health-retries 1 --health-max-log-size 0 --
	up d --health-cmd 'seq 1 1000' --health-interval 50ms --health-max-log-size 20 --health-max-log-count 2 --
	for n in a b c; do eventually 10 health_is "$n" unhealthy; done
	eventually 10 health_is d healthy
	like "$(results a)" '^(127 )+$'
	like "$(said a 1)" '/nonexistent not found'
	like "$(results b)" '^(126 )+$'
	is "$(rl inspect --format '{{len (index .State.Health.Log 0).Output}}' c)" 65536
	two() { is "$(results d)" '0 0 '; }
	eventually 10 two
	is "$(rl inspect --format '{{(index .State.Health.Log 0).Output}}' d | head -c 20)" "$(seq 1 1000 | head -c 20)"
	is "$(rl inspect --format '{{len (index .State.Health.Log 0).Output}}' d)" 20
}

@test "on-failure: kill, stop, restart, and none" {
	local check=(--health-cmd false --health-interval 50ms --health-retries 2)
	up none "${check[@]}" --
	up kill "${check[@]}" --health-on-failure kill --
	up stop "${check[@]}" --health-on-failure stop --restart always -- 'trap "exit 9" TERM; while :; do sleep 0.05; done'
	up again "${check[@]}" --health-on-failure restart -- 'echo run; trap "exit 8" TERM; while :; do sleep 0.05; done'
	eventually 10 has_ended kill
	eventually 10 has_ended stop
	is "$(show kill State.ExitCode) $(show kill State.Error)" '137 its health check failed 2 times in a row'
	is "$(show stop State.ExitCode) $(show stop State.Status)" '9 exited'
	more() { [ "$(rl logs again | grep -c run)" -ge 3 ]; }
	eventually 20 more
	is "$(show none State.Status)" running
	like "$(rl why kill)" 'its health check failed'
	rl rm -fa -t 0 >/dev/null
	# killed, it is a failure that a policy knows
	up policy "${check[@]}" --health-on-failure kill --restart on-failure:1 -- 'echo run; exec sleep 1000'
	eventually 20 has_ended policy
	is "$(rl logs policy | grep -c run) $(show policy RestartCount)" '2 1'
}

@test "failures in the start period do not count; a start-up check comes first and alone" {
	up a --health-cmd false --health-interval 50ms --health-start-period 1h --health-retries 1 --
	up b --health-cmd 'echo usual' --health-interval 50ms \
		--health-startup-cmd 'echo first; test -e /begun' --health-startup-interval 50ms --health-startup-success 2 --
	up c --health-cmd 'true' --health-interval 50ms --health-startup-cmd false --health-startup-interval 50ms \
		--health-startup-retries 3 -- 'echo run; exec sleep 1000'
	more() { [ "$(results a | wc -w)" = 5 ]; }
	eventually 10 more
	is "$(health a) $(show a State.Health.FailingStreak)" 'starting 0'
	eventually 10 has_log b
	unlike "$(said b)" usual
	is "$(health b)" starting
	rl exec b touch /begun
	eventually 10 health_is b healthy
	is "$(said b 1)" usual
	again() { [ "$(rl logs c | grep -c run)" -ge 2 ]; }
	eventually 20 again
	is "$(show b Config.StartupHealthCheck.Test) $(show b Config.StartupHealthCheck.Successes)" '[CMD-SHELL echo first; test -e /begun] 2'
	rl rm -fa -t 0 >/dev/null
}

@test "the first check of a long interval comes soon, and its failure does not count" {
	up a --health-cmd true --health-interval 1h --
	up b --health-cmd false --health-interval 1h --health-retries 1 --
	eventually 10 health_is a healthy
	eventually 10 has_log b
	is "$(health b) $(show b State.Health.FailingStreak)" 'starting 0'
}

@test "nothing is checked while it is paused, or is being stopped" {
	local before
	up c --health-cmd 'sleep 0.4' --health-interval 50ms --health-retries 1 --health-on-failure kill -- 'trap : TERM; while :; do sleep 0.05; done'
	eventually 10 has_log c
	eventually 10 inside_is c 'sleep 0.4' 1
	rl pause c >/dev/null
	before=$(results c | wc -w)
	sleep 0.8
	is "$(results c | wc -w)" "$before"
	refused 'paused' rl healthcheck run c
	rl unpause c >/dev/null
	more() { [ "$(results c | wc -w)" -gt "$before" ]; }
	[ "$before" = 5 ] || eventually 10 more
	# none was counted as a failure
	like "$(results c)" '^(0 )+$'
	rl stop -t 1 c >/dev/null
	like "$(results c)" '^(0 )+$'
	is "$(health c)" healthy
}

@test "healthcheck run: 0 and silence, 1 and a word; it counts; without an interval it is the only way" {
	local pid pids=()
	up c --health-cmd 'test -e /ok' --health-interval disable --health-retries 2 --
	up early --health-cmd false --health-interval disable --health-start-period 1h --
	sleep 1.2
	is "$(results c)" ''
	exits 1 rl healthcheck run c
	is "$output $(health c) $(show c State.Health.FailingStreak)" 'unhealthy starting 1'
	exits 1 rl healthcheck run c
	is "$output $(health c)" 'unhealthy unhealthy'
	exits 0 rl healthcheck run --ignore-result c
	is "$output $(show c State.Health.FailingStreak)" 'unhealthy 3'
	exits 1 rl healthcheck run early
	is "$output" starting
	rl exec c touch /ok
	exits 0 rl healthcheck run c
	is "$output $(health c)" ' healthy'
	# ten who ask at once all get an answer
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		rl healthcheck run c &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	rl run -d --name plain --network none box sleep 1000 >/dev/null
	refused_with_hint 'has no health check' rl healthcheck run plain
	rl stop -t 0 c >/dev/null
	refused_with_hint 'is not running' rl healthcheck run c
}

@test "wait --condition healthy, unhealthy: at once when it changes" {
	local best=99999 took
	up c --health-cmd 'test -e /ok' --health-interval disable --health-retries 1 --
	for _ in 1 2 3; do
		rl exec c rm -f /ok
		rl healthcheck run --ignore-result c >/dev/null
		health_is c unhealthy
		{ rl wait --interval 1h --condition healthy c >/dev/null && now_ms >"$T/woken"; } &
		sleep 0.3
		rl exec c touch /ok
		rl healthcheck run c
		wait $!
		took=$(($(cat "$T/woken") - $(stat -c %.3Y "$(run_dir c)/health.json" | tr -d .)))
		[ "$took" -ge "$best" ] || best=$took
	done
	[ "$best" -lt 100 ] || fail "took $best ms"
	exits 0 rl wait --condition unhealthy --condition healthy c
	is "$output" -1
	rl run -d --name plain --network none box sleep 1000 >/dev/null
	refused_with_hint 'has no health check' rl wait --condition healthy plain
	# one that ends need not be waited for in vain
	{ rl wait --condition unhealthy --condition exited c >"$T/code"; } &
	rl kill c >/dev/null
	wait $!
	is "$(cat "$T/code")" 137
}

@test "events: each change, or each result with its output; a log in a directory of the user's" {
	mkdir "$T/logs"
	up told --health-cmd 'test -e /ok' --health-interval 50ms --health-retries 1 --
	up b --health-cmd 'echo said; false' --health-interval 50ms --health-log-destination events_logger --
	up c --health-cmd 'echo written' --health-interval 50ms --health-log-destination "$T/logs" --
	eventually 10 health_is told unhealthy
	rl exec told touch /ok
	eventually 10 health_is told healthy
	is "$(rl events --stream=false -f event=health_status -f container=told --format '{{.HealthStatus}}' | tr '\n' ' ')" 'unhealthy healthy '
	many() { [ "$(rl events --stream=false -f event=health_status -f container=b | grep -c 'health_log=said')" -ge 3 ]; }
	eventually 10 many
	eventually 10 grep -q '"Output":"written' "$T/logs/$(show c Id)-healthcheck.log"
	is "$(show c Config.HealthLogDestination) $(show b Config.HealthLogDestination) $(show told Config.HealthLogDestination)" "$T/logs events_logger local"
}

@test "update: another check, other numbers, none, and one again, without a restart" {
	local pid
	up c -- 'exec sleep 1000'
	pid=$(show c State.Pid)
	rl update --health-cmd false --health-interval 50ms --health-retries 1 c >/dev/null
	eventually 10 health_is c unhealthy
	rl update --health-cmd true c >/dev/null
	eventually 10 health_is c healthy
	is "$(show c Config.Healthcheck.Interval)" 50ms
	rl update --no-healthcheck c >/dev/null
	is "$(show c State.Health)" '<no value>'
	is "$(rl update c)" "$(show c Id)"
	refused 'no health check that this' rl update --health-retries 3 c
	rl update --health-cmd true --health-interval 50ms c >/dev/null
	eventually 10 health_is c healthy
	is "$(show c State.Pid)" "$pid"
}

@test "a start begins anew and keeps the log; a restart does too" {
	up c --health-cmd 'test -e /ok' --health-interval disable --health-retries 1 --
	rl exec c touch /ok
	rl healthcheck run c
	rl restart -t 0 c >/dev/null
	is "$(health c) $(results c)" 'starting 0 '
	rl healthcheck run c
	rl stop -t 0 c >/dev/null
	is "$(health c) $(results c)" 'healthy 0 0 '
	rl start c >/dev/null
	is "$(health c) $(results c)" 'starting 0 0 '
}

@test "a container that ends during a check ends it without a result" {
	local begin
	for n in 1 2 3; do
		up "c$n" --health-cmd 'sleep 7' --health-interval 50ms -- "sleep 0.$((n + 4)); exit 3"
	done
	for n in 1 2 3; do
		eventually 10 has_ended "c$n"
		is "$(results "c$n")|$(health "c$n")|$(show "c$n" State.ExitCode)" '|starting|3'
	done
	# nor has it anything open that is the container's: the end of the input comes through
	begin=$(now_ms)
	is "$({ echo a; sleep 0.8; } | rl run -i --rm --network none --health-cmd 'sleep 25' --health-interval 20ms box cat)" a
	[ $(($(now_ms) - begin)) -lt 15000 ] || fail "took $(($(now_ms) - begin)) ms"
}

@test "a monitor that is killed leaves nothing of a check behind, a container that ends neither" {
	local pid
	up c --health-cmd 'exec sleep 987' --health-interval 50ms --
	up d --pid host --health-cmd 'exec sleep 986' --health-interval 50ms -- 'exec sleep 3'
	eventually 10 inside_is c 'sleep 987' 1
	eventually 10 pgrep -f '^sleep 986$'
	pid=$(pgrep -f '^sleep 987$' | head -n 1)
	kill -9 "$(monitor_of c)"
	eventually 5 ended "$pid"
	eventually 5 has_ended c
	eventually 10 has_ended d
	gone() { ! pgrep -f '^sleep 986$'; }
	eventually 5 gone
	rl rm -fa >/dev/null
}

@test "who waits for a check is told that the container was stopped, or ended, meanwhile" {
	local how pid code
	for how in 'stop -t 1' 'kill' 'exec'; do
		# ends by itself when it is told so by the last one
		up c --health-cmd 'touch /begun; sleep 20' --health-interval disable -- 'while [ ! -e /end ]; do sleep 0.1; done'
		rl healthcheck run c >"$T/said" 2>&1 &
		pid=$!
		eventually 10 rl exec c test -e /begun
		# shellcheck disable=SC2086
		if [ "$how" = exec ]; then rl exec c touch /end; else rl $how c >/dev/null; fi
		code=0
		wait "$pid" || code=$?
		is "$how: $code $(<"$T/said")" "$how: 1 stopped"
		eventually 5 has_ended c
		is "$(results c)" ''
		rl rm -f c >/dev/null
	done
}
