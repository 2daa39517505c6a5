#!/usr/bin/env bats
# save, and load of what it writes; what a layer's files keep
# lanes: user root
# drivers: fuse_overlayfs
load lib

mk() {
	python3 "$RL_T_HELPERS/mkimage.py" "$@"
}

setup_file() {
	t_begin
	mkdir "$T/l"
	(cd "$T/l" && echo one >f && ln f g && mkdir d && echo x >d/x && touch d/.wh.gone)
	tar --sort=name --mtime=@1 --owner=0 --group=0 -C "$T/l" -cf "$T/l.tar" .
	mk oci-archive "$T/in.oci" example.com/app:1 "$RL_T_BOX" "$T/l.tar"
	rl load -q -i "$T/in.oci"
}

forget() { # NAME...: nothing of the image is left
	rl rmi -f "$@"
	[ -z "$(rl images -q example.com/app)" ]
}
digest() {
	rl inspect --format '{{.Id}} {{.Digest}}' "$1"
}
manifest_of() { # OCI-ARCHIVE: digest of its first image
	tar xOf "$1" index.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])'
}

@test "docker-archive: the tars that came in, by DiffID, and the same id after a load" {
	local id hex
	id=$(rl inspect --format '{{.Id}}' example.com/app:1)
	rl save -q -o "$T/d.tar" example.com/app:1
	hex=$(sha256sum <"$T/l.tar" | cut -d' ' -f1)
	is "$(tar xOf "$T/d.tar" "$hex.tar" | sha256sum | cut -d' ' -f1)" "$hex"
	is "$(tar xOf "$T/d.tar" "${id#sha256:}.json" | sha256sum | cut -d' ' -f1)" "${id#sha256:}"
	tar xOf "$T/d.tar" manifest.json repositories >"$T/json"
	like "$(<"$T/json")" '"RepoTags":\["example.com/app:1"\]'
	like "$(<"$T/json")" '"example.com/app":\{"1":'
	forget example.com/app:1
	rl load -q -i "$T/d.tar"
	is "$(rl inspect --format '{{.Id}}' example.com/app:1)" "$id"
	rl save -q -o "$T/d2.tar" example.com/app:1
	cmp "$T/d.tar" "$T/d2.tar"
	is "$(box example.com/app:1 cat /g)" one
	forget example.com/app:1
	rl load -q -i "$T/in.oci"
}

@test "oci-archive and oci-dir keep manifest and blobs, however they are compressed" {
	local kind before
	for kind in gzip zstd none; do
		mk oci-archive "$T/$kind.oci" "example.com/app:$kind" "$T/l.tar" --compress $kind
		forget example.com/app:1 2>/dev/null || :
		rl rmi -fa
		rl load -q -i "$T/$kind.oci"
		before=$(digest "example.com/app:$kind")
		rl save -q --format oci-archive -o "$T/out.oci" "example.com/app:$kind"
		is "$(manifest_of "$T/out.oci")" "$(manifest_of "$T/$kind.oci")"
		rl save -q --format oci-dir -o "$T/dir.$kind" "example.com/app:$kind"
		(cd "$T/dir.$kind/blobs/sha256" && for b in *; do is "$(sha256sum "$b")" "$b  $b" || exit 1; done)
		rl rmi -fa
		rl load -q -i "$T/dir.$kind"
		is "$(digest "example.com/app:$kind")" "$before"
		rl rmi -fa
		rl load -q -i "$T/out.oci"
		is "$(digest "example.com/app:$kind")" "$before"
	done
	rl rmi -fa
	rl load -q -i "$T/in.oci"
	rl import "$RL_T_BOX" box >/dev/null
}

@test "pull, save as oci-archive, load: the registry's manifest digest" {
	local want
	registry_start
	want=$(mk push "http://$REGISTRY/v2/team/app:1" "$RL_T_BOX" "$T/l.tar")
	rl rmi -fa
	rl pull -q "$REGISTRY/team/app:1"
	rl save -q --format oci-archive -o "$T/p.oci" "$REGISTRY/team/app:1"
	registry_stop
	is "$(manifest_of "$T/p.oci")" "$want"
	rl rmi -fa
	rl load -q -i "$T/p.oci"
	is "$(rl inspect --format '{{.Digest}}' "$REGISTRY/team/app:1")" "$want"
	rl rmi -fa
	rl load -q -i "$T/in.oci"
	rl import "$RL_T_BOX" box >/dev/null
}

@test "without the compressed bytes the layout has plain layers and the same id" {
	local id
	id=$(rl inspect --format '{{.Id}}' example.com/app:1)
	rm -f "$RL_ROOT"/layers/*/blob
	rl save -q --format oci-archive -o "$T/plain.oci" example.com/app:1
	[ "$(manifest_of "$T/plain.oci")" != "$(manifest_of "$T/in.oci")" ]
	rl rmi -fa
	rl load -q -i "$T/plain.oci"
	is "$(rl inspect --format '{{.Id}}' example.com/app:1)" "$id"
	rl rmi -fa
	rl load -q -i "$T/in.oci"
	rl import "$RL_T_BOX" box >/dev/null
}

@test "several images, further names and ids in one archive" {
	rl tag box example.com/app:2
	local format
	for format in docker-archive oci-archive; do
		rl save -q --format $format -m -o "$T/many" example.com/app:1 example.com/app:2
		rl rmi example.com/app:1 example.com/app:2
		exits 0 rl load -i "$T/many"
		like "$output" 'example.com/app:1'
		like "$output" 'example.com/app:2'
		is "$(box example.com/app:2 cat /srv/index.html)" 'hello from rl'
	done
	# without -m, what is no image is a further name
	rl save -q -o "$T/named" box example.com/app:3
	exits 0 rl load -i "$T/named"
	like "$output" 'example.com/app:3'
	refused 'app:4' rl save -q -m -o "$T/named4" box example.com/app:4
	[ ! -e "$T/named4" ]
	# by id it has no name
	rl save -q -o "$T/id" "$(rl inspect --format '{{.Id}}' box)"
	like "$(tar xOf "$T/id" manifest.json)" '"RepoTags":null'
	rl rmi example.com/app:2 example.com/app:3
}

@test "docker-dir, plain and compressed" {
	rl save -q --format docker-dir -o "$T/dd" example.com/app:1
	like "$(<"$T/dd/version")" '^Directory Transport Version: 1.1$'
	like "$(<"$T/dd/manifest.json")" 'distribution.manifest.v2\+json'
	rm -f "$RL_ROOT"/layers/*/blob
	rl save -q --format docker-dir -o "$T/dp" example.com/app:1
	like "$(<"$T/dp/manifest.json")" 'diff.tar"'
	rl save -q --compress --format docker-dir -o "$T/dc" example.com/app:1
	unlike "$(<"$T/dc/manifest.json")" 'diff.tar"'
	(cd "$T/dc" && for b in [0-9a-f]*; do is "$(sha256sum "$b")" "$b  $b" || exit 1; done)
	rl rmi -fa
	rl load -q -i "$T/in.oci"
	rl import "$RL_T_BOX" box >/dev/null
}

@test "into a pipe, and the same bytes each time" {
	rl save -q example.com/app:1 | cat >"$T/s1"
	rl save -q -o "$T/s2" example.com/app:1
	cmp "$T/s1" "$T/s2"
	rl save -q example.com/app:1 | gzip | rl load -q
}

@test "compressed archives can be loaded" {
	rl save -q -o "$T/c.tar" example.com/app:1
	gzip -k "$T/c.tar"
	xz -0 -k "$T/c.tar"
	zstd -q "$T/c.tar"
	local f
	for f in "$T"/c.tar.*; do
		exits 0 rl load -i "$f"
		like "$output" 'example.com/app:1'
	done
}

@test "a failure leaves the file that was there, and no other" {
	echo precious >"$T/old"
	ls -A "$T" >"$T/before"
	local diff
	diff=$RL_ROOT/layers/$(sha256sum <"$T/l.tar" | cut -d" " -f1)
	mv "$diff/blob" "$T/aside"
	mv "$diff/diff/f" "$T/aside.f"
	refused_with_hint 'the file f is missing' rl save -q -o "$T/old" example.com/app:1
	refused_with_hint 'the file f is missing' rl save -q --format docker-dir -o "$T/new" example.com/app:1
	mv "$T/aside.f" "$diff/diff/f"
	mv "$T/aside" "$diff/blob"
	is "$(<"$T/old")" precious
	is "$(ls -A "$T")" "$(<"$T/before")"
	refused 'Directory not empty' rl save -q --format oci-dir -o "$T/l" example.com/app:1
	refused 'unknown format' rl save -q --format tar -o "$T/x" example.com/app:1
	refused 'needs --output' rl save -q --format oci-dir example.com/app:1
	refused 'no such image' rl save -q -o "$T/x" nothere
	refused 'docker-dir only' rl save -q --compress -o "$T/x" box
	[ ! -e "$T/x" ]
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "an interrupted or killed save leaves nothing" {
	local signal pid
	mkfifo "$T/fifo"
	for signal in INT KILL; do
		ls -A "$T" >"$T/before"
		# stopped in the middle: nobody reads what it writes to the pipe
		"$RL" save -q -o "$T/fifo" box 3>&- &
		pid=$!
		exec 9<"$T/fifo"
		sleep 0.3
		# background jobs of a shell ignore SIGINT, unless they wait for it themselves
		kill -$signal "$pid"
		wait "$pid" || :
		exec 9<&-
		eventually 5 ended "$pid"
		is "$(ls -A "$T")" "$(<"$T/before")"
	done
	"$RL" save -q -o "$T/late" box 3>&- &
	kill -KILL $!
	wait $! || :
	[ ! -e "$T/late" ] || tar tf "$T/late" manifest.json
	is "$(find "$T" -maxdepth 1 -name '.late*')" ''
}

# a save into $T/dir that has begun and is stopped in the middle; sets SAVE_PID
save_dir_stopped() {
	local old try
	for try in 1 2 3 4 5 6; do
		old=$(find "$T" -maxdepth 1 -name '.dir.rl-????????????' -printf '%f')
		env --default-signal=INT "$RL" save -q --format oci-dir -o "$T/dir" big >"$T/err" 2>&1 3>&- &
		SAVE_PID=$!
		until ended "$SAVE_PID" || [ -n "$(find "$T" -mindepth 2 -path "$T/.dir.rl-*" ! -path "$T/${old:-none}/*" -type f -size +0 -print -quit)" ]; do sleep 0.002; done
		! kill -STOP "$SAVE_PID" || [ -e "$T/dir" ] || return 0
		# it was quicker than we are
		kill -CONT "$SAVE_PID" || :
		wait "$SAVE_PID" || :
		remove "$T/dir"
	done 2>/dev/null
	fail "too late to disturb it, $try times"
}

@test "a save into a directory leaves nothing when it is interrupted, and what a killed one leaves goes with the next" {
	local signal before status
	head -c 120000000 /dev/urandom >"$T/big"
	tar -C "$T" -cf "$T/big.tar" big
	rl import "$T/big.tar" big >/dev/null
	rm "$T/big" "$T/big.tar"
	: >"$T/err"
	before=$(ls -A "$T")
	for signal in INT TERM; do
		save_dir_stopped
		kill "-$signal" "$SAVE_PID"
		kill -CONT "$SAVE_PID"
		status=0
		wait "$SAVE_PID" || status=$?
		is $status 130
		is "$(ls -A "$T")" "$before"
	done
	save_dir_stopped
	kill -KILL "$SAVE_PID"
	wait "$SAVE_PID" || :
	eventually 5 no_transfer
	[ "$(ls -A "$T")" != "$before" ] || fail "nothing was left: the test is no good"
	# of others, or of other places, nothing is removed
	mkdir "$T/.dir.rl-abc" "$T/.dirs.rl-0123456789ab" "$T/.dir.0123456789ab"
	save_dir_stopped
	exits 0 rl save -q --format oci-dir -o "$T/dir" box
	is "$(find "$T" -maxdepth 1 -name '.dir.rl-????????????' | wc -l)" 1
	kill -CONT "$SAVE_PID"
	wait "$SAVE_PID" || :
	like "$(<"$T/err")" 'Directory not empty'
	rm -r "$T/dir"
	rmdir "$T/.dir.rl-abc" "$T/.dirs.rl-0123456789ab" "$T/.dir.0123456789ab"
	: >"$T/err"
	is "$(ls -A "$T")" "$before"
	rl rmi big
}
no_transfer() {
	[ -z "$(pgrep -u "$(id -u)" -f '^rl-transfer save')" ]
}

@test "a terminal gets no archive" {
	term_start "$RL save box; echo code \$?; sleep 30"
	term_shows 'code 125'
	term_end
}

@test "a layer without a record says what to do, and is completed by whoever brings it again" {
	local dir inode before
	dir=$RL_ROOT/layers/$(sha256sum <"$T/l.tar" | cut -d" " -f1)
	rl load -q -i "$T/in.oci"
	before=$(digest example.com/app:1)
	rl save -q --format oci-archive -o "$T/before.oci" example.com/app:1
	rl run -d --name user --network none example.com/app:1 sleep 1000 >/dev/null
	inode=$(stat -c %i "$dir/diff")
	rm "$dir/blob" "$dir/record"
	refused_with_hint 'older version' rl save -q -o "$T/x" example.com/app:1
	like "$stderr" 'load it again'
	# as an older version wrote it
	echo '{"version":1,"size":6,"entries":6}' >"$dir/layer.json"
	rl load -q -i "$T/in.oci"
	is "$(digest example.com/app:1)" "$before"
	rl save -q --format oci-archive -o "$T/after.oci" example.com/app:1
	cmp "$T/before.oci" "$T/after.oci"
	rm "$dir/blob"
	rl save -q -o "$T/x" example.com/app:1
	# containers go on with the tree that they have
	is "$(stat -c %i "$dir/diff")" "$inode"
	is "$(rl exec user cat /g)" one
	rl rm -f -t 0 user >/dev/null
	exits 0 rl system check -r
	exits 0 rl system check
}

@test "a layer's directory that is not complete is replaced" {
	local dir
	dir=$RL_ROOT/layers/$(sha256sum <"$T/l.tar" | cut -d" " -f1)
	# as a removal left it that was killed
	rl run --rm --network none example.com/app:1 true
	rm "$dir/layer.json" "$dir/diff/f"
	rl load -q -i "$T/in.oci"
	is "$(box example.com/app:1 cat /f /g)" $'one\none'
	exits 0 rl system check
	# what a container is made of was never removed
	rl run -d --name user --network none example.com/app:1 sleep 1000 >/dev/null
	rm "$dir/layer.json"
	rl load -q -i "$T/in.oci"
	is "$(rl exec user cat /f)" one
	is "$(box example.com/app:1 cat /g)" one
	rl rm -f -t 0 user >/dev/null
	rm -r "$dir/layer.json" "$dir/record"
	mv "$dir/diff" "$T/diff"
	rl load -q -i "$T/in.oci"
	is "$(box example.com/app:1 cat /g)" one
	remove "$T/diff"
	exits 0 rl system check
	nothing_left
}

@test "names that claim a digest are not believed" {
	local wrong
	wrong=sha256:$(printf '0%.0s' {1..64})
	mk docker-archive "$T/lie.tar" "example.com/lie@$wrong" "$T/l.tar"
	exits 0 rl load -q -i "$T/lie.tar"
	exits 125 rl run --rm --pull never "example.com/lie@$wrong" true
	unlike "$(rl images)" 'example.com/lie'
}

@test "owners, modes, attributes, links, holes, times and names survive, and so does the tar" {
	python3 - "$T/attr.tar" <<-'END'
		import io, sys, tarfile
		t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
		def add(name, data=b"", **kw):
		    i = tarfile.TarInfo(name)
		    i.size, i.mtime = len(data), 1700000000
		    for k, v in kw.items():
		        setattr(i, k, v)
		    t.addfile(i, io.BytesIO(data))
		cap = b"\x01\x00\x00\x02\x00\x20\x00\x00" + bytes(12)
		add("a", type=tarfile.DIRTYPE, mode=0o755)
		add("a/owned", b"o", uid=1000, gid=1001, mode=0o640)
		add("a/setid", b"s", mode=0o6755, uid=33)
		add("a/sticky", type=tarfile.DIRTYPE, mode=0o1777)
		add("a/capable", b"c", mode=0o755, pax_headers={"SCHILY.xattr.security.capability": cap.decode("latin-1")})
		add("a/marked", b"m", pax_headers={"SCHILY.xattr.user.note": "a note"})
		add("a/first", b"linked\n", mode=0o600)
		add("a/second", type=tarfile.LNKTYPE, linkname="a/first")
		add("a/nano", b"n", pax_headers={"mtime": "1700000000.123456789"})
		add("a/\udcff\udcfe name", b"bytes\n")
		add("a/fifo", type=tarfile.FIFOTYPE)
		add("a/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
		add("srv", type=tarfile.DIRTYPE, mode=0o755)
		add("srv/.wh..wh..opq")
		add("srv/new", b"new")
		t.close()
	END
	(cd "$T" && mkdir -p h && truncate -s 3M h/holes && printf x | dd of=h/holes bs=1 seek=1000000 conv=notrunc status=none
		tar --sparse --owner=0 --group=0 --mtime=@1 -cf holes.tar h)
	mk oci-archive "$T/attr.oci" example.com/attr:1 "$RL_T_BOX" "$T/attr.tar" "$T/holes.tar"
	rl load -q -i "$T/attr.oci"
	is "$(box example.com/attr:1 sh -c 'cd /a; stat -c "%n %u:%g %a" owned setid sticky first; stat -c %h second
		stat -c %y nano; cat first; ls /srv; cat ./*name; stat -c "%s" /h/holes; test -p fifo && ! test -e null && echo ok')" \
		'owned 1000:1001 640
setid 33:0 6755
sticky 0:0 1777
first 0:0 600
2
2023-11-14 22:13:20.123456789 +0000
linked
new
bytes
3145728
ok'
	# set in a user namespace, a file's capability belongs to its root: that is who runs rl
	python3 - "$RL_ROOT/layers/$(sha256sum <"$T/attr.tar" | cut -d' ' -f1)/diff/a" <<-'END'
		import os, struct, sys
		v = os.getxattr(sys.argv[1] + "/capable", "security.capability")
		assert v[4:20] == bytes([0, 0x20]) + bytes(14), v
		assert (struct.unpack("<I", v[20:24])[0] if len(v) == 24 else 0) == os.getuid(), v
		assert os.getxattr(sys.argv[1] + "/marked", "user.note") == b"a note"
	END
	rm -f "$RL_ROOT"/layers/*/blob
	rl save -q -o "$T/attr.out" example.com/attr:1
	local f hex
	for f in attr holes; do
		hex=$(sha256sum <"$T/$f.tar" | cut -d' ' -f1)
		is "$(tar xOf "$T/attr.out" "$hex.tar" | sha256sum | cut -d' ' -f1)" "$hex"
	done
	rl rmi -f example.com/attr:1
}
