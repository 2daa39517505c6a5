#!/usr/bin/env bats
# search, short names, mirrors and proxies
# lanes: user
# shellcheck disable=SC2030,SC2031 # each test has its own
load lib

setup_file() {
	t_begin
	bad_start
}
teardown_file() {
	bad_stop
	t_end
}
teardown() {
	term_end
	t_clean
}

@test "a registry with a search of its own" {
	exits 0 rl search "$BAD/star" --limit 3
	is "$(printf '%s\n' "$output" | wc -l)" 4
	like "$output" "^NAME +DESCRIPTION"
	like "$output" "$BAD/star/2 +number 2.x1b.31m x+\.\.\."
	exits 0 rl search "$BAD/star" --filter stars=20 --filter is-official --format '{{.Index}} {{.Name}} {{.Stars}} {{.Official}}'
	is "$output" "$BAD $BAD/star/2 20 [OK]"
	exits 0 rl search --no-trunc "$BAD/star" --limit 1
	like "$output" 'x{60}'
	exits 0 rl search "$BAD/star" --limit 1 --format json
	is "$(python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Stars"])' <<<"$output")" 0
	# docker's columns
	exits 0 rl search --compatible "$BAD/star" --filter stars=20 --filter is-official
	like "$output" '^NAME +DESCRIPTION +STARS +OFFICIAL +AUTOMATED'
	like "$output" "$BAD/star/2 .* 20 +\[OK\]"
	# a term is not part of the address
	exits 0 rl search "$BAD/a star&n=1" --format '{{.Name}}'
	is "$(printf '%s\n' "$output" | wc -l)" 5
}

@test "a registry without: its catalogue, page by page" {
	exits 0 rl search "$BAD/app" --format '{{.Name}}'
	is "$output" "$(printf '%s\n' "$BAD/a/app" "$BAD/c/App2" "$BAD/d/apple")"
	exits 0 rl image search "$BAD/app" --limit 2 --format '{{.Name}}'
	is "$(printf '%s\n' "$output" | wc -l)" 2
	exits 0 rl search "$BAD/" --format '{{.Name}}'
	is "$(printf '%s\n' "$output" | wc -l)" 4
	exits 0 rl search "$BAD/nothing" --format '{{.Name}}'
	is "$output" ''
}

@test "tags of a repository" {
	exits 0 rl search --list-tags "$BAD/tags" --format '{{.Name}} {{.Tag}}'
	is "$output" "$(printf '%s\n' "$BAD/tags latest" "$BAD/tags v1" "$BAD/tags v2")"
	exits 0 rl search --list-tags "$BAD/tags" --limit 1 --format json
	is "$(python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Tags"])' <<<"$output")" "['latest']"
	refused 'exclude' rl search --list-tags --filter stars=1 "$BAD/tags"
}

# the processes of a transfer that talk, or have talked, to somebody
talkers() {
	pgrep -u "$(id -u)" -f "^rl-transfer $1" || :
}

@test "stalls and trickles end in bounded time" {
	local begin how
	export RL_STALL_TIMEOUT=1
	for how in stall crawl; do
		begin=$(now_ms)
		refused 'too slow' rl search "$BAD/$how"
		# with its retries
		[ $(($(now_ms) - begin)) -lt 20000 ] || fail "$how took $(($(now_ms) - begin)) ms"
	done
	is "$(talkers search)" ''
}

@test "interrupted: gone within a second, nothing left" {
	local signal pid begin status
	for signal in INT TERM; do
		: >"$T/bad/log"
		status=0
		env --default-signal=INT "$RL" search "$BAD/stall" 2>"$T/err" &
		pid=$!
		eventually 10 grep -q '/v1/search' "$T/bad/log"
		begin=$(now_ms)
		kill -$signal $pid
		wait $pid || status=$?
		is "$status" 130
		[ $(($(now_ms) - begin)) -lt 1000 ] || fail "took $(($(now_ms) - begin)) ms"
		is "$(talkers search)" ''
		is "$(ls -A "$RL_ROOT/tmp")" ''
	done
}

@test "who talks to a registry has no capabilities and is confined" {
	local pid one n=0
	: >"$T/bad/log"
	"$RL" search "$BAD/stall" >/dev/null 2>&1 &
	pid=$!
	eventually 10 grep -q '/v1/search' "$T/bad/log"
	for one in $(talkers search); do
		n=$((n + 1))
		confined "$one"
	done
	[ "$n" = 1 ] || fail "$n processes"
	kill $pid
	wait $pid || :
}

@test "what cannot be searched" {
	refused 'cannot connect' rl search 127.0.0.1:1/x
	refused_with_hint 'not understood' rl search --filter colour=red "$BAD/app"
	refused '1 to 100' rl search --limit 101 "$BAD/app"
	echo 'unqualified-search-registries = ["'"$BAD"'", "127.0.0.1:1"]' >"$T/two.conf"
	export CONTAINERS_REGISTRIES_CONF=$T/two.conf
	exits 125 rl search app --format '{{.Name}}'
	is "$(printf '%s\n' "$output" | wc -l)" 3
	like "$stderr" 'cannot connect to 127.0.0.1:1'
}

@test "several images in one pull: one that fails does not keep the others away" {
	exits 125 rl pull -q "$BAD/good" "$BAD/503:x" "$BAD/cdn" --retry 0
	is "$(printf '%s\n' "$output" | wc -l)" 2
	like "$stderr" '503'
	exits 0 rl images -q "$BAD/cdn"
}

# conf TEXT... - registries.conf of this test
conf() {
	printf '%s\n' "$@" >"$T/registries.conf"
	export CONTAINERS_REGISTRIES_CONF=$T/registries.conf
}

@test "mirrors, locations, blocked registries" {
	conf '[[registry]]' 'prefix = "far.test/team"' "location = \"$BAD\"" '[[registry.mirror]]' 'location = "127.0.0.1:1"' \
		'[[registry.mirror]]' "location = \"$BAD\"" 'pull-from-mirror = "digest-only"' \
		'[[registry]]' 'prefix = "shut.test"' 'blocked = true'
	exits 0 rl pull -q far.test/team/good
	rl tag far.test/team/good far.test/team/up-good:x
	# mirrors are for pulls only
	exits 0 rl push -q far.test/team/up-good:x
	grep -q 'PUT /v2/up-good/manifests/x' "$T/bad/log"
	refused_with_hint 'shut.test is blocked' rl pull -q shut.test/x
	refused_with_hint 'shut.test is blocked' rl push -q box shut.test/x
}

@test "short names: aliases, modes, the user's choice" {
	export XDG_CACHE_HOME=$T/cache
	conf "unqualified-search-registries = [\"127.0.0.1:1\", \"$BAD\"]" '[aliases]' "\"nick\" = \"$BAD/cdn\""
	exits 0 rl pull -q nick
	exits 0 rl images -q "$BAD/cdn"
	# nobody to ask: each place in turn
	exits 0 rl pull -q good
	conf 'short-name-mode = "enforcing"' "unqualified-search-registries = [\"127.0.0.1:1\", \"$BAD\"]"
	refused_with_hint 'could come from 2' rl pull -q token
	conf 'short-name-mode = "whatever"'
	refused 'enforcing, permissive or disabled' rl pull -q token
	[ ! -e "$T/cache" ]
	command -v tmux >/dev/null || skip "tmux is not installed"
	conf 'short-name-mode = "enforcing"' "unqualified-search-registries = [\"127.0.0.1:1\", \"$BAD\"]"
	term_start "env PS1=ready: bash --norc"
	term_shows ready:
	term_keys "$RL pull -q token; echo code \$?" Enter
	term_shows "2  $BAD/token:latest"
	term_keys 7 Enter
	term_keys 2 Enter
	term_shows 'code 0'
	grep -q "\"token\" = \"$BAD/token\"" "$T/cache/containers/short-name-aliases.conf"
	# remembered: no question any more, and it has precedence
	exits 0 rl pull -q token
	term_keys "clear; $RL pull -q index; echo code \$?" Enter
	term_shows Number:
	term_keys C-c
	term_shows 'code 130'
	is "$(grep -c = "$T/cache/containers/short-name-aliases.conf")" 1
}

@test "proxies from the environment" {
	mkdir "$T/tls" "$T/proxy"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=secure.test \
		-addext subjectAltName=DNS:secure.test -keyout "$T/tls/key.pem" -out "$T/tls/ca.crt" 2>/dev/null
	python3 "$RL_T_HELPERS/badregistry.py" --dir "$T/tls" --cert "$T/tls/ca.crt" --key "$T/tls/key.pem" >/dev/null 2>&1 3>&- 4>&- &
	local tls=$! proxy
	eventually 20 test -e "$T/tls/port"
	python3 "$RL_T_HELPERS/proxy.py" --dir "$T/proxy" --plain "${BAD##*:}" --tls "$(cat "$T/tls/port")" >"$T/proxy/err" 2>&1 3>&- 4>&- &
	proxy=$!
	eventually 20 test -e "$T/proxy/port"
	local url
	url=http://127.0.0.1:$(cat "$T/proxy/port")
	exits 0 env HTTPS_PROXY="$url" "$RL" pull -q --cert-dir "$T/tls" secure.test/good
	grep -q '^CONNECT secure.test:443' "$T/proxy/log"
	exits 0 env https_proxy="$url" "$RL" push -q --cert-dir "$T/tls" box secure.test/up-good
	# plain HTTP, in either spelling
	exits 0 env HTTP_PROXY="$url" https_proxy="$url" "$RL" pull -q --tls-verify=false closed.test/good
	grep -q '^GET http://closed.test/v2/good/manifests/latest' "$T/proxy/log"
	exits 0 env http_proxy="$url" https_proxy="$url" "$RL" push -q --tls-verify=false box closed.test/up-good
	refused_with_hint 'proxy does not let us through' env https_proxy="$url" "$RL" pull -q closed.test/good
	# not for these
	: >"$T/proxy/log"
	exits 125 env https_proxy="$url" NO_PROXY=.test "$RL" pull -q --retry 0 secure.test/good
	exits 0 env http_proxy="$url" https_proxy="$url" "$RL" pull -q "$BAD/good"
	is "$(cat "$T/proxy/log")" ''
	refused_with_hint 'cannot find the proxy|cannot connect' env https_proxy=http://127.0.0.1:1 "$RL" pull -q secure.test/good
	kill $tls $proxy
}
