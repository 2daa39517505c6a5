# shellcheck shell=bash
# What every file of CLI tests loads.  Each file has a store and a runtime directory of its own with the payload image
# "box" in it; each test must leave no container behind.

bats_require_minimum_version 1.5.0

setup_file() {
	t_begin
}
teardown_file() {
	t_end
}
teardown() {
	t_clean
}

# t_begin - the file's own directories, and the payload image in the store
t_begin() {
	T=$(mktemp -d "$RL_T_WORK/XXXXXX")
	export T RL_ROOT=$T/s RL_RUNROOT=$T/r
	rl import "$RL_T_BOX" box >/dev/null
}

t_end() {
	[ -n "${T:-}" ] || return 0
	if [ -d "$RL_ROOT" ]; then
		rl rm -fa >/dev/null 2>&1 || :
		rl rmi -fa >/dev/null 2>&1 || :
	fi
	remove "$T"
}

# t_clean - after each test: remove its containers, and fail if anything of them stays
t_clean() {
	local left
	[ -d "$RL_ROOT/containers" ] || return 0
	if [ -n "$(find "$RL_ROOT/containers" "$RL_ROOT/names" -mindepth 1 -maxdepth 1 -print -quit)" ]; then
		rl rm -fa -t 0 >/dev/null || return 1
	fi
	# a monitor that removes its container by itself may be at it
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		left=$(find "$RL_ROOT/containers" "$RL_ROOT/names" "$RL_RUNROOT/containers" -mindepth 1 2>/dev/null)
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	echo "left behind: $left"
	return 1
}

rl() {
	"$RL" "$@"
}

# remove DIR... - delete what may belong to subordinate ids
remove() {
	rm -rf "$@" 2>/dev/null && return 0
	chmod -R u+rwX "$@" 2>/dev/null
	rm -rf "$@" 2>/dev/null && return 0
	unshare --map-auto --map-root-user rm -rf "$@" || :
}

# as_user COMMAND... - in the lane "super": run as the unprivileged user
as_user() {
	setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups \
		env -i PATH="$PATH" LANG=C.UTF-8 HOME="$RL_T_HOME" USER="$RL_T_USER" LOGNAME="$RL_T_USER" \
		XDG_RUNTIME_DIR="$RL_T_XDG" ${RL_ROOT:+RL_ROOT="$RL_ROOT"} ${RL_RUNROOT:+RL_RUNROOT="$RL_RUNROOT"} "$@"
}

# --- assertions: each says what was expected and what came ------------------------------------------------------------

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# is ACTUAL EXPECTED
is() {
	[ "$1" = "$2" ] || fail "expected: $2" "got:      $1"
}

# like ACTUAL REGEX
like() {
	[[ $1 =~ $2 ]] || fail "expected to match: $2" "got: $1"
}

# unlike ACTUAL REGEX
unlike() {
	[[ ! $1 =~ $2 ]] || fail "expected not to match: $2" "got: $1"
}

# exits CODE COMMAND... - run it; $output and $stderr hold what it printed
exits() {
	local code=$1
	shift
	# bats wants to be told about 127 beforehand
	if [ "$code" = 127 ]; then set -- -127 "$@"; fi
	run --separate-stderr "$@" || [ "$code" = 127 ]
	[ "$status" = "$code" ] || fail "expected exit code $code, got $status: $*" "stdout: $output" "stderr: $stderr"
}

# refused REGEX COMMAND... - fails closed: exit code 125, nothing on stdout, one clear line that matches, at most a hint
# below it
refused() {
	local regex=$1
	shift
	exits 125 "$@" || return 1
	[ -z "$output" ] || fail "a failing command printed on stdout: $output" || return 1
	like "$stderr" "$regex" || return 1
	local lines
	lines=$(printf '%s\n' "$stderr" | wc -l)
	[ "$lines" -le 2 ] || fail "expected one line and a hint, got $lines lines: $stderr"
}

# refused_with_hint REGEX COMMAND...
refused_with_hint() {
	refused "$@" || return 1
	[ "$(printf '%s\n' "$stderr" | wc -l)" = 2 ] || fail "no hint: $stderr"
}

# a failing step of these functions must end them also where a test goes on with "||": hence the "|| return 1"

# eventually SECONDS COMMAND... - until it succeeds
eventually() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "did not happen in time: $*" || return 1
		sleep 0.02
	done
}

# no_container NAME - none is called so; its first letters may be those of another one's id
no_container() {
	! rl ps -a --format '{{.Names}}' | grep -qxF -- "$1" || fail "there is a container $1"
}

# nothing_left - in tmp/ and trash/ of the store; a monitor empties them when its container has already ended for others
nothing_left() {
	eventually 5 no_leftovers || { ls -lR "$RL_ROOT/tmp" "$RL_ROOT/trash" && return 1; }
}
no_leftovers() {
	[ -z "$(find "$RL_ROOT/tmp" "$RL_ROOT/trash" -mindepth 1 -print -quit)" ]
}

# ended PID - gone, or a zombie that the machine's init has not fetched yet
ended() {
	! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# confined PID - it has no capabilities, can gain none, and a filter of system calls
confined() {
	local key value
	while read -r key value; do
		case $key in
		CapPrm: | CapEff: | CapInh: | CapAmb:) is "$key $value" "$key 0000000000000000" || return 1 ;;
		NoNewPrivs:) is "$key $value" 'NoNewPrivs: 1' || return 1 ;;
		Seccomp:) is "$key $value" 'Seccomp: 2' || return 1 ;;
		esac
	done <"/proc/$1/status"
}

# state NAME - as inspect tells
state() {
	rl inspect --format '{{.State.Status}}' "$1"
}
is_state() {
	[ "$(state "$1")" = "$2" ]
}

# number FULL SMALL - how often: the full number under `make stress`
number() {
	if [ -n "${RL_STRESS:-}" ]; then echo "$1"; else echo "$2"; fi
}

# milliseconds since some point
now_ms() {
	local t=${EPOCHREALTIME/[.,]/}
	echo $((t / 1000))
}

# box ARG... - run a container that is removed, without network: the cheapest way to look inside
box() {
	rl run --rm --network none "$@"
}

# free_port - a TCP and UDP port that nobody uses now
free_port() {
	local port
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + RANDOM % 10000))
		[ -n "$(ss -Hltun "sport = :$port")" ] || { echo "$port"; return; }
	done
	return 1
}

# --- terminal: a tmux server of the test's own ----------------------------------------------------------------------------

term_start() { # COMMAND-LINE [COLUMNS ROWS]
	# one that is just being killed must not be met again
	TMUX_SOCK=$T/tmux.$RANDOM
	tmux -f /dev/null -S "$TMUX_SOCK" new-session -d -x "${2:-80}" -y "${3:-24}" "$1"
}
term_keys() {
	tmux -S "$TMUX_SOCK" send-keys "$@"
}
term_text() {
	tmux -S "$TMUX_SOCK" capture-pane -p
}
term_shows() { # REGEX [SECONDS]
	local end=$((SECONDS + ${2:-10}))
	until term_text | grep -qE "$1"; do
		[ "$SECONDS" -lt "$end" ] || fail "the terminal does not show: $1" "$(term_text)" || return 1
		sleep 0.05
	done
}
term_end() {
	[ -z "${TMUX_SOCK:-}" ] || tmux -S "$TMUX_SOCK" kill-server 2>/dev/null || :
	TMUX_SOCK=
}

# --- registry: Debian's docker-registry on loopback -----------------------------------------------------------------------

# registry_start [WORD...] - sets REGISTRY to host:port, REGISTRY_PID and REGISTRY_DATA
#   tls        with a certificate of an authority of its own, whose files are REGISTRY_CA (ca.crt, ca.key)
#   mtls       tls, and only for clients with a certificate of that authority
#   basic      only for the user "u" with the password "secret"
#   data=DIR   the data of one that was stopped
registry_start() {
	local port dir=$T/registry$RANDOM word tls='' auth=''
	port=$(free_port)
	mkdir -p "$dir/data"
	REGISTRY=127.0.0.1:$port
	REGISTRY_DATA=$dir/data
	for word; do
		case $word in
		tls | mtls)
			REGISTRY_CA=$dir/ca.crt
			make_cert "$dir/ca"
			make_cert "$dir/server" "$dir/ca"
			tls="  tls: {certificate: $dir/server.crt, key: $dir/server.key"
			[ "$word" = tls ] || tls+=", clientcas: [$dir/ca.crt]"
			tls+='}'
			;;
		basic)
			# shellcheck disable=SC2016
			echo 'u:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a' >"$dir/htpasswd"
			auth="auth: {htpasswd: {realm: test, path: $dir/htpasswd}}"
			;;
		data=*) REGISTRY_DATA=${word#data=} ;;
		esac
	done
	cat >"$dir/config.yml" <<-END
		version: 0.1
		log: {accesslog: {disabled: true}, level: error}
		storage:
		  filesystem: {rootdirectory: $REGISTRY_DATA}
		  delete: {enabled: true}
		http:
		  addr: 127.0.0.1:$port
		$tls
		$auth
	END
	docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 3>&- 4>&- &
	REGISTRY_PID=$!
	eventually 10 bash -c ": </dev/tcp/127.0.0.1/$port" || fail "$(cat "$dir/log")" || return 1
	export REGISTRY REGISTRY_CA REGISTRY_PID REGISTRY_DATA
}

# make_cert NAME [CA] - NAME.crt and NAME.key, good for 127.0.0.1; an authority, or signed by one
make_cert() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=${1##*/}")
	if [ $# = 1 ]; then
		openssl req -x509 "${key[@]}" -days 2 -out "$1.crt"
	else
		openssl req "${key[@]}" -out "$1.csr" &&
			openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.crt" \
				-extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1)
	fi 2>/dev/null
}
registry_stop() {
	[ -z "${REGISTRY_PID:-}" ] || kill "$REGISTRY_PID" 2>/dev/null || :
	REGISTRY_PID=
}

# bad_start - a registry that misbehaves, as its paths say: sets BAD to its address; its log and errors are in $T/bad
bad_start() {
	mkdir "$T/bad"
	python3 "$RL_T_HELPERS/badregistry.py" --dir "$T/bad" >"$T/bad/err" 2>&1 3>&- 4>&- &
	BAD_PID=$!
	eventually 20 test -e "$T/bad/port"
	BAD=127.0.0.1:$(cat "$T/bad/port")
	export BAD BAD_PID
}
bad_stop() {
	kill "$BAD_PID" 2>/dev/null || :
}

# interrupted PID SIGNAL - ends a command that is waiting: exit code 130, within a second
interrupted() {
	local begin status=0
	begin=$(now_ms)
	kill "-$2" "$1"
	wait "$1" || status=$?
	is "$status" 130
	[ $(($(now_ms) - begin)) -lt 1000 ] || fail "took $(($(now_ms) - begin)) ms"
}
