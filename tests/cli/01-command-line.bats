#!/usr/bin/env bats
# the command line itself: help, versions, misspellings, completion
load lib

@test "version, in words and as JSON" {
	exits 0 rl --version
	like "$output" '^rl version [0-9]+\.[0-9]+\.[0-9]+'
	exits 0 rl version
	like "$output" 'Version: +[0-9]+\.[0-9]+'
	exits 0 rl version --format '{{.Client.Version}}'
	like "$output" '^[0-9]+\.[0-9]+\.[0-9]+$'
	exits 0 rl version --format json
	python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$output"
}

@test "help lists every command, and every command has help on stdout" {
	exits 0 rl help
	local all=$output
	for command in run create start stop kill rm ps logs exec inspect wait attach images pull load import tag rmi \
		info version help completion doctor; do
		like "$all" "(^|[[:space:]])$command([[:space:]]|$)"
		exits 0 rl "$command" --help
		like "$output" "rl $command"
		is "$stderr" ''
	done
	exits 0 rl
	exits 0 rl --help
	exits 0 rl help run
	like "$output" '--name'
}

@test "a command of podman's that is not there yet is called so" {
	refused_with_hint "^Error: rl has no command 'network' yet" rl network create x
	refused_with_hint "^Error: rl has no command 'pod' yet" rl --log-level info pod create
}

@test "an unknown command names the nearest one" {
	refused_with_hint 'imgaes' rl imgaes
	like "$stderr" 'images'
	refused 'frobnicate' rl frobnicate
}

@test "an unknown flag is refused and names the nearest one" {
	refused_with_hint 'hostnmae' rl run --hostnmae x box true
	like "$stderr" '--hostname'
	refused '--memory-swappiness' rl run --memory-swappiness 5 box true
	refused 'zz' rl ps -zz
	refused 'frobnicate' rl --frobnicate ps
}

@test "bad values of flags are refused, and nothing is made" {
	refused 'stop-timeout' rl create --stop-timeout=soon box true
	refused 'rm' rl run --rm=maybe box true
	refused 'name' rl run --name
	refused 'too many|arguments' rl version extra
	refused 'IMAGE' rl run
	is "$(rl ps -aq)" ''
}

@test "what podman and docker have and rl does not is explained" {
	exits 0 "$RL_T_TOP/tests/helpers/coverage-cli"
	like "$output" 'secret create: 5/7 --driver-opts --template-driver'
	is "$stderr" ''
	# and it notices when it is not
	cp -r "$RL_T_TOP" "$T/top"
	sed -i '/^| `network/d; s/^| `unshare`/| `unshare`, `pause`/' "$T/top/docs/compatibility.md"
	exits 1 "$T/top/tests/helpers/coverage-cli"
	like "$stderr" "why 'network create' is missing"
	like "$stderr" "'pause' is not missing"
}

@test "completion scripts are valid shell" {
	rl completion bash >"$T/c.bash"
	bash -n "$T/c.bash"
	[ -s "$T/c.bash" ]
	exits 0 rl completion zsh
	like "$output" '#compdef rl'
	exits 0 rl completion fish
	like "$output" 'complete -c rl'
	refused 'tcsh' rl completion tcsh
}

@test "bash completion knows commands, flags and containers" {
	rl create --name completeme box true
	rl completion bash >"$T/c.bash"
	export PATH=$RL_T_BIN:$PATH
	complete_with() {
		bash --norc -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
			COMP_POINT=${#COMP_LINE}; spec=$(complete -p rl); fn=${spec##*-F }; fn=${fn%% *}; $fn rl "${!#}" ""
			printf "%s\n" "${COMPREPLY[@]}"' _ "$T/c.bash" "$@"
	}
	like "$(complete_with rl imp)" 'import'
	like "$(complete_with rl run --host)" '--hostname'
	like "$(complete_with rl rm compl)" 'completeme'
}

@test "a full disk behind stdout is an error, a closed pipe is none" {
	run -125 bash -c '"$RL" help >/dev/full'
	like "$output" 'the output could not be written'
	unlike "$output" 'rl rm|No such'
	rl create --name listed --network none box true >/dev/null
	for command in 'ps -a' 'inspect listed' images; do
		run -125 bash -c '"$RL" $1 >/dev/full' - "$command"
		like "$output" 'the output could not be written'
		like "$output" 'standard output'
	done
	bash -c 'set -o pipefail; "$RL" help | head -1' >/dev/null || [ $? = 141 ]
}

@test "it works without descriptors 0, 1 and 2" {
	run -0 bash -c '"$RL" version <&- >&- 2>&-'
	rl run -d --name quiet --network none box sh -c 'echo in the log' <&- >&- 2>&-
	eventually 5 is_state quiet exited
	is "$(rl logs quiet)" 'in the log'
}

@test "--out and --noout: where standard output goes" {
	rl --out "$T/out" version
	like "$(<"$T/out")" '^Version:'
	is "$(rl --out "$T/out" run --rm --network none box echo out)" ''
	is "$(<"$T/out")" out
	is "$(rl --noout run --rm --network none box echo out)" ''
	refused 'exclude each other' rl --noout --out "$T/out" version
	refused 'nonexistent/out' rl --out "$T/nonexistent/out" version
}
