#!/usr/bin/env bats
# artifacts: files under a name, with a real registry
# lanes: user super
# shellcheck disable=SC2030,SC2031
load lib

setup_file() {
	t_begin
	registry_start
	printf 'some words' >"$T/note"
	printf '{"a": 1}' >"$T/b.json"
	head -c 300000 /dev/urandom >"$T/data"
}
teardown() {
	rl artifact rm -a >/dev/null
	t_clean
	# nothing of them stays, wherever a test ended
	is "$(ls "$RL_ROOT/artifacts" "$RL_ROOT/artifact-names" 2>/dev/null | grep -v :)" ''
}
teardown_file() {
	registry_stop
	t_end
}

# theirs REPO TAG SPEC - what another tool has pushed
theirs() {
	python3 "$RL_T_HELPERS/artifact.py" "$REGISTRY/$1" "${@:2}"
}

# remote PATH TAG-OR-DIGEST - the bytes that the registry has
remote() {
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/$1/manifests/$2"
}

sha() {
	sha256sum | cut -d' ' -f1
}

# of NAME EXPRESSION - of what inspect tells, as j; m is the manifest
of() {
	rl artifact inspect "$1" | python3 -c 'import json, sys; j = json.load(sys.stdin); m = j["Manifest"]; print('"$2"')'
}

titles() {
	of "$1" '" ".join(l["annotations"]["org.opencontainers.image.title"] for l in m["layers"])'
}

left_over() {
	ls -A "$RL_ROOT/tmp" "$RL_ROOT/trash" | grep -v : || :
}

@test "add, push, remove, pull, extract: the same bytes" {
	exits 0 rl artifact add --type application/vnd.example.thing.v1 "$REGISTRY/a/thing:1" "$T/note" "$T/b.json" "$T/data"
	like "$output" '^[0-9a-f]{64}$'
	local digest=$output
	is "$(of "$REGISTRY/a/thing:1" 'j["Digest"]')" "sha256:$digest"
	is "$(of "$REGISTRY/a/thing:1" 'j["Name"]')" "$REGISTRY/a/thing:1"
	is "$(of "$REGISTRY/a/thing:1" '(m["artifactType"], m["config"]["mediaType"], m["config"]["data"])')" \
		"('application/vnd.example.thing.v1', 'application/vnd.oci.empty.v1+json', 'e30=')"
	like "$(of "$REGISTRY/a/thing:1" 'm["annotations"]["org.opencontainers.image.created"]')" '^20.*T.*Z$'
	is "$(of "$REGISTRY/a/thing:1" '[l["mediaType"] for l in m["layers"]]')" "['text/plain', 'application/json', 'application/octet-stream']"
	exits 0 rl artifact push --digestfile "$T/df" "$REGISTRY/a/thing:1"
	is "$output" ''
	is "$(<"$T/df")" "sha256:$digest"
	is "$(remote a/thing 1 | sha)" "$digest"
	# under another name
	rl artifact push -q "$digest" "docker://$REGISTRY/a/other:2"
	is "$(remote a/other 2 | sha)" "$digest"
	exits 0 rl artifact rm "$REGISTRY/a/thing:1"
	is "$output" "$digest"
	is "$(ls "$RL_ROOT/artifacts")" ''
	exits 0 rl artifact pull -q "$REGISTRY/a/other:2"
	is "$output" "$digest"
	is "$stderr" ''
	mkdir "$T/out"
	exits 0 rl artifact extract "$REGISTRY/a/other:2" "$T/out"
	local f
	for f in note b.json data; do cmp "$T/$f" "$T/out/$f"; done
	is "$(ls "$T/out" | wc -l)" 3
	is "$(left_over)" ''
	# again: nothing is fetched twice
	exits 0 rl artifact pull "$REGISTRY/a/other:2"
	unlike "$stderr" 'downloading'
	rl artifact pull -q "$REGISTRY/a/other@sha256:$digest"
	is "$(rl artifact ls -q | sort -u)" "${digest:0:12}"
	is "$(rl artifact ls | wc -l)" 3
}

@test "ls: names, digests, sizes, formats" {
	local digest
	digest=$(rl artifact add thing "$T/note" "$T/b.json")
	is "$(rl artifact ls -n | awk '{print $1, $2, $3, $NF}')" "localhost/thing latest ${digest:0:12} 18B"
	like "$(rl artifact ls)" '^REPOSITORY +TAG +DIGEST +CREATED +SIZE'
	is "$(rl artifact ls --no-trunc --format '{{.Digest}} {{.VirtualSize}}')" "$digest 18"
	like "$(rl artifact list --format '{{.Created}}/{{.CreatedAt}}')" '^(Less than a second|[0-9]+ seconds?) ago/20.* UTC$'
	is "$(rl artifact ls --no-trunc --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Digest"])')" "$digest"
	is "$(rl artifact inspect --format '{{.Name}} {{len .Manifest.layers}}' thing)" 'localhost/thing:latest 2'
	is "$(rl artifact inspect -f '{{.Digest}}' "${digest:0:8}")" "sha256:$digest"
	is "$(rl inspect --type artifact --format '{{.Name}}' thing)" 'localhost/thing:latest'
	exits 125 rl inspect --type artifact nosuch
	like "$stderr" 'no such artifact: "nosuch"'
	exits 125 rl inspect thing
	like "$stderr" 'no such object: "thing"'
	refused_with_hint 'no such artifact: nothing' rl artifact inspect nothing
	refused_with_hint 'no such artifact' rl artifact inspect sha256:0000
}

@test "append, replace, annotations, titles, types" {
	local first second
	first=$(rl artifact add --annotation k=v thing "$T/note")
	is "$(of thing '(m["layers"][0]["annotations"]["k"], m["artifactType"])')" "('v', 'application/vnd.unknown.artifact.v1')"
	is "$(of thing '(m["annotations"]["k"], sorted(m["annotations"]))')" "('v', ['k', 'org.opencontainers.image.created'])"
	refused_with_hint 'there is an artifact localhost/thing:latest already' rl artifact add thing "$T/b.json"
	second=$(rl artifact add -a --file-type text/x-own thing "$T/b.json")
	[ "$first" != "$second" ]
	is "$(titles thing)" 'note b.json'
	is "$(of thing '(m["layers"][1]["mediaType"], m["layers"][1]["annotations"].get("k"))')" "('text/x-own', None)"
	# what it was before is gone, but for the file that both have
	is "$(ls "$RL_ROOT/artifacts")" "$second"
	refused_with_hint 'has a file note already' rl artifact add --append thing "$T/note"
	refused 'has a file note already' rl artifact add twice "$T/note" "$T/note"
	rl artifact add --append --annotation org.opencontainers.image.title=again thing "$T/note" >/dev/null
	is "$(titles thing)" 'note b.json again'
	rl artifact add --replace thing "$T/data" >/dev/null
	is "$(titles thing)" data
	rl artifact add --replace fresh "$T/data" >/dev/null
	refused_with_hint 'no such artifact' rl artifact add --append none "$T/note"
	refused 'exclude each other' rl artifact add --append --replace thing "$T/note"
	refused 'exclude each other' rl artifact add --append --type a/b thing "$T/note"
	refused_with_hint 'not a media type' rl artifact add --file-type nonsense bad "$T/note"
	refused 'not a media type' rl artifact add --type nonsense bad "$T/note"
	refused 'KEY=VALUE' rl artifact add --annotation x bad "$T/note"
	refused 'not a regular file' rl artifact add bad "$T"
	refused 'open .*nothing' rl artifact add bad "$T/nothing"
	local title
	for title in '' . .. a/b /etc/passwd "$(printf 'a\nb')"; do
		refused 'cannot be the name of a file' rl artifact add --annotation "org.opencontainers.image.title=$title" bad "$T/note"
	done
	local name
	for name in '' / UPPER a:b:c "x@sha256:$first"; do refused . rl artifact add "$name" "$T/note"; done
	is "$(rl artifact ls -n | wc -l)" 2
	is "$(left_over)" ''
}

@test "extract: one file by title or digest, to a file, and what cannot be" {
	rl artifact add thing "$T/note" "$T/b.json" >/dev/null
	rl artifact add single "$T/note" >/dev/null
	local digest
	digest=sha256:$(sha <"$T/note")
	rl artifact extract single "$T/one"
	cmp "$T/one" "$T/note"
	rl artifact extract --title b.json thing "$T/two"
	cmp "$T/two" "$T/b.json"
	rl artifact extract --digest "$digest" thing "$T/three"
	cmp "$T/three" "$T/note"
	mkdir "$T/ex"
	rl artifact extract --title note thing "$T/ex"
	rl artifact extract --digest "$digest" thing "$T/ex"
	is "$(ls "$T/ex" | sort)" "$(printf '%s\n' note "sha256-${digest#sha256:}" | sort)"
	# what is there is replaced
	echo longer than what comes >"$T/ex/note"
	rl artifact extract thing "$T/ex"
	cmp "$T/ex/note" "$T/note"
	refused_with_hint 'has 2 files, and .* is not a directory' rl artifact extract thing "$T/none"
	refused 'no file with the title none' rl artifact extract --title none thing "$T/ex"
	refused 'no file with the digest' rl artifact extract --digest sha256:00 thing "$T/ex"
	refused 'exclude each other' rl artifact extract --digest x --title y thing "$T/ex"
	refused . rl artifact extract single "$T/no/such/dir"
	[ ! -e "$T/none" ]
}

@test "what other tools push: no titles, another configuration, no files" {
	local digest
	digest=$(theirs t/plain 1 '{"type": "application/vnd.example", "files": [{"data": "words"}, {"data": "more", "title": "named"}]}')
	is "sha256:$(rl artifact pull -q "$REGISTRY/t/plain:1")" "$digest"
	mkdir "$T/plain"
	rl artifact extract "$REGISTRY/t/plain:1" "$T/plain"
	is "$(cat "$T/plain/named")" more
	is "$(cat "$T/plain/sha256-$(printf words | sha)")" words
	like "$(rl artifact ls -n --format '{{.Created}}')" 'ago$'
	# given on, it has the same bytes, whatever its layout
	rl artifact push -q "$REGISTRY/t/plain:1" "$REGISTRY/t/onward:1"
	is "sha256:$(remote t/onward 1 | sha)" "$digest"
	theirs t/chart 1 '{"config": {"type": "application/vnd.cncf.helm.config.v1+json", "data": "{\"name\": \"x\"}"},
		"files": [{"data": "chart", "type": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}]}'
	rl artifact pull -q "$REGISTRY/t/chart:1"
	rl artifact extract "$REGISTRY/t/chart:1" "$T/chart"
	is "$(<"$T/chart")" chart
	# something is added to theirs: their files stay as they are
	rl artifact add --append "$REGISTRY/t/chart:1" "$T/note" >/dev/null
	is "$(of "$REGISTRY/t/chart:1" '(len(m["layers"]), m["config"]["mediaType"])')" "(2, 'application/vnd.cncf.helm.config.v1+json')"
	theirs t/none 1 '{"type": "a/b"}'
	rl artifact pull -q "$REGISTRY/t/none:1"
	refused 'has no files' rl artifact extract "$REGISTRY/t/none:1" "$T/plain"
	# one blob under two titles, and an empty one
	theirs t/same 1 '{"type": "a/b", "files": [{"data": "x", "title": "one"}, {"data": "x", "title": "two"}, {"data": "", "title": "zero"}]}'
	rl artifact pull -q "$REGISTRY/t/same:1"
	mkdir "$T/same"
	rl artifact extract "$REGISTRY/t/same:1" "$T/same"
	is "$(cd "$T/same" && head -v -- *)" "$(printf '==> one <==\nx\n==> two <==\nx\n==> zero <==\n')"
}

@test "a title from a registry leads nowhere, and a file is as long as it was told" {
	mkdir -p "$T/canary/inner"
	echo original >"$T/canary/file"
	local n=0 title
	for title in ../file /../file ../../../../../../../../../../../../../../tmp/rl-file . .. a/b 'x\n' 'esc\u001b[31m'; do
		n=$((n + 1))
		theirs "h/title$n" 1 '{"type": "a/b", "files": [{"data": "good", "title": "good"}, {"data": "evil", "title": "'"$title"'"}]}' >/dev/null
		rl artifact pull -q "$REGISTRY/h/title$n:1" >/dev/null
		refused_with_hint 'cannot be the name of a file' rl artifact extract "$REGISTRY/h/title$n:1" "$T/canary/inner"
		unlike "$stderr" $'\033'
	done
	is "$(cd "$T/canary" && find . | sort | tr '\n' ' ')" '. ./file ./inner '
	is "$(<"$T/canary/file")" original
	[ ! -e /tmp/rl-file ]
	theirs h/twice 1 '{"type": "a/b", "files": [{"data": "1", "title": "t"}, {"data": "2", "title": "t"}]}'
	rl artifact pull -q "$REGISTRY/h/twice:1"
	refused_with_hint 'two files .* are called t' rl artifact extract "$REGISTRY/h/twice:1" "$T/canary/inner"
	refused_with_hint 'more than one file with the title t' rl artifact extract --title t "$REGISTRY/h/twice:1" "$T/canary/inner"
	rl artifact rm -a >/dev/null
	local size
	for size in 3 4000 0; do
		theirs "h/size$size" 1 '{"type": "a/b", "files": [{"data": "ten bytes.", "title": "t", "size": '"$size"'}]}'
		refused . rl artifact pull -q --retry 0 "$REGISTRY/h/size$size:1"
	done
	theirs h/sizes 1 '{"type": "a/b", "files": [{"data": "ten bytes."}, {"data": "ten bytes.", "size": 9}]}'
	refused 'two sizes' rl artifact pull -q "$REGISTRY/h/sizes:1"
	refused 'not found|does not exist|unknown' rl artifact pull -q "$REGISTRY/h/nothing:1"
	is "$(rl artifact ls -n)" ''
	is "$(left_over)" ''
}

@test "images and indexes are no artifacts" {
	rl push -q box "$REGISTRY/i/box:1"
	refused_with_hint 'is a container image, not an artifact' rl artifact pull -q "$REGISTRY/i/box:1"
	local digest
	digest=$(theirs i/index 1 '{"index": true, "type": "a/b", "files": [{"data": "x", "title": "x"}]}')
	refused_with_hint 'is an index, not an artifact' rl artifact pull -q "$REGISTRY/i/index:1"
	is "sha256:$(rl artifact pull -q "$REGISTRY/i/index@$digest")" "$digest"
	refused_with_hint 'is an OCI artifact' rl pull -q "$REGISTRY/i/index@$digest"
	# an image and an artifact may have one name
	rl artifact add box "$T/note" >/dev/null
	rl image exists box
	rl artifact rm box >/dev/null
	rl image exists box
}

@test "several at once: every file is in it, and one of two makers wins" {
	local i pids=() won=0
	rl artifact add many "$T/note" >/dev/null
	for i in 1 2 3 4 5 6; do
		echo "$i" >"$T/part$i"
		rl artifact add --append many "$T/part$i" >/dev/null 3>&- & pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(titles many | tr ' ' '\n' | sort | tr '\n' ' ')" 'note part1 part2 part3 part4 part5 part6 '
	is "$(ls "$RL_ROOT/artifacts" | wc -l)" 1
	pids=()
	for i in 1 2 3 4; do
		rl artifact add one "$T/part$i" >/dev/null 2>&1 3>&- & pids+=($!)
	done
	for i in "${pids[@]}"; do if wait "$i"; then won=$((won + 1)); fi; done
	is "$won" 1
}

@test "rm: by name, by digest, all, and what a list needs stays" {
	local digest other
	digest=$(rl artifact add one "$T/note")
	rl artifact push -q one "$REGISTRY/r/one:1"
	rl artifact pull -q "$REGISTRY/r/one:1"
	other=$(rl artifact add two "$T/b.json")
	# a name goes, the artifact has another
	is "$(rl artifact rm one)" "$digest"
	is "$(rl artifact ls -q)" "${digest:0:12}
${other:0:12}"
	rl artifact pull -q "$REGISTRY/r/one@sha256:$digest"
	# by the digest all names go
	is "$(rl artifact rm "${digest:0:10}")" "$digest"
	is "$(rl artifact ls -q)" "${other:0:12}"
	refused_with_hint 'no such artifact: none' rl artifact rm none
	exits 0 rl artifact rm -i none two
	is "$output" "$other"
	refused_with_hint 'no artifact is named' rl artifact rm
	refused 'exclude each other' rl artifact rm -a one
	rl artifact add one "$T/note" >/dev/null
	rl artifact add two "$T/b.json" >/dev/null
	is "$(rl artifact rm -a | wc -l)" 2
	exits 0 rl artifact rm -a
	is "$output" ''
	# the same file in a list, and under a name
	rl manifest create keeps >/dev/null
	rl manifest add --artifact keeps "$T/note" >/dev/null
	rl artifact add named "$T/data" >/dev/null
	is "$(ls "$RL_ROOT/artifacts" | wc -l)" 2
	rl artifact rm -a >/dev/null
	is "$(ls "$RL_ROOT/artifacts" | wc -l)" 1
	rl manifest rm keeps >/dev/null
}

@test "system: df counts them, prune leaves them, check finds what is wrong, reset takes them away" {
	unlike "$(rl system df)" Artifacts
	local digest
	digest=$(rl artifact add thing "$T/data" "$T/note")
	like "$(rl system df --format '{{.Type}} {{.Total}} {{.Size}}')" 'Artifacts 1 30[0-9](\.[0-9]*)?kB'
	rl system prune -fa >/dev/null
	rl import "$RL_T_BOX" box >/dev/null
	exits 0 rl system check
	is "$output" ''
	printf 'XXXX' | dd of="$RL_ROOT/artifacts/$digest/blobs/$(sha <"$T/data")" conv=notrunc status=none
	exits 0 rl system check -q
	exits 1 rl system check
	like "$output" "artifact ${digest:0:12} localhost/thing:latest: a file of it has changed"
	truncate -s 5 "$RL_ROOT/artifacts/$digest/blobs/$(sha <"$T/note")"
	exits 1 rl system check -q
	like "$output" 'does not have its size'
	refused_with_hint 'is damaged' rl artifact extract --title note thing "$T/x"
	refused 'is damaged' rl artifact push -q thing "$REGISTRY/s/thing:1"
	exits 1 rl system check --repair
	exits 0 rl system check --repair --force
	is "$(rl artifact ls -n)" ''
	exits 0 rl system check
	# a name that cannot be read keeps all of them until it is mended
	digest=$(rl artifact add thing "$T/note")
	echo nonsense >"$RL_ROOT/artifact-names/localhost%2Fthing:latest"
	rl system prune -f >/dev/null
	[ -e "$RL_ROOT/artifacts/$digest/manifest.json" ]
	exits 0 rl system check --repair
	like "$output" "not the record of an artifact's name"
	rl system prune -f >/dev/null
	is "$(ls "$RL_ROOT/artifacts")" ''
	rl artifact add thing "$T/note" >/dev/null
	rl --root "$T/reset" --runroot "$T/reset.r" artifact add thing "$T/note" >/dev/null
	rl --root "$T/reset" --runroot "$T/reset.r" system reset -f >/dev/null
	[ ! -e "$T/reset/artifacts" ] && [ ! -e "$T/reset/artifact-names" ]
}

@test "--mount type=artifact: its files, read-only, which stay while the container does" {
	local digest file
	digest=$(rl artifact add thing "$T/note" "$T/b.json")
	file=sha256:$(sha <"$T/b.json")
	is "$(box --mount type=artifact,src=thing,dst=/a box sh -c 'ls /a; cat /a/note')" $'b.json\nnote\nsome words'
	is "$(box --user 1234 --mount "type=artifact,source=${digest:0:12},target=/a,title=b.json" box sh -c 'ls /a; cat /a/*')" $'b.json\n{"a": 1}'
	is "$(box --mount "type=artifact,src=thing,dst=/a,digest=$file" box ls /a)" "${file/:/-}"
	is "$(box --mount type=artifact,src=thing,dst=/a,title=note,name=mine box cat /a/mine)" 'some words'
	is "$(box --mount type=artifact,src=thing,dst=/a,name=n box sh -c 'echo /a/*')" '/a/n-0 /a/n-1'
	exits 1 rl run --rm --network none --mount type=artifact,src=thing,dst=/a box sh -c 'echo x >/a/note'
	like "$stderr" 'Read-only'
	refused_with_hint 'no such artifact' rl run --rm --mount type=artifact,src=none,dst=/a box true
	refused 'has no such file' rl run --rm --mount type=artifact,src=thing,dst=/a,title=none box true
	refused 'cannot be the name of a file' rl run --rm --mount type=artifact,src=thing,dst=/a,title=note,name=../x box true
	# a title from a registry leads nowhere here either
	theirs m/evil 1 '{"type": "a/b", "files": [{"data": "evil", "title": "../../etc/passwd"}]}'
	rl artifact pull -q "$REGISTRY/m/evil:1"
	refused_with_hint 'cannot be the name of a file' rl run --rm --mount "type=artifact,src=$REGISTRY/m/evil:1,dst=/a" box true
	# the name may go, the files are a container's
	rl create --name keeper --network none --mount type=artifact,src=thing,dst=/a box cat /a/note >/dev/null
	is "$(rl system df --format '{{.Type}} {{.Total}} {{.Active}}' | grep Artifacts)" 'Artifacts 2 1'
	rl artifact rm -a >/dev/null
	rl system prune -f --filter label=none >/dev/null
	is "$(rl start -a keeper)" 'some words'
	rl rm keeper >/dev/null
	rl system prune -f >/dev/null
}

@test "what happens to artifacts is told" {
	local name=$REGISTRY/told/a:1 digest
	told() { rl events --stream=false --since 10m --filter type=artifact "$@" --format '{{.Status}} {{.Name}} {{.ID}}' | tr '\n' ' '; }
	digest=$(rl artifact add "$name" "$T/note")
	rl artifact push -q --tls-verify=false "$name"
	rl artifact rm "$name" >/dev/null
	rl artifact pull -q --tls-verify=false "$name" >/dev/null
	is "$(told --filter name="$name")" "create $name $digest push $name $digest remove $name $digest pull $name $digest "
	is "$(told --filter artifact="$name" --filter event=pull)" "pull $name $digest "
	is "$(told --filter artifact=nothing)" ''
}
