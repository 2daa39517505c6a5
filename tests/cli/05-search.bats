#!/usr/bin/env bats
# search, short names, mirrors and proxies
# lanes: user
load lib

setup_file() {
	t_begin
	mkdir "$T/bad"
	python3 "$RL_T_HELPERS/badregistry.py" --dir "$T/bad" >"$T/bad/err" 2>&1 3>&- 4>&- &
	BAD_PID=$!
	eventually 20 test -e "$T/bad/port"
	BAD=127.0.0.1:$(cat "$T/bad/port")
	export BAD BAD_PID
}
teardown_file() {
	kill "$BAD_PID" 2>/dev/null || :
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
