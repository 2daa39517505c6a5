#!/usr/bin/env bats
# a host that is poorer than usual, and callers that hand on strange things
load lib
load faults

# within SECONDS COMMAND...
quickly() {
	local before
	before=$(now_ms)
	"${@:2}" || return 1
	before=$(($(now_ms) - before))
	[ "$before" -le "$(($1 * 1000))" ] || fail "it took $before ms: ${*:2}"
}

# one clear line and exit code 125, or it works
works_or_says_why() {
	run --separate-stderr timeout 20 "$@"
	case $status in
	0) ;;
	125)
		[[ $stderr == "Error: "* ]] || fail "$* said: $stderr" || return 1
		[ "$(printf '%s\n' "$stderr" | wc -l)" -le 2 ] || fail "$* said: $stderr"
		;;
	*) fail "exit code $status: $*" "$stderr" ;;
	esac
}

@test "without HOME and XDG variables" {
	env -u HOME -u XDG_RUNTIME_DIR -u XDG_DATA_HOME -u XDG_CONFIG_HOME "$RL" run --rm --network none box true
	env -i PATH="$PATH" "$RL" --root "$RL_ROOT" --runroot "$RL_RUNROOT" run --rm --network none box true
	env -i PATH="$PATH" HOME=/nonexistent "$RL" info >/dev/null 2>&1 && fail "a home that is not there" || :
	quickly 2 refused 'store|/proc' env -i PATH="$PATH" HOME=/proc "$RL" images
}

@test "a HOME that is a link, and one that cannot be written" {
	mkdir "$T/real"
	ln -s real "$T/link"
	env -u RL_ROOT HOME="$T/link" "$RL" import "$RL_T_BOX" box >/dev/null
	env -u RL_ROOT HOME="$T/link" "$RL" run --rm --network none box true
	env -u RL_ROOT HOME="$T/link" "$RL" rmi -a >/dev/null
	mkdir "$T/ro"
	chmod 0500 "$T/ro"
	quickly 2 refused 'ro/.local' env -u RL_ROOT HOME="$T/ro" "$RL" run --rm box true
	remove "$T/ro" "$T/real"
}

@test "few descriptors, processes and bytes" {
	local n limit
	for n in 8 12 16 24 32 64; do
		works_or_says_why bash -c "ulimit -n $n && exec '$RL' run --rm --network none box true"
	done
	rl rm -fa -t 0 >/dev/null
	# what fails before there is a monitor is removed as well
	for n in 16 18 20 22 26 30; do
		works_or_says_why bash -c "for fd in 3 4 5 6 7 8 9; do eval \"exec \$fd>&-\"; done
			ulimit -n $n && exec '$RL' run --rm --network none box true"
		is "$(rl ps -aq)" ''
	done
	bash -c "ulimit -n 64 && exec '$RL' run --rm box true"
	for limit in 'f 1' 'f 2' 'v 40000' 'v 100000'; do
		works_or_says_why bash -c "ulimit -$limit && exec '$RL' run --rm --network none box true"
	done
	rl rm -fa -t 0 >/dev/null
	clean
}

@test "umask 0777, closed descriptors, ignored and blocked signals" {
	(umask 0777 && "$RL" create --name u --network none box sh -c umask >/dev/null)
	is "$(rl start -a u)" 0022
	rl rm u >/dev/null
	(umask 0777 && "$RL" import "$RL_T_BOX" torn >/dev/null)
	is "$(rl run --rm --network none torn cat /srv/index.html)" 'hello from rl'
	rl rmi torn >/dev/null
	"$RL" run --rm --network none box true <&- >&- 2>&-
	"$RL" run --rm --network none -i box cat <&-
	python3 - "$RL" <<-'END'
		import os, signal, subprocess, sys
		for ignored in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP):
		    def strange():
		        signal.signal(ignored, signal.SIG_IGN)
		        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
		    out = subprocess.run([sys.argv[1], "run", "--rm", "--network", "none", "box", "grep", "-E",
		        "^Sig(Blk|Ign)", "/proc/self/status"], preexec_fn=strange, stdout=subprocess.PIPE, timeout=20)
		    assert out.returncode == 0, out
		    words = out.stdout.split()
		    assert words[1] == words[3] == b"0" * 16, out.stdout
		    pull = subprocess.run([sys.argv[1], "import", os.environ["RL_T_BOX"], "torn"], preexec_fn=strange,
		        stdout=subprocess.PIPE, timeout=30)
		    assert pull.returncode == 0, pull
	END
	rl rmi -f torn >/dev/null 2>&1 || rl rmi torn >/dev/null
	rl images -q --filter dangling=true | xargs -r "$RL" rmi >/dev/null
}

@test "a huge environment and command line" {
	local big
	big=$(head -c 120000 /dev/zero | tr '\0' x)
	BIG=$big is "$(BIG=$big rl run --rm --network none -e BIG box sh -c 'echo ${#BIG}')" 120000
	is "$(rl run --rm --network none box sh -c 'echo ${#1}' sh "$big")" 120000
	# shellcheck disable=SC2046 # many words are wanted
	is "$(rl run --rm --network none box sh -c 'echo $#' sh $(seq 20000))" 20000
}

@test "a single id where the user has no range" {
	# in a user namespace that maps one id only, nobody has subordinate ids
	mkdir "$T/single"
	run --separate-stderr unshare -U -r env -u XDG_RUNTIME_DIR "$RL" --root "$T/single/s" --runroot "$T/single/r" \
		import "$RL_T_BOX" box
	is "$status" 0
	is "$(unshare -U -r "$RL" --root "$T/single/s" --runroot "$T/single/r" run --rm --network none box id -u 2>/dev/null)" 0
	remove "$T/single"
}

@test "no more user namespaces" {
	run --separate-stderr unshare -U --map-auto --map-root-user -m bash -c \
		'echo 0 >/proc/sys/user/max_user_namespaces && exec "$RL" run --rm --network none box true'
	is "$status" 125
	like "$stderr" 'namespaces'
}

@test "no room for one more process" {
	local n before
	before=$(ps -L --no-headers -u "$(id -u)" | wc -l)
	for n in 2 4 6 9; do
		works_or_says_why bash -c "ulimit -u $((before + n)); exec '$RL' run --rm --network none box true"
		is "$(rl ps -aq)" ''
	done
	clean
}

@test "too few descriptors: the reason is named, and nothing stays" {
	rl create --name there --network none box true
	for n in $(seq 5 34); do
		exits 125 bash -c 'ulimit -n "$1"; exec "$RL" run --rm box true' - "$n"
		like "$stderr" 'Too many open files.*ulimit -n'
		unlike "$stderr" 'damaged|no such'
		is "$(rl ps -aq | wc -l)" 1
	done
	for n in 4 5 6 7; do
		run --separate-stderr bash -c 'ulimit -n "$1"; "$RL" inspect there; "$RL" ps -a; "$RL" images; exit 0' - "$n"
		unlike "$stderr" 'damaged|[Nn]o such'
	done
}
