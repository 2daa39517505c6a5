#!/usr/bin/env bats
# images of podman, skopeo and umoci: the same files, whatever the archives of their layers look like
# lanes: user
load lib
load peers

@test "umoci reads what save writes, and what it changes is loaded" {
	need umoci
	rl save -q --format oci-dir -o "$T/layout" made:1
	exits 0 umoci ls --layout "$T/layout"
	is "$output" docker.io/library/made:1
	is "$(umoci stat --image "$T/layout:$output" --json | field "len(m['history'])")" 2
	rl_tree made:1 >"$T/tree.rl"
	umoci_tree "$T/layout:$output" | diff - "$T/tree.rl"

	# (it would copy the annotation with the name for containerd, which counts)
	skopeo copy -q "oci:$T/layout" "oci:$T/changed:first"
	remove "$T/layout"
	mv "$T/changed" "$T/layout"
	echo inserted >"$T/file"
	in_peer_ns umoci insert --image "$T/layout:first" --tag second "$T/file" /srv/file
	in_peer_ns umoci config --image "$T/layout:second" --config.cmd cat --config.cmd /srv/file --config.env CHANGED=yes
	in_peer_ns umoci unpack --image "$T/layout:second" "$T/bundle"
	in_peer_ns sh -c 'cd "$0"; rm new/a; rm -r home; mkdir home; chown 9:9 new/b; ln new/b new/c' "$T/bundle/rootfs"
	in_peer_ns umoci repack --image "$T/layout:third" "$T/bundle"
	remove "$T/bundle"
	rl load -q -i "$T/layout"
	is "$(box second)" inserted
	is "$(box third sh -c 'echo $CHANGED; cat /srv/file /new/c; stat -c "%u %h" /new/b; ls /new /home')" \
		$'yes\ninserted\none\n9 2\n/home:\n\n/new:\nb\nc\nfifo\nlink'
	# (the directory srv is in no layer but the first, so its time is when it was unpacked)
	rl_tree third | grep -v '^srv ' >"$T/tree.rl"
	umoci_tree "$T/layout:third" | grep -v '^srv ' | diff - "$T/tree.rl"
	# its layers end right behind their last file; they go out as they came in
	rl save -q --format oci-dir -o "$T/third" third
	(cd "$T" && podman pull -q oci:third)
	is "$(podman_has "$(rl inspect --format '{{.Id}}' third)")" "$(rl_has third)"
	rl save -q -o "$T/third.tar" third
	is "$(podman load -q -i "$T/third.tar")" 'Loaded image: docker.io/library/third:latest'
	podman rmi -fa
	rl rmi -f first second third
}

@test "made by podman: deletions, replaced directories, links, attributes and capabilities" {
	rl save -q -o "$T/box.tar" box
	podman load -q -i "$T/box.tar"
	cat >"$T/Containerfile" <<-'END'
		FROM docker.io/library/box
		RUN mkdir /d /o && echo one >/d/f && ln /d/f /d/g && chmod 4751 /d/f && chown 7:8 /d/f && ln -s f /d/s && \
			mkfifo /d/p && touch -d @1000000000 /d/f && touch '/d/a name' && echo a >/o/a && chmod 1777 /o
		RUN rm /srv/index.html && rm -r /o && mkdir /o && echo c >/o/c && ln /d/f /h && mv /var /moved
		CMD ["cat", "/d/g", "/o/c"]
	END
	podman build -q --isolation chroot --network host -t built -f "$T/Containerfile" "$T/home"
	podman_sh 'c=$(podman create built); cd "$(podman mount $c)"; rm -r home; mkdir home; echo x >bin/capped; chmod 755 bin/capped
		python3 -c "
import os
os.setxattr(\"bin/capped\", \"security.capability\", bytes.fromhex(\"01000002\" + \"0004\" + \"00\" * 14))
os.setxattr(\"srv\", \"user.note\", bytes(range(256)))"
		cd /; podman commit -q $c changed; podman rm $c'
	podman save -q -o "$T/changed.tar" changed
	for layer in $(tar xOf "$T/changed.tar" manifest.json | field "' '.join(m[0]['Layers'])"); do
		tar xOf "$T/changed.tar" "$layer" | tar tf - | grep -F .wh. || :
	done >"$T/wh"
	[ "$(wc -l <"$T/wh")" -ge 4 ]
	rl load -q -i "$T/changed.tar"
	is "$(rl_has localhost/changed)" "$(podman_has changed)"
	same_tree localhost/changed
	like "$(<"$T/tree.rl")" 'bin/capped .*security.capability=0100000200040000'
	like "$(<"$T/tree.rl")" 'srv .*user.note=000102'
	like "$(<"$T/tree.rl")" 'd/g .* links=2#'
	unlike "$(<"$T/tree.rl")" 'index.html|home/app|o/a'
	is "$(box localhost/changed)" $'one\nc'
	# and on from here: what commit writes about such files
	rl run --name on --network none localhost/changed sh -c 'mv /bin/capped /moved; rm -r /o; rm /d/s; mkdir /o /d/s'
	rl commit -q on localhost/on
	rl rm on
	rl save -q -o "$T/on.tar" localhost/on
	podman load -q -i "$T/on.tar"
	same_tree localhost/on
	like "$(<"$T/tree.rl")" 'moved/capped .*security.capability=0100000200040000'
	podman rmi -fa
	rl rmi localhost/changed localhost/on
}

# what a tar archive can hold, written by GNU tar and by Python
odd_layers() {
	mkdir -p "$T/odd/deep"
	truncate -s 3M "$T/odd/sparse"
	printf x | dd of="$T/odd/sparse" bs=1 seek=2000000 conv=notrunc status=none
	touch "$T/odd/deep/$(printf 'long%.0s' {1..60})"
	# (podman does not take the sparse files of the format gnu)
	for format in gnu posix\ -S; do
		# shellcheck disable=SC2086 # and an option
		tar --format=$format --numeric-owner --owner=3 --group=4 --mtime='2001-02-03 04:05:06' -C "$T" -cf "$T/odd.${format% *}" odd
	done
	python3 - "$T/odd.python" <<-'END'
		import io, sys, tarfile
		t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
		def add(name, kind=tarfile.REGTYPE, data=b"", **more):
		    i = tarfile.TarInfo(name)
		    i.type, i.size, i.mode, i.mtime = kind, len(data), 0o644, 1e9
		    for k, v in more.items():
		        setattr(i, k, v)
		    t.addfile(i, io.BytesIO(data))
		add("odd/deep", tarfile.DIRTYPE, mode=0o2750, uid=1, gid=2)
		add("odd/deep/.wh..wh..opq")
		add("odd/deep/f", data=b"f", pax_headers={"SCHILY.xattr.user.a": "b"})
		add("odd/deep/g", tarfile.LNKTYPE, linkname="odd/deep/f")
		add("odd/deep/h", tarfile.LNKTYPE, linkname="odd/deep/g")
		add("odd/.wh.sparse")
		add("odd/null", tarfile.CHRTYPE, devmajor=1, devminor=3)
		add("odd/block", tarfile.BLKTYPE, devmajor=7, devminor=0)
		add("odd/fifo", tarfile.FIFOTYPE, mode=0o600)
		add("odd/s\u00fc\u00df", tarfile.SYMTYPE, linkname="/nowhere/" + "x" * 200, mode=0o777)
		add("odd/big", data=b"big", uid=60000, gid=50000, mode=0o7777)
		t.close()
	END
}

@test "devices, sparse files, long names, in what others compressed: the same files, and the bytes given back" {
	local kind
	odd_layers
	for kind in none gzip-named gzip-stored gzip-members zstd zstd-frames; do
		python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/k.$kind" odd.example/$kind:1 \
			"$T/odd.gnu" "$T/odd.python" "$T/odd.posix" --compress $kind
		skopeo copy -q "oci-archive:$T/k.$kind" "docker://$REGISTRY/odd/$kind:1"
		rl pull -q "$REGISTRY/odd/$kind:1"
		rl push -q "$REGISTRY/odd/$kind:1" "$REGISTRY/back/$kind:1"
		is "$(digests back/$kind:1)" "$(digests odd/$kind:1)"
		rl rmi "$REGISTRY/odd/$kind:1"
		rl load -q -i "$T/k.$kind"
		rl save -q --format oci-archive -o "$T/b.$kind" odd.example/$kind:1
		is "$(skopeo inspect --format '{{.Digest}}' "oci-archive:$T/b.$kind")" \
			"$(skopeo inspect --format '{{.Digest}}' "oci-archive:$T/k.$kind")"
		case $kind in
		gzip-members | zstd-frames)
			podman load -q -i "$T/b.$kind"
			is "$(podman_has odd.example/$kind:1)" "$(rl_has odd.example/$kind:1)"
			same_tree odd.example/$kind:1
			podman rmi odd.example/$kind:1
			;;
		esac
		rl rmi odd.example/$kind:1
	done
	# the group of a set-group-id directory is not for what the archive gives to root
	like "$(<"$T/tree.rl")" 'odd/deep/h -rw-r--r-- 0:0 links=3#'
}
