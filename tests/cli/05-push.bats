#!/usr/bin/env bats
# push to a real registry on loopback, and to one that misbehaves
# lanes: user
# drivers: vfs
# each test has a REGISTRY of its own
# shellcheck disable=SC2030,SC2031
load lib

setup_file() {
	t_begin
	registry_start
	bad_start
	# 400 kB that do not compress
	head -c 400000 /dev/urandom >"$T/noise"
	tar -C "$T" -cf "$T/noise.tar" noise
	rl import "$T/noise.tar" noise >/dev/null
}
teardown_file() {
	bad_stop
	registry_stop
	t_end
}

# manifest HOST REPO TAG - as the registry has it
manifest() {
	curl -sfk ${LOGIN:+-u "$LOGIN"} -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
		-H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "${SCHEME:-http}://$1/v2/$2/manifests/$3"
}

# field EXPRESSION - of the JSON on stdin
field() {
	python3 -c "import json, sys; m = json.load(sys.stdin); print($1)"
}

# layers HOST REPO TAG - digests
layers() {
	manifest "$@" | field "' '.join(l['digest'] for l in m['layers'])"
}

push() {
	rl push -q --retry-delay 50ms "$@"
}

# bytes of bodies that the bad registry read for a repository, beside configurations
taken() {
	awk -v r="/v2/$1/blobs/uploads/" 'index($2, r) == 1 && $3 == 0 && $4 > 4096 { n += $4 } END { print n + 0 }' "$T/bad/log"
}

# requests METHOD REPO REST - how many the bad registry had
requests() {
	grep -c "^$1 /v2/$2/$3" "$T/bad/log" || :
}

# nothing is left over
clean_store() {
	nothing_left
}

# what a container leaves goes a moment after it
clean_soon() {
	eventually 5 clean_store || clean_store
}

@test "what is pushed can be pulled and run again" {
	exits 0 rl push box "$REGISTRY/team/box:1" --digestfile "$T/digest"
	is "$output" ''
	like "$stderr" 'Copying blob [0-9a-f]{12} done'
	is "$(cat "$T/digest")" "sha256:$(manifest "$REGISTRY" team/box 1 | sha256sum | cut -d' ' -f1)"
	rl pull -q "$REGISTRY/team/box@$(cat "$T/digest")"
	is "$(box "$REGISTRY/team/box@$(cat "$T/digest")" echo there)" there
	clean_soon
}

@test "an image that was pulled goes out with the digest it had" {
	local kind digest
	for kind in gzip zstd none; do
		cp "$T/noise.tar" "$T/$kind.tar"
		echo "$kind" >"$T/$kind"
		tar -C "$T" -rf "$T/$kind.tar" "$kind"
		digest=$(python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/from/$kind:1" "$T/$kind.tar" --compress $kind)
		rl pull -q "$REGISTRY/from/$kind:1"
		push "$REGISTRY/from/$kind:1" "$BAD/up-good:$kind" --digestfile "$T/digest"
		is "$(cat "$T/digest")" "$digest"
		is "$(manifest "$BAD" up-good $kind | sha256sum)" "$(manifest "$REGISTRY" from/$kind 1 | sha256sum)"
	done
}

@test "what the registry has is not sent again" {
	push noise "$BAD/up-good:a"
	local before
	before=$(requests POST up-good blobs/uploads/)
	exits 0 rl push noise "$BAD/up-good:b"
	like "$stderr" 'already exists'
	is "$(requests POST up-good blobs/uploads/)" "$before"
	# another repository there: it is mounted, and not even compressed again
	exits 0 rl push noise "$BAD/up-other:a"
	like "$stderr" 'mounted'
	is "$(taken up-other)" 0
	is "$(layers "$BAD" up-other a)" "$(layers "$BAD" up-good a)"
	# the same on a real one
	push noise "$REGISTRY/mount/from:1"
	exits 0 rl push noise "$REGISTRY/mount/to:1"
	like "$stderr" 'mounted'
}

@test "formats and compressions" {
	push box "$REGISTRY/f/box:oci" --format oci
	push box "$REGISTRY/f/box:docker" --format v2s2
	is "$(manifest "$REGISTRY" f/box docker | field "m['mediaType']")" application/vnd.docker.distribution.manifest.v2+json
	is "$(manifest "$REGISTRY" f/box docker | field "m['layers'][0]['mediaType']")" application/vnd.docker.image.rootfs.diff.tar.gzip
	is "$(layers "$REGISTRY" f/box docker)" "$(layers "$REGISTRY" f/box oci)"
	push box "$REGISTRY/f/box:zstd" --compression-format zstd
	is "$(manifest "$REGISTRY" f/box zstd | field "m['layers'][0]['mediaType']")" application/vnd.oci.image.layer.v1.tar+zstd
	push box "$REGISTRY/f/box:level" --compression-format zstd --compression-level 19
	[ "$(layers "$REGISTRY" f/box level)" != "$(layers "$REGISTRY" f/box zstd)" ]
	for tag in docker zstd level; do
		rl pull -q "$REGISTRY/f/box:$tag"
		is "$(box "$REGISTRY/f/box:$tag" echo $tag)" $tag
	done
	# one that came as gzip, compressed in another way
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/from/force:1" "$T/noise.tar" "$RL_T_BOX" >/dev/null
	rl pull -q "$REGISTRY/from/force:1"
	push "$REGISTRY/from/force:1" "$REGISTRY/f/force:1" --compression-format zstd
	is "$(manifest "$REGISTRY" f/force 1 | field "[l['mediaType'][-4:] for l in m['layers']]")" "['zstd', 'zstd']"
	refused 'v2s2 does not know' push box "$REGISTRY/f/box:x" --format v2s2 --compression-format zstd
	refused 'compression-level is a number' push box "$REGISTRY/f/box:x" --compression-level 10
	refused_with_hint "'xz' is not known" push box "$REGISTRY/f/box:x" --compression-format xz
	refused_with_hint "'v2s1' is not known" push box "$REGISTRY/f/box:x" --format v2s1
}

@test "the same layer twice, and an empty one" {
	tar -cf "$T/empty.tar" -T /dev/null
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/twice.tar" twice "$T/noise.tar" "$T/empty.tar" "$T/noise.tar" "$T/empty.tar"
	rl load -q -i "$T/twice.tar"
	push twice "$REGISTRY/f/twice:1"
	is "$(layers "$REGISTRY" f/twice 1 | tr ' ' '\n' | sort -u | wc -l)" 2
	rl rmi -f twice
	rl pull -q "$REGISTRY/f/twice:1"
}

@test "where to" {
	rl tag box "$REGISTRY/own/name:7"
	push "$REGISTRY/own/name:7"
	manifest "$REGISTRY" own/name 7 >/dev/null
	push box "docker://$REGISTRY/own/name:8"
	manifest "$REGISTRY" own/name 8 >/dev/null
	push box "$REGISTRY/own/name"
	manifest "$REGISTRY" own/name latest >/dev/null
	rl image push -q box "$REGISTRY/own/name:9"
	refused_with_hint 'where to push to' rl push "$(rl images -q --no-trunc box | sed 's/.*://')"
	refused_with_hint 'own' rl push box containers-storage:x
	refused_with_hint 'daemon' rl push box docker-daemon:x:1
	refused 'for dir: only' rl push box --compress "$REGISTRY/own/name"
	refused 'digest' rl push box "$REGISTRY/own/name@sha256:$(printf '0%.0s' {1..64})"
	refused_with_hint 'no such image' rl push nothing "$REGISTRY/own/name"
	refused 'cannot connect' rl push -q box 127.0.0.1:1/x
}

@test "TLS is verified" {
	local plain=$REGISTRY_PID name=$REGISTRY data=$REGISTRY_DATA
	registry_start tls
	refused_with_hint 'certificate|TLS|verif' push box "$REGISTRY/safe/box:1"
	is "$(find "$REGISTRY_DATA" -type f | wc -l)" 0
	push --tls-verify=false box "$REGISTRY/safe/box:1"
	mkdir -p "$T/certs/$REGISTRY"
	cp "$REGISTRY_CA" "$T/certs/$REGISTRY/ca.crt"
	push --cert-dir "$T/certs/$REGISTRY" box "$REGISTRY/safe/box:2"
	registry_stop
	REGISTRY_PID=$plain REGISTRY=$name REGISTRY_DATA=$data
	# a certificate for another name
	local other=$T/other pid
	mkdir "$other"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=example.test \
		-addext subjectAltName=DNS:example.test -keyout "$other/key.pem" -out "$other/ca.crt" 2>/dev/null
	python3 "$RL_T_HELPERS/badregistry.py" --dir "$other" --cert "$other/ca.crt" --key "$other/key.pem" >/dev/null 2>&1 3>&- 4>&- &
	pid=$!
	eventually 20 test -e "$other/port"
	refused_with_hint 'subject name' push --cert-dir "$other" box "127.0.0.1:$(cat "$other/port")/up-good"
	push --tls-verify=false box "127.0.0.1:$(cat "$other/port")/up-good"
	refused 'from https to plain http' push --tls-verify=false box "127.0.0.1:$(cat "$other/port")/up-down"
	kill $pid
	# plain HTTP only if TLS was not asked for
	refused_with_hint 'TLS' push --tls-verify=true box "$REGISTRY/safe/box:1"
}

@test "credentials" {
	local plain=$REGISTRY_PID name=$REGISTRY data=$REGISTRY_DATA
	registry_start basic
	refused_with_hint 'user name and a password' push box "$REGISTRY/a/box"
	refused_with_hint 'does not accept' push --creds u:wrong box "$REGISTRY/a/box"
	push --creds u:secret box "$REGISTRY/a/box"
	LOGIN=u:secret manifest "$REGISTRY" a/box latest >/dev/null
	echo '{"auths": {"'"$REGISTRY"'": {"auth": "'"$(printf u:secret | base64)"'"}}}' >"$T/auth.json"
	push --authfile "$T/auth.json" box "$REGISTRY/a/box:2"
	registry_stop
	REGISTRY_PID=$plain REGISTRY=$name REGISTRY_DATA=$data
	refused_with_hint 'access is denied: no.\[31m way' push box "$BAD/up-denied"
}

@test "tokens are asked for what is done, mounts among it" {
	echo other >"$T/other.txt"
	tar -C "$T" -cf "$T/other.tar" other.txt
	rl import "$T/other.tar" other >/dev/null
	push other "$BAD/up-token-a"
	is "$(sort -u "$T/bad/scopes")" 'repository:up-token-a:pull,push'
	: >"$T/bad/scopes"
	exits 0 rl push other "$BAD/up-token-b"
	like "$stderr" 'mounted'
	is "$(sort -u "$T/bad/scopes")" "$(printf 'repository:up-token-b:pull,push\nrepository:up-token-b:pull,push repository:up-token-a:pull')"
	is "$(taken up-token-b)" 0
}

@test "in pieces, where the registry wants them" {
	# pieces of 16 MiB at least, so these are two, and one for the configuration
	head -c 20000000 /dev/urandom >"$T/large"
	tar -C "$T" -cf "$T/large.tar" large
	rl import "$T/large.tar" large >/dev/null
	rm "$T/large" "$T/large.tar"
	push large "$BAD/up-chunked"
	is "$(requests PATCH up-chunked blobs/uploads/.*\ 202)" 3
	push large "$BAD/up-good:large"
	is "$(layers "$BAD" up-chunked latest)" "$(layers "$BAD" up-good large)"
	rl rmi -f large
}

@test "in pieces, where all at once is too much" {
	refused 'status 413' push noise "$BAD/up-small"
	clean_soon
}

@test "a broken upload goes on where it broke" {
	push noise "$BAD/up-reset"
	[ "$(taken up-reset)" -lt 441000 ] || fail "sent $(taken up-reset) bytes for 400 kB"
	is "$(layers "$BAD" up-reset latest)" "$(layers "$BAD" up-good a)"
	push noise "$BAD/up-noresume"
	is "$(layers "$BAD" up-noresume latest)" "$(layers "$BAD" up-good a)"
	# only the answer was lost: nothing is sent twice
	push noise "$BAD/up-lost"
	[ "$(taken up-lost)" -lt 441000 ] || fail "sent $(taken up-lost) bytes for 400 kB"
}

@test "errors that pass are tried again, others are not" {
	push noise "$BAD/up-500"
	push noise "$BAD/up-429"
	refused_with_hint 'too many requests' push noise "$BAD/up-429-long"
	is "$(requests POST up-429-long '')" 1
	refused 'status 503' push noise "$BAD/up-503"
	is "$(requests HEAD up-503 '')" 4
	exits 125 rl push -q --retry 0 noise "$BAD/up-503"
	is "$(requests HEAD up-503 '')" 5
	clean_soon
}

@test "a registry that stores something else, or does not say where to" {
	refused 'has stored' push noise "$BAD/up-lies"
	refused 'has stored' push noise "$BAD/up-lies-manifest"
	push noise "$BAD/up-silent"
	refused 'not found' push noise "$BAD/up-forgets"
	refused 'where the upload goes to' push noise "$BAD/up-nowhere"
	refused 'another protocol|not an HTTP URL' push noise "$BAD/up-file"
	refused 'redirects more than' push noise "$BAD/up-redirect"
	refused 'redirects a PUT' push noise "$BAD/up-move"
	clean_soon
}

@test "stalls and trickles end in bounded time" {
	local begin
	export RL_STALL_TIMEOUT=2
	begin=$(now_ms)
	refused 'too slow' push noise "$BAD/up-stall"
	refused 'too slow' push noise "$BAD/up-crawl"
	[ $(($(now_ms) - begin)) -lt 30000 ] || fail "took $(($(now_ms) - begin)) ms"
	clean_soon
}

@test "interrupted: gone within a second, nothing left" {
	for signal in INT TERM; do
		: >"$T/bad/log"
		env --default-signal=INT "$RL" push -q noise "$BAD/up-stall" 2>"$T/err" &
		local pid=$!
		eventually 10 grep -q '/v2/up-stall/.* 0 0' "$T/bad/log"
		interrupted $pid $signal
		clean_soon
	done
}

@test "who talks to a registry has no capabilities and is confined" {
	local pid one sockets n=0
	: >"$T/bad/log"
	"$RL" push -q noise "$BAD/up-stall" >/dev/null 2>&1 &
	pid=$!
	eventually 10 grep -q '/v2/up-stall/.* 0 0' "$T/bad/log"
	for one in $(pgrep -u "$(id -u)" -f '^rl-transfer push'); do
		sockets=$(find "/proc/$one/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n' | paste -sd'|')
		# the one that reads layers has no connection
		[ -n "$sockets" ] && grep -qE "^ *[0-9]+: [0-9A-F:]+ [0-9A-F]+:$(printf %04X "${BAD##*:}") .* ($sockets) " /proc/net/tcp || continue
		n=$((n + 1))
		confined "$one"
	done
	[ "$n" -ge 2 ] || fail "$n processes talk"
	kill $pid
	wait $pid || :
	clean_soon
}

@test "killed: the next push cleans up and succeeds" {
	"$RL" push -q noise "$BAD/up-stall" 2>/dev/null &
	local pid=$!
	sleep 0.4
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	push noise "$BAD/up-good:after"
	clean_soon
}

@test "pushes at the same time, and removing the image meanwhile" {
	local i pids=()
	rl tag noise fleeting
	for i in 1 2 3 4 5 6; do
		rl push -q fleeting "$REGISTRY/many/noise$i:1" 2>"$T/many.$i" &
		pids+=($!)
	done
	rl rmi -f fleeting >/dev/null
	for i in "${pids[@]}"; do wait "$i" || :; done
	# (one repository each: the registry itself trips over two that write the same one)
	# each has either succeeded or found no image
	is "$(cat "$T"/many.? | grep -v 'no such image' | grep -v 'rl pull')" ''
	push noise "$REGISTRY/many/noise:last"
	clean_soon
}

@test "--all-tags pushes every tag of a repository, and no other" {
	local name
	for name in one two; do rl tag box "$REGISTRY/every/box:$name"; done
	rl tag noise "$REGISTRY/every/box:three"
	rl tag noise "$REGISTRY/every/boxes:other"
	exits 0 push -a "$REGISTRY/every/box"
	is "$output" ''
	is "$(curl -sf "http://$REGISTRY/v2/every/box/tags/list" | field "' '.join(sorted(m['tags']))")" 'one three two'
	is "$(manifest "$REGISTRY" every/box one)" "$(manifest "$REGISTRY" every/box two)"
	[ "$(manifest "$REGISTRY" every/box one)" != "$(manifest "$REGISTRY" every/box three)" ]
	run ! curl -sf "http://$REGISTRY/v2/every/boxes/tags/list"
	refused 'cannot be used with --all-tags' push -a "$REGISTRY/every/box:one"
	refused 'cannot be used with --all-tags' push -a "$REGISTRY/every/box@sha256:$(printf '0%.0s' {1..64})"
	refused 'no image is called' push -a "$REGISTRY/every/none"
	refused 'neither a destination' push -a "$REGISTRY/every/box" "$REGISTRY/other/box"
	refused 'neither a destination' push -a --digestfile "$T/x" "$REGISTRY/every/box"
	rl rmi "$REGISTRY/every/box:one" "$REGISTRY/every/box:two" "$REGISTRY/every/box:three" "$REGISTRY/every/boxes:other" >/dev/null
}
