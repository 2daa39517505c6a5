#!/usr/bin/env bats
# top, stats, port, rename, cleanup; exec of many at once
# lanes: user root
load lib

@test "top: processes as the container numbers and names them" {
	rl run -d --name c --network none -u app box sh -c 'sleep 1000 & exec sleep 2000' >/dev/null
	exits 0 rl top c
	like "${lines[0]}" '^USER +PID +PPID +%CPU +ELAPSED +TTY +TIME +COMMAND$'
	like "${lines[1]}" '^app +1 +0 +[0-9.]+ +[0-9.]+s +\? +[0-9.]+s +sleep 2000$'
	like "${lines[2]}" '^app +2 +1 .* sleep 1000$'
	[ "${#lines[@]}" = 3 ]
	# the machine's number is a process that is there
	exits 0 rl top -l hpid comm
	read -r hpid comm <<<"${lines[1]}"
	is "$comm" sleep
	grep -q '^Name:.sleep' "/proc/$hpid/status"
	is "$hpid" "$(rl inspect -f '{{.State.Pid}}' c)"
}

@test "top: every descriptor, as a word, a code of ps, in one argument and in several" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	exits 0 rl top c args,capamb,capbnd capeff 'capinh capprm' comm etime group groups hgroup hgroups hpid huser \
		label nice pcpu pgid pid ppid rgroup rss ruser seccomp state stime time tty user vsz
	is "$(rl top c nice seccomp capinh capamb state user group pgid | tail -1 | tr -s ' ')" '0 filter none none S root root 1'
	is "$(rl top c %p %U %c %n | tr -s ' ')" 'PID USER COMMAND NI
1 root sleep 0'
	like "$(rl top c capeff | tail -1)" '^CHOWN,DAC_OVERRIDE,.*SETFCAP$'
	rl run -d --name p --privileged --network none box sleep 1000 >/dev/null
	is "$(rl top p capeff seccomp | tail -1 | tr -s ' ')" 'full disabled'
}

@test "top: what is no descriptor goes to the container's ps" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	like "$(rl top c -o pid,args)" '1 sleep 1000'
	rl exec c rm /bin/ps
	refused_with_hint 'bogus is not a descriptor' rl top c bogus
	rl run --name e --network none box true
	refused_with_hint 'not running' rl top e
	refused 'no such container' rl top nosuch
	refused_with_hint 'no container was named' rl top
}

@test "top: a process that others must not read, a hostile name, a passwd that is a FIFO" {
	rl run -d --name c --network none box sh -c '
		rm /etc/passwd; mkfifo /etc/passwd
		cp /bin/busybox "/tmp/$(printf "a\033[31m) S 1")"
		cd /tmp; exec -a sleep ./a* 1000' >/dev/null
	exits 0 timeout 10 "$RL" top c user pid comm
	unlike "$output" $'\033'
	like "$output" '^USER'
}

@test "stats: what it counts is near to what was used" {
	rl run -d --name busy --network none box sh -c 'x=$(head -c 30000000 /dev/zero | tr "\0" a); while :; do :; done' >/dev/null
	rl run -d --name idle --network none box sleep 1000 >/dev/null
	big() { [ "$(rl stats --no-stream --format '{{.CPUNano}}' busy)" -gt 500000000 ]; }
	eventually 20 big
	exits 0 rl stats --no-stream --format '{{.Name}} {{.CPUNano}} {{.PIDs}} {{.MemLimit}}' busy idle
	read -r name ns pids limit <<<"${lines[1]}"
	is "$name $pids" 'idle 1'
	[ "$ns" -lt 500000000 ]
	is "$limit" "$(($(sed -n 's/MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) * 1024))"
	holds() { [[ $(rl stats --no-stream --format '{{.MemUsage}}' busy) =~ ^(29|[3-9][0-9]|1[0-9][0-9])\.?[0-9]*MB\ /\  ]]; }
	eventually 20 holds
	# children that were waited for count
	exits 0 rl exec idle true
	is "$(rl stats --no-stream --format '{{.PIDS}} {{.Container}} {{.NetIO}}' idle)" "1 $(rl ps -q -f name=idle) -- / --"
}

@test "stats: tables, JSON, containers that do not run" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	rl create --name e box true >/dev/null
	exits 0 rl stats --no-stream
	like "${lines[0]}" '^ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET IO +BLOCK IO +PIDS +CPU TIME +AVG CPU %$'
	[ "${#lines[@]}" = 2 ]
	exits 0 rl stats --no-stream -a --format json
	is "$(jq -r 'map(.name) | sort | join(" ")' <<<"$output")" 'c e'
	is "$(jq -c '.[] | select(.name == "e") | [.cpu_percent, .pids, .mem_usage]' <<<"$output")" '["--","--","-- / --"]'
	is "$(jq -r '.[0] | keys | join(" ")' <<<"$output")" \
		'avg_cpu block_io cpu_percent cpu_time id mem_percent mem_usage name net_io pids'
	is "$(rl stats --no-stream --no-trunc -l --format '{{.ID}}')" "$(rl ps -lq --no-trunc)"
	refused 'exclude each other' rl stats --no-stream -a c
	refused 'interval' rl stats -i 0 c
	# again and again, until it is ended
	exits 124 timeout 3 "$RL" stats -i 1 --format '{{.Name}}' c
	[ "${#lines[@]}" -ge 2 ]
}

@test "port: all, one, what is not published" {
	rl run -d --name c -p 127.0.0.1:18080:80 -p 18053:53/udp box sleep 1000 >/dev/null
	is "$(rl port c)" '80/tcp -> 127.0.0.1:18080
53/udp -> 0.0.0.0:18053'
	is "$(rl port c 80)" 127.0.0.1:18080
	is "$(rl port -l 53/udp)" 0.0.0.0:18053
	like "$(rl port -a)" "^$(rl ps -q)"$'\t80/tcp -> '
	refused_with_hint 'does not publish port 53/tcp' rl port c 53
	refused_with_hint 'is not a port' rl port c 80/x
	refused_with_hint 'is not a port' rl port c 0
	rl stop -t 0 c >/dev/null
	is "$(rl port c)" ''
	refused_with_hint 'rl start c' rl port c 80
}

@test "rename: running, ended, taken and invalid names" {
	rl run -d --name a --network none box sleep 1000 >/dev/null
	rl run --name e --network none box true
	id=$(rl ps -q)
	is "$(rl rename a b)" ''
	is "$(rl inspect -f '{{.Name}} {{.State.Status}}' b)" 'b running'
	is "$(rl ps --format '{{.ID}} {{.Names}}')" "$id b"
	no_container a
	refused_with_hint 'in use' rl rename b e
	refused 'in use|already' rl rename b b
	refused_with_hint 'not a valid' rl rename b ../x
	refused 'no such' rl rename nosuch x
	rl rename e a
	is "$(rl ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" 'a b '
	# the old names are free
	rl run --rm --name e --network none box true
}

@test "rename: of 20 for one name exactly one wins, and --rm removes the new name" {
	for i in $(seq 20); do rl create --name "c$i" box true >/dev/null; done
	for i in $(seq 20); do
		(rl rename "c$i" x 2>/dev/null && echo won >>"$T/won") &
		pids[i]=$!
	done
	for i in $(seq 20); do wait "${pids[i]}" || :; done
	is "$(wc -l <"$T/won")" 1
	is "$(rl ps -aq | wc -l)" 20
	is "$(find "$RL_ROOT/names" -mindepth 1 | wc -l)" 20
	rl run -d --rm --name r --network none box sleep 1000 >/dev/null
	rl rename r s
	rl kill s >/dev/null
	none() { [ ! -L "$RL_ROOT/names/s" ]; }
	eventually 10 none
}

@test "rename: one that is removed meanwhile leaves no name" {
	for i in $(seq 15); do
		rl create --name "c$i" box true >/dev/null
		rl rename "c$i" "n$i" 2>/dev/null &
		renaming=$!
		rl rm -f "c$i" >/dev/null 2>&1 || :
		wait "$renaming" || :
	done
	rl rm -fa >/dev/null
	is "$(find "$RL_ROOT/names" -mindepth 1)" ''
}

@test "container cleanup: what a killed monitor left" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	refused_with_hint 'is running' rl container cleanup c
	kill -9 "$(rl inspect -f '{{.State.ConmonPid}}' c)"
	dead() { [ "$(rl inspect -f '{{.State.Status}}' c)" = exited ]; }
	eventually 10 dead
	[ -n "$(find "$RL_RUNROOT/containers" -name state.json)" ]
	is "$(rl container cleanup c)" c
	is "$(find "$RL_RUNROOT/containers" -mindepth 1)" ''
	is "$(rl inspect -f '{{.State.ExitCode}}' c)" 137
	rl container cleanup --rm -a >/dev/null
	is "$(rl ps -aq)" ''
}

@test "exec: 100 at once in one container, each with its own answer, and no state is written" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	# but for the log of events
	snapshot() { find "$RL_ROOT" "$RL_RUNROOT" ! -name 'events*' -printf '%P %i %s %T@\n' 2>/dev/null | sort; }
	rl exec c true
	before=$(snapshot)
	for i in $(seq 100); do
		(code=0; out=$("$RL" exec -e N="$i" c sh -c 'echo $N; exit $((N % 50))') || code=$?; echo "$i $out $code" >"$BATS_TEST_TMPDIR/$i") &
		pids[i]=$!
	done
	for i in $(seq 100); do wait "${pids[i]}"; done
	for i in $(seq 100); do
		is "$(cat "$BATS_TEST_TMPDIR/$i")" "$i $i $((i % 50))"
	done
	is "$(snapshot)" "$before"
	is "$(rl top c pid | wc -l)" 2
}

@test "exec: exact codes; paused, ended, never started" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	for sig in TERM INT KILL SEGV; do
		exits $((128 + $(kill -l $sig))) rl exec c sh -c "kill -$sig \$\$"
	done
	exits 127 rl exec c nosuch
	exits 126 rl exec c /etc
	exits 125 rl exec --nosuch c true
	rl pause c >/dev/null
	refused_with_hint 'paused' rl exec c true
	rl unpause c >/dev/null
	exits 0 rl exec --no-session c true
	rl stop -t 0 c >/dev/null
	refused 'not running' rl exec c true
	rl create --name n --network none box true >/dev/null
	refused 'not running' rl exec n true
}

@test "exec -d: it is nobody's zombie, and killing the caller does not end it" {
	rl run -d --name c --network none box sleep 1000 >/dev/null
	rl exec -d c sleep 998
	is "$(rl top c args | grep -c 'sleep 998')" 1
	rl exec c pkill -f 'sleep 998' || rl exec c killall sleep
	gone() { [ "$(rl top c state args | grep -c '^Z')" = 0 ] && ! rl top c args | grep -q 'sleep 998'; }
	eventually 10 gone
}

@test "prune asks on standard input, terminal or not" {
	rl create --name c --network none box true >/dev/null
	refused_with_hint 'nobody answered' rl container prune </dev/null
	is "$(rl container prune <<<n)" ''
	is "$(rl ps -aq | wc -l)" 1
	rl container prune <<<y >/dev/null
	is "$(rl ps -aq | wc -l)" 0
}
