#!/usr/bin/env bats
# what the caller has open must not become a way out of the container
load lib

@test "exec: a file that is read from cannot be written" {
	rl run -d --name c --network none box sleep 100 >/dev/null
	echo precious >"$T/input"
	exits 0 rl exec -i c sh -c 'echo pwned >/proc/self/fd/0; cat' <"$T/input"
	is "$(cat "$T/input")" precious
	like "$output" precious
}

@test "exec: a directory on standard input is no way to the host" {
	mkdir -p "$T/open"
	rl run -d --name c --network none box sleep 100 >/dev/null
	exits 0 rl exec -i c sh -c 'cd /proc/self/fd/0 2>/dev/null && touch pwned; ls /proc/self/fd/0/.. 2>/dev/null; true' <"$T/open"
	is "$output" ''
	is "$(ls -A "$T/open")" ''
}

@test "exec: a file that is appended to cannot be read or truncated" {
	rl run -d --name c --network none box sleep 100 >/dev/null
	echo earlier >"$T/log"
	rl exec c sh -c 'cat /proc/self/fd/1 >/dev/null & sleep 0.1; kill $! 2>/dev/null; : >/proc/self/fd/1; echo later' >>"$T/log"
	is "$(cat "$T/log")" $'earlier\nlater'
}

@test "exec: a named pipe keeps its owner" {
	mkfifo "$T/fifo"
	rl run -d --name c --network none box sleep 100 >/dev/null
	sleep 3 >"$T/fifo" &
	exits 0 rl exec -i -u app c true <"$T/fifo"
	is "$(stat -c %u "$T/fifo")" "$(id -u)"
	kill %1
}

@test "exec: what is relayed arrives whole, and a reader that leaves is noticed" {
	rl run -d --name c --network none box sleep 100 >/dev/null
	is "$(seq 300000 | rl exec -i c cat | sha256sum)" "$(seq 300000 | sha256sum)"
	seq 300000 >"$T/numbers"
	is "$(rl exec -i c cat <"$T/numbers" | sha256sum)" "$(sha256sum <"$T/numbers")"
	is "$(timeout 10 "$RL" exec c yes | head -n 1)" y
	is "$(rl exec c sh -c 'echo out; echo err >&2' 2>/dev/null)" out
}

@test "run and exec: descriptors 0 to 2 only, and none of the caller's" {
	exec 9<"$T"
	rl run -d --name c --network none box sleep 100 >/dev/null
	exits 0 rl exec -i c probe fds <"$T"
	unlike "$output" "$T"
	is "$(wc -l <<<"$output")" 3
	exits 0 box -i box probe fds <"$T"
	unlike "$output" "$T"
	is "$(wc -l <<<"$output")" 3
	exec 9<&-
}

@test "a command behind a descriptor that is open here is not found" {
	rl run -d --name c --network none box sleep 100 >/dev/null
	exec 9</
	for n in 3 5 7 9 11; do
		exits 127 rl exec c "/proc/self/fd/$n/bin/busybox" true
		like "$stderr" 'not found in the image'
		exits 127 rl exec -w /proc/self c "fd/$n/bin/busybox" true
		exits 127 rl exec -e "PATH=/proc/self/fd/$n/bin" c busybox true
	done
	exits 127 box box /proc/self/fd/9/bin/busybox true
	exec 9<&-
	exits 0 rl exec -w /bin c ../bin/busybox true
	exits 0 rl exec c /bin/busybox true
}
