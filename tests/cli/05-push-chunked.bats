#!/usr/bin/env bats
# layers in the form zstd:chunked, checked by a reader of the format that is not rl's
# lanes: user
# shellcheck disable=SC2030,SC2031
load lib
load peers

setup_file() {
	t_begin
	peers_begin
	registry_start
}
teardown_file() {
	registry_stop
	t_end
}

chunked() {
	python3 "$RL_T_HELPERS/chunked.py" "$@"
}

# manifest REPO TAG
manifest() {
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/$1/manifests/$2"
}

push() {
	rl push -q --compression-format zstd:chunked "$@"
}

@test "a pushed layer has a table of contents that agrees with its tar" {
	local kind
	for kind in pax gnu; do
		chunked tar "$T/$kind.tar" "$kind"
		rl import "$T/$kind.tar" "$kind" >/dev/null
		push "$kind" "$REGISTRY/c/$kind:1"
		exits 0 chunked check "$REGISTRY/c/$kind" 1
		like "$output" '^1[01]$'
	done
	push box "$REGISTRY/c/box:1"
	exits 0 chunked check "$REGISTRY/c/box" 1
	# as zstd it is what it was, and its image the same one
	rl rmi -f pax >/dev/null
	is "$(rl image inspect -f '{{.RootFS.Layers}}' "$(rl pull -q "$REGISTRY/c/pax:1")")" "[sha256:$(sha256sum <"$T/pax.tar" | cut -d' ' -f1)]"
	is "$(rl pull -q "$REGISTRY/c/box:1")" "$(rl image inspect -f '{{.Id}}' box)"
	# the level is another one, the table is there
	push --compression-level 9 box "$REGISTRY/c/box:9"
	exits 0 chunked check "$REGISTRY/c/box" 9
}

@test "what is there in that form is not made again, and keeps its table" {
	push box "$REGISTRY/k/box:1"
	push box "$REGISTRY/k/box:2"
	is "$(manifest k/box 2)" "$(manifest k/box 1)"
	# elsewhere on the same registry
	push box "$REGISTRY/k/other:1"
	exits 0 chunked check "$REGISTRY/k/other" 1
	# pulled, it goes out as it came, table and all
	rl pull -q "$REGISTRY/k/box:1"
	rl push -q "$REGISTRY/k/box:1" "$REGISTRY/k/again:1"
	is "$(manifest k/again 1)" "$(manifest k/box 1)"
	# it is zstd; in another form nothing is said of a table
	rl push -q --compression-format zstd "$REGISTRY/k/box:1" "$REGISTRY/k/zstd:1"
	is "$(manifest k/zstd 1)" "$(manifest k/box 1)"
	rl push -q --compression-format gzip "$REGISTRY/k/box:1" "$REGISTRY/k/plain:1"
	unlike "$(manifest k/plain 1)" 'zstd-chunked'
	refused 'v2s2 does not know' push box "$REGISTRY/k/box:x" --format v2s2
}

@test "into a layout, and as a further entry of a list" {
	chunked tar "$T/listed.tar" gnu
	echo once >"$T/once"
	tar -rf "$T/listed.tar" -C "$T" once
	rl import "$T/listed.tar" listed >/dev/null
	push listed "oci:$T/lay:x"
	grep -q 'zstd-chunked.manifest-position' "$T/lay/blobs/sha256/"*
	rl manifest create multi listed >/dev/null
	rl manifest push -q multi "$REGISTRY/l/multi:1" --add-compression zstd:chunked
	local list second
	list=$(curl -sf -H 'Accept: application/vnd.oci.image.index.v1+json' "http://$REGISTRY/v2/l/multi/manifests/1")
	second=$(python3 -c '
import json, sys
a, b = json.loads(sys.argv[1])["manifests"]
assert "annotations" not in a and b["annotations"] == {"io.github.containers.compression.zstd": "true"}
print(b["digest"])' "$list")
	exits 0 chunked check "$REGISTRY/l/multi" "$second"
	rl manifest rm multi
}

@test "a tar that readers would not all describe alike goes without a table" {
	local kind
	for kind in twice short badname; do
		chunked tar "$T/$kind.tar" "$kind"
		rl import "$T/$kind.tar" "$kind" >/dev/null
		exits 0 rl push --compression-format zstd:chunked "$kind" "$REGISTRY/u/$kind:1"
		like "$stderr" 'Layer sha256:[0-9a-f]{12} gets no table of contents: '
		unlike "$(manifest u/$kind 1)" 'zstd-chunked'
		like "$(manifest u/$kind 1)" 'tar\+zstd'
		is "$(rl pull -q "$REGISTRY/u/$kind:1")" "$(rl image inspect -f '{{.Id}}' "$kind")"
	done
}

@test "podman pulls it, and rl what skopeo makes" {
	need podman skopeo
	push box "$REGISTRY/p/box:1"
	podman pull -q --tls-verify=false "$REGISTRY/p/box:1"
	is "$(podman_run "$REGISTRY/p/box:1" echo from podman)" 'from podman'
	# both say the same of every entry
	local kind
	for kind in pax gnu; do
		chunked tar "$T/both.tar" "$kind"
		rl import "$T/both.tar" "both:$kind" >/dev/null
		rl push -q "both:$kind" "$REGISTRY/p/gzip:$kind"
		skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --dest-compress-format zstd:chunked \
			"docker://$REGISTRY/p/gzip:$kind" "docker://$REGISTRY/p/go:$kind"
		push "both:$kind" "$REGISTRY/p/ours:$kind"
		exits 0 chunked same "$REGISTRY/p/go" "$kind" "$REGISTRY/p/ours" "$kind"
		like "$output" '^1[01]$'
	done
	skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --dest-compress-format zstd:chunked \
		"docker://$REGISTRY/p/box:1" "docker://$REGISTRY/p/theirs:1"
	rl pull -q "$REGISTRY/p/theirs:1"
	is "$(box "$REGISTRY/p/theirs:1" echo theirs)" theirs
}
