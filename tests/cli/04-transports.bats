#!/usr/bin/env bats
# images out of files and directories, and into them: docker-archive:, oci-archive:, oci:, dir:
# lanes: user
load lib

mk() {
	python3 "$RL_T_HELPERS/mkimage.py" "$@"
}

setup_file() {
	t_begin
	registry_start
	mkdir "$T/l"
	echo one >"$T/l/f"
	tar --sort=name --mtime=@1 --owner=0 --group=0 -C "$T/l" -cf "$T/l.tar" .
	mk push "http://$REGISTRY/v2/team/app:1" "$RL_T_BOX" "$T/l.tar" >"$T/digest"
	mk push "http://$REGISTRY/v2/team/app:zstd" "$RL_T_BOX" "$T/l.tar" --compress zstd --config '{"Labels":{"a":"b"}}' >"$T/digest.zstd"
	rl pull -q "$REGISTRY/team/app:1" >"$T/id"
}
teardown_file() {
	registry_stop
	t_end
}
setup() {
	rl rmi -fa >/dev/null 2>&1 || :
	rm -rf "$T/out" "$T/out.tar"
}

app() { # have the image again
	rl pull -q "$REGISTRY/team/app:1" >/dev/null
}
digest_of() {
	rl image inspect --format '{{.Digest}}' "$1"
}
same_as_there() { # IMAGE - id and manifest are those of the registry
	is "$(rl image inspect --format '{{.Id}}' "$1")" "$(<"$T/id")"
	is "$(digest_of "$1")" "$(<"$T/digest")"
}
sum() { # FILE
	echo "sha256:$(sha256sum <"$1" | cut -d' ' -f1)"
}
tidy() {
	nothing_left
	is "$(find "$T" -path "$RL_ROOT" -prune -o -name '.*' -print)" ''
}

@test "dir: out and in again, with the registry's digests" {
	app
	exits 0 rl push -q --digestfile "$T/df" "$REGISTRY/team/app:1" "dir:$T/out"
	is "$output" ''
	is "$(<"$T/df")" "$(<"$T/digest")"
	is "$(sum "$T/out/manifest.json")" "$(<"$T/digest")"
	like "$(<"$T/out/version")" '^Directory Transport Version: 1.1$'
	(cd "$T/out" && for b in [0-9a-f]*; do is "$(sha256sum "$b")" "$b  $b" || exit 1; done)
	rl rmi -fa >/dev/null
	exits 0 rl pull -q "dir:$T/out"
	is "$output" "$(<"$T/id")"
	same_as_there "$output"
	is "$(rl images --format '{{.Repository}}')" '<none>'
	rl rmi -fa >/dev/null
	exits 0 rl load -i "$T/out"
	is "$output" "Loaded image: sha256:$(<"$T/id")"
	rl rmi -fa >/dev/null
	is "$(rl run -q --rm --network none "dir:$T/out" cat /f)" one
	tidy
}

@test "oci: and oci-archive: keep the manifest, and have the name that was given" {
	local kind
	for kind in oci oci-archive; do
		app
		rl push -q --digestfile "$T/df" "$REGISTRY/team/app:1" "$kind:$T/out:example.com/out:2"
		is "$(<"$T/df")" "$(<"$T/digest")"
		rl rmi -fa >/dev/null
		exits 0 rl pull -q "$kind:$T/out"
		is "$output" "$(<"$T/id")"
		same_as_there example.com/out:2
		rl rmi -fa >/dev/null
		is "$(rl run -q --rm --network none "$kind:$T/out:example.com/out:2" cat /f)" one
		refused_with_hint 'no image other in it' rl pull -q "$kind:$T/out:other"
		rm -rf "$T/out"
	done
	# without a name it has none
	app
	rl push -q "$REGISTRY/team/app:1" "oci:$T/out"
	unlike "$(<"$T/out/index.json")" annotations
	rl rmi -fa >/dev/null
	rl pull -q "oci:$T/out"
	is "$(rl images --format '{{.Repository}}')" '<none>'
	tidy
}

@test "oci: a directory takes further images, and a name means the last one" {
	app
	rl pull -q "$REGISTRY/team/app:zstd"
	rl push -q "$REGISTRY/team/app:1" "oci:$T/out:a"
	# the layers came with the other image, so it is described anew
	rl push -q --digestfile "$T/b" "$REGISTRY/team/app:zstd" "oci:$T/out:b"
	rl push -q "$REGISTRY/team/app:zstd" "oci:$T/out"
	rl push -q "$REGISTRY/team/app:zstd" "oci:$T/out"
	is "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["manifests"]))' "$T/out/index.json")" 3
	rl rmi -fa >/dev/null
	refused_with_hint 'there are 2 images in it' rl run -q --rm "oci:$T/out" true
	is "$(rl images -q)" ''
	is "$(rl pull -q "oci:$T/out" | sort -u | wc -l)" 2
	rl rmi -fa >/dev/null
	rl pull -q "oci:$T/out:a"
	is "$(digest_of a)" "$(<"$T/digest")"
	rl rmi -fa >/dev/null
	rl pull -q "oci:$T/out:@1"
	is "$(digest_of b)" "$(<"$T/b")"
	rl push -q b "oci:$T/out:a"
	rl rmi -fa >/dev/null
	rl pull -q "oci:$T/out:a"
	is "$(digest_of a)" "$(<"$T/b")"
	is "$(find "$T/out/blobs" -type f | sort -u | wc -l)" "$(find "$T/out/blobs" -type f | wc -l)"
	tidy
	# a link in a directory of somebody else's must not be followed out of it
	rm -rf "$T/out/blobs"
	mkdir -p "$T/elsewhere"
	ln -s "$T/elsewhere" "$T/out/blobs"
	refused 'blobs' rl push -q a "oci:$T/out:c"
	is "$(ls -A "$T/elsewhere")" ''
}

@test "pushes into one oci: directory at the same time lose nothing" {
	app
	rl push -q "$REGISTRY/team/app:1" "oci:$T/out:0"
	local i pids=()
	for i in 1 2 3 4 5 6; do
		rl push -q "$REGISTRY/team/app:1" "oci:$T/out:$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(grep -o '"org.opencontainers.image.ref.name":"[0-6]"' "$T/out/index.json" | sort -u | wc -l)" 7
	tidy
}

@test "docker-archive: names, numbers, several images" {
	app
	exits 0 rl push -q --digestfile "$T/df" "$REGISTRY/team/app:1" "docker-archive:$T/out.tar:example.com/arch:1"
	is "$(<"$T/df")" "$(<"$T/digest")"
	like "$(tar xOf "$T/out.tar" manifest.json)" '"RepoTags":\["example.com/arch:1"\]'
	refused_with_hint 'File exists' rl push -q "$REGISTRY/team/app:1" "docker-archive:$T/out.tar"
	rm "$T/out.tar"
	# its own name otherwise
	rl push -q "$REGISTRY/team/app:1" "docker-archive:$T/out.tar"
	like "$(tar xOf "$T/out.tar" manifest.json)" "\"RepoTags\":\\[\"$REGISTRY/team/app:1\"\\]"
	rl import "$RL_T_BOX" box >/dev/null
	rl save -q -m -o "$T/many.tar" "$REGISTRY/team/app:1" box
	rl rmi -fa >/dev/null
	is "$(rl pull -q "docker-archive:$T/many.tar" | wc -l)" 2
	rl rmi -fa >/dev/null
	refused_with_hint 'there are 2 images' rl create "docker-archive:$T/many.tar" true
	is "$(rl run -q --rm --network none "docker-archive:$T/many.tar:$REGISTRY/team/app:1" cat /f)" one
	is "$(rl images -q | wc -l)" 1
	rl rmi -fa >/dev/null
	is "$(rl pull -q "docker-archive:$T/many.tar:@0")" "$(<"$T/id")"
	refused_with_hint 'no image @2' rl pull -q "docker-archive:$T/many.tar:@2"
	refused_with_hint 'no image box:2 in it' rl pull -q "docker-archive:$T/many.tar:box:2"
}

@test "what the place must be, and what is refused" {
	app
	rl push -q "$REGISTRY/team/app:1" "oci-archive:$T/out.tar"
	refused_with_hint 'not what docker-archive: means' rl pull -q "docker-archive:$T/out.tar"
	refused 'takes a directory' rl pull -q "oci:$T/out.tar"
	refused 'takes a file' rl pull -q "docker-archive:$T/l"
	refused 'No such file' rl pull -q "dir:$T/nothing"
	refused_with_hint 'not what dir: means' rl pull -q "dir:$T/l"
	refused_with_hint 'path is missing' rl pull -q dir:
	refused 'must be a number' rl pull -q "oci-archive:$T/out.tar:@x"
	refused_with_hint "does not read podman's" rl pull -q containers-storage:box
	refused_with_hint 'no daemon' rl run --rm docker-daemon:box:1
	refused 'registries only' rl pull -q -a "dir:$T/l"
	refused 'no images of the format' rl push -q "$REGISTRY/team/app:1" "oci:$T/out" --format v2s2
	refused 'no images of the format' rl push -q "$REGISTRY/team/app:1" "docker-archive:$T/out" --format oci
	refused 'never compressed' rl push -q "$REGISTRY/team/app:1" "docker-archive:$T/out" --compression-format gzip
	refused 'for dir: only' rl push -q "$REGISTRY/team/app:1" "oci:$T/out" --compress
	refused_with_hint 'registries only' rl push -q "$REGISTRY/team/app:1" "dir:$T/out" --sign-by-sigstore-private-key "$T/digest"
	# a directory that has something else in it stays what it is
	refused_with_hint 'not empty' rl push -q "$REGISTRY/team/app:1" "dir:$T/l"
	refused_with_hint 'not empty' rl push -q "$REGISTRY/team/app:1" "oci:$T/l"
	is "$(ls -A "$T/l")" f
	[ ! -e "$T/out" ]
	tidy
}

@test "a name that an image has goes before a place, and --pull never takes none" {
	app
	rl tag "$REGISTRY/team/app:1" oci:out
	is "$(rl run -q --rm --network none oci:out cat /f)" one
	rl push -q "$REGISTRY/team/app:1" "dir:$T/out"
	rl rmi -fa >/dev/null
	refused 'not in the store' rl run -q --rm --pull never "dir:$T/out" cat /f
	app
	is "$(rl run -q --rm --network none "docker://$REGISTRY/team/app:1" cat /f)" one
	exits 0 rl pull -q --disable-content-trust "$REGISTRY/team/app:1"
}

@test "dir: a directory with an image is replaced as a whole; formats and compression" {
	local out=$T/out
	app
	rl push -q "$REGISTRY/team/app:1" "dir:$out"
	touch "$out/signature-1"
	rl push -q --digestfile "$T/df" "$REGISTRY/team/app:1" "dir:$out" --format v2s2
	[ ! -e "$out/signature-1" ]
	is "$(sum "$out/manifest.json")" "$(<"$T/df")"
	like "$(<"$out/manifest.json")" 'distribution.manifest.v2\+json'
	like "$(<"$out/manifest.json")" 'diff.tar.gzip'
	rl push -q --digestfile "$T/df" "$REGISTRY/team/app:1" "dir:$out" --compression-format zstd --compression-level 3
	is "$(sum "$out/manifest.json")" "$(<"$T/df")"
	like "$(<"$out/manifest.json")" 'tar\+zstd'
	unlike "$(<"$out/manifest.json")" 'gzip'
	rl rmi -fa >/dev/null
	is "$(rl run -q --rm --network none "dir:$out" cat /f)" one
	is "$(rl images -q --no-trunc)" "sha256:$(<"$T/id")"
	is "$(digest_of "$(<"$T/id")")" "$(<"$T/df")"
	# a plain layer stays plain unless --compress is given
	rl rmi -fa >/dev/null
	rl import "$RL_T_BOX" box >/dev/null
	rl push -q box "dir:$out"
	like "$(<"$out/manifest.json")" 'layer.v1.tar"'
	rl push -q box "dir:$out" --compress
	like "$(<"$out/manifest.json")" 'layer.v1.tar\+gzip"'
	rl push -q box "oci:$T/lay:x" --compression-format zstd
	grep -q 'tar+zstd' "$T/lay/blobs/sha256/"*
	tidy
}

@test "save --uncompressed: plain tars in an OCI layout, the same id" {
	app
	rl save -q --uncompressed --format oci-archive -o "$T/plain" "$REGISTRY/team/app:1"
	mkdir "$T/plain.d"
	tar -C "$T/plain.d" -xf "$T/plain"
	[ -e "$T/plain.d/blobs/sha256/$(sha256sum <"$T/l.tar" | cut -d' ' -f1)" ]
	rl rmi -fa >/dev/null
	is "$(rl pull -q "oci-archive:$T/plain")" "$(<"$T/id")"
	is "$(rl pull -q "oci:$T/plain.d")" "$(<"$T/id")"
	refused 'oci-archive and oci-dir only' rl save -q --uncompressed -o "$T/x" "$(<"$T/id")"
}

@test "dir: another tool's index, by platform; bytes that are not what they should be" {
	local arch hex
	mkdir "$T/idx"
	printf 'Directory Transport Version: 1.1\n' >"$T/idx/version"
	for arch in amd64 arm64 s390x; do
		mk push "http://$REGISTRY/v2/src/$arch:1" "$T/l.tar" --arch $arch >"$T/$arch"
		rl pull -q --arch $arch "$REGISTRY/src/$arch:1" >"$T/$arch.id"
		rl push -q "$REGISTRY/src/$arch:1" "dir:$T/$arch.d"
		hex=$(<"$T/$arch")
		mv "$T/$arch.d/manifest.json" "$T/idx/${hex#sha256:}.manifest.json"
		cp -n "$T/$arch.d"/[0-9a-f]* "$T/idx/"
	done
	python3 - "$T/idx" "$T" >"$T/idx/manifest.json" <<-'END'
		import json, os, sys
		d, t = sys.argv[1:]
		entries = []
		for arch in ("amd64", "arm64", "s390x"):
		    digest = open(f"{t}/{arch}").read().strip()
		    entries.append({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
		        "size": os.stat(f"{d}/{digest[7:]}.manifest.json").st_size, "platform": {"os": "linux", "architecture": arch}})
		print(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}))
	END
	rl rmi -fa >/dev/null
	is "$(rl pull -q --arch s390x "dir:$T/idx")" "$(<"$T/s390x.id")"
	is "$(rl pull -q --platform linux/arm64 "dir:$T/idx")" "$(<"$T/arm64.id")"
	rl rmi -fa >/dev/null
	app
	rl push -q "$REGISTRY/team/app:1" "dir:$T/out"
	rl rmi -fa >/dev/null
	hex=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["layers"][1]["digest"][7:])' "$T/out/manifest.json")
	printf x >>"$T/out/$hex"
	refused . rl pull -q "dir:$T/out"
	echo '{}' >"$T/out/$(<"$T/id")"
	refused 'has the digest' rl pull -q "dir:$T/out"
	ln -sf /etc/passwd "$T/out/$(<"$T/id")"
	refused . rl pull -q "dir:$T/out"
	is "$(rl images -q)" ''
	tidy
}

@test "the signature policy has a say for each place" {
	export XDG_CONFIG_HOME=$T/config
	mkdir -p "$XDG_CONFIG_HOME/containers"
	app
	rl push -q "$REGISTRY/team/app:1" "dir:$T/out"
	rl push -q "$REGISTRY/team/app:1" "oci:$T/lay2"
	rl rmi -fa >/dev/null
	echo '{"default":[{"type":"reject"}],"transports":{"dir":{"'"$T/out"'":[{"type":"insecureAcceptAnything"}]}}}' \
		>"$XDG_CONFIG_HOME/containers/policy.json"
	refused 'rejected by the signature policy' rl pull -q "oci:$T/lay2"
	refused 'rejected by the signature policy' rl load -q -i "$T/lay2"
	exits 0 rl pull -q "dir:$T/out"
	exits 0 rl load -q -i "$T/out"
	echo '{"default":[{"type":"insecureAcceptAnything"}],"transports":{"dir":{"":[{"type":"reject"}]}}}' \
		>"$XDG_CONFIG_HOME/containers/policy.json"
	refused 'rejected by the signature policy' rl pull -q "dir:$T/out"
	exits 0 rl pull -q "oci:$T/lay2"
}
