#!/usr/bin/env bats
# pulling from a registry that misbehaves: every case ends in bounded time with one clear line, and leaves nothing behind
# lanes: user
load lib

setup_file() {
	t_begin
	bad_start
}

teardown_file() {
	bad_stop
	t_end
}

setup() {
	remember
}

remember() {
	before=$(ls "$RL_ROOT/images" "$RL_ROOT/refs")
	layers=$(ls "$RL_ROOT/layers")
}

# nothing came in, nothing is left over
untouched() {
	not_pulled
	is "$(ls "$RL_ROOT/layers")" "$layers"
}

# the same, but whole layers may be there for the next attempt
not_pulled() {
	is "$(ls "$RL_ROOT/images" "$RL_ROOT/refs")" "$before"
	nothing_left
}

pull() {
	rl pull -q --retry-delay 50ms "$BAD/$1"
}

# fails NAME REGEX - what comes is wrong
fails() {
	refused "$2" pull "$1"
	untouched
}

# breaks NAME REGEX - the way there fails
breaks() {
	refused "$2" pull "$1"
	not_pulled
}

# bytes of blobs that were sent for a repository
sent() {
	awk -v r="/v2/$1/blobs/" 'index($2, r) == 1 && $4 > 5000 { n += $4 } END { print n + 0 }' "$T/bad/log"
}

@test "a good one, so that the others fail for their own reason" {
	exits 0 pull good
	like "$output" '^[0-9a-f]{64}$'
	nothing_left
}

@test "ambiguous and misnamed manifests" {
	fails both 'ambiguous'
	fails mediatype 'mediaType'
	fails ctype 'calls the manifest'
	fails nested 'index'
	fails config-layers '2 layers.* 3'
}

@test "what is no image for us" {
	fails schema1 'schema 1'
	fails foreign 'does not hand out'
	fails unknown-layer 'x-mystery'
	fails docker-foreign 'does not hand out'
	fails artifact 'is an OCI artifact of type .*helm.*not a container image'
	fails artifact-type 'is an OCI artifact of type .*sbom.*not a container image'
	fails in-toto 'type that is not known.*in-toto'
}

@test "an index whose entry is not what it says" {
	fails index-size 'the index says'
	fails index-type 'not the one that the index says'
	fails index-path 'not a SHA-256 digest'
	fails index-upper 'not a SHA-256 digest'
	fails index-sha1 'not a SHA-256 digest'
	fails index-negative 'has no size'
	fails index-float 'has no size'
	fails index-bytes 'in truth the digest'
	fails index-missing 'not found'
}

@test "an index that is ambiguous or malformed" {
	fails index-both 'ambiguous'
	fails index-object 'not an array'
	fails index-many '10000 are allowed'
	fails index-string 'not an object'
	fails index-mediatype 'mediaType'
	fails index-ctype 'calls the manifest'
	fails index-twice 'JSON|duplicate'
}

@test "a list takes in nothing that a pull refuses" {
	local bad
	rl manifest create hostile
	for bad in both mediatype ctype schema1 foreign unknown-layer artifact artifact-type in-toto path-digest wrongconfig \
		index-size index-type index-path index-upper index-sha1 index-negative index-bytes index-missing index-both \
		index-object index-many index-string index-mediatype index-ctype index-twice nested; do
		refused . rl manifest add hostile "docker://$BAD/$bad" || fail "$bad" || return 1
		refused . rl manifest add --all hostile "docker://$BAD/$bad" || fail "$bad --all" || return 1
		refused . rl manifest create other "docker://$BAD/$bad" || fail "$bad create" || return 1
	done
	exits 1 rl manifest exists other
	exits 0 rl manifest inspect hostile
	like "$output" '"manifests": \[\]'
	exits 0 rl manifest add hostile "docker://$BAD/good"
	rl manifest rm hostile
}

@test "manifests as weapons" {
	fails huge 'larger than 4194304 bytes'
	fails deep 'JSON'
	fails badjson 'JSON'
	fails path-digest 'not a SHA-256 digest'
	fails header-flood 'larger than'
}

@test "wrong bytes" {
	fails wrongblob 'layer sha256:'
	fails wrongconfig 'does not match'
	breaks wrongsize 'the registry sent [0-9]+ of'
	fails longer 'larger than the'
	fails diffid 'DiffID'
}

@test "a manifest that is not what its digest says" {
	exits 0 pull wrongmanifest
	remember
	fails "wrongmanifest@sha256:$(printf '2%.0s' {1..64})" 'in truth the digest'
}

@test "broken connections are resumed where they broke" {
	exits 0 pull reset
	[ "$(sent reset)" -lt 441000 ] || fail "sent $(sent reset) bytes for 400 kB of blobs"
	exits 0 pull short
	[ "$(sent short)" -lt 441000 ] || fail "sent $(sent short) bytes for 400 kB of blobs"
	remember
	breaks noresume 'cannot go on from there'
	[ "$(sent noresume)" -lt 441000 ] || fail "sent $(sent noresume) bytes for 400 kB of blobs"
}

@test "errors that pass are tried again, others are not" {
	exits 0 pull 500
	exits 0 pull 429
	remember
	breaks 503 'status 503'
	breaks 429-long 'too many requests'
	is "$(grep -c ' /v2/429-long/blobs/.* 429 ' "$T/bad/log")" 1
	exits 125 rl pull -q --retry 0 "$BAD/503"
	exits 125 rl pull -q --retry 1 --retry-delay 1ms "$BAD/503"
	is "$(grep -c ' /v2/503/' "$T/bad/log")" 7
}

@test "stalls and trickles end in bounded time" {
	local begin
	export RL_STALL_TIMEOUT=2
	begin=$(now_ms)
	breaks stall 'too slow'
	breaks crawl 'too slow'
	[ $(($(now_ms) - begin)) -lt 30000 ] || fail "took $(($(now_ms) - begin)) ms"
}

@test "redirects: loops end, credentials stay at home" {
	breaks redirect 'redirects more than'
	exits 0 pull cdn
	exits 0 rl pull -q --creds u:p "$BAD/basic"
	[ ! -e "$T/bad/leak" ] || fail "credentials were sent to another host"
}

@test "credentials: none, wrong, right; tokens" {
	refused_with_hint 'user name and a password' pull basic
	refused_with_hint 'does not accept' rl pull -q --creds u:wrong "$BAD/basic"
	refused_with_hint 'access is denied: no.\[31m way' pull denied
	exits 0 rl pull -q --creds u:p "$BAD/basic"
	exits 0 pull token
	echo '{"auths": {"'"$BAD"'/basic": {"auth": "dTpw"}, "'"$BAD"'": {"auth": "dTpx"}}}' >"$T/auth.json"
	exits 0 rl pull -q --authfile "$T/auth.json" "$BAD/basic"
	exits 0 env REGISTRY_AUTH_FILE="$T/auth.json" "$RL" pull -q "$BAD/basic"
	refused 'open .*/none' rl pull -q --authfile "$T/none" "$BAD/basic"
}

@test "a credential helper is asked" {
	mkdir -p "$T/bin"
	cat >"$T/bin/docker-credential-fake" <<-'END'
		#!/bin/sh
		read -r host
		echo "{\"ServerURL\":\"$host\",\"Username\":\"u\",\"Secret\":\"p\"}"
	END
	chmod 755 "$T/bin/docker-credential-fake"
	echo '{"credHelpers": {"'"$BAD"'": "fake"}}' >"$T/auth.json"
	PATH=$T/bin:$PATH exits 0 rl pull -q --authfile "$T/auth.json" "$BAD/basic"
	echo '{"credsStore": "../fake"}' >"$T/auth.json"
	refused 'malformed name' rl pull -q --authfile "$T/auth.json" "$BAD/basic"
}

@test "platforms: chosen from an index, refused with a list" {
	exits 0 pull index
	refused_with_hint 'no image for linux/s390x' rl pull -q --platform linux/s390x "$BAD/index"
	like "$stderr" 'linux/riscv64'
	refused 'not for linux/s390x' rl pull -q --arch s390x "$BAD/good"
	refused 'not a platform' rl pull -q --platform 'a/b/c/d' "$BAD/index"
	refused 'cannot be used' rl pull -q --platform linux/arm64 --arch arm64 "$BAD/index"
}

@test "all tags, page by page" {
	exits 0 rl pull -q -a "$BAD/tags"
	# as podman: an id for each tag, though all are one image
	is "$(printf '%s\n' "$output" | wc -l)" 3
	is "$(printf '%s\n' "$output" | sort -u | wc -l)" 1
	exits 0 rl images -q "$BAD/tags:v2"
	refused 'cannot be used with --all-tags' rl pull -a "$BAD/tags:v1"
}

@test "policies" {
	exits 0 pull good
	local id=$output requests
	requests=$(wc -l <"$T/bad/log")
	exits 0 rl pull -q --policy missing "$BAD/good"
	is "$output" "$id"
	exits 0 rl pull -q --policy never "$BAD/good"
	is "$(wc -l <"$T/bad/log")" "$requests"
	exits 0 rl pull -q --policy newer "$BAD/good"
	is "$output" "$id"
	is "$(wc -l <"$T/bad/log")" "$((requests + 1))"
	refused 'no such image' rl pull -q --policy never "$BAD/other"
	refused_with_hint 'sometimes' rl pull -q --policy sometimes "$BAD/good"
}

@test "interrupted: gone within a second, nothing left" {
	for signal in INT TERM; do
		# what runs in the background ignores SIGINT otherwise
		env --default-signal=INT "$RL" pull -q "$BAD/stall" 2>"$T/err" &
		local pid=$!
		sleep 0.4
		interrupted $pid $signal
		untouched
	done
}

@test "killed: the next pull cleans up and succeeds" {
	"$RL" pull -q "$BAD/stall" 2>/dev/null &
	local pid=$!
	sleep 0.4
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	exits 0 pull good
	eventually 5 untouched_tmp
}
untouched_tmp() {
	rl pull -q "$BAD/good" >/dev/null && [ -z "$(find "$RL_ROOT/tmp" "$RL_ROOT/trash" -mindepth 1)" ]
}

@test "many pulls of one image fetch each blob once" {
	local n i pids=()
	n=$(number 50 12)
	for ((i = 0; i < n; i++)); do
		rl pull -q "$BAD/many" >"$T/many.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(cat "$T"/many.* | sort -u | wc -l)" 1
	is "$(grep ' /v2/many/blobs/' "$T/bad/log" | awk '{ print $2 }' | sort | uniq -d)" ''
}
