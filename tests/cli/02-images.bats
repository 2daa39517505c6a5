#!/usr/bin/env bats
# import, load, tag, rmi, images
# lanes: user root
# drivers: vfs fuse_overlayfs
load lib

mk() {
	python3 "$RL_T_HELPERS/mkimage.py" "$@"
}

layer() { # NAME SCRIPT: a layer tar made by a script in an empty directory
	mkdir "$T/layer-$1"
	(cd "$T/layer-$1" && eval "$2")
	tar --sort=name --mtime=@1 --owner=0 --group=0 -C "$T/layer-$1" -cf "$T/$1.tar" .
	rm -rf "$T/layer-$1"
}

@test "import gives an image that runs" {
	exits 0 rl import "$RL_T_BOX" imported:v1
	like "$output" '^(sha256:)?[0-9a-f]{64}$'
	is "$(box imported:v1 cat /srv/index.html)" 'hello from rl'
	rl rmi imported:v1
}

@test "import takes gzip, xz, zstd and stdin, and applies --change" {
	gzip -c "$RL_T_BOX" >"$T/i.tar.gz"
	xz -0 -c "$RL_T_BOX" >"$T/i.tar.xz"
	zstd -q -c "$RL_T_BOX" >"$T/i.tar.zst"
	for archive in "$T"/i.tar.*; do
		rl import "$archive" compressed
		is "$(box compressed echo ok)" ok
	done
	rl import --change 'ENV GREETING="hi there"' --change 'CMD ["sh","-c","echo $GREETING"]' \
		--change 'WORKDIR /srv' --change 'USER app' - changed <"$RL_T_BOX"
	is "$(box changed)" 'hi there'
	is "$(box changed pwd)" /srv
	is "$(box changed id -un)" app
	rl rmi changed compressed
}

@test "images lists, filters nothing it should not, and formats" {
	rl tag box other/name:tagged
	exits 0 rl images
	like "$output" 'REPOSITORY +TAG +IMAGE ID +CREATED +SIZE'
	like "$output" 'other/name +tagged'
	exits 0 rl images --format '{{.Repository}}:{{.Tag}}'
	like "$output" 'other/name:tagged'
	exits 0 rl images -q --no-trunc
	like "$output" '^(sha256:)?[0-9a-f]{64}'
	exits 0 rl images --format json
	python3 -c 'import json, sys; assert any("other/name:tagged" in str(i) for i in json.load(sys.stdin))' <<<"$output"
	rl rmi other/name:tagged
	exits 0 rl images
	unlike "$output" 'other/name'
	is "$(box box echo still)" still
}

@test "rmi refuses an image in use, and -f takes its container too" {
	rl tag box used
	rl import --change 'CMD true' "$RL_T_BOX" inuse
	rl create --name user1 inuse
	exits 2 rl rmi inuse
	like "$stderr" 'user1'
	is "$(rl ps -a --format '{{.Names}}')" user1
	rl rmi -f inuse
	is "$(rl ps -aq)" ''
	rl rmi used
	exits 1 rl rmi nothere
	like "$stderr" 'nothere'
}

@test "load: OCI layout, oci-archive and docker-archive give the same image and run" {
	layer one 'mkdir d; echo one >d/a; echo keep >d/b'
	layer two 'echo two >d/a 2>/dev/null || { mkdir d; echo two >d/a; }; touch d/.wh.b'
	local config='{"Env":["PATH=/bin","FROM=image"],"Cmd":["cat","/d/a"],"Labels":{"l":"v"}}'
	mk oci "$T/layout" example.com/multi:1 "$RL_T_BOX" "$T/one.tar" "$T/two.tar" --config "$config"
	mk oci-archive "$T/oci.tar" example.com/multi:2 "$RL_T_BOX" "$T/one.tar" "$T/two.tar" --config "$config"
	mk docker-archive "$T/docker.tar" example.com/multi:3 "$RL_T_BOX" "$T/one.tar" "$T/two.tar" --config "$config"
	rl load -i "$T/layout"
	rl load -i "$T/oci.tar"
	rl load <"$T/docker.tar"
	local n
	for n in 1 2 3; do
		is "$(box example.com/multi:$n)" two
		run -1 rl run --rm --network none example.com/multi:$n test -e /d/b
		is "$(box example.com/multi:$n sh -c 'echo $FROM')" image
	done
	is "$(rl images -q --no-trunc example.com/multi | sort -u | wc -l)" 1
	rl rmi example.com/multi:1 example.com/multi:2 example.com/multi:3
}

@test "load takes zstd and uncompressed layers" {
	for kind in zstd none; do
		mk oci-archive "$T/$kind.tar" "packed:$kind" "$RL_T_BOX" --compress $kind
		rl load -q -i "$T/$kind.tar"
		is "$(box packed:$kind echo ok)" ok
	done
	rl rmi packed:zstd packed:none
}

@test "opaque directories and replaced types across layers" {
	layer base 'mkdir -p d/sub; echo x >d/sub/old; echo f >file; ln -s file link'
	layer top 'mkdir -p d/sub; touch d/sub/.wh..wh..opq; echo y >d/sub/new; mkdir file; echo z >file/z; rm -f link; mkdir link'
	mk oci-archive "$T/opq.tar" opaque "$RL_T_BOX" "$T/base.tar" "$T/top.tar"
	rl load -i "$T/opq.tar"
	is "$(box opaque sh -c 'ls /d/sub; cat /file/z; [ -d /link ] && [ ! -L /link ] && echo dir')" 'new
z
dir'
	rl rmi opaque
}

@test "faulty archives are refused and leave nothing" {
	local fault before after
	before=$(find "$RL_ROOT" -path "$RL_ROOT/layers/*" -prune -o -type f -print | sort)
	for fault in blob-digest config-digest diff-id size truncated layer-missing both media-type digest-path manifest-json; do
		rm -rf "$T/bad"
		layer small "echo $fault >x" # one of its own: a layer that is there already is not read again
		mk oci "$T/bad" bad:1 "$T/small.tar" --fault $fault
		refused . rl load -q -i "$T/bad"
		exits 125 rl run --rm --pull never bad:1 true
	done
	for fault in truncated layer-missing; do
		mk docker-archive "$T/bad.tar" bad:1 "$T/small.tar" --fault $fault
		refused . rl load -q -i "$T/bad.tar"
	done
	after=$(find "$RL_ROOT" -path "$RL_ROOT/layers/*" -prune -o -type f -print | sort)
	is "$after" "$before"
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "not an archive, an empty file, a directory that is none, a missing file" {
	echo 'not a tar' >"$T/text"
	: >"$T/empty"
	mkdir -p "$T/dir"
	head -c 100000 "$RL_T_BOX" | gzip | head -c 20000 >"$T/cut.gz"
	local what
	for what in text empty dir cut.gz missing; do
		refused "$what" rl load -i "$T/$what"
		refused . rl import "$T/$what" bad
	done
	exits 0 rl images
	unlike "$output" '/bad '
}

@test "an archive without entries, compressed or not, is an empty image; one that breaks off is none" {
	local how
	: >"$T/nothing"
	tar -cf "$T/none.tar" -T /dev/null
	for how in 'gzip -c' 'xz -c' 'zstd -qc' 'bzip2 -c'; do
		$how <"$T/nothing" >"$T/empty"
		exits 0 rl import "$T/empty" "empty:${how%% *}"
		is "$(rl inspect --format '{{.Size}} {{index .RootFS.Layers 0}}' "empty:${how%% *}")" \
			'0 sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
		rl save -q -o "$T/saved.tar" "empty:${how%% *}"
		rl rmi "empty:${how%% *}" >/dev/null
		rl load -q -i "$T/saved.tar"
		rl rmi "empty:${how%% *}" >/dev/null
		# cut off before the end of it
		head -c $(($(stat -c %s "$T/empty") - 1)) "$T/empty" >"$T/cut"
		refused . rl import "$T/cut" bad
	done
	rl import "$T/none.tar" empty:plain >/dev/null
	rl rmi empty:plain >/dev/null
}

@test "bad references are refused by name" {
	local ref
	for ref in UPPER 'sp ace' '../x' 'a//b' 'x:' 'x@sha256:abc' '-x' 'a:b:c/d:e' ''; do
		exits 125 rl tag box "$ref"
		exits 125 rl run --rm "$ref" true
	done
}
