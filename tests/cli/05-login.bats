#!/usr/bin/env bats
# login and logout: a registry with passwords, one with tokens, credential helpers, a terminal
# lanes: user
# shellcheck disable=SC2030,SC2031 # each test has its own
load lib

setup_file() {
	t_begin
	registry_start basic
	bad_start
}
teardown_file() {
	bad_stop
	registry_stop
	t_end
}

setup() {
	export HOME=$T/home XDG_RUNTIME_DIR=$T/run
	rm -rf "$HOME" "$XDG_RUNTIME_DIR"
	mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR"
	AUTH=$XDG_RUNTIME_DIR/containers/auth.json
}
teardown() {
	term_end
	t_clean
}

# a helper that keeps what it is given in a directory, as docker-credential-fake
fake_helper() {
	mkdir -p "$T/bin" "$T/kept"
	cat >"$T/bin/docker-credential-fake" <<-END
		#!/bin/sh
		cd $T/kept || exit 1
		name() { tr '/:' '__'; }
		case \$1 in
		store) cat >new; f=\$(sed 's/.*"ServerURL": *"\([^"]*\)".*/\1/' new | name); mv new "\$f" ;;
		get) f=\$(name); [ -e "\$f" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "\$f" ;;
		erase) rm "\$(name)" ;;
		esac
	END
	chmod 755 "$T/bin/docker-credential-fake"
	PATH=$T/bin:$PATH
}

@test "login --secret" {
	printf 'secret\n' | rl secret create u - >/dev/null
	rl login --secret u "$REGISTRY"
	is "$(rl login --get-login "$REGISTRY")" u
	rl logout "$REGISTRY"
	refused 'user name and the password|credentials|authentication' rl login --secret u -u other "$REGISTRY"
	refused 'no such secret' rl login --secret nosuch "$REGISTRY"
	refused 'exclude' rl login --secret u -p x "$REGISTRY"
	rl secret rm u
}

@test "log in, use it, log out" {
	refused_with_hint 'user name and a password' rl push -q box "$REGISTRY/a/box"
	exits 0 rl login -u u -p secret "$REGISTRY"
	is "$output" 'Login Succeeded!'
	is "$(stat -c %a "$AUTH")" 600
	is "$(rl login --get-login "$REGISTRY")" u
	rl push -q box "$REGISTRY/a/box"
	exits 0 rl login "$REGISTRY"
	like "$output" 'Already logged in'
	exits 0 rl logout "$REGISTRY"
	is "$output" "Removed login credentials for $REGISTRY"
	refused 'not logged into' rl login --get-login "$REGISTRY"
	refused 'not logged into' rl logout "$REGISTRY"
	refused 'user name and a password' rl push -q box "$REGISTRY/a/box"
}

@test "the password from standard input" {
	printf 'secret\n' | rl login -u u --password-stdin "https://$REGISTRY/v2/"
	is "$(rl login --get-login "$REGISTRY")" u
	refused 'several lines' rl login -u u --password-stdin "$REGISTRY" <<<$'secret\nmore'
	refused 'needs --username' rl login --password-stdin "$REGISTRY" <<<secret
	refused 'exclude' rl login -u u -p secret --password-stdin "$REGISTRY" <<<secret
	refused_with_hint 'no user name' rl login 127.0.0.1:1 </dev/null
	refused_with_hint 'no password' rl login -u u "$REGISTRY" </dev/null
	refused 'empty' rl login -u u --password-stdin "$REGISTRY" </dev/null
}

@test "credentials that are not taken are not kept" {
	refused_with_hint 'does not accept' rl login -u u -p wrong "$REGISTRY"
	[ ! -e "$AUTH" ]
	refused 'cannot connect' rl login -u u -p secret 127.0.0.1:1
	refused_with_hint 'not a registry' rl login -u u -p secret "$REGISTRY/a:b"
	refused_with_hint 'not a registry' rl login -u u -p secret '../x'
	refused "':'" rl login -u a:b -p secret "$REGISTRY"
	[ ! -e "$AUTH" ]
}

@test "the file keeps what others wrote" {
	mkdir -p "$T/conf"
	cat >"$T/conf/real.json" <<-END
		{"zeta": {"b": 1, "a": [1.5, null]}, "auths": {"other.example": {"auth": "eDp5", "email": "x@y"}}, "HttpHeaders": {"User-Agent": "d"}}
	END
	ln -s real.json "$T/conf/auth.json"
	exits 0 rl login --authfile "$T/conf/auth.json" -v -u u -p secret "$REGISTRY"
	like "$output" 'Used: '
	[ -L "$T/conf/auth.json" ]
	is "$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
print(list(j), list(j["auths"]), j["zeta"], j["auths"]["other.example"])' "$T/conf/real.json")" \
		"['zeta', 'auths', 'HttpHeaders'] ['other.example', '$REGISTRY'] {'b': 1, 'a': [1.5, None]} {'auth': 'eDp5', 'email': 'x@y'}"
	is "$(stat -c %a "$T/conf/real.json")" 600
	rl login --authfile "$T/conf/auth.json" -u u -p secret "$REGISTRY"
	is "$(grep -c "$REGISTRY" "$T/conf/real.json")" 1
	rl logout --authfile "$T/conf/auth.json" "$REGISTRY"
	grep -q eDp5 "$T/conf/real.json"
	rl logout --authfile "$T/conf/auth.json" --all
	unlike "$(cat "$T/conf/real.json")" eDp5
	grep -q User-Agent "$T/conf/real.json"
	is "$(ls -A "$T/conf")" $'auth.json\nreal.json'
	echo '{"auths": ' >"$T/conf/real.json"
	refused 'JSON' rl login --authfile "$T/conf/auth.json" -u u -p secret "$REGISTRY"
	is "$(cat "$T/conf/real.json")" '{"auths": '
}

@test "a part of a registry has credentials of its own" {
	rl login -u u -p secret "$REGISTRY/a"
	rl push -q box "$REGISTRY/a/box:2"
	refused 'user name and a password' rl push -q box "$REGISTRY/b/box"
	refused 'not logged into' rl logout "$REGISTRY"
	rl logout "$REGISTRY/a"
	refused 'hosts only' rl login --compat-auth-file "$T/d.json" -u u -p secret "$REGISTRY/a"
	rl login --compat-auth-file "$T/d.json" -u u -p secret "$REGISTRY"
	rl logout --compat-auth-file "$T/d.json" "$REGISTRY"
}

@test "logins at the same time do not lose each other" {
	local i pids=()
	for i in 1 2 3 4 5 6 7 8; do
		rl login -u u -p secret "$REGISTRY/n$i" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(grep -c "$REGISTRY/n" "$AUTH")" 8
}

@test "credential helpers keep, give and forget" {
	fake_helper
	mkdir -p "${AUTH%/*}"
	echo '{"credHelpers": {"'"$REGISTRY"'": "fake"}}' >"$AUTH"
	rl login -u u -p secret "$REGISTRY"
	unlike "$(cat "$AUTH")" "$(printf u:secret | base64)"
	grep -q secret "$T/kept/"*
	is "$(rl login --get-login "$REGISTRY")" u
	rl push -q box "$REGISTRY/h/box"
	rl logout "$REGISTRY"
	is "$(ls "$T/kept")" ''
	echo '{"credsStore": "fake"}' >"$AUTH"
	rl login -u u -p secret "$REGISTRY"
	grep -q secret "$T/kept/"*
	rl push -q box "$REGISTRY/h/box"
	rl logout --all
	is "$(ls "$T/kept")" ''
	echo '{"credsStore": "absent"}' >"$AUTH"
	refused_with_hint 'docker-credential-absent' rl login -u u -p secret "$REGISTRY"
}

# a registry whose answer to everybody is slow; sets SLUG and SLUG_PID
slug_start() { # stall|crawl
	rm -rf "${T:?}/$1"
	mkdir "$T/$1"
	python3 "$RL_T_HELPERS/badregistry.py" --dir "$T/$1" --ping "$1" >/dev/null 2>&1 3>&- 4>&- &
	SLUG_PID=$!
	eventually 20 test -e "$T/$1/port"
	SLUG=127.0.0.1:$(<"$T/$1/port")
}

@test "stalls and trickles end in bounded time" {
	local how begin
	export RL_STALL_TIMEOUT=2
	for how in stall crawl; do
		slug_start $how
		begin=$(now_ms)
		refused 'too slow' rl login -u u -p secret "$SLUG"
		# with its retries
		[ $(($(now_ms) - begin)) -lt 40000 ] || fail "$how took $(($(now_ms) - begin)) ms"
		kill "$SLUG_PID"
		[ ! -e "$AUTH" ]
	done
}

@test "interrupted: gone within a second, nothing kept" {
	local signal pid begin status one
	slug_start stall
	for signal in INT TERM; do
		: >"$T/stall/log"
		status=0
		env --default-signal=INT "$RL" login -u u -p secret "$SLUG" 2>"$T/err" &
		pid=$!
		eventually 10 grep -q 'GET /v2/' "$T/stall/log"
		for one in $(pgrep -u "$(id -u)" -f '^rl-transfer login'); do
			confined "$one"
		done
		[ -n "$one" ] || fail "no process that talks"
		begin=$(now_ms)
		kill -$signal $pid
		wait $pid || status=$?
		is "$status" 130
		[ $(($(now_ms) - begin)) -lt 1000 ] || fail "took $(($(now_ms) - begin)) ms"
		is "$(pgrep -u "$(id -u)" -f '^rl-transfer login')" ''
		[ ! -e "$AUTH" ]
	done
	kill "$SLUG_PID"
}

@test "TLS is verified" {
	local plain=$REGISTRY_PID name=$REGISTRY
	registry_start tls basic
	refused_with_hint 'certificate' rl login -u u -p secret "$REGISTRY"
	[ ! -e "$AUTH" ]
	rl login --tls-verify=false -u u -p secret "$REGISTRY"
	mkdir -p "$T/certs"
	cp "$REGISTRY_CA" "$T/certs/ca.crt"
	rl login --cert-dir "$T/certs" -u u -p secret "$REGISTRY"
	registry_stop
	REGISTRY_PID=$plain REGISTRY=$name
	refused_with_hint 'TLS' rl login --tls-verify=true -u u -p secret "$REGISTRY"
}

@test "on a terminal: the password is not shown, and Ctrl-C puts the terminal back" {
	command -v tmux >/dev/null || skip "tmux is not installed"
	term_start "env HOME=$HOME XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR PS1=ready: bash --norc"
	term_shows ready:
	term_keys "$RL login $REGISTRY; echo code \$?" Enter
	term_shows Username:
	term_keys u Enter
	term_shows Password:
	term_keys secret Enter
	term_shows 'Login Succeeded!'
	unlike "$(term_text)" secret
	rl logout "$REGISTRY"
	term_keys "$RL login -u u $REGISTRY; echo code \$?; stty -a | grep -o ' echo '" Enter
	term_shows 'Password:$'
	term_keys C-c
	term_shows 'code 130'
	term_shows '^ echo'
}
