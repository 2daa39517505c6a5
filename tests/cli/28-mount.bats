#!/usr/bin/env bats
# mount, unmount: the roots of containers, in a namespace of the caller's
# lanes: user root
# drivers: vfs
load lib
load faults

# within SCRIPT - as root of a mount namespace of its own; $RL is the program
within() {
	if [ "$(id -u)" = 0 ]; then
		unshare -m sh -euc "$1"
	else
		rl unshare sh -euc "$1"
	fi
}

@test "running and stopped containers: read, written, listed, unmounted" {
	rl run -d --name run --network none -v "$T:/v" box sleep 1000 >/dev/null
	rl create --name made --network none box cat /w >/dev/null
	export RL
	within '
		m=$("$RL" mount run)
		echo out >"$m/out"
		"$RL" exec run sh -c "cat /out; echo in >/in"
		cat "$m/in"
		# what else is mounted there is not part of it
		[ -z "$(ls -A "$m/v")$(ls -A "$m/proc")" ]
		[ "$("$RL" mount run)" = "$m" ]
	' >"$T/got"
	is "$(cat "$T/got")" $'out\nin'
	within '
		m=$("$RL" container mount made)
		echo written >"$m/w"
		"$RL" container umount made
		[ ! -e "$m/w" ]
	' >"$T/got"
	is "$(cat "$T/got")" made
	is "$(rl start -a made)" written
	is_state made exited
	# a link that leads out is one of the container's
	is "$(within '"$RL" mount made >/dev/null; "$RL" umount -f made')" made
}

@test "lists, --all, --latest, --format, ids of containers that are gone" {
	local id
	id=$(rl create --name a --network none box true)
	rl create --name b --network none box true >/dev/null
	export RL
	is "$(within '"$RL" mount -l >/dev/null; "$RL" mount --format json' |
		python3 -c 'import json, sys; print([(m["Names"], m["mountpoint"][-64:] == m["id"]) for m in json.load(sys.stdin)])')" \
		"[(['b'], True)]"
	is "$(within '"$RL" mount -a >/dev/null; "$RL" mount | wc -l; "$RL" umount -a | wc -l; "$RL" mount')" $'2\n2'
	is "$(within '"$RL" mount a >/dev/null; "$RL" mount --no-trunc' | cut -d" " -f1)" "$id"
	is "$(within '"$RL" mount a >/dev/null; "$RL" mount --format "{{.ID}}"')" "${id:0:12}"
	refused_with_hint 'not mounted' rl umount a
	refused 'exclude each other' rl umount -a a
	refused_with_hint 'no container was named' rl umount
	refused 'no such container' rl umount nobody
	within '"$RL" mount a b >/dev/null; "$RL" rm a >/dev/null; "$RL" mount | wc -l' >"$T/got"
	is "$(cat "$T/got")" 1
	rl rm -f b >/dev/null
	clean
}

@test "outside of a namespace of one's own it is refused" {
	[ "$(id -u)" != 0 ] || skip 'machine: root has such a namespace'
	rl create --name a --network none box true >/dev/null
	refused_with_hint 'takes a namespace' rl mount a
	is "$(rl mount)" ''
}

hold_mount() { # CONTAINER: until T/mounted is removed
	export T
	within '
		m=$("$RL" mount '"$1"')
		touch "$T/mounted"
		i=0
		while [ -e "$T/mounted" ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
		"$RL" umount '"$1"'
	' >/dev/null 3>&- &
	eventually 10 test -e "$T/mounted"
}

@test "what is mounted is not mounted a second time by a restart, and is started when it is unmounted" {
	local pid
	rl run -d --name again --network none --restart always box sleep 1000 >/dev/null
	export RL
	pid=$(rl inspect --format '{{.State.Pid}}' again)
	hold_mount again
	refused_with_hint 'is mounted where process' rl restart -t 0 again
	is "$(rl inspect --format '{{.State.Pid}}' again)" "$pid"
	kill -KILL "$pid"
	refuses() { [ "$(rl inspect --format '{{.State.Status}} {{.State.ExitCode}}' again)" = 'restarting 125' ]; }
	eventually 10 refuses
	like "$(rl why again)" 'is mounted where process'
	rm "$T/mounted"
	wait $!
	runs() { [ "$(rl inspect --format '{{.State.Status}}' again)" = running ]; }
	eventually 70 runs
	rl rm -f -t 0 again >/dev/null
}
