#!/usr/bin/env bats
# manifest lists, with a real registry
# lanes: user super
load lib

setup_file() {
	t_begin
	registry_start
	local arch
	for arch in amd64 arm64 s390x; do
		python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/src/$arch:1" "$RL_T_BOX" --arch "$arch" \
			--config '{"Cmd":["echo","'$arch'"]}' >"$T/$arch"
	done
	HOST=$(uname -m)
	case $HOST in x86_64) HOST=amd64 ;; aarch64) HOST=arm64 ;; esac
	export HOST
}
teardown_file() {
	registry_stop
	t_end
}

# entries LIST - "architecture digest" of each
entries() {
	rl manifest inspect "$1" | python3 -c '
import json, sys
for e in json.load(sys.stdin)["manifests"]:
    print(e.get("platform", {}).get("architecture", "-"), e["digest"])'
}

# remote PATH TAG-OR-DIGEST - the bytes that the registry has
remote() {
	curl -sf -H 'Accept: application/vnd.oci.image.index.v1+json' -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
		-H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
		-H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$REGISTRY/v2/$1/manifests/$2"
}

sha() {
	printf 'sha256:%s' "$(sha256sum | cut -d' ' -f1)"
}

@test "create, add from the store and from a registry, push, pull" {
	rl pull -q "$REGISTRY/src/amd64:1"
	exits 0 rl manifest create multi
	like "$output" '^[0-9a-f]{64}$'
	local id=$output
	exits 0 rl manifest add multi "$REGISTRY/src/amd64:1"
	is "$output" "$id"
	exits 0 rl manifest add multi "docker://$REGISTRY/src/arm64:1" "docker://$REGISTRY/src/s390x:1"
	is "$(entries multi)" "$(printf '%s %s\n' amd64 "$(<"$T/amd64")" arm64 "$(<"$T/arm64")" s390x "$(<"$T/s390x")")"
	exits 0 rl manifest push -q --digestfile "$T/list" multi "$REGISTRY/dst/multi:1"
	is "$output" ''
	is "$(remote dst/multi 1 | sha)" "$(<"$T/list")"
	is "$(rl images --no-trunc --digests --format '{{.Digest}}' localhost/multi)" "$(<"$T/list")"
	local arch
	for arch in amd64 arm64 s390x; do
		is "$(remote dst/multi "$(<"$T/$arch")" | sha)" "$(<"$T/$arch")"
	done
	# what another tool would do with it: the blobs are there too
	is "$(rl pull -q --arch s390x "$REGISTRY/dst/multi:1")" "$(rl pull -q --arch s390x "$REGISTRY/src/s390x:1")"
	rl manifest rm multi
	exits 1 rl manifest exists multi
}

@test "RepoDigests has the index and the manifest, and either finds the image" {
	rl manifest create idx "docker://$REGISTRY/src/$HOST:1" "docker://$REGISTRY/src/s390x:1"
	rl manifest push -q --digestfile "$T/idx" --rm idx "$REGISTRY/dst/idx:1"
	exits 1 rl manifest exists idx
	rl pull -q "$REGISTRY/dst/idx:1"
	exits 0 rl image inspect --format '{{json .RepoDigests}}' "$REGISTRY/dst/idx:1"
	like "$output" "dst/idx@$(<"$T/idx")"
	like "$output" "dst/idx@$(<"$T/$HOST")"
	is "$(rl run --rm --pull never --network none "$REGISTRY/dst/idx@$(<"$T/idx")")" "$HOST"
	is "$(rl run --rm --pull never --network none "$REGISTRY/dst/idx@$(<"$T/$HOST")")" "$HOST"
	# again, and through another index: none is forgotten
	rl manifest create idx2 "docker://$REGISTRY/src/$HOST:1"
	rl manifest push -q --digestfile "$T/idx2" --rm idx2 "$REGISTRY/dst/idx:1"
	rl pull -q "$REGISTRY/dst/idx:1"
	exits 0 rl image inspect --format '{{json .RepoDigests}}' "$REGISTRY/dst/idx:1"
	like "$output" "dst/idx@$(<"$T/idx2")"
	like "$output" "dst/idx@$(<"$T/idx")"
	rl rmi "$REGISTRY/dst/idx:1"
}

@test "a list is shown, tagged and removed as an image; run takes the image for this machine" {
	rl pull -q "$REGISTRY/src/$HOST:1"
	rl manifest create named "$REGISTRY/src/$HOST:1" "docker://$REGISTRY/src/s390x:1"
	exits 0 rl images --format '{{.Repository}}:{{.Tag}}'
	like "$output" 'localhost/named:latest'
	is "$(rl images --filter manifest=true --format '{{.Repository}} {{.IsManifestList}}')" 'localhost/named true'
	exits 0 rl image exists named
	exits 0 rl system check -q
	is "$(rl run --rm --network none localhost/named)" "$HOST"
	rl tag named other:2
	exits 0 rl manifest exists other:2
	exits 0 rl rmi named
	like "$output" 'Untagged: localhost/named:latest'
	exits 1 rl manifest exists named
	exits 0 rl rmi other:2
	like "$output" 'Deleted: [0-9a-f]{64}'
	# the image stays
	is "$(rl run --rm --network none --pull never "$REGISTRY/src/$HOST:1")" "$HOST"
	rl manifest create alien "docker://$REGISTRY/src/s390x:1"
	refused_with_hint 'is a manifest list, and no image of it for linux/' rl run --rm alien true
	rl manifest rm alien
}

@test "create: names, --amend, annotations" {
	exits 0 rl manifest create --annotation a=b --annotation 'c=d=e' fresh
	local id=$output
	refused_with_hint 'there is a manifest list localhost/fresh:latest already' rl manifest create fresh
	exits 0 rl manifest create --amend fresh "docker://$REGISTRY/src/arm64:1"
	is "$output" "$id"
	is "$(entries fresh)" "arm64 $(<"$T/arm64")"
	exits 0 rl manifest inspect fresh
	like "$output" '"c": "d=e"'
	like "$output" 'application/vnd.oci.image.index.v1\+json'
	refused 'KEY=VALUE' rl manifest create --annotation x other
	rl tag box localhost/taken
	refused_with_hint 'is the name of an image' rl manifest create --amend taken
	refused 'is an image, not a manifest list' rl manifest add taken "docker://$REGISTRY/src/arm64:1"
	refused 'no such image' rl manifest create other containers-storage:nothing
	refused 'from the store or from a registry' rl manifest create other oci-archive:/x
	refused 'digest' rl manifest create "x@sha256:$(printf '1%.0s' {1..64})"
	exits 1 rl manifest exists other
	rl rmi localhost/taken
	rl manifest rm fresh
}

@test "add --all, from an index there and from a list here; without it the one for a platform" {
	rl manifest create src "docker://$REGISTRY/src/amd64:1" "docker://$REGISTRY/src/arm64:1" "docker://$REGISTRY/src/s390x:1"
	rl manifest annotate --annotation kept=yes src "$(<"$T/arm64")"
	rl manifest push -q src "$REGISTRY/dst/all:1"
	rl manifest create --all far "docker://$REGISTRY/dst/all:1"
	is "$(entries far)" "$(entries src)"
	exits 0 rl manifest inspect far
	like "$output" '"kept": "yes"'
	rl manifest create near
	rl manifest add --all near src
	is "$(entries near)" "$(entries src)"
	rl manifest create one "docker://$REGISTRY/dst/all:1"
	is "$(entries one)" "$HOST $(<"$T/$HOST")"
	rl manifest add --arch s390x one "docker://$REGISTRY/dst/all:1"
	rl manifest add --arch arm64 --os linux one src
	is "$(entries one | wc -l)" "$(printf '%s\n' "$HOST" s390x arm64 | sort -u | wc -l)"
	refused_with_hint 'no image for linux/riscv64' rl manifest add --arch riscv64 one "docker://$REGISTRY/dst/all:1"
	rl manifest rm src far near one
}

@test "annotate, remove" {
	rl manifest create ann "docker://$REGISTRY/src/arm64:1"
	local d
	d=$(<"$T/arm64")
	exits 0 rl manifest annotate --os linux --arch armhf --os-version 1.2 --features sse4,aes --os-features x \
		--annotation k=v ann "$d"
	exits 0 rl manifest annotate --index --annotation whole=list ann
	rl manifest inspect ann | python3 -c '
import json, sys
j = json.load(sys.stdin)
e = j["manifests"][0]
assert e["platform"] == {"architecture": "arm", "os": "linux", "os.version": "1.2", "os.features": ["x"],
                         "features": ["sse4", "aes"], "variant": "v7"}, e
assert e["annotations"] == {"k": "v"} and j["annotations"] == {"whole": "list"}, j'
	refused 'letters, digits|cannot be' rl manifest annotate --os '../x' ann "$d"
	refused 'no platform' rl manifest annotate --index --os linux ann
	refused 'which image' rl manifest annotate --os linux ann
	refused 'no image can be named' rl manifest annotate --index ann "$d"
	refused 'has no entry' rl manifest annotate --os linux ann "sha256:$(printf '1%.0s' {1..64})"
	refused 'not a digest' rl manifest remove ann sha256:../../x
	refused 'has no entry' rl manifest remove ann "sha256:$(printf '1%.0s' {1..64})"
	refused_with_hint 'no place for' rl manifest push -q --format v2s2 ann "$REGISTRY/dst/ann:1"
	exits 0 rl manifest remove ann "$d"
	is "$(entries ann)" ''
	rl manifest rm ann
}

@test "push: Docker's format, the list alone, an image that is gone, failures" {
	rl pull -q "$REGISTRY/src/$HOST:1"
	rl manifest create p "$REGISTRY/src/$HOST:1" "docker://$REGISTRY/src/s390x:1"
	rl manifest push -q --format v2s2 --digestfile "$T/p" p "$REGISTRY/dst/docker:1"
	remote dst/docker 1 >"$T/docker.json"
	is "$(sha <"$T/docker.json")" "$(<"$T/p")"
	python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
assert j["mediaType"] == "application/vnd.docker.distribution.manifest.list.v2+json"
for e in j["manifests"]:
    assert e["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json", e
    print(e["digest"], e["size"])' "$T/docker.json" >"$T/docker.entries"
	is "$(wc -l <"$T/docker.entries")" 2
	local digest size
	while read -r digest size; do
		is "$(remote dst/docker "$digest" | wc -c)" "$size"
	done <"$T/docker.entries"
	is "$(rl pull -q "$REGISTRY/dst/docker:1")" "$(rl pull -q "$REGISTRY/src/$HOST:1")"
	# the images are there already: the list alone may go
	rl manifest push -q "$(rl manifest create x "$REGISTRY/src/$HOST:1")" "$REGISTRY/dst/alone:1"
	rl manifest push -q --all=false x "$REGISTRY/dst/alone:2"
	is "$(remote dst/alone 1 | sha)" "$(remote dst/alone 2 | sha)"
	refused . rl manifest push -q --all=false x "$REGISTRY/dst/nothing:1"
	refused 'no such manifest list' rl manifest push -q nothing "$REGISTRY/dst/nothing:1"
	refused_with_hint "'v1' is not known" rl manifest push -q --format v1 x "$REGISTRY/dst/nothing:1"
	refused 'registries' rl manifest push -q x oci:/tmp/x
	refused 'no daemon' rl manifest push -q x docker-daemon:x:1
	rl rmi "$REGISTRY/src/$HOST:1" "$REGISTRY/dst/docker:1" >/dev/null
	refused_with_hint 'is not here any more' rl manifest push -q x "$REGISTRY/dst/gone:1"
	rl manifest rm p x
	exits 1 rl manifest rm p
	exits 0 rl manifest rm -i p
}

layer_types() { # PATH TAG-OR-DIGEST
	remote "$1" "$2" | python3 -c 'import json, sys; print(*(l["mediaType"].split("+")[-1] for l in json.load(sys.stdin)["layers"]))'
}

@test "push: compression, and each image in a second form" {
	rl pull -q "$REGISTRY/src/$HOST:1"
	rl manifest create z "$REGISTRY/src/$HOST:1"
	rl manifest push -q z "$REGISTRY/dst/z:1" --compression-format zstd
	local digest
	digest=$(remote dst/z 1 | grep -o 'sha256:[0-9a-f]*')
	is "$(layer_types dst/z "$digest")" zstd
	rl manifest push -q z "$REGISTRY/dst/z:2" --add-compression zstd
	remote dst/z 2 | python3 -c '
import json, sys
a, b = json.load(sys.stdin)["manifests"]
assert a["platform"] == b["platform"]
assert "annotations" not in a and b["annotations"] == {"io.github.containers.compression.zstd": "true"}
print(a["digest"]); print(b["digest"])' >"$T/forms"
	is "$(head -1 "$T/forms")" "$(<"$T/$HOST")"
	is "$(layer_types dst/z "$(tail -1 "$T/forms")")" zstd
	# what it has already is not there twice; the list here is as it was
	rl manifest push -q z "$REGISTRY/dst/z:3" --add-compression gzip,zstd
	is "$(remote dst/z 3 | sha)" "$(remote dst/z 2 | sha)"
	is "$(entries z | wc -l)" 1
	refused 'gzip.*zstd|not known' rl manifest push -q z "$REGISTRY/dst/z:4" --add-compression xz
	refused 'needs the images' rl manifest push -q --all=false z "$REGISTRY/dst/z:4" --add-compression zstd
	refused '1 to 9' rl manifest push -q z "$REGISTRY/dst/z:4" --compression-level 10
	# of an image that is not here nothing can be compressed
	rl manifest add z "docker://$REGISTRY/src/s390x:1" >/dev/null
	refused_with_hint 'is not here' rl manifest push -q z "$REGISTRY/dst/z:4" --compression-format zstd
	refused_with_hint 'is not here' rl manifest push -q z "$REGISTRY/dst/z:4" --add-compression zstd
	exits 0 rl manifest push -q z "$REGISTRY/dst/z:4" --compression-format gzip
	rl manifest rm z
}

@test "inspect: a list of a registry, a single image, nothing" {
	exits 0 rl manifest inspect "$REGISTRY/src/amd64:1"
	like "$stderr" 'a single image'
	like "$output" '"layers"'
	refused 'not found' rl manifest inspect "$REGISTRY/src/none:1"
	refused 'no such manifest list' rl manifest inspect localhost/none
	exits 125 rl manifest exists 'BAD NAME'
}

# field FILE EXPRESSION - of a JSON document, as j
field() {
	python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

@test "an artifact: files in a list, pushed with it" {
	printf 'some words' >"$T/note"
	printf '{"a": 1}' >"$T/b.json"
	head -c 300000 /dev/urandom >"$T/data"
	local list=$RL_ROOT/artifacts digest blob
	rl manifest create art >/dev/null
	exits 0 rl manifest add art "docker://$REGISTRY/src/amd64:1"
	exits 0 rl manifest add --artifact --artifact-type application/vnd.example.thing.v1 --annotation k=v --os linux \
		--artifact-subject "docker://$REGISTRY/src/arm64:1" art "$T/note" "$T/b.json" "$T/data"
	# what it was made of is not needed any more
	local sums
	sums=$(for blob in note b.json data; do sha <"$T/$blob" && echo; done)
	rm "$T/note"
	rl manifest push -q art "$REGISTRY/dst/art:1"
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/dst/art:1" >"$T/art.json"
	is "$(field "$T/art.json" 'len(j["manifests"])')" 2
	is "$(field "$T/art.json" 'j["manifests"][1]["artifactType"]')" application/vnd.example.thing.v1
	is "$(field "$T/art.json" 'j["manifests"][1]["annotations"]')" "{'k': 'v'}"
	is "$(field "$T/art.json" 'j["manifests"][1]["platform"]["os"]')" linux
	digest=$(field "$T/art.json" 'j["manifests"][1]["digest"]')
	is "$(ls "$list")" "${digest#sha256:}"
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/dst/art@$digest" >"$T/thing.json"
	is "$(sha <"$T/thing.json")" "$digest"
	is "$(stat -c %s "$T/thing.json")" "$(field "$T/art.json" 'j["manifests"][1]["size"]')"
	is "$(field "$T/thing.json" 'j["mediaType"], j["artifactType"]')" \
		"('application/vnd.oci.image.manifest.v1+json', 'application/vnd.example.thing.v1')"
	is "$(field "$T/thing.json" '[j["config"][k] for k in ("mediaType", "size", "data")]')" \
		"['application/vnd.oci.empty.v1+json', 2, 'e30=']"
	is "$(field "$T/thing.json" 'j["subject"]["digest"]')" "$(<"$T/arm64")"
	is "$(field "$T/thing.json" '[l["mediaType"] for l in j["layers"]]')" \
		"['text/plain', 'application/json', 'application/octet-stream']"
	is "$(field "$T/thing.json" '[l["annotations"]["org.opencontainers.image.title"] for l in j["layers"]]')" \
		"['note', 'b.json', 'data']"
	is "$(field "$T/thing.json" '"\n".join(l["digest"] for l in j["layers"])')" "$sums"
	for blob in $(field "$T/thing.json" '" ".join(l["digest"] for l in j["layers"] + [j["config"]])'); do
		is "$(curl -sfL "http://$REGISTRY/v2/dst/art/blobs/$blob" | sha)" "$blob"
	done
	refused 'no place for artifacts' rl manifest push -q --format v2s2 art "$REGISTRY/dst/art:2"
	# another tool takes the whole
	skopeo copy -q --all --src-tls-verify=false "docker://$REGISTRY/dst/art:1" "oci:$T/art.layout:1"
	# it stays while a list names it
	rl manifest create art2 >/dev/null
	rl manifest add --all art2 art >/dev/null
	rl manifest rm art >/dev/null
	rl system prune -f >/dev/null
	is "$(ls "$list")" "${digest#sha256:}"
	rl manifest push -q art2 "$REGISTRY/dst/art2:1"
	is "$(remote dst/art2 "$digest" | sha)" "$digest"
	rl manifest remove art2 "$digest" >/dev/null
	is "$(ls "$list")" ''
	rl manifest rm art2 >/dev/null
}

@test "an artifact: configuration, types, titles, and what cannot be" {
	printf 'some words' >"$T/note"
	printf '{"c": 2}' >"$T/config"
	mkfifo "$T/fifo"
	rl manifest create plain >/dev/null
	rl manifest add --artifact --artifact-config "$T/config" --artifact-config-type application/vnd.example.config \
		--artifact-layer-type application/vnd.example.file --artifact-exclude-titles plain "$T/note" >/dev/null
	local digest
	digest=$(entries plain | cut -d' ' -f2)
	cp "$RL_ROOT/artifacts/${digest#sha256:}/manifest.json" "$T/thing.json"
	is "$(field "$T/thing.json" '[j["config"][k] for k in ("mediaType", "digest", "size")]')" \
		"['application/vnd.example.config', '$(sha <"$T/config")', 8]"
	is "$(field "$T/thing.json" 'j["artifactType"]')" application/vnd.unknown.artifact.v1
	is "$(field "$T/thing.json" '[list(l) for l in j["layers"]]')" "[['mediaType', 'digest', 'size']]"
	is "$(field "$T/thing.json" 'j["layers"][0]["mediaType"]')" application/vnd.example.file
	# the same once more is the same entry
	rl manifest add --artifact plain "$T/note" >/dev/null
	rl manifest add --artifact plain "$T/note" >/dev/null
	is "$(entries plain | wc -l)" 2
	refused 'need --artifact' rl manifest add --artifact-type a/b plain "$T/note"
	refused 'exclude each other' rl manifest add --artifact --all plain "$T/note"
	refused 'not a regular file' rl manifest add --artifact plain "$T"
	refused 'not a regular file' rl manifest add --artifact plain "$T/fifo"
	refused 'open .*nothing' rl manifest add --artifact plain "$T/nothing"
	local bad
	for bad in text /x x/ 'a b/c' a/b/c "$(printf 'a/b\nc')"; do
		refused_with_hint 'not a media type' rl manifest add --artifact --artifact-layer-type "$bad" plain "$T/note"
		refused 'not a media type' rl manifest add --artifact --artifact-type "$bad" plain "$T/note"
	done
	refused 'not found' rl manifest add --artifact --artifact-subject "docker://$REGISTRY/src/none:1" plain "$T/note"
	is "$(entries plain | wc -l)" 2
	is "$(ls "$RL_ROOT/artifacts" | wc -l)" 2
	# changed behind our back: nothing is pushed under a wrong digest
	echo '{}' >"$RL_ROOT/artifacts/${digest#sha256:}/manifest.json"
	refused_with_hint 'is damaged' rl manifest push -q plain "$REGISTRY/dst/damaged:1"
	rl manifest rm plain >/dev/null
	is "$(ls "$RL_ROOT/artifacts")" ''
}

@test "a subject of the list itself" {
	rl manifest create subj "docker://$REGISTRY/src/amd64:1" >/dev/null
	exits 0 rl manifest annotate --subject "docker://$REGISTRY/src/arm64:1" --annotation k=v subj
	rl manifest push -q subj "$REGISTRY/dst/subj:1"
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/dst/subj:1" >"$T/subj.json"
	is "$(field "$T/subj.json" 'j["subject"]["digest"], j["subject"]["mediaType"]')" \
		"('$(<"$T/arm64")', 'application/vnd.oci.image.manifest.v1+json')"
	is "$(field "$T/subj.json" 'j["annotations"]')" "{'k': 'v'}"
	is "$(remote src/arm64 1 | wc -c)" "$(field "$T/subj.json" 'j["subject"]["size"]')"
	refused 'no place for a' rl manifest push -q --format v2s2 subj "$REGISTRY/dst/subj:2"
	refused 'no platform' rl manifest annotate --subject x --os linux subj
	refused 'change the list itself' rl manifest annotate --subject x subj "$(<"$T/amd64")"
	rl manifest rm subj >/dev/null
}

@test "changes at once: none is lost" {
	rl manifest create busy "docker://$REGISTRY/src/amd64:1"
	local i pids=()
	for i in 1 2 3 4 5 6 7 8; do
		rl manifest annotate --annotation "n$i=$i" busy "$(<"$T/amd64")" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	pids=()
	is "$(rl manifest inspect busy | grep -c '"n[1-8]"')" 8
	for i in 1 2 3 4; do
		{ rl manifest create race 2>/dev/null || :; } >>"$T/race" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(wc -l <"$T/race")" 1
	rl manifest rm busy race
	nothing_left
}

@test "inspect --verbose shows the manifests as well, of a registry and of the store" {
	printf 'some words' >"$T/note"
	rl pull -q "$REGISTRY/src/amd64:1"
	rl manifest create full "$REGISTRY/src/amd64:1" "docker://$REGISTRY/src/s390x:1" >/dev/null
	rl manifest add --artifact full "$T/note" >/dev/null
	rl manifest push -q full "$REGISTRY/dst/full:1"
	local check='
import base64, hashlib, json, sys
name, digests = sys.argv[1], sys.argv[2].split()
j = json.load(sys.stdin)
assert [e["Descriptor"]["digest"] for e in j[:2]] == digests and len(j) == 3, j
for e in j:
    raw = base64.b64decode(e["Raw"])
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == e["Descriptor"]["digest"], e
    assert json.loads(raw) == e["OCIManifest"], e
    assert e["Ref"] == name + "@" + e["Descriptor"]["digest"], e
assert j[1]["Descriptor"]["platform"]["architecture"] == "s390x"
assert "SchemaV2Manifest" not in j[0]
print("good")'
	is "$(rl manifest inspect -v full | python3 -c "$check" localhost/full:latest "$(<"$T/amd64") $(<"$T/s390x")")" good
	rl manifest rm full >/dev/null
	is "$(rl manifest inspect -v "$REGISTRY/dst/full:1" | python3 -c "$check" "$REGISTRY/dst/full:1" "$(<"$T/amd64") $(<"$T/s390x")")" good
	# of a single image: one object
	exits 0 rl manifest inspect --verbose "docker://$REGISTRY/src/arm64:1"
	is "$stderr" ''
	is "$(python3 -c 'import json, sys; j = json.load(sys.stdin); print(j["Ref"], j["Descriptor"]["digest"])' <<<"$output")" \
		"$REGISTRY/src/arm64:1 $(<"$T/arm64")"
}
