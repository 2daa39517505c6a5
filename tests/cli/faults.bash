# shellcheck shell=bash
# for the tests of faults: what is left of containers, and who takes part in them

# a value of state.json: monitor, pid, …
run_state() { # NAME KEY
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$RL_RUNROOT/containers/$(rl inspect --format '{{.Id}}' "$1")/state.json" "$2"
}

# helpers whose monitor or command is gone, and monitors of this file's store
stray() {
	local pid parent comm link
	for pid in $(pgrep -u "$(id -u)" -x 'slirp4netns|fuse-overlayfs|newuidmap|newgidmap'); do
		parent=$(ps -o ppid= -p "$pid") || continue
		comm=$(ps -o comm= -p "$((parent))") || comm=none
		case $comm in
		rl | rl-*) ;;
		*) echo "$pid $(ps -o comm= -p "$pid") of $comm" ;;
		esac
	done
	for pid in $(pgrep -u "$(id -u)" -x 'rl|rl-monitor|rl-transfer'); do
		for link in /proc/"$pid"/fd/*; do
			case $(readlink "$link") in
			"$T"/*) echo "$pid $(ps -o args= -p "$pid")"; break ;;
			esac
		done
	done
}
no_stray() {
	[ -z "$(stray)" ]
}

# every directory that must be empty when there is no container
leftovers() {
	local dir
	for dir in "$RL_ROOT"/{containers,names,tmp,trash} "$RL_RUNROOT/containers"; do
		[ ! -d "$dir" ] || find "$dir" -mindepth 1
	done
	find "$RL_RUNROOT" -type s
	cut -d' ' -f5 /proc/self/mountinfo | grep -F "$T" || :
}

# all of it is clean, at the latest after some seconds: what other files have just killed is seen here, too
clean() {
	eventually 20 no_stray || fail "processes: $(stray)" || return 1
	is "$(leftovers)" ''
}

# a process that is certainly gone or a zombie
gone() {
	case $(ps -o stat= -p "$1") in
	'' | Z*) return 0 ;;
	*) return 1 ;;
	esac
}
