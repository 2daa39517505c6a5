#!/usr/bin/env bats
# many at once, many in a row, much data
load lib
load faults

wait_for() {
	local pid bad=0
	for pid; do wait "$pid" || bad=$((bad + 1)); done
	echo "$bad" >"$T/bad"
}

@test "one archive loaded by many at once" {
	local i pids=()
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/image.tar" many:latest "$RL_T_BOX"
	for i in $(seq "$(number 50 8)"); do
		"$RL" load -i "$T/image.tar" >/dev/null 2>>"$T/err" 3>&- &
		pids+=($!)
	done
	wait_for "${pids[@]}"
	is "$(<"$T/bad")" 0 || fail "$(sort "$T/err" | uniq -c)" || return 1
	is "$(box many cat /srv/index.html)" 'hello from rl'
	rl rmi many >/dev/null
	clean
}

@test "one image pulled by many at once: each blob is fetched once" {
	local i pids=() digest
	registry_start
	# its log of requests is what is counted
	kill "$REGISTRY_PID"
	sed -i 's/^log: .*/log: {accesslog: {disabled: false}, level: error}/' "${REGISTRY_DATA%/data}/config.yml"
	docker-registry serve "${REGISTRY_DATA%/data}/config.yml" >>"$T/requests" 2>&1 3>&- &
	REGISTRY_PID=$!
	eventually 10 curl -sf "http://$REGISTRY/v2/"
	for i in 1 2 3; do
		mkdir "$T/l"
		head -c 3000000 /dev/urandom >"$T/l/file$i"
		tar -C "$T/l" -cf "$T/l$i.tar" .
		rm -r "$T/l"
	done
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/many:1" "$RL_T_BOX" "$T"/l[123].tar >/dev/null
	: >"$T/requests"
	for i in $(seq "$(number 50 12)"); do
		"$RL" pull -q --tls-verify=false "$REGISTRY/many:1" >/dev/null 2>>"$T/err5" 3>&- &
		pids+=($!)
	done
	wait_for "${pids[@]}"
	is "$(<"$T/bad")" 0 || fail "$(sort "$T/err5" | uniq -c)" || return 1
	registry_stop
	grep -o 'GET /v2/many/blobs/sha256:[0-9a-f]*' "$T/requests" | sort | uniq -c >"$T/fetched"
	is "$(wc -l <"$T/fetched")" 4 || fail "$(<"$T/fetched")" || return 1 # three layers and the configuration; "box" is here
	is "$(awk '{ print $1 }' "$T/fetched" | sort -u)" 1 || fail "$(<"$T/fetched")" || return 1
	is "$(box "$REGISTRY/many:1" cat /srv/index.html)" 'hello from rl'
	rl rmi "$REGISTRY/many:1" >/dev/null
	clean
}

@test "one name for many: exactly one" {
	local i n pids=() round
	n=$(number 100 12)
	for round in $(seq "$(number 5 1)"); do
		pids=()
		for i in $(seq "$n"); do
			"$RL" run -d --name one --network none box sleep 1000 >/dev/null 2>>"$T/err1" 3>&- &
			pids+=($!)
		done
		wait_for "${pids[@]}"
		is "$(<"$T/bad")" $((n - 1)) || fail "$(grep -o 'Error.*by' "$T/err1" | sort | uniq -c)" || return 1
		is "$(rl ps -aq | wc -l)" 1
		rl rm -f -t 0 one >/dev/null
		clean
	done
	! grep '^Error' "$T/err1" | grep -v 'the container name one is in use' || fail "another error" || return 1
}

@test "images come and go while containers run: no error that is nobody's fault" {
	local i pids=() rounds
	rounds=$(number 200 6)
	loop() { # COMMAND...
		local k
		for k in $(seq "$rounds"); do "$@" >/dev/null 2>>"$T/err2" || echo "failed: $*" >>"$T/err2"; done
	}
	rl tag box steady
	loop rl images 3>&- & pids+=($!)
	loop rl tag box moving 3>&- & pids+=($!)
	loop rl ps -a 3>&- & pids+=($!)
	loop rl run --rm --network none steady true 3>&- & pids+=($!)
	for i in $(seq "$rounds"); do
		rl import "$RL_T_BOX" "come$i" >/dev/null 2>>"$T/err2"
		rl rmi "come$i" >/dev/null 2>>"$T/err2"
	done 3>&- & pids+=($!)
	wait_for "${pids[@]}"
	[ ! -s "$T/err2" ] || fail "$(sort "$T/err2" | uniq -c)" || return 1
	rl rmi moving steady >/dev/null
	clean
}

@test "prune, rmi, run, images and df at once: no error that is nobody's fault" {
	local i pids=() rounds
	rounds=$(number 100 6)
	loop() { # COMMAND...
		local k
		for k in $(seq "$rounds"); do "$@" >/dev/null 2>>"$T/err6" || echo "failed: $*" >>"$T/err6"; done
	}
	rl run -d --name steady --network none box sleep 1000 >/dev/null
	loop rl image prune -f 3>&- & pids+=($!)
	loop rl container prune -f --filter label=gone 3>&- & pids+=($!)
	loop rl system prune -f --filter until=1h 3>&- & pids+=($!)
	loop rl system df 3>&- & pids+=($!)
	loop rl images -a --format json 3>&- & pids+=($!)
	loop rl run --rm --network none box true 3>&- & pids+=($!)
	loop rl create --network none --label gone box true 3>&- & pids+=($!)
	loop rl system check -q 3>&- & pids+=($!)
	for i in $(seq "$rounds"); do
		rl import --change "LABEL n=$i" "$RL_T_BOX" "coming$i" >/dev/null 2>>"$T/err6" || echo "failed: import $i" >>"$T/err6"
		rl tag "coming$i" "again$i" 2>>"$T/err6" || echo "failed: tag $i" >>"$T/err6"
		rl rmi "coming$i" >/dev/null 2>>"$T/err6" || echo "failed: rmi $i" >>"$T/err6"
		rl run --rm --network none "again$i" true 2>>"$T/err6" || echo "failed: run $i" >>"$T/err6"
		rl rmi "again$i" >/dev/null 2>>"$T/err6" || echo "failed: rmi again $i" >>"$T/err6"
	done 3>&- & pids+=($!)
	wait_for "${pids[@]}"
	[ ! -s "$T/err6" ] || fail "$(sort "$T/err6" | uniq -c)" || return 1
	is "$(rl ps --format '{{.Names}}')" steady
	rl rm -f -t 0 steady >/dev/null
	rl container prune -f >/dev/null
	clean
	rl system check
}

@test "many containers and many commands in one at once" {
	local i n pids=() before worst=0
	n=$(number 200 16)
	for i in $(seq "$n"); do
		"$RL" run -d --network none box sleep 1000 >/dev/null 2>>"$T/err3" 3>&- &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		before=$(now_ms)
		rl ps -a >/dev/null
		before=$(($(now_ms) - before))
		[ "$before" -le "$worst" ] || worst=$before
	done
	wait_for "${pids[@]}"
	is "$(<"$T/bad")" 0 || fail "$(sort "$T/err3" | uniq -c)" || return 1
	is "$(rl ps -q | wc -l)" "$n"
	rl rm -fa -t 0 >/dev/null
	clean
	rl run -d --name e --network none box sleep 1000 >/dev/null
	pids=()
	for i in $(seq "$(number 100 12)"); do
		"$RL" exec e true 2>>"$T/err4" 3>&- &
		pids+=($!)
	done
	wait_for "${pids[@]}"
	is "$(<"$T/bad")" 0 || fail "$(sort "$T/err4" | uniq -c)" || return 1
	rl rm -f -t 0 e >/dev/null
	clean
	echo "# $n containers; the slowest ps took $worst ms" >&3
}

@test "many short runs leave nothing" {
	local i before
	before=$(find "$RL_ROOT" "$RL_RUNROOT" 2>/dev/null | wc -l)
	for i in $(seq "$(number 10000 50)"); do
		"$RL" run --rm --network none box true
	done
	for i in $(seq "$(number 200 5)"); do
		"$RL" run --rm box true
	done
	clean
	[ "$(find "$RL_ROOT" "$RL_RUNROOT" 2>/dev/null | wc -l)" -le $((before + 3)) ]
}

@test "a bounded log stays below its limit over restarts" {
	local i size max=0 limit
	limit=$(number 10 1)
	rl create --name y --network none --log-opt max-size="${limit}mb" box sh -c "exec 2>/dev/null; timeout $(number 3 1) yes 0123456789; true" >/dev/null
	for i in $(seq "$(number 20 2)"); do
		rl start y >/dev/null
		rl wait y >/dev/null
		size=$(find "$RL_ROOT/containers" -name 'ctr.log*' -printf '%s\n' 2>/dev/null | awk '{ s += $1 } END { print s }')
		[ "$size" -le "$max" ] || max=$size
	done
	echo "# at most $max bytes of ${limit} MB" >&3
	[ "$max" -le $((limit * 1000000 + 100 + limit * 50000)) ]
	# The last line is cut where its writer was ended.  The shell's word about that end would be a line of another stream,
	# before or behind it: so it says none.
	like "$(rl logs --tail 1 y)" '^0[1-9]*$'
	rl rm y >/dev/null
}

@test "output and log are exact" {
	local n
	n=$(number 10000000 300000)
	is "$(rl run --name q --network none box seq "$n" | sha256sum)" "$(seq "$n" | sha256sum)"
	is "$(rl logs q | sha256sum)" "$(seq "$n" | sha256sum)"
	rl rm q >/dev/null
}

@test "input is exact, and nothing hangs" {
	local i size
	size=$(number 1000000000 60000000)
	is "$(head -c "$size" /dev/zero | timeout 300 "$RL" run --rm -i --network none box sha256sum)" "$(head -c "$size" /dev/zero | sha256sum)"
	for i in $(seq "$(number 50 4)"); do
		is "$(seq 20000 | timeout 20 "$RL" run --rm -i --network none box sha256sum)" "$(seq 20000 | sha256sum)"
		# it ends while its input is still open, and while a child of its own still has its output
		timeout 20 "$RL" run --rm -i --network none box true < <(sleep 5 3>&-)
		is "$(timeout 20 "$RL" run --rm --network none box sh -c 'sleep 1000 & echo done')" 'done'
		yes | timeout 20 "$RL" run --rm -i --network none box head -c 10 >/dev/null
	done
	clean
}

@test "much text pasted into a terminal is exact" {
	local i size
	size=$(number 1000000 100000)
	for i in $(seq "$(number 20 1)"); do
		timeout 120 python3 - "$RL" "$size" <<-'END'
			import os, pty, select, sys, tty
			rl, size = sys.argv[1], int(sys.argv[2])
			pid, fd = pty.fork()
			if pid == 0:
			    os.execv(rl, [rl, "run", "-it", "--rm", "--network", "none", "box", "sh", "-c",
			        "stty raw -echo; echo ready; head -c %d | sha256sum" % size])
			out = b""
			while b"ready" not in out:
			    out += os.read(fd, 4096)
			import hashlib
			data = bytes(b"abcdefghijklmnoprstuvwxyz"[k % 25] for k in range(size))
			sent = 0
			os.set_blocking(fd, False)
			while True:
			    r, w, _ = select.select([fd], [fd] if sent < size else [], [], 60)
			    assert r or w, "hangs after %d bytes" % sent
			    if r:
			        try:
			            got = os.read(fd, 4096)
			        except OSError:
			            break
			        if not got:
			            break
			        out += got
			    if w:
			        try:
			            sent += os.write(fd, data[sent:sent + 4096])
			        except BlockingIOError:
			            pass
			assert hashlib.sha256(data).hexdigest().encode() in out, out[-300:]
			os.waitpid(pid, 0)
		END
	done
	clean
}
