#!/usr/bin/env bats
# renames that are killed, roots that are mounted twice, floods of output
# lanes: user root
load lib
load faults

setup_file() {
	t_begin
	# killat is preloaded, which a statically linked program takes no notice of
	mkdir "$T/bin"
	install -m 755 "$RL_T_HELPERS/rl-dynamic" "$T/bin/rl"
	ln -s "$RL_T_BIN"/rl-* "$T/bin/"
	export RL_DYNAMIC=$T/bin/rl
}

# rename_killed N - rename a to b, killed at its N-th call that changes something; 0 only counts
rename_killed() {
	head -c 8192 /dev/zero >"$T/counter"
	env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT="$1" KILLAT_FILE="$T/counter" "$RL_DYNAMIC" rename a b >/dev/null 2>&1
}

@test "rename killed at every call: one name, by which it is found, and the other one is free" {
	local i total id name other old=0 new=0
	id=$(rl create --name a --network none box true)
	rename_killed 0
	is "$(rl ps -a --format '{{.Names}}')" b
	total=$(od -An -tu4 -N4 "$T/counter")
	[ "$total" -ge 6 ] || fail "the library counted only $total calls" || return 1
	rl rename b a
	for i in $(seq 1 "$total"); do
		rename_killed "$i" || :
		name=$(rl ps -a --format '{{.Names}}')
		case $name in
		a) other=b old=$((old + 1)) ;;
		b) other=a new=$((new + 1)) ;;
		*) fail "after $i: $name" || return 1 ;;
		esac
		is "$(ls "$RL_ROOT/names")" "$name"
		is "$(rl inspect -f '{{.Id}} {{.Name}}' "$name")" "$id $name"
		no_container "$other"
		rl create --name "$other" --network none box true >/dev/null || fail "the other name after $i" || return 1
		# it can be changed, and renamed, whatever was left
		rl update --restart no "$name" >/dev/null
		rl rename "$name" c
		is "$(rl inspect -f '{{.Name}}' "$id")" c
		rl rm "$other" >/dev/null
		rl rename c a
	done
	# killed before and after the one step that counts
	[ "$old" -gt 0 ]
	[ "$new" -gt 0 ]
	rl rm a >/dev/null
	clean
}

@test "renames to one name at once: one has it" {
	local i n=0
	for i in 1 2 3 4 5 6; do rl create --name "r$i" --network none box true >/dev/null; done
	for i in 1 2 3 4 5 6; do
		rl rename "r$i" same 2>/dev/null 3>&- &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6; do ! wait "${pids[i]}" || n=$((n + 1)); done
	is "$n" 1
	is "$(rl ps -a --format '{{.Names}}' | sort | tr '\n' ' ' | sed 's/r[1-6]/r/g')" 'r r r r r same '
	is "$(ls "$RL_ROOT/names" | wc -l)" 6
	rl rm -a >/dev/null
}

# a mount namespace with the root of c mounted in it, until it is told to end
hold_mount() {
	rm -f "$T/go" "$T/mounted"
	export RL
	# shellcheck disable=SC2016
	local script='"$RL" mount c >"$0/mounted.new"; mv "$0/mounted.new" "$0/mounted"; while [ ! -e "$0/go" ]; do sleep 0.1; done; [ ! -e "$0/unmount" ] || { "$RL" unmount c; touch "$0/unmounted"; sleep 30; }'
	if [ "$(id -u)" = 0 ]; then
		unshare -m sh -euc "$script" "$T" >/dev/null 3>&- &
	else
		"$RL" unshare sh -euc "$script" "$T" >/dev/null 3>&- &
	fi
	HOLDER=$!
	eventually 10 test -e "$T/mounted"
}

@test "a container whose root is mounted elsewhere is not started, nor mounted again; afterwards it is" {
	rl create --name c --network none box true >/dev/null
	rm -f "$T/unmount"
	hold_mount
	refused_with_hint 'is mounted where process' rl start c
	exits 125 rl cp c:/etc/hostname -
	like "$stderr" 'is mounted'
	is_state c created
	# the namespace ends, and the mount with it
	touch "$T/go"
	wait "$HOLDER" || :
	is "$(rl start -a c)" ''
	# or it is unmounted, and the namespace goes on
	touch "$T/unmount"
	hold_mount
	exits 125 rl start c
	touch "$T/go"
	eventually 10 test -e "$T/unmounted"
	rl start -a c
	kill "$HOLDER" 2>/dev/null || :
	wait "$HOLDER" || :
	rl rm c >/dev/null
}

# bytes of its log on the disk
log_bytes() {
	cat "$RL_ROOT/containers/$1"/ctr.log* 2>/dev/null | wc -c
}

@test "a flood of output over restarts: the log stays within its limit at any moment" {
	local id driver limit=20000 end n
	for driver in k8s-file json-file; do
		id=$(rl run -d --name c --network none --log-driver $driver --log-opt max-size=$limit box yes 'a line of some length')
		end=$((SECONDS + $(number 60 2)))
		while [ "$SECONDS" -lt "$end" ]; do
			n=$(log_bytes "$id")
			[ "$n" -le "$limit" ] || fail "$driver: $n bytes" || return 1
		done
		for _ in $(seq "$(number 20 2)"); do
			rl restart -t 0 c >/dev/null
			n=$(log_bytes "$id")
			[ "$n" -le "$limit" ] || fail "$driver: $n bytes after a restart" || return 1
		done
		[ "$(log_bytes "$id")" -gt $((limit / 3)) ]
		rl rm -f -t 0 c >/dev/null
	done
}

# kilobytes that a process had at most
peak_kb() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$1/status"
}

@test "exec and attach that nobody reads: the monitor and the command stay small, and the container goes on" {
	local i pid flood typed attached
	rl run -d --name c --network none --log-driver none box sh -c 'while [ ! -e /flood ]; do sleep 0.1; done; exec yes' >/dev/null
	mkfifo "$T/unread"
	# shellcheck disable=SC2217 # it holds the end that nobody reads
	sleep 1000 <"$T/unread" 3>&- &
	pid=$!
	exec 9>"$T/unread"
	"$RL" exec c yes >&9 3>&- &
	flood=$!
	script -qfc "$RL exec -t c yes" /dev/null >&9 2>&1 3>&- &
	typed=$!
	"$RL" attach --no-stdin c >&9 2>/dev/null 3>&- &
	attached=$!
	rl exec c touch /flood
	sleep "$(number 60 4)"
	[ "$(peak_kb "$(run_state c monitor)")" -lt 32768 ]
	[ "$(peak_kb "$flood")" -lt 32768 ]
	for i in $(pgrep -u "$(id -u)" -f "^$RL exec -t c yes" || :); do [ "$(peak_kb "$i")" -lt 32768 ]; done
	is "$(timeout 10 "$RL" exec c echo alive)" alive
	timeout 30 "$RL" rm -f -t 0 c >/dev/null
	exec 9>&-
	kill -9 "$pid"
	# with the container they end by themselves
	wait "$pid" "$flood" "$typed" "$attached" || :
	rm "$T/unread"
	clean
}

@test "--tmpfs takes over what belongs to ids that the container does not have" {
	rl run --name o --network none box sh -c 'mkdir -p /d/sub; echo text >/d/f; ln -s f /d/l; chown 5000:5000 /d/f /d/sub; chown -h 5000 /d/l; chmod 4755 /d/f' || skip 'machine: a single id'
	rl commit -q o owned >/dev/null
	rl rm o >/dev/null
	is "$(rl run --rm --network none --uidmap 0:0:100 --gidmap 0:0:100 --tmpfs /d owned sh -c 'cat /d/l; stat -c "%u %a" /d/f /d/sub')" \
		$'text\n0 755\n0 755'
	# an id that it has stays
	is "$(rl run --rm --network none --tmpfs /d owned stat -c '%u %a' /d/f)" '5000 4755'
	rl rmi owned >/dev/null
}
